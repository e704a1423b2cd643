"""One stream, from its opening to its end: what is said to it and when.

In this order, whenever there is something to do: what was missed, then what has been heard since. An event is told
once. What commands told between their commit and a crash is found by looking into the database with every check of
the caller's right to listen, so that a change shows at the latest then.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from amends.db.notices import CaseNotice, Notice
from amends.db.pool import Pool
from amends.kit.clock import Clock
from amends.kit.errors import ApiError
from amends.stream import messages
from amends.stream.hub import Hub, Seat
from amends.stream.queries import LIMIT, missed
from amends.stream.sight import Sight

HEARTBEAT_S: Final = 15.0
OVERLAP: Final = timedelta(seconds=5)
"""How far one looks back further than needed: a command's event has the time at which the command began."""

LONGEST_GAP: Final = timedelta(hours=1)
"""Who was away for longer loads anew."""

LookAgain = Callable[[], Awaitable[Sight]]


class Lines:
    """What one stream says."""

    def __init__(
        self,
        hub: Hub,
        seat: Seat,
        *,
        pool: Pool,
        clock: Clock,
        look_again: LookAgain,
        check_s: float,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._hub = hub
        self._seat = seat
        self._pool = pool
        self._clock = clock
        self._look_again = look_again
        self._check_s = check_s
        self._heartbeat_s = heartbeat_s
        self._told: dict[str, None] = {}  # in order
        self._position = self._looked_at = clock.now()

    async def say(self, since: datetime | None) -> AsyncGenerator[bytes]:
        """Yield what to send, until the caller may not listen any more or the process ends."""
        seat, now = self._seat, asyncio.get_running_loop().time
        if since is not None:
            self._go_on_from(since)
        yield messages.opening(self._position)
        check_at, beat_at = now() + self._check_s, now() + self._heartbeat_s
        while not seat.closing:
            if now() >= check_at:
                if not await self._still_allowed():
                    return
                check_at = now() + self._check_s
                for said in await self._look():
                    yield said
            if seat.must_look and self._hub.listening:
                seat.must_look = False
                for said in await self._look(after_gap=True):
                    yield said
            while not seat.closing and (said := await self._next()):
                yield said
            if now() >= beat_at:
                yield messages.heartbeat(self._reached(self._clock.now()))
                beat_at = now() + self._heartbeat_s
            if not seat.closing:
                await seat.called(within_s=max(0.0, min(check_at, beat_at) - now()))
        yield messages.RECONNECT

    def _go_on_from(self, since: datetime) -> None:
        if self._clock.now() - since > LONGEST_GAP:
            self._seat.skip()
        else:
            self._position = self._looked_at = since
            self._seat.call(look=True)

    async def _still_allowed(self) -> bool:
        """Recognise the caller again, and change what the stream sees to what the caller sees now."""
        try:
            self._hub.change_sight(self._seat, await self._look_again())
        except ApiError as refusal:
            return refusal.status >= 500  # a database that is away refuses nobody
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return True
        return True

    async def _look(self, *, after_gap: bool = False) -> list[bytes]:
        """Return what to say of what was missed since the last look: one by one, or to load anew where it is too much.

        A boundless sight, for which nothing is read, loads anew after a gap in what was heard, and not with each check.
        """
        begun_at = self._clock.now()
        try:
            found = await missed(self._pool, self._seat.sight, self._looked_at - OVERLAP)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._seat.must_look = True
            return []
        self._looked_at = begun_at
        self._reached(begun_at)
        if found is None:
            return [messages.RELOAD] if after_gap or not self._seat.sight.is_boundless else []
        return [said for notice in found if (said := await self._event(notice))]

    def _reached(self, moment: datetime) -> datetime:
        """Move the stream's position to a moment, unless something may be missing before it."""
        if self._hub.listening and not self._seat.must_look:
            self._position = max(self._position, moment)
        return self._position

    async def _next(self) -> bytes | None:
        """Return what to say next; None: there is nothing more."""
        seat = self._seat
        if seat.take_overflow():
            return messages.RELOAD
        while not seat.must_look and (notice := seat.take()):
            self._reached(notice.at)
            if said := await self._event(notice):
                return said
        return None

    async def _event(self, notice: Notice) -> bytes | None:
        """Write a notice that the stream may still hear of and has not been told."""
        if not self._seat.sight.sees(notice) or (isinstance(notice, CaseNotice) and notice.event_id in self._told):
            return None
        if isinstance(notice, CaseNotice):
            self._told[notice.event_id] = None
            if len(self._told) > 2 * LIMIT:
                del self._told[next(iter(self._told))]
        return messages.event(notice, await self._hub.account_pid(notice.account_id), self._position)
