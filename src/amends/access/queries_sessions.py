"""What is read about sessions: who a cookie is, and where a person is signed in. SQL and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool

SESSION_SQL: Final = """
select
    s.id,
    s.user_id,
    s.created_at,
    s.last_seen_at,
    s.only_case,
    s.embedded,
    u.pid,
    u.name,
    u.email,
    p.role as staff_role,
    coalesce(f.preferences, '{}') as preferences,
    exists (
        select 1
        from totp_secrets o
        where o.user_id = s.user_id
            and o.confirmed_at is not null
    ) as totp_enabled,
    array(
        select d.account_id
        from user_accounts d
        where d.user_id = s.user_id
        order by d.account_id
    ) as account_ids,
    coalesce(
        (
            select jsonb_agg(
                jsonb_build_object(
                    'account_id', a.id,
                    'account_pid', a.pid,
                    'title', a.title,
                    'currency', a.currency,
                    'time_zone', a.time_zone,
                    'support_limits', a.support_limits,
                    'role', t.role
                )
                order by a.title, a.id
            )
            from team_members t
            join accounts a
                on a.id = t.account_id
            where t.user_id = s.user_id
        ),
        '[]'
    ) as teams
from sessions s
join users u
    on u.id = s.user_id
left join platform_staff p
    on p.user_id = s.user_id
left join user_preferences f
    on f.user_id = s.user_id
where s.token_hash = $1
    and s.expires_at > $2
    and s.last_seen_at > $3
"""

SESSIONS_OF_USER_SQL: Final = """
select id, signed_in_by, user_agent, ip, created_at, last_seen_at, only_case, embedded
from sessions
where user_id = $1
    and expires_at > $2
    and last_seen_at > $3
order by last_seen_at desc, id desc
limit $4
"""


async def read_session(
    where: Pool | Connection, token_hash: bytes, now: datetime, seen_after: datetime
) -> Record | None:
    """Return the session with this hash that has neither expired nor been idle since `seen_after`."""
    return await where.fetchrow(SESSION_SQL, token_hash, now, seen_after)


async def list_sessions(
    where: Pool | Connection, user_id: UUID, *, now: datetime, seen_after: datetime, limit: int = 50
) -> Sequence[Record]:
    """Return where a person is signed in, the last seen first."""
    return await where.fetch(SESSIONS_OF_USER_SQL, user_id, now, seen_after, limit)
