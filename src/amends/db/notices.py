"""Notices: what a process tells the others when something has changed, by NOTIFY, after the change has committed.

`tell` notes one down inside `transactions.transaction`; a rollback forgets it. Nothing is notified in the command's own
transaction, because that takes a lock of the whole database at commit (ADR 10). The process gathers what several
commands told and sends it at once, on a connection of its own. A notice is a hint: a crash may lose it, and whoever
listens looks into the database from time to time. It is never told twice, and never before it is true.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog

from amends.db.pool import Connection, Pool, session_settings

CHANNEL: Final = "amends"
GATHER_S: Final = 0.005
DRAIN_S: Final = 1.0
MAX_WAITING: Final = 10_000
MAX_PAYLOAD_BYTES: Final = 7_900  # PostgreSQL takes less than 8 000

NOTIFY_SQL: Final = """
select pg_notify($1, $2)
"""

log = structlog.get_logger("amends.notices")


class CaseNotice(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="case"):
    """A case has a new event. Who may hear of it is decided by who listens."""

    account_id: int
    id: str
    """The case's public id."""
    user_id: UUID
    """The buyer."""
    event_id: str
    """The event's public id."""
    actor: str
    """Which side acted: customer, merchant, platform, system."""
    internal: bool
    """A note or an assignment: for the actor's own side only."""
    viewable_by_customer: bool
    viewable_by_merchant: bool
    version: int
    """The case's, after the event."""
    status: str
    """The case's, after the event."""
    at: datetime


class ExportNotice(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="export"):
    """An export has got on."""

    account_id: int
    id: str
    """The export's public id."""
    state: str
    progress: int
    """Percent."""
    at: datetime


Notice = CaseNotice | ExportNotice

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Notice]).decode

_told: dict[Connection, list[Notice]] = {}
_announcers: dict[Pool, "Announcer"] = {}


def tell(connection: Connection, notice: Notice) -> None:
    """Have a notice sent once the transaction of `transaction()` on this connection has committed."""
    told = _told.get(connection)
    if told is not None:
        told.append(notice)


@contextmanager
def gathering(connection: Connection) -> Generator[list[Notice]]:
    """Collect what is told on a connection during the block."""
    _told[connection] = told = []
    try:
        yield told
    finally:
        del _told[connection]


def announce(pool: Pool, notices: Sequence[Notice]) -> None:
    """Send the notices of a transaction that has committed, soon; nothing where the process announces nothing."""
    announcer = _announcers.get(pool)
    if notices and announcer is not None:
        announcer.send(notices)


@asynccontextmanager
async def announcing(pool: Pool, url: str, *, drain_s: float = DRAIN_S) -> AsyncGenerator["Announcer"]:
    """Announce what the pool's transactions tell to the database at `url`; at the end, send what is still waiting."""
    settings = session_settings("amends notices") | {"synchronous_commit": "off"}  # a hint need not reach the disk
    async with asyncpg.create_pool(url, min_size=0, max_size=1, server_settings=settings) as own:
        announcer = _announcers[pool] = Announcer(own)
        try:
            yield announcer
        finally:
            del _announcers[pool]
            await announcer.drain(drain_s)


class Announcer:
    """Sends notices on a pool of one connection, many in one message."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[Notice] = []
        self._sending: asyncio.Task[None] | None = None

    def send(self, notices: Iterable[Notice]) -> None:
        """Put notices into the next message."""
        self._waiting.extend(notices)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())

    async def drain(self, within_s: float) -> None:
        """Wait until all is sent, though not for long."""
        if self._sending is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sending, within_s)

    async def _send_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting[-MAX_WAITING:], []
            try:
                for payload in payloads(batch):
                    await self._pool.execute(NOTIFY_SQL, CHANNEL, payload)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("notices_lost", notices=len(batch), error=repr(error))


def payloads(notices: Iterable[Notice]) -> Iterator[str]:
    """Write notices as messages that PostgreSQL takes."""
    parts: list[bytes] = []
    size = 2
    for part in map(_encode, notices):
        if parts and size + len(part) > MAX_PAYLOAD_BYTES:
            yield f"[{b','.join(parts).decode()}]"
            parts, size = [], 2
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield f"[{b','.join(parts).decode()}]"


def read_payload(payload: str) -> list[Notice]:
    """Read a message.

    Raises:
        msgspec.MsgspecError: another version of Amends wrote it.
    """
    return _decode(payload)
