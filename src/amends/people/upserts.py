"""Upserts: a batch of records becomes new and changed rows, in a handful of statements however many there are.

A PUT is a batch of one, an import a row of batches. A record may refer to what is stored or to an earlier record of its
batch. Each record's outcome is told: a rejected one leaves the others alone. Repeating a batch changes nothing. Records
of an account or a user have account 0. The kinds themselves are the matter of the modules `commands_…`.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import asyncpg
import msgspec
from msgspec.structs import astuple

from amends.access.permissions import Permission
from amends.db.pool import Connection
from amends.kit.errors import ApiError, Conflict, Unprocessable
from amends.people.records import Kind, Record
from amends.people.references import as_public_id, split

ATTEMPTS: Final = 4
MAX_KNOWN: Final = 50_000
MAX_SHELVES: Final = 1_000
COPY_ROWS: Final = 50


class Result(StrEnum):
    """What became of a record."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"

    @property
    def status(self) -> int:
        """Return how a PUT is answered: 201 for what it has made, else 200."""
        return 201 if self is Result.CREATED else 200


class Raced(Exception):
    """Somebody else wrote the same rows meanwhile: look again."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record to be stored under the integrator's own id."""

    kind: Kind
    account_id: int
    external_id: str
    record: Record


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of an entry: its row, or why there is none."""

    result: Result
    row: Any = None
    rejection: ApiError | None = None


def unknown_reference(kind: Kind, reference: str, field: str) -> Unprocessable:
    """Return the refusal of a reference that names nothing, or nothing that the sender may name."""
    return Unprocessable("unknown_reference", f"There is no {kind} {reference!r}. Send the {kind} before.", param=field)


class Known:
    """Rows that records may refer to, by kind and account, under their external id and their public id."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[Kind, int], dict[str, Any]] = {}

    def shelf(self, kind: Kind, account_id: int) -> dict[str, Any]:
        """Return the rows of a kind in an account by reference."""
        return self._shelves.setdefault((kind, account_id), {})

    def add(self, kind: Kind, account_id: int, rows: Iterable[Any]) -> None:
        """Remember rows."""
        shelf = self.shelf(kind, account_id)
        for row in rows:
            shelf[row.external_id] = shelf[row.pid] = row

    def find(self, kind: Kind, account_id: int, reference: str, field: str) -> Any:
        """Return the row that a reference names.

        Raises:
            Unprocessable: `unknown_reference`.
        """
        row = self.shelf(kind, account_id).get(reference)
        if row is None:
            raise unknown_reference(kind, reference, field)
        return row

    def trim(self) -> None:
        """Forget what is much, so that a long import stays small."""
        if len(self._shelves) > MAX_SHELVES:
            self.clear()
        for shelf in self._shelves.values():
            if len(shelf) > MAX_KNOWN:
                shelf.clear()

    def clear(self) -> None:
        """Forget everything: some of it may have been rolled back."""
        self._shelves.clear()


@dataclass
class Group:
    """The entries of one kind in one account: what is stored of them, and what is to be written."""

    kind: Kind
    account_id: int
    now: datetime
    known: Known
    by_account: bool = False
    """Whether the account itself sends them: then a user whom it does not know is named by public id only."""
    rights: frozenset[Permission] | None = None
    """What the sender may do; None: everything, it is the operator or ourselves."""
    entries: list[Entry] = field(default_factory=list[Entry])
    stored: dict[str, Any] = field(default_factory=dict[str, Any])
    """By external id, as read before; then as planned by earlier entries."""
    context: Any = None
    """What the kind's `prepare` found out about the whole group."""
    created: dict[str, Any] = field(default_factory=dict[str, Any])
    changed: dict[str, Any] = field(default_factory=dict[str, Any])

    def find(self, kind: Kind, reference: str, field: str) -> Any:
        """Return the row of this account that a reference names; a user's belong to no account."""
        return self.known.find(kind, 0 if kind is Kind.USER else self.account_id, reference, field)


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """How one kind is stored.

    `references` tells what a record refers to; `fetch` reads rows by external ids and row ids; `prepare` looks up what
    else `compose` needs, which makes the row of a record or refuses it, and must not await; `write` stores the rows.
    """

    kind: Kind
    references: Callable[[Any], Iterable[tuple[Kind, str]]]
    fetch: Callable[[Connection, int, Sequence[str], Sequence[Any]], Awaitable[Sequence[Any]]]
    compose: Callable[[Group, Entry, Any], Any]
    write: Callable[[Connection, Group], Awaitable[None]]
    prepare: Callable[[Connection, Group], Awaitable[None]] | None = None


class Upserts:
    """Stores batches; `shelves` are the kinds, each after those that it refers to."""

    def __init__(self, shelves: Iterable[Shelf]) -> None:
        self._shelves = {shelf.kind: shelf for shelf in shelves}

    async def store(
        self,
        connection: Connection,
        entries: Sequence[Entry],
        *,
        now: datetime,
        known: Known | None = None,
        by_account: bool = False,
        rights: frozenset[Permission] | None = None,
    ) -> list[Outcome]:
        """Store a batch in one transaction and return the outcomes in the order of the entries.

        `known` carries rows from one batch to the next. `by_account`: a credential of the account sends them. `rights`:
        what the sender may do; None: everything. Within a transaction of the caller it is a savepoint.
        """
        known = Known() if known is None else known
        known.trim()
        attempt = 1
        while True:
            try:
                return await self._attempt(connection, self._groups(entries, now, known, by_account, rights), entries)
            except (Raced, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                if attempt == ATTEMPTS:
                    raise
            except BaseException:
                known.clear()
                raise
            known.clear()
            attempt += 1

    async def _attempt(
        self, connection: Connection, groups: dict[tuple[Kind, int], Group], entries: Sequence[Entry]
    ) -> list[Outcome]:
        async with connection.transaction():
            await self._look_up(connection, groups)
            outcomes = [self._plan(groups[entry.kind, entry.account_id], entry) for entry in entries]
            for kind, shelf in self._shelves.items():
                for group in (each for each in groups.values() if each.kind is kind):
                    if group.created or group.changed:
                        await shelf.write(connection, group)
        return outcomes

    def _groups(
        self,
        entries: Sequence[Entry],
        now: datetime,
        known: Known,
        by_account: bool,
        rights: frozenset[Permission] | None,
    ) -> dict[tuple[Kind, int], Group]:
        groups: dict[tuple[Kind, int], Group] = {}
        for entry in entries:
            key = entry.kind, entry.account_id
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(entry.kind, entry.account_id, now, known, by_account, rights)
            group.entries.append(entry)
        return groups

    async def _look_up(self, connection: Connection, groups: dict[tuple[Kind, int], Group]) -> None:
        wanted: dict[tuple[Kind, int], set[str]] = {}
        for group in sorted(groups.values(), key=lambda group: (group.kind, group.account_id)):
            rows = await self._shelves[group.kind].fetch(
                connection, group.account_id, sorted({entry.external_id for entry in group.entries}), []
            )
            group.stored = {row.external_id: row for row in rows}
            group.known.add(group.kind, group.account_id, rows)
            references = self._shelves[group.kind].references
            for entry in group.entries:
                for kind, text in references(entry.record):
                    wanted.setdefault((kind, 0 if kind is Kind.USER else group.account_id), set()).add(text)
        for (kind, account_id), texts in wanted.items():
            await self._remember(connection, next(iter(groups.values())).known, kind, account_id, texts)
        for group in groups.values():
            prepare = self._shelves[group.kind].prepare
            if prepare is not None:
                await prepare(connection, group)

    async def _remember(
        self, connection: Connection, known: Known, kind: Kind, account_id: int, texts: set[str]
    ) -> None:
        missing = texts - known.shelf(kind, account_id).keys()
        external_ids, row_ids = split(kind, account_id, missing)
        if external_ids or row_ids:
            known.add(kind, account_id, await self._shelves[kind].fetch(connection, account_id, external_ids, row_ids))

    def _plan(self, group: Group, entry: Entry) -> Outcome:
        stored = group.stored.get(entry.external_id)
        try:
            if stored is None and as_public_id(entry.kind, entry.external_id) is not None:
                raise Unprocessable(
                    "id_is_public", "This is one of our ids. Send your own id for the record.", param="id"
                )
            row = self._shelves[entry.kind].compose(group, entry, stored)
        except (Unprocessable, Conflict) as rejection:
            return Outcome(Result.REJECTED, rejection=rejection)
        if row == stored:
            return Outcome(Result.UNCHANGED, stored)
        is_new = stored is None or entry.external_id in group.created
        (group.created if is_new else group.changed)[entry.external_id] = row
        group.stored[entry.external_id] = row
        group.known.add(group.kind, group.account_id, (row,))
        return Outcome(Result.CREATED if stored is None else Result.CHANGED, row)


async def write_group(connection: Connection, group: Group, table: str, statement: str, *leading: Any) -> None:
    """Write a group's rows, sorted, so that concurrent writers do not lock each other out.

    Many new rows are copied into the table; the statement upserts the others: it takes the leading parameters, then the
    rows as one array for each column, and returns the ids that it wrote.

    Raises:
        Raced: another writer has created one of the rows meanwhile, under an id that is not ours.
        UniqueViolationError: the same, of a copied row.
    """
    created, changed = sorted(group.created.values()), sorted(group.changed.values())
    if len(created) >= COPY_ROWS:
        columns = ("account_id",) * len(leading) + created[0].__struct_fields__
        records = [(*leading, *astuple(row)) for row in created]
        await connection.copy_records_to_table(table, records=records, columns=columns)
        created = []
    rows = created + changed
    if rows:
        arrays = map(_as_array, zip(*map(astuple, rows), strict=True))
        returned = await connection.fetch(statement, *leading, *arrays)
        if {row.id for row in rows} != {record[0] for record in returned}:
            raise Raced


def _as_array(column: Sequence[Any]) -> Sequence[Any]:
    """Return a column as asyncpg takes it: JSON lists are written out, or they would pass for arrays in the array."""
    if isinstance(column[0], list):
        return [msgspec.Raw(msgspec.json.encode(value)) for value in column]
    return column
