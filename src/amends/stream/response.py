"""An answer that goes on: chunks as they come, until they end or the client is gone. Nothing of it outlives that."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

import anyio
from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy passes each event on at once
]


class EventStream(Response[None]):
    """A response of server-sent events; `leave` is called when it is over, however it ends."""

    def __init__(self, chunks: AsyncGenerator[bytes], leave: Callable[[], None]) -> None:
        super().__init__(None)
        self._chunks = chunks
        self._leave = leave

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """Return what sends it."""
        return _Sending(self._chunks, self._leave)


class _Sending(ASGIResponse):
    def __init__(self, chunks: AsyncGenerator[bytes], leave: Callable[[], None]) -> None:
        super().__init__(media_type="text/event-stream")
        self._chunks = chunks
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send until the end."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
                async with aclosing(self._chunks):
                    async for chunk in self._chunks:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                tasks.cancel_scope.cancel()
        finally:
            self._leave()


async def _until_gone(receive: Receive, answering: anyio.CancelScope) -> None:
    """Wait for the client to hang up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    answering.cancel()
