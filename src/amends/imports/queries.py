"""Imports and their rejected lines, as they are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.db.keyset import BY_ID, Listing, by_number, statements
from amends.db.pool import Connection, Pool

GET_IMPORT_SQL: Final = """
select i.id, i.pid, i.account_id, a.pid as account_pid, i.format, i.kind, i.state, i.lines, i.landed, i.unchanged,
    i.rejected, i.failure, i.created_by, i.created_at, i.finished_at
from imports i
left join accounts a on a.id = i.account_id
where i.id = $1
    and ($2::bigint[] is null or i.account_id = any($2))
"""
"""$2: the accounts whose imports are visible; null: all, and the platform's."""
_ROW = """id, pid, account_id, format, kind, state, lines, landed, unchanged, rejected, failure, created_by, created_at,
    finished_at,
    (
        select a.pid
        from accounts a
        where a.id = imports.account_id
    ) as account_pid"""
_BY_LINE = by_number("line", descending=False)

IMPORTS_SQLS: Final = statements(_ROW, "imports", "($1::bigint[] is null or account_id = any($1))", BY_ID, 2)
REJECTIONS_SQLS: Final = statements("line, field, reason", "import_rejections", "import_id = $1", _BY_LINE, 2)

IMPORTS: Final = Listing("imports", BY_ID, IMPORTS_SQLS)
REJECTIONS: Final = Listing("import_rejections", _BY_LINE, REJECTIONS_SQLS)


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An import as it is stored. `lines` counts those that are not blank, headers aside."""

    id: UUID
    pid: str
    account_id: int | None
    account_pid: str | None
    format: str
    kind: str | None
    state: str
    lines: int
    landed: int
    unchanged: int
    rejected: int
    failure: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None


async def get_import(
    connection: Connection | Pool, import_id: UUID, account_ids: Sequence[int] | None
) -> ImportRow | None:
    """Return an import of these accounts; None for `account_ids`: any."""
    row = await connection.fetchrow(GET_IMPORT_SQL, import_id, account_ids)
    return None if row is None else ImportRow(**dict(row))


async def first_rejections(connection: Connection | Pool, import_id: UUID, limit: int) -> list[Record]:
    """Return the first rejected lines."""
    order = REJECTIONS.order
    return await connection.fetch(REJECTIONS_SQLS["first"], import_id, *order.lowest, *order.highest, limit)
