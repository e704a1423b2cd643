"""How the customers of some cases read, for messages that are written to many of them at once. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from amends.cases.queries_reading import UNREAD, Reading, how_they_read
from amends.db.pool import Connection, Pool

CUSTOMERS_SQL: Final = """
select c.pid, m.user_id, m.time_zone
from cases c
join members m
  on m.account_id = c.account_id
  and m.id = c.member_id
where c.account_id = $1
  and c.id = any($2::uuid[])
"""


async def customers_reading(pool: Pool | Connection, account_id: int, case_ids: Sequence[UUID]) -> dict[str, Reading]:
    """Return how the customers of an account's cases read, by the cases' public ids."""
    rows = await pool.fetch(CUSTOMERS_SQL, account_id, list(case_ids))
    readings = await how_they_read(pool, list({row["user_id"] for row in rows}))
    return {
        row["pid"]: readings.get(row["user_id"], UNREAD)._replace(member_time_zone=row["time_zone"]) for row in rows
    }
