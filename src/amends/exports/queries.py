"""Exports as they are read: one, a list of an account's, and those that wait for a worker or for their end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool
from amends.exports.resources import Format, Resource, Side, State

COLUMNS: Final = """account_id, id, pid, resource, format, columns, headings, filters, table_query, side, sees_email,
    time_zone, with_email, state, total_rows, rows_done, size_bytes, storage_key, error_code, runs, run_id,
    requested_by, requested_by_name, created_at, updated_at, started_at, finished_at, expires_at"""
_LISTED: Final = """account_id = $1
    and resource = any($2::text[])
    and (not with_email or $3::boolean)
    and side = $4
    and ($5::text is null or state = $5)
    and ($6::timestamptz is null or created_at >= $6)
    and ($7::timestamptz is null or created_at <= $7)"""

GET_EXPORT_SQL: Final = f"""
select {COLUMNS}
from exports
where account_id = $1
    and id = $2
"""  # noqa: S608 (a constant)
COUNT_UNFINISHED_SQL: Final = """
select count(*) as unfinished
from exports
where account_id = $1
    and state in ('pending', 'processing')
"""
UNFINISHED_EVERYWHERE_SQL: Final = """
select account_id, id
from exports
where state in ('pending', 'processing')
order by created_at
limit $1
"""
EXPIRED_EVERYWHERE_SQL: Final = """
select account_id, id
from exports
where storage_key is not null
    and expires_at <= $1
order by expires_at
limit $2
"""
CHECK_TIME_ZONE_SQL: Final = """
select timezone($1::text, timestamptz '2026-01-01 00:00:00+00') as local
"""
SET_TIME_ZONE_SQL: Final = """
select set_config('timezone', $1, true)
"""

EXPORTS_SQLS: Final = {
    direction: statements(COLUMNS, "exports", _LISTED, by_time("created_at", descending=direction == "desc"), 8)
    for direction in ("asc", "desc")
}
EXPORTS: Final = {
    direction: Listing(f"exports:{direction}", by_time("created_at", descending=direction == "desc"), sqls)
    for direction, sqls in EXPORTS_SQLS.items()
}


class ExportRef(NamedTuple):
    """Which export."""

    account_id: int
    export_id: UUID


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An export as it is stored."""

    account_id: int
    id: UUID
    pid: str
    resource: Resource
    format: Format
    columns: list[str]
    headings: list[str] | None
    filters: dict[str, Any]
    table_query: str | None
    side: Side
    sees_email: bool
    time_zone: str
    with_email: bool
    state: State
    total_rows: int | None
    rows_done: int
    size_bytes: int | None
    storage_key: str | None
    error_code: str | None
    runs: int
    run_id: UUID | None
    requested_by: str
    requested_by_name: str | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime

    @property
    def ref(self) -> ExportRef:
        """Return which export it is."""
        return ExportRef(self.account_id, self.id)

    @property
    def progress_percent(self) -> int:
        """Return how much is done; 100 says that the file is there."""
        if self.state in {State.COMPLETED, State.EXPIRED}:
            return 100
        return min(99, 100 * self.rows_done // self.total_rows) if self.total_rows else 0


def export_row(row: Record) -> ExportRow:
    """Read a stored export."""
    return msgspec.convert(dict(row), ExportRow)


async def get_export(connection: Connection | Pool, ref: ExportRef) -> ExportRow | None:
    """Return an export."""
    row = await connection.fetchrow(GET_EXPORT_SQL, *ref)
    return None if row is None else export_row(row)


async def count_unfinished(connection: Connection | Pool, account_id: int) -> int:
    """Return how many exports of an account wait or run."""
    return await connection.fetchval(COUNT_UNFINISHED_SQL, account_id)


async def unfinished_exports(connection: Connection | Pool, limit: int) -> Sequence[ExportRef]:
    """Return the oldest exports that wait or run."""
    return [ExportRef(*row) for row in await connection.fetch(UNFINISHED_EVERYWHERE_SQL, limit)]


async def expired_exports(connection: Connection | Pool, now: datetime, limit: int) -> Sequence[ExportRef]:
    """Return exports whose file has outlived its time and is still there."""
    return [ExportRef(*row) for row in await connection.fetch(EXPIRED_EVERYWHERE_SQL, now, limit)]
