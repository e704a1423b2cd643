"""Downloads: short-lived, safe in a browser, in ranges."""

from datetime import timedelta
from typing import Any

import pytest

from amends.files.names import clean_filename, disposition, download_name
from amends.kit.clock import ManualClock
from tests.files import samples
from tests.files.serving import Served

pytestmark = pytest.mark.anyio


async def test_answers_are_safe_in_a_browser(served: Served) -> None:
    file = await served.upload("chat.txt", b"<b>not markup</b> but words"[3:])
    answer = await served.http.get(file["url"])
    headers = answer.headers
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert headers["content-security-policy"].endswith("; sandbox")
    assert headers["content-length"] == str(file["size"])
    assert headers["content-disposition"] == "inline; filename=\"chat.txt\"; filename*=UTF-8''chat.txt"


async def test_documents_of_office_programs_are_saved_not_shown(served: Served) -> None:
    file = await served.upload("letter.docx", samples.docx())
    answer = await served.http.get(file["url"])
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-type"] == samples.DOCX_TYPE
    assert answer.content == samples.docx()


async def test_the_thumbnail_has_an_address_of_its_own(served: Served) -> None:
    file = await served.upload("photo.jpg", samples.jpeg())
    answer = await served.http.get(file["thumbnail_url"])
    assert (answer.status_code, answer.headers["content-type"], answer.content[8:12]) == (200, "image/webp", b"WEBP")
    assert (await served.upload("chat.txt", b"words"))["thumbnail_url"] is None


async def test_addresses_expire_and_cannot_be_altered(served: Served, clock: ManualClock) -> None:
    file = await served.upload("chat.txt", b"words")
    waiting = await served.create("chat.txt")
    url: str = file["url"]
    upload_token = waiting["upload_url"].rsplit("/", 1)[1]
    altered = url[:-1] + ("A" if url[-1] != "A" else "B")
    for wrong in (
        altered,
        url + "A",
        f"{served.url}/api/v1/downloads/x",
        f"{served.url}/api/v1/downloads/{upload_token}",
    ):
        answer = await served.http.get(wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "file_link_invalid")
    clock.advance(timedelta(minutes=10))
    assert (await served.http.get(url)).status_code == 200
    clock.advance(timedelta(milliseconds=1))
    assert (await served.http.get(url)).status_code == 403
    clock.advance(timedelta(minutes=50))
    late = await served.http.put(waiting["upload_url"], content=b"words")
    assert (late.status_code, late.json()["error"]["code"]) == (403, "file_link_invalid")


RANGES: dict[str, tuple[int, int, int]] = {
    "bytes=0-0": (206, 0, 1),
    "bytes=100-199": (206, 100, 200),
    "bytes=4000-": (206, 4000, 4096),
    "bytes=-96": (206, 4000, 4096),
    "bytes=4000-9999": (206, 4000, 4096),
    "bytes=-9999": (206, 0, 4096),
    "bytes=0-1,5-6": (200, 0, 4096),
    "bytes=5-4": (200, 0, 4096),
    "bytes=-": (200, 0, 4096),
    "lines=0-1": (200, 0, 4096),
}


async def test_one_range_is_honoured(served: Served) -> None:
    data = samples.mp4(4096)
    url = (await served.upload("screen.mp4", data))["url"]
    for asked, (status, start, end) in RANGES.items():
        answer = await served.http.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, data[start:end]), asked
        expected = f"bytes {start}-{end - 1}/4096" if status == 206 else None
        assert (answer.headers.get("content-range"), answer.headers["accept-ranges"]) == (expected, "bytes"), asked


async def test_a_range_outside_the_file_is_refused(served: Served) -> None:
    url = (await served.upload("screen.mp4", samples.mp4(4096)))["url"]
    for asked in ("bytes=4096-", "bytes=9999-10000", "bytes=-0"):
        answer = await served.http.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */4096"), asked


async def test_head_tells_the_size(served: Served) -> None:
    file = await served.upload("screen.mp4", samples.mp4(4096))
    answer = await served.http.head(file["url"])
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "4096", b"")


async def test_bytes_that_are_gone_are_not_found(served: Served) -> None:
    file = await served.upload("chat.txt", b"words")
    for path in served.stored():
        path.unlink()
    assert (await served.http.get(file["url"])).status_code == 404


async def test_pages_of_any_origin_may_upload(served: Served) -> None:
    file = await served.create("chat.txt")
    asked: dict[str, Any] = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    allowed = await served.http.options(file["upload_url"], headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, "*")
    taken = await served.http.put(file["upload_url"], content=b"words", headers=asked)
    assert (taken.status_code, taken.headers["access-control-expose-headers"]) == (200, "ETag")


HOSTILE = 'a"b\r\nSet-Cookie: x=1\\..\u202e\u0000 Größe 日本 100%.txt'


async def test_a_name_cannot_inject_headers(served: Served) -> None:
    answer = await served.call("POST", "/files", json={"filename": HOSTILE.replace("\u0000", "")})
    assert answer.json()["filename"] == ".. Größe 日本 100%.txt"
    file = await served.upload('say "hi"; x=1 Größe.txt', b"words")
    download = await served.http.get(file["url"])
    assert "set-cookie" not in download.headers
    assert download.headers["content-disposition"] == (
        "inline; filename=\"say _hi_; x=1 Groe.txt\"; filename*=UTF-8''say%20%22hi%22%3B%20x%3D1%20Gr%C3%B6%C3%9Fe.txt"
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("  a.txt \n", "a.txt"),
        ("u\u0308ber.txt", "\u00fcber.txt"),
        ("exe\u202etxt.pdf", "exetxt.pdf"),
        ("é" * 127, "é" * 127),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


@pytest.mark.parametrize(
    ("name", "content_type", "saved"),
    [
        ("a.JPG", "image/jpeg", "a.JPG"),
        ("a.heic", "image/jpeg", "a.heic.jpg"),
        ("page.html", "text/plain", "page.html.txt"),
        ("noext", "application/pdf", "noext.pdf"),
    ],
)
def test_a_saved_file_has_the_extension_of_what_it_is(name: str, content_type: str, saved: str) -> None:
    assert download_name(name, content_type) == saved


def test_a_name_without_ascii_has_a_plain_one_too() -> None:
    assert disposition("日本", is_inline=False) == (
        "attachment; filename=\"file\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC"
    )
