"""The cases that a person has selected in the table, with all that deciding on them needs. Takes no locks."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from amends.cases.queries_case import MERCHANT_PAID_SQL
from amends.cases.rows import PAYMENT_FIELDS, STATE_FIELDS, LockedCase, locked_case
from amends.db.pool import Connection, Pool

_CASE_COLUMNS: Final = (
    "account_id", "id", "pid", "user_id", "reason", "currency", "currency_exponent", "version", "event_count",
    "head_hash", "open_offer_id", "first_reviewer_id", "closed_at", *STATE_FIELDS,
)  # fmt: skip
SELECTED_SQL: Final = f"""
select
    {", ".join(f"c.{name}" for name in _CASE_COLUMNS)},
    {", ".join(f"p.{name} as payment_{name}" for name in PAYMENT_FIELDS)},
    v.policy::text as policy,
    ({MERCHANT_PAID_SQL.replace("$1", "c.account_id").replace("$2", "c.id")}) as spent_minor
from cases c
join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
join policy_versions v
  on v.version = c.policy_version
where c.account_id = $1
  and c.id = any($2::uuid[])
"""  # noqa: S608 (columns of the structs)


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
