"""How the customers of some cases read, for messages that are written to many of them at once. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

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
LOCALES_SQL: Final = """
select u.id, u.locale
from users u
where u.id = any($1::uuid[])
"""


class Reading(NamedTuple):
    """How a customer reads; None: not known."""

    locale: str | None
    time_zone: str | None


async def customers_reading(pool: Pool | Connection, account_id: int, case_ids: Sequence[UUID]) -> dict[str, Reading]:
    """Return how the customers of an account's cases read, by the cases' public ids."""
    rows = await pool.fetch(CUSTOMERS_SQL, account_id, list(case_ids))
    users = list({row["user_id"] for row in rows})
    locales = {row["id"]: row["locale"] for row in await pool.fetch(LOCALES_SQL, users)}
    return {row["pid"]: Reading(locales.get(row["user_id"]), row["time_zone"]) for row in rows}
