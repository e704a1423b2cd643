"""A load on loopback that costs little itself: keep-alive connections send prepared bytes and count the answers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import cast

NextRequest = Callable[[], bytes | None]


@dataclass
class Load:
    """What came of a load."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list[float])
    failures: list[bytes] = field(default_factory=list[bytes])

    @property
    def rate(self) -> float:
        """Return answered requests a second."""
        return len(self.latencies_s) / self.seconds

    @property
    def median_ms(self) -> float:
        """Return the median time of an answer in ms."""
        return median(self.latencies_s) * 1000


def get(path: str, token: str) -> bytes:
    """Return the bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, token: str, body: bytes = b"{}") -> bytes:
    """Return the bytes of a POST of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Client(asyncio.Protocol):
    """One connection: a request out, an answer in, the next request out."""

    def __init__(self, load: Load, next_request: NextRequest, done: asyncio.Future[None]) -> None:
        self._load, self._next, self._done = load, next_request, done
        self._buffer = bytearray()
        self._sent_at = 0.0
        self._awaited = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes
        self._send()

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._awaited < 0:
            head_end = self._buffer.find(b"\r\n\r\n")
            if head_end < 0:
                return
            self._awaited = head_end + 4 + _content_length(bytes(self._buffer[:head_end]))
        if len(self._buffer) >= self._awaited:
            self._finish()

    def _finish(self) -> None:
        self._load.latencies_s.append(time.perf_counter() - self._sent_at)
        if self._buffer[9] != ord("2"):
            self._load.failures.append(bytes(self._buffer[:600]))
        del self._buffer[: self._awaited]
        self._awaited = -1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            if exc is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(exc)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def run_load(port: int, next_request: NextRequest, *, connections: int) -> Load:
    """Send until `next_request` returns None, over this many connections.

    Raises:
        AssertionError: an answer was not a success; a rate of failures says nothing.
    """
    load = Load()
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for future in done:
        await loop.create_connection(lambda future=future: _Client(load, next_request, future), "127.0.0.1", port)
    await asyncio.gather(*done)
    load.seconds = time.perf_counter() - started
    if load.failures:
        raise AssertionError(f"{len(load.failures)} answers were no success, such as: {load.failures[0].decode()}")
    return load


def for_seconds(request: bytes, seconds: float) -> NextRequest:
    """Return a supply of one and the same request until the time is up."""
    end = time.perf_counter() + seconds
    return lambda: request if time.perf_counter() < end else None


def each_once(requests: list[bytes]) -> NextRequest:
    """Return a supply of each of the requests once."""
    supply = iter(requests)
    return lambda: next(supply, None)
