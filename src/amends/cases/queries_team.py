"""Who can be given a case: people of an account's team or of the platform's staff. Ordinary tables."""

from typing import Final, NamedTuple

from amends.db.pool import Connection

TEAM_MEMBER_SQL: Final = """
select u.pid, u.name
from team_members t
join users u
  on u.id = t.user_id
where t.account_id = $1
  and u.pid = $2
"""
STAFF_MEMBER_SQL: Final = """
select u.pid, u.name
from platform_staff s
join users u
  on u.id = s.user_id
where u.pid = $1
"""


class Colleague(NamedTuple):
    """A person on the own side."""

    pid: str
    name: str | None


async def find_colleague(connection: Connection, user_pid: str, *, account_id: int | None) -> Colleague | None:
    """Return a person of an account's team, or of the platform's staff without an account; None: not one of them."""
    if account_id is None:
        row = await connection.fetchrow(STAFF_MEMBER_SQL, user_pid)
    else:
        row = await connection.fetchrow(TEAM_MEMBER_SQL, account_id, user_pid)
    return None if row is None else Colleague(row["pid"], row["name"])
