"""What is read about people's choices of notices. SQL and nothing else."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from amends.db.pool import Connection, Pool
from amends.notifications.kinds import Choice, NoticeKind

WHO_WANTS_SQL: Final = """
select u.id
from unnest($1::uuid[]) as u (id)
left join notice_choices c
    on c.user_id = u.id
    and c.kind = $2
where
    case
        when c.choice is not null then c.choice = 'at_once'
        when $2 = 'digest' then exists (
            select
            from team_members t
            where t.user_id = u.id
                and t.role in ('owner', 'admin')
        )
        else true
    end
"""

CHOICES_SQL: Final = """
select kind, choice
from notice_choices
where user_id = $1
"""


async def who_wants(connection: Connection, user_ids: Iterable[UUID], kind: NoticeKind) -> set[UUID]:
    """Return those of some users who want a kind."""
    rows = await connection.fetch(WHO_WANTS_SQL, list(user_ids), kind.value)
    return {row["id"] for row in rows}


async def choices_of(where: Pool | Connection, user_id: UUID) -> Mapping[str, Choice]:
    """Return what a person has chosen, by kind."""
    return {row["kind"]: Choice(row["choice"]) for row in await where.fetch(CHOICES_SQL, user_id)}
