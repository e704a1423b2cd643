"""The audit log as it is read: newest first. SQL and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.kit.pages import Key, PageRequest

_LIST: Final = """
select
    l.id,
    a.pid as account_pid,
    l.principal,
    l.principal_name,
    l.action,
    l.subject,
    l.details,
    l.ip,
    l.created_at
from audit_log l
left join accounts a
    on a.id = l.account_id
where ($1::bigint is null or l.account_id = $1)
    and ($2::text is null or l.action = $2)
    and ($3::text is null or l.subject = $3)
    and ($4::timestamptz is null or (l.created_at, l.id) < ($4, $5::uuid))
    and ($6::timestamptz is null or (l.created_at, l.id) > ($6, $7::uuid))
"""

LIST_AUDIT_SQLS: Final = {
    False: f"{_LIST}order by l.created_at desc, l.id desc\nlimit $8\n",
    True: f"{_LIST}order by l.created_at, l.id\nlimit $8\n",
}
"""By whether the page is cut from the list's end."""

AUDIT_BEYOND_SQL: Final = """
select
    exists (
        select 1
        from audit_log l
        where ($1::bigint is null or l.account_id = $1)
            and ($2::text is null or l.action = $2)
            and ($3::text is null or l.subject = $3)
            and ((l.created_at, l.id) > ($4::timestamptz, $5::uuid) or ($8 and l.created_at = $4 and l.id = $5))
    ) as before_start,
    exists (
        select 1
        from audit_log l
        where ($1::bigint is null or l.account_id = $1)
            and ($2::text is null or l.action = $2)
            and ($3::text is null or l.subject = $3)
            and ((l.created_at, l.id) < ($6::timestamptz, $7::uuid) or ($8 and l.created_at = $6 and l.id = $7))
    ) as after_end
"""

Filters = tuple[int | None, str | None, str | None]
"""The account's number, the action, the subject; None: any."""
AuditOrder = tuple[datetime, UUID]


async def list_audit(pool: Pool | Connection, filters: Filters, page: PageRequest) -> Sequence[Record]:
    """Return up to `page.limit` lines from the asked end."""
    after, before = page.after or (None, None), page.before or (None, None)
    return await pool.fetch(LIST_AUDIT_SQLS[page.from_end], *filters, *after, *before, page.limit)


async def audit_beyond(
    pool: Pool | Connection, filters: Filters, start: Key | None, end: Key | None, *, inclusive: bool
) -> tuple[bool, bool]:
    """Tell whether the list goes on before `start` and after `end`; None: there is no such end, so no."""
    ends = (*(start or (None, None)), *(end or (None, None)))
    row = await pool.fetchrow(AUDIT_BEYOND_SQL, *filters, *ends, inclusive)
    return (bool(row["before_start"]), bool(row["after_end"])) if row else (False, False)
