"""Receiving bytes: from the network into a local file, chunk by chunk, counted, limited and hashed on the way.

A body lands in a work folder of its own, which is gone when the request ends, however it ends; so nothing reaches the
store before it has been seen whole. Memory is one buffer whatever the size.
"""

import hashlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

import anyio
import anyio.to_thread
import msgspec
from litestar import Request

from amends.files.limits import MIB
from amends.files.sniff import HEAD_BYTES
from amends.kit.errors import InvalidRequest, PayloadTooLarge

_BUFFER_BYTES: Final = MIB
_LENGTH_DIGITS: Final = 16


class Landed(msgspec.Struct, frozen=True):
    """What arrived; the etag is the beginning of its SHA-256."""

    size_bytes: int
    etag: str


@asynccontextmanager
async def work_folder(incoming: Path) -> AsyncGenerator[Path]:
    """Make a folder for one upload, and remove it with everything in it."""
    folder = await anyio.to_thread.run_sync(_make_folder, incoming)
    try:
        yield folder
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(lambda: shutil.rmtree(folder, ignore_errors=True))


def _make_folder(incoming: Path) -> Path:
    incoming.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=incoming))


async def body_of(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """Yield the chunks of a request's body.

    Raises:
        InvalidRequest: `upload_interrupted`, the client went away before the end.
    """
    more = True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InvalidRequest("upload_interrupted", "The upload broke off. Send it again to the same address.")
        more = message.get("more_body", False)
        if message["body"]:
            yield message["body"]


async def land(
    chunks: AsyncIterator[bytes], path: Path, *, max_bytes: Callable[[bytes], int], expected_bytes: int | None = None
) -> Landed:
    """Write the chunks to `path`.

    `max_bytes` is asked once, with the first `HEAD_BYTES` (fewer only if there are no more), and may refuse them.

    Raises:
        PayloadTooLarge: `file_too_large`, as soon as it shows.
        InvalidRequest: `file_size_mismatch`, fewer or more than `expected_bytes`.
    """
    digest, size, buffer, limit = hashlib.sha256(), 0, bytearray(), None
    with path.open("wb") as file:

        async def flush() -> None:
            await anyio.to_thread.run_sync(_write, file, digest, bytes(buffer))
            buffer.clear()

        async for chunk in chunks:
            buffer += chunk
            size += len(chunk)
            if limit is None and size >= HEAD_BYTES:
                limit = max_bytes(bytes(buffer[:HEAD_BYTES]))
            check_size(size, limit=limit, expected_bytes=expected_bytes)
            if len(buffer) >= _BUFFER_BYTES:
                await flush()
        check_size(size, limit=limit, expected_bytes=expected_bytes, is_all=True)
        check_size(size, limit=max_bytes(bytes(buffer)) if limit is None else limit)
        await flush()
    return Landed(size, digest.hexdigest()[:32])


def _write(file: IO[bytes], digest: Any, data: bytes) -> None:
    digest.update(data)
    file.write(data)


def announced_bytes(request: Request[Any, Any, Any]) -> int | None:
    """Return the Content-Length of a request; None when it does not say."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < _LENGTH_DIGITS else None


def check_size(size: int, *, limit: int | None, expected_bytes: int | None = None, is_all: bool = False) -> None:
    """Refuse a body by the bytes that have arrived, or that are announced (`is_all`).

    Raises:
        InvalidRequest: `file_size_mismatch`.
        PayloadTooLarge: `file_too_large`.
    """
    if expected_bytes is not None and (size > expected_bytes or (is_all and size < expected_bytes)):
        raise InvalidRequest("file_size_mismatch", f"Exactly {expected_bytes} bytes belong here. Send them, whole.")
    if limit is not None and size > limit:
        raise PayloadTooLarge("file_too_large", f"This is more than {limit} bytes, which is all that is taken.")
