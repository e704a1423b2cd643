"""Who of the platform's staff may decide a case: neither its customer, nor anybody on its account's team."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from amends.cases.queries_team import Colleague
from amends.db.pool import Connection, Pool

OTHER_REVIEWERS_SQL: Final = """
select u.pid, u.name
from platform_staff s
join users u
  on u.id = s.user_id
where u.pid <> all($3::text[])
  and u.id <> $2
  and not exists (
      select
      from team_members t
      where t.account_id = $1
        and t.user_id = s.user_id
  )
order by lower(coalesce(u.name, u.pid)), u.pid
limit 20
"""


async def other_reviewers(
    where: Pool | Connection, *, but: Collection[str], buyer: UUID, account_id: int
) -> Sequence[Colleague]:
    """Return who may decide a case besides some, by name; at most 20."""
    return [reviewer_of(row) for row in await where.fetch(OTHER_REVIEWERS_SQL, account_id, buyer, list(but))]


def reviewer_of(row: Record | Mapping[str, Any]) -> Colleague:
    """Read a row of who may decide."""
    return Colleague(row["pid"], row["name"])
