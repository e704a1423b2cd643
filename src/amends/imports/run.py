"""An import from its first byte to its report: lines → records → batches, each landing in a transaction of its own.

A record may refer to what is stored or to an earlier line. A bad line is reported and leaves the others alone; running
the same file again changes nothing. What is killed on the way has landed as far as its report says.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from amends.access.permissions import Permission
from amends.access.scopes import Principal
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.imports.commands import Counts, Rejection, begin_import, count_batch, finish_import
from amends.imports.csv_rows import BadHeader, CsvReader
from amends.imports.lines import NumberedLine, numbered_lines
from amends.imports.records import KINDS, TOO_LONG, Bad, parse_json
from amends.kit.clock import Clock
from amends.people import commands as people
from amends.people.commands_accounts import fetch_accounts
from amends.people.commands_activity import content_id
from amends.people.records import Kind, Line, PaymentLine
from amends.people.references import as_public_id
from amends.people.upserts import Entry, Known, Outcome, Result

BATCH_LINES: Final = 5_000
LANES: Final = 2
YIELD_LINES: Final = 500
_GLOBAL: Final = frozenset({Kind.ACCOUNT, Kind.USER})

Parsed = tuple[int, Line | Bad]


class Reach(NamedTuple):
    """What an import may write: in which account (None: in each, by the line's `account`), and which kinds.

    `by_account`: a credential of the account brings it, and may not name just any user. `rights`: what the credential
    may do; None: everything.
    """

    account_id: int | None
    kinds: frozenset[Kind]
    by_account: bool = False
    rights: frozenset[Permission] | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is imported: `kind` is the kind of a CSV's rows, None for JSON lines."""

    chunks: AsyncIterable[bytes]
    kind: Kind | None

    @property
    def format(self) -> str:
        """Return the format's name."""
        return "ndjson" if self.kind is None else "csv"


async def run_import(
    pool: Pool,
    clock: Clock,
    source: Source,
    *,
    principal: Principal,
    reach: Reach,
    batch_lines: int = BATCH_LINES,
    lanes: int = LANES,
    progress: Callable[[Counts], None] | None = None,
) -> UUID:
    """Import everything and return the row id of the report.

    `lanes`: how many batches may be under way, each on a connection. `progress` is told the counts after each batch.
    """
    async with transaction(pool) as connection:
        import_id = await begin_import(
            connection,
            principal=principal,
            account_id=reach.account_id,
            format_=source.format,
            kind=source.kind,
            now=clock.now(),
        )
    failure: str | None = "The connection or the process ended early. Send the file again: what landed stays."
    try:
        landing = _Landing(pool, clock, import_id, reach, progress)
        failure = await _land_all(landing, source, batch_lines, lanes)
    finally:
        async with transaction(pool) as connection:
            await finish_import(connection, import_id, failure=failure, now=clock.now())
    return import_id


async def _land_all(landing: "_Landing", source: Source, batch_lines: int, lanes: int) -> str | None:
    """Land batch after batch, reading on meanwhile; return why it stopped early."""
    async with _Lanes(landing, lanes) as under_way:
        try:
            async for batch in _batches(source, batch_lines):
                await under_way.land(batch)
        except BadHeader as error:
            await under_way.land([(1, Bad(error.field, error.reason))])
            return f"The header cannot be read: {error.reason}"
    return None


class _Lanes:
    """Batches under way: the next one starts when none of them is needed by it, and a lane is free.

    Payments need no other payments, so batches of different payments may overlap; any other batch goes alone. Each lane
    remembers only what it has stored itself or found stored.
    """

    def __init__(self, landing: "_Landing", lanes: int) -> None:
        self._landing = landing
        self._free = deque(Known() for _ in range(lanes))
        self._under_way: deque[tuple[frozenset[str], Known, asyncio.Task[None]]] = deque()

    async def __aenter__(self) -> "_Lanes":
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for _, _, task in self._under_way]
        for failure in await asyncio.gather(*tasks, return_exceptions=True):
            if failure is not None:
                raise failure

    async def land(self, batch: Sequence[Parsed]) -> None:
        """Start a batch, after waiting for those that it may need."""
        ids = _payment_ids(batch)
        while self._under_way and (not self._free or self._needs_others(ids)):
            await self._finish_one()
        known = self._free.popleft()
        self._under_way.append((ids, known, asyncio.create_task(self._landing.land(batch, known))))

    def _needs_others(self, ids: frozenset[str]) -> bool:
        """Tell whether a batch of these payments, or of other records, may need one that is under way."""
        return not ids or any(not other or ids & other for other, _, _ in self._under_way)

    async def _finish_one(self) -> None:
        _, known, task = self._under_way.popleft()
        await task
        self._free.append(known)


def _payment_ids(batch: Sequence[Parsed]) -> frozenset[str]:
    """Return the integrator's ids of a batch of nothing but payments; empty for any other batch."""
    ids = frozenset(line.id for _, line in batch if isinstance(line, PaymentLine))
    return ids if all(isinstance(line, PaymentLine | Bad) for _, line in batch) else frozenset()


async def _batches(source: Source, batch_lines: int) -> AsyncIterator[list[Parsed]]:
    batch: list[Parsed] = []
    async for lines in _parsed(source):
        for parsed in lines:
            batch.append(parsed)
            if len(batch) == batch_lines:
                yield batch
                batch = []
            if len(batch) % YIELD_LINES == 0:
                await asyncio.sleep(0)
    if batch:
        yield batch


async def _parsed(source: Source) -> AsyncIterator[Iterable[Parsed]]:
    if source.kind is None:
        async for lines in numbered_lines(source.chunks):
            yield map(_parse_json_line, lines)
        return
    reader = CsvReader(source.kind)
    async for lines in numbered_lines(source.chunks):
        yield reader.feed(lines)
    yield reader.finish()


def _parse_json_line(line: NumberedLine) -> Parsed:
    number, content = line
    return number, Bad(None, TOO_LONG) if content is None else parse_json(content)


class _Landing:
    """Where the batches of one import land, and what has become of them so far."""

    def __init__(
        self, pool: Pool, clock: Clock, import_id: UUID, reach: Reach, progress: Callable[[Counts], None] | None
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._import_id = import_id
        self._reach = reach
        self._progress = progress
        self._accounts: dict[str, int] = {}
        self._counts = Counts()

    async def land(self, batch: Sequence[Parsed], known: Known) -> None:
        """Store a batch and add it to the report; `known` is what its lane knows from the earlier ones."""
        counts, rejections = Counts(lines=len(batch)), list[Rejection]()
        async with transaction(self._pool) as connection:
            for segment in _segments(batch):
                entries = [item async for item in self._entries(connection, segment)]
                good = [(number, entry) for number, entry in entries if isinstance(entry, Entry)]
                rejections += [Rejection(number, *bad) for number, bad in entries if isinstance(bad, Bad)]
                outcomes = await people.store(
                    connection,
                    [entry for _, entry in good],
                    now=self._clock.now(),
                    known=known,
                    by_account=self._reach.by_account,
                    rights=self._reach.rights,
                )
                told, refused = _tell(good, outcomes)
                counts, rejections = counts.plus(told), rejections + refused
            counts = counts._replace(rejected=len(rejections))
            await count_batch(
                connection,
                self._import_id,
                counts,
                sorted(rejections),
                stored=self._counts.rejected,
                now=self._clock.now(),
            )
        self._counts = self._counts.plus(counts)
        if self._progress is not None:
            self._progress(self._counts)

    async def _entries(
        self, connection: Connection, segment: Sequence[Parsed]
    ) -> AsyncIterator[tuple[int, Entry | Bad]]:
        await self._find_accounts(connection, segment)
        for number, line in segment:
            yield number, line if isinstance(line, Bad) else self._entry(line)

    async def _find_accounts(self, connection: Connection, segment: Sequence[Parsed]) -> None:
        """Look up the accounts that lines name."""
        named = {getattr(line, "account", None) for _, line in segment} - {None} - self._accounts.keys()
        if named:
            numbers = [parsed.account for text in named if (parsed := as_public_id(Kind.ACCOUNT, str(text)))]
            for row in await fetch_accounts(connection, 0, [str(text) for text in named], numbers):
                self._accounts[row.external_id] = self._accounts[row.pid] = row.id

    def _entry(self, line: Any) -> Entry | Bad:
        kind = KINDS[type(line)]
        if kind not in self._reach.kinds:
            return Bad("kind", f"The credential may not import records of the kind {kind}.")
        account_id = self._account_of(kind, line)
        if isinstance(account_id, Bad):
            return account_id
        return Entry(kind, account_id, line.id or content_id(account_id, line), line)

    def _account_of(self, kind: Kind, line: Any) -> int | Bad:
        if kind in _GLOBAL:
            return 0
        if line.account is None:
            return self._reach.account_id or Bad("account", "Say in `account` which account the record is of.")
        account_id = self._accounts.get(line.account)
        if account_id is None or self._reach.account_id not in {None, account_id}:
            return Bad("account", f"There is no account {line.account!r}. Send the account before.")
        return account_id


def _segments(batch: Sequence[Parsed]) -> Iterator[list[Parsed]]:
    """Part a batch where accounts begin or end: what an account owns needs its number, which the database gives."""
    segment: list[Parsed] = []
    was_account = False
    for parsed in batch:
        is_account = type(parsed[1]) in _ACCOUNT_TYPES
        if segment and is_account != was_account:
            yield segment
            segment = []
        segment.append(parsed)
        was_account = is_account
    if segment:
        yield segment


_ACCOUNT_TYPES: Final = frozenset(line_type for line_type, kind in KINDS.items() if kind is Kind.ACCOUNT)


def _tell(good: Sequence[tuple[int, Entry]], outcomes: Sequence[Outcome]) -> tuple[Counts, list[Rejection]]:
    """Return what became of entries, in counts, and why some did not land."""
    landed = unchanged = 0
    refused: list[Rejection] = []
    for (number, _), outcome in zip(good, outcomes, strict=True):
        if outcome.rejection is not None:
            refused.append(Rejection(number, outcome.rejection.param, outcome.rejection.message))
        elif outcome.result is Result.UNCHANGED:
            unchanged += 1
        else:
            landed += 1
    return Counts(landed=landed, unchanged=unchanged), refused
