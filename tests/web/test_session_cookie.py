"""Which session counts: the window's, or the frame's; and what their cookies are called."""

from typing import Any

import msgspec
import pytest

from amends.settings import Settings
from amends.web.session_cookie import carried_in, session_cookie

HTTP = Settings(embed_parents=("https://shop.example",))
HTTPS = msgspec.structs.replace(HTTP, base_url="https://cases.example.com")


def scope(cookies: str, *, place: str | None = None, marked: bool = False) -> Any:
    """Return a request with cookies, as ASGI has it."""
    headers = [(b"cookie", cookies.encode())]
    if place is not None:
        headers.append((b"sec-fetch-dest", place.encode()))
    if marked:
        headers.append((b"x-amends-frame", b"1"))
    return {"headers": headers}


BOTH, PLAIN, FRAMED = "amends_session=w; amends_embedded=f", "a=b; amends_session=w", "amends_embedded=f"


@pytest.mark.parametrize(
    ("cookies", "place", "counts"),
    [
        (BOTH, "document", ("w", False)),
        (BOTH, "iframe", ("f", True)),
        (BOTH, "empty", ("w", False)),
        (BOTH, None, ("w", False)),
        (PLAIN, "document", ("w", False)),
        (PLAIN, "iframe", ("w", False)),
        (FRAMED, "document", None),
        (FRAMED, "iframe", ("f", True)),
        (FRAMED, "empty", ("f", True)),
        (FRAMED, None, ("f", True)),
        ("other=x", "document", None),
        ("xamends_session=w", "document", None),
    ],
)
def test_which_counts(cookies: str, place: str | None, counts: tuple[str, bool] | None) -> None:
    assert carried_in(scope(cookies, place=place), HTTP) == counts


def test_a_script_in_a_frame_says_where_it_is() -> None:
    assert carried_in(scope(BOTH, place="empty", marked=True), HTTP) == ("f", True)


def test_without_the_setting_the_cookie_of_frames_is_none() -> None:
    off = msgspec.structs.replace(HTTP, embed_parents=())
    assert carried_in(scope(FRAMED, place="iframe"), off) is None
    assert carried_in(scope(BOTH, place="iframe"), off) == ("w", False)


def test_under_https_no_other_host_can_set_them() -> None:
    header = session_cookie("t", HTTPS).to_header(header="")
    assert header.startswith("__Host-amends_session=t;")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(header.split("; "))
    assert "Domain" not in header
    framed = session_cookie("t", HTTPS, embedded=True).to_header(header="")
    assert framed.startswith("__Host-amends_embedded=t;")
    assert {"HttpOnly", "Path=/", "SameSite=none", "Secure", "Partitioned"} <= set(framed.split("; "))
    assert carried_in(scope("amends_session=planted"), HTTPS) is None
    assert carried_in(scope("__Host-amends_session=t"), HTTPS) == ("t", False)
