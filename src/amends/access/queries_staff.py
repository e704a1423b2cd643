"""What is read about the platform's staff. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final

from asyncpg import Record

from amends.access.queries_team import COLLEAGUE
from amends.db.pool import Connection, Pool

STAFF_SQL: Final = f"""
select{COLLEAGUE}
from platform_staff t
join users u
    on u.id = t.user_id
order by
    array_position(array['admin', 'reviewer'], t.role),
    lower(coalesce(u.name, u.email, u.pid)),
    u.id
"""

ON_STAFF_SQL: Final = """
select u.id, u.pid, u.name, u.email, t.role
from platform_staff t
join users u
    on u.id = t.user_id
where u.pid = $1
"""

ON_STAFF_BY_EMAIL_SQL: Final = """
select exists (
    select 1
    from platform_staff t
    join users u
        on u.id = t.user_id
    where lower(u.email) = lower($1)
)
"""


async def read_staff(where: Pool | Connection) -> Sequence[Record]:
    """Return who is on the platform's staff: admins first, then by name."""
    return await where.fetch(STAFF_SQL)


async def find_on_staff(where: Pool | Connection, user_pid: str) -> Record | None:
    """Return somebody on the platform's staff."""
    return await where.fetchrow(ON_STAFF_SQL, user_pid)


async def is_on_staff(where: Pool | Connection, email: str) -> bool:
    """Tell whether somebody with this address is on the staff; upper and lower case are the same."""
    return await where.fetchval(ON_STAFF_BY_EMAIL_SQL, email)
