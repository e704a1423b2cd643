"""The cases that a person has selected in the table, with all that deciding on them needs. Takes no locks."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from amends.cases.queries_case import HELD_CASE, HELD_CASE_JOINS, merchant_paid_of
from amends.cases.rows import LockedCase, locked_case
from amends.db.pool import Connection, Pool

SELECTED_SQL: Final = f"""
select
    {HELD_CASE},
    ({merchant_paid_of("c.account_id", "c.id")}) as spent_minor
{HELD_CASE_JOINS}
where c.account_id = $1
  and c.id = any($2::uuid[])
"""


class SelectedCase(NamedTuple):
    """A case as it stands now, and what it has cost the merchant so far."""

    case: LockedCase
    spent_minor: int


async def selected_cases(
    connection: Connection | Pool, account_id: int, case_ids: Sequence[UUID]
) -> dict[UUID, SelectedCase]:
    """Return cases of an account by their ids; those that are not there are left out."""
    rows = await connection.fetch(SELECTED_SQL, account_id, case_ids)
    return {row["id"]: SelectedCase(locked_case(row), row["spent_minor"]) for row in rows}
