"""The process's ear: one connection that listens for notices, and the open streams that they are handed to.

A stream that does not keep up loses what is waiting for it and is told to load anew: memory never grows with a slow
client. When the connection breaks it is made again, and every stream then looks into the database for what it missed.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from amends.db.notices import CHANNEL, Notice, read_payload
from amends.db.pool import Connection, Pool, connect
from amends.kit.errors import RateLimited, Unavailable
from amends.stream.queries import account_pid, probe
from amends.stream.sight import Place, Sight, places_of

MAX_WAITING: Final = 100
"""Notices that may wait for one stream."""
MAX_OF_A_CALLER: Final = 20
MAX_OF_A_PROCESS: Final = 5_000
RETRY_S: Final = 1.0
PROBE_S: Final = 30.0
"""How often the listening connection is asked whether it is still there."""

log = structlog.get_logger("amends.stream")


class Seat:
    """One open stream's place at the hub: what waits for it."""

    def __init__(self, sight: Sight, principal_id: str) -> None:
        self.sight = sight
        self.principal_id: Final = principal_id
        self.closing = False
        self.must_look = False
        """Something may have been missed: look into the database."""
        self._waiting: deque[Notice] = deque()
        self._overflowed = False
        self._called = asyncio.Event()

    def put(self, notice: Notice) -> None:
        """Hand over a notice."""
        if len(self._waiting) >= MAX_WAITING:
            self.skip()
        if not self._overflowed:
            self._waiting.append(notice)
        self._called.set()

    def skip(self) -> None:
        """Drop what waits, and have the client load anew."""
        self._waiting.clear()
        self._overflowed = True

    def call(self, *, look: bool = False, close: bool = False) -> None:
        """Have the stream look for what it missed, or end."""
        self.must_look |= look
        self.closing |= close
        self._called.set()

    def take(self) -> Notice | None:
        """Return the next notice; None: nothing waits."""
        return self._waiting.popleft() if self._waiting else None

    def take_overflow(self) -> bool:
        """Tell, once, whether notices were dropped; everything after that is kept again."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    async def called(self, within_s: float) -> None:
        """Wait until there is something to do, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._called.wait(), within_s)
        self._called.clear()


class Hub:
    """Hears every notice of the database at `url` and hands it to the seats that may see it."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        self._seats: defaultdict[Place, set[Seat]] = defaultdict(set)
        self._callers: Counter[str] = Counter()
        self._account_pids: dict[int, str] = {}
        self._closing = False
        self.listening = False
        """Whether everything that is told now is heard."""

    @property
    def open_streams(self) -> int:
        """Return how many streams are open."""
        return self._callers.total()

    def take_seat(self, sight: Sight, principal_id: str) -> Seat:
        """Give a new stream its place.

        Raises:
            RateLimited: `too_many_streams`, the caller has enough open.
            Unavailable: `streams_unavailable`, this process stops or has enough.
        """
        if self._closing or self.open_streams >= MAX_OF_A_PROCESS:
            raise Unavailable(
                "streams_unavailable",
                "No more streams can be opened here now. Try again.",
                headers={"Retry-After": "2"},
            )
        if self._callers[principal_id] >= MAX_OF_A_CALLER:
            raise RateLimited(
                "too_many_streams",
                f"You have {MAX_OF_A_CALLER} streams open. Close one, or read several accounts by one stream.",
                headers={"Retry-After": "15"},
            )
        seat = Seat(sight, principal_id)
        self._callers[principal_id] += 1
        for place in sight.places():
            self._seats[place].add(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Take a stream's place away."""
        self._callers[seat.principal_id] -= 1
        if not self._callers[seat.principal_id]:
            del self._callers[seat.principal_id]
        self._unseat(seat)

    def change_sight(self, seat: Seat, sight: Sight) -> None:
        """Let a stream see something else from now on."""
        if sight != seat.sight:
            self._unseat(seat)
            seat.sight = sight
            for place in sight.places():
                self._seats[place].add(seat)

    def _unseat(self, seat: Seat) -> None:
        for place in seat.sight.places():
            self._seats[place].discard(seat)
            if not self._seats[place]:
                del self._seats[place]

    def close(self) -> None:
        """Tell every stream to end, and open no more."""
        self._closing = True
        for seat in self._everybody():
            seat.call(close=True)

    def _everybody(self) -> set[Seat]:
        return {seat for seats in self._seats.values() for seat in seats}

    async def account_pid(self, account_id: int) -> str:
        """Return an account's public id, which never changes."""
        if account_id not in self._account_pids:
            self._account_pids[account_id] = await account_pid(self._pool, account_id)
        return self._account_pids[account_id]

    def _hear(self, _connection: Any, _pid: Any, _channel: Any, payload: object) -> None:
        try:
            notices = read_payload(str(payload))
        except msgspec.MsgspecError:  # from another version, while one replaces the other
            log.warning("notice_not_understood")
            return
        for notice in notices:
            heard_by = {seat for place in places_of(notice) for seat in self._seats.get(place, ())}
            for seat in heard_by:
                if seat.sight.sees(notice):
                    seat.put(notice)

    async def listen(self) -> None:
        """Listen until cancelled, over as many connections as it takes."""
        while True:
            try:
                await self._listen_once()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listening_interrupted", error=repr(error), retry_in_s=RETRY_S)
            self.listening = False
            await asyncio.sleep(RETRY_S)

    async def _listen_once(self) -> None:
        connection = await connect(self._url, application="amends stream")
        lost = asyncio.Event()
        connection.add_termination_listener(_setting(lost))
        try:
            await connection.add_listener(CHANNEL, self._hear)
            self.listening = True
            for seat in self._everybody():
                seat.call(look=True)
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), PROBE_S)
                    return
                await probe(connection, timeout_s=PROBE_S)
        finally:
            self.listening = False
            await _hang_up(connection)


def _setting(event: asyncio.Event) -> Callable[[Any], None]:
    def set_event(_connection: Any) -> None:
        event.set()

    return set_event


async def _hang_up(connection: Connection) -> None:
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=1)


@asynccontextmanager
async def open_hub(pool: Pool, url: str) -> AsyncGenerator[Hub]:
    """Listen while in the block."""
    hub = Hub(pool, url)
    listening = asyncio.create_task(hub.listen())
    try:
        yield hub
    finally:
        hub.close()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
