"""An open stream as a client has it: what it was told, one event at a time."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from tests.credentials import bearer

PATH = "/api/v1/stream"
PATIENCE_S = 120


@dataclass(frozen=True)
class Event:
    """One server-sent event, a heartbeat (no kind), or the end."""

    kind: str
    data: dict[str, Any]

    @property
    def told(self) -> tuple[str, str]:
        """Return which case has which new event."""
        return self.data["id"], self.data["event_id"]


END = Event("end", {})


class Ear:
    """Listens to one stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id: str | None = None
        self._lines: AsyncIterator[str] = answer.aiter_lines()

    async def hear(self) -> Event:
        """Return the next event; heartbeats are passed over."""
        with anyio.fail_after(PATIENCE_S):
            while not (event := await self._block()).kind:
                pass
        return event

    async def block(self) -> Event:
        """Return the next event, or heartbeat."""
        with anyio.fail_after(PATIENCE_S):
            return await self._block()

    async def _block(self) -> Event:
        kind, data = "", "{}"
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if not line:
                return Event(kind, json.loads(data))
            if name == "event":
                kind = value
            elif name == "data":
                data = value
            elif name == "id":
                self.last_id = value
        return END


@asynccontextmanager
async def listening(
    http: httpx.AsyncClient,
    token: str | None,
    *,
    last_id: str | None = None,
    cookies: Mapping[str, str] | None = None,
    **query: str,
) -> AsyncGenerator[Ear]:
    """Open a stream and wait until it is there."""
    headers = {**(bearer(token) if token else {}), **({"Last-Event-ID": last_id} if last_id else {})}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    async with http.stream("GET", PATH, headers=headers, params=query) as answer:
        assert answer.status_code == 200, (await answer.aread()).decode()
        ear = Ear(answer)
        assert await ear.block() == Event("", {})
        yield ear
