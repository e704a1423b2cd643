"""The cookies of sessions: 256 random bits, for this origin alone, out of reach of scripts.

There are two. The plain one is for windows of our own. The other is for frames of the platform's site: browsers send it
from there (SameSite=None), keep it apart for each such site (Partitioned), and it never counts for a whole window, so
that neither session disturbs the other. Under https both names have the prefix `__Host-`.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from litestar.datastructures import Cookie
from litestar.types import Scope

from amends.access.sessions import COOKIE, LONGEST
from amends.settings import Settings

EMBEDDED: Final = "amends_embedded"
EMBEDDED_LIFE: Final = timedelta(hours=12)
FRAME_HEADER: Final = b"x-amends-frame"
"""What our scripts send from a frame, where the browser does not say where a request comes from."""
_FRAMES: Final = frozenset({b"iframe", b"frame", b"embed", b"object"})


class PartitionedCookie(Cookie):
    """A cookie for a frame in another site; the standard library cannot write the attribute before Python 3.14."""

    def to_header(self, **kwargs: Any) -> str:
        """Write the header."""
        return f"{super().to_header(**kwargs)}; Partitioned"


class Carried(NamedTuple):
    """The token that a request brings, and whether from a frame."""

    token: str
    in_frame: bool


def cookie_name(settings: Settings, *, embedded: bool = False) -> str:
    """Return the name of a session's cookie."""
    name = EMBEDDED if embedded else COOKIE
    return f"__Host-{name}" if _is_secure(settings) else name


def session_cookie(token: str, settings: Settings, *, embedded: bool = False) -> Cookie:
    """Return the cookie that signs a browser in."""
    life = EMBEDDED_LIFE if embedded else LONGEST
    name = cookie_name(settings, embedded=embedded)
    return own_cookie(name, token, settings, max_age=int(life.total_seconds()), in_frame=embedded)


def no_session_cookie(settings: Settings, *, embedded: bool = False) -> Cookie:
    """Return the cookie that signs a browser out."""
    return own_cookie(cookie_name(settings, embedded=embedded), "", settings, max_age=0, in_frame=embedded)


def own_cookie(name: str, value: str, settings: Settings, *, max_age: int, in_frame: bool = False) -> Cookie:
    """Return a cookie that scripts cannot read: for our own windows, or for a frame in another site."""
    if in_frame:
        return PartitionedCookie(
            key=name, value=value, max_age=max_age, path="/", httponly=True, samesite="none", secure=True
        )
    return Cookie(
        key=name, value=value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=_is_secure(settings)
    )


def carried_in(scope: Scope, settings: Settings) -> Carried | None:
    """Return the session's token that counts for a request.

    With both cookies the one of the frame counts in frames; alone, also where the browser does not say where it is.
    """
    cookies, place, marked = _read(scope)
    plain = cookies.get(cookie_name(settings))
    framed = cookies.get(cookie_name(settings, embedded=True)) if settings.embed_parents else None
    if framed is not None and (marked or place in _FRAMES or (plain is None and place != b"document")):
        return Carried(framed, in_frame=True)
    return None if plain is None else Carried(plain, in_frame=False)


def comes_from_frame(scope: Scope) -> bool:
    """Tell whether the browser says that a page is for a frame."""
    return _read(scope)[1] in _FRAMES


def _read(scope: Scope) -> tuple[dict[str, str], bytes | None, bool]:
    cookies: dict[str, str] = {}
    place, marked = None, False
    for name, value in scope["headers"]:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, text = pair.strip().partition("=")
                cookies.setdefault(key, text)
        elif name == b"sec-fetch-dest":
            place = value
        elif name == FRAME_HEADER:
            marked = True
    return cookies, place, marked


def _is_secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https:")
