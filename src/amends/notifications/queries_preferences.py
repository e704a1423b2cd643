"""What is read about people's choices of notices. SQL and nothing else."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.notifications.kinds import NoticeKind

WANTED_SQL: Final = """
select u.id, k.kind
from unnest($1::uuid[]) as u (id)
cross join unnest($2::text[]) as k (kind)
left join notice_choices c
    on c.user_id = u.id
    and c.kind = k.kind
where
    case
        when c.choice is not null then c.choice = 'at_once'
        when k.kind = 'digest' then exists (
            select
            from team_members t
            where t.user_id = u.id
                and t.role in ('owner', 'admin')
        )
        when k.kind = 'platform' then true
        else not exists (
            select
            from team_members t
            where t.user_id = u.id
                and t.role = 'viewer'
                and not exists (
                    select
                    from team_members o
                    where o.user_id = u.id
                        and o.role <> 'viewer'
                )
                and not exists (
                    select
                    from user_accounts b
                    where b.user_id = u.id
                )
        )
    end
"""


LAST_REFUSAL_SQL: Final = """
select m.answer_code, m.answer, m.created_at
from (
    select state, answer_code, answer, created_at
    from mail
    where lower(recipient) = lower($1)
        and ended_at is not null
        and state <> 'dropped'
    order by created_at desc, id desc
    limit 1
) m
where m.state = 'refused'
"""


async def last_refusal(where: Pool | Connection, email: str) -> Record | None:
    """Return what a mail server said when it refused the last mail to an address; None: it did not."""
    return await where.fetchrow(LAST_REFUSAL_SQL, email)


async def who_wants(connection: Connection, user_ids: Iterable[UUID], kind: NoticeKind) -> set[UUID]:
    """Return those of some users who want a kind."""
    rows = await connection.fetch(WANTED_SQL, list(user_ids), [kind])
    return {row["id"] for row in rows}


async def kinds_wanted_by(where: Pool | Connection, user_id: UUID) -> set[NoticeKind]:
    """Return the kinds that a user wants."""
    rows = await where.fetch(WANTED_SQL, [user_id], list(NoticeKind))
    return {NoticeKind(row["kind"]) for row in rows}
