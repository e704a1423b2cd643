"""An import as it is written: begun, counted with each batch in the batch's own transaction, finished."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from amends.access.audit import record
from amends.access.scopes import Principal
from amends.db.pool import Connection
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.records import Kind

INSERT_IMPORT_SQL: Final = """
insert into imports (id, pid, account_id, format, kind, state, created_by, created_at, updated_at)
values ($1, $2, $3, $4, $5, 'running', $6, $7, $7)
"""
COUNT_SQL: Final = """
update imports
set lines = lines + $2,
    landed = landed + $3,
    unchanged = unchanged + $4,
    rejected = rejected + $5,
    updated_at = $6
where id = $1
"""
REJECT_LINES_SQL: Final = """
insert into import_rejections (import_id, line, field, reason)
select $1::uuid, line, field, reason
from unnest($2::bigint[], $3::text[], $4::text[]) as given (line, field, reason)
on conflict (import_id, line) do nothing
"""
FINISH_IMPORT_SQL: Final = """
update imports
set state = $2,
    failure = $3,
    finished_at = $4,
    updated_at = $4
where id = $1
"""
STOP_STALLED_SQL: Final = """
update imports
set state = 'failed',
    failure = $2,
    finished_at = $3,
    updated_at = $3
where state = 'running'
    and updated_at < $1
"""
MAX_STORED_REJECTIONS: Final = 10_000
STALLED_AFTER: Final = timedelta(hours=1)
STALLED: Final = "The import came no further for an hour. Send the file again: what landed stays."


class Rejection(NamedTuple):
    """A line that did not land."""

    line: int
    field: str | None
    reason: str


class Counts(NamedTuple):
    """What became of lines."""

    lines: int = 0
    landed: int = 0
    unchanged: int = 0
    rejected: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


async def begin_import(
    connection: Connection,
    *,
    principal: Principal,
    account_id: int | None,
    format_: str,
    kind: Kind | None,
    now: datetime,
) -> UUID:
    """Write that an import begins, and who brought it; return its row id."""
    import_id = uuid7(now)
    pid = public_id(Prefix.IMPORT, import_id)
    await connection.execute(INSERT_IMPORT_SQL, import_id, pid, account_id, format_, kind, principal.id, now)
    await record(
        connection,
        principal=principal,
        action="import.created",
        subject=pid,
        account_id=account_id,
        now=now,
        details={"format": format_, "kind": kind},
    )
    return import_id


async def count_batch(
    connection: Connection,
    import_id: UUID,
    counts: Counts,
    rejections: Sequence[Rejection],
    *,
    stored: int,
    now: datetime,
) -> None:
    """Add a batch to the report; `stored` rejections are there already, and the first 10 000 are kept."""
    await connection.execute(COUNT_SQL, import_id, *counts, now)
    kept = rejections[: max(0, MAX_STORED_REJECTIONS - stored)]
    if kept:
        await connection.execute(REJECT_LINES_SQL, import_id, *zip(*kept, strict=True))


async def finish_import(connection: Connection, import_id: UUID, *, failure: str | None, now: datetime) -> None:
    """Write that an import is over; `failure` says why it stopped early."""
    await connection.execute(FINISH_IMPORT_SQL, import_id, "failed" if failure else "completed", failure, now)


async def stop_stalled(connection: Connection, *, now: datetime) -> None:
    """Write that imports are over which came no further for an hour: their process was killed.

    One that lives all the same goes on, and its end says what became of it.
    """
    await connection.execute(STOP_STALLED_SQL, now - STALLED_AFTER, STALLED, now)
