"""Imports and their rejected lines, as they are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

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
REJECTIONS_SQLS: Final = {
    "first": """
select line, field, reason
from import_rejections
where import_id = $1
    and line > $2
    and line < $3
order by line
limit $4
""",
    "last": """
select line, field, reason
from import_rejections
where import_id = $1
    and line > $2
    and line < $3
order by line desc
limit $4
""",
}
REJECTIONS_BEYOND_SQL: Final = """
select exists (
    select 1
    from import_rejections
    where import_id = $1
        and line < $2
) as before_start, exists (
    select 1
    from import_rejections
    where import_id = $1
        and line > $3
) as after_end
"""
LIST_IMPORTS_SQLS: Final = {
    "first": """
select i.id, i.pid, i.account_id, a.pid as account_pid, i.format, i.kind, i.state, i.lines, i.landed, i.unchanged,
    i.rejected, i.failure, i.created_by, i.created_at, i.finished_at
from imports i
left join accounts a on a.id = i.account_id
where ($1::bigint[] is null or i.account_id = any($1))
    and i.id > $2
    and i.id < $3
order by i.id desc
limit $4
""",
    "last": """
select i.id, i.pid, i.account_id, a.pid as account_pid, i.format, i.kind, i.state, i.lines, i.landed, i.unchanged,
    i.rejected, i.failure, i.created_by, i.created_at, i.finished_at
from imports i
left join accounts a on a.id = i.account_id
where ($1::bigint[] is null or i.account_id = any($1))
    and i.id > $2
    and i.id < $3
order by i.id
limit $4
""",
}
IMPORTS_BEYOND_SQL: Final = """
select exists (
    select 1
    from imports
    where ($1::bigint[] is null or account_id = any($1))
        and id > $2
) as before_start, exists (
    select 1
    from imports
    where ($1::bigint[] is null or account_id = any($1))
        and id < $3
) as after_end
"""


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
    return await connection.fetch(REJECTIONS_SQLS["first"], import_id, 0, 2**62, limit)
