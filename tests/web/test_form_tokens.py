"""Forms with files begin with their token: what has none, or a wrong one, is refused before a file is taken."""

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.errors import Forbidden
from amends.web.csrf import COOKIE, FIELD
from amends.web.multipart_form import MAX_BEFORE_TOKEN, Wanted, read_multipart
from tests.builders import make_account
from tests.running import Server, listener, server, settings
from tests.staff import csrf, make_team_person, sign_in

__all__ = ["listener", "server", "settings"]

WANTED = Wanted("token", "right".__eq__)
END = b"--x--\r\n"


def text(name: str, value: str | bytes) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"


def file(data: bytes = b"bytes") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + data + b"\r\n"


class Body:
    """A form that comes in pieces, of which one can tell how many were asked for."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece


async def test_files_are_taken_after_the_token() -> None:
    body = Body(text("message", "See."), text("token", "right"), file(), END)
    form = await read_multipart(aiter(body), "x", WANTED)
    assert form["message"] == "See."
    assert await form["files"].read() == b"bytes"


@pytest.mark.parametrize(
    ("pieces", "taken"),
    [
        ((file(), text("token", "right"), END), 1),
        ((text("token", "wrong"), file(), END), 2),
        ((text("message", "See."), file(), END), 2),
        ((text("message", b"x" * MAX_BEFORE_TOKEN), file(), END), 1),
        ((b"\r\n" * MAX_BEFORE_TOKEN, file(), END), 1),
    ],
)
async def test_nothing_is_read_on_once_it_shows_that_the_token_is_not_right(
    pieces: tuple[bytes, ...], taken: int
) -> None:
    body = Body(*pieces)
    with pytest.raises(Forbidden) as refused:
        await read_multipart(aiter(body), "x", WANTED)
    assert refused.value.code == "form_expired"
    assert body.taken == taken


async def test_a_second_token_must_be_right_as_well() -> None:
    body = Body(text("token", "right"), text("token", "wrong"), END)
    with pytest.raises(Forbidden):
        await read_multipart(aiter(body), "x", WANTED)


async def ask(http: httpx.AsyncClient, path: str, cookies: dict[str, str], begin: bytes) -> bytes:
    """Send the beginning of a large form, and return the beginning of the answer."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {http.base_url.netloc.decode()}\r\nAccept: text/html\r\n"
        f"Cookie: {'; '.join(f'{name}={value}' for name, value in cookies.items())}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {20 * 1024 * 1024}\r\n\r\n"
    )
    with anyio.fail_after(120):
        async with await anyio.connect_tcp(http.base_url.host, http.base_url.port or 80) as stream:
            await stream.send(head.encode() + begin)
            return await stream.receive()


async def test_a_form_is_refused_while_its_file_still_comes(server: Server, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    cookies = await sign_in(pool, await make_team_person(pool, account, "owner"), clock)
    path = f"/accounts/{account.pid}/cases/case_x/comment"
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        token = (await csrf(http))[FIELD]
        cookies[COOKIE] = token
        first = file(b"x" * 1000)
        assert (await ask(http, path, cookies, first)).startswith(b"HTTP/1.1 403")
        assert (await ask(http, path, cookies, text(FIELD, "wrong") + first)).startswith(b"HTTP/1.1 403")
        other = text(FIELD, token[::-1]) + first
        assert (await ask(http, path, cookies, other)).startswith(b"HTTP/1.1 403")
