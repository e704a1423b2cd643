"""What is read about an account's team: who is on it, what role support may refund. SQL and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Final

from asyncpg import Record

from amends.db.pool import Connection, Pool

HAS_PLACE: Final = """(
        exists (
            select 1
            from team_members t
            where t.user_id = u.id
        )
        or exists (
            select 1
            from platform_staff s
            where s.user_id = u.id
        )
    )"""
"""Whether the user `u` is on a team or on the platform's staff."""

COLLEAGUE: Final = """
    u.id,
    u.pid,
    u.name,
    u.email,
    t.role,
    t.created_at as joined_at,
    (
        select max(s.last_seen_at)
        from sessions s
        where s.user_id = t.user_id
    ) as last_seen_at,
    exists (
        select 1
        from totp_secrets o
        where o.user_id = t.user_id
            and o.confirmed_at is not null
    ) as totp_enabled"""
"""Who the user `u` is, with their row `t` on a team or on the platform's staff."""

TEAM_SQL: Final = f"""
select{COLLEAGUE}
from team_members t
join users u
    on u.id = t.user_id
where t.account_id = $1
order by
    array_position(array['owner', 'admin', 'support', 'viewer'], t.role),
    lower(coalesce(u.name, u.email, u.pid)),
    u.id
"""

TEAMMATE_SQL: Final = """
select u.id, u.pid, u.name, u.email, t.role
from team_members t
join users u
    on u.id = t.user_id
where t.account_id = $1
    and u.pid = $2
"""

ON_TEAM_BY_EMAIL_SQL: Final = """
select exists (
    select 1
    from team_members t
    join users u
        on u.id = t.user_id
    where t.account_id = $1
        and lower(u.email) = lower($2)
)
"""

SUPPORT_LIMITS_SQL: Final = """
select support_limits
from accounts
where id = $1
"""

AUTO_RESPOND_LOCK_SQL: Final = """
select auto_respond_lock_reason
from accounts
where id = $1
    and auto_respond_locked
"""


async def read_team(where: Pool | Connection, account_id: int) -> Sequence[Record]:
    """Return who is on an account's team: owners first, then by name."""
    return await where.fetch(TEAM_SQL, account_id)


async def find_teammate(where: Pool | Connection, account_id: int, user_pid: str) -> Record | None:
    """Return somebody on an account's team."""
    return await where.fetchrow(TEAMMATE_SQL, account_id, user_pid)


async def is_on_team(where: Pool | Connection, account_id: int, email: str) -> bool:
    """Tell whether somebody with this address is on an account's team; upper and lower case are the same."""
    return await where.fetchval(ON_TEAM_BY_EMAIL_SQL, account_id, email)


async def read_support_limits(where: Pool | Connection, account_id: int) -> Mapping[str, int]:
    """Return what role support may refund on one case: minor units by lower-case currency."""
    return await where.fetchval(SUPPORT_LIMITS_SQL, account_id) or {}


async def auto_respond_lock(where: Pool | Connection, account_id: int) -> str | None:
    """Return why the platform has locked an account's auto-respond; None: it has not."""
    return await where.fetchval(AUTO_RESPOND_LOCK_SQL, account_id)
