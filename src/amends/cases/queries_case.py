"""One case: who it belongs to, and its JSON for one viewer with the money that it moved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record
from babel.core import get_global

from amends.cases.actions import actions_json
from amends.cases.queries_shapes import ACTION_KEY, CASE_BODY, CASE_JOINS, CREDITS, REFUNDS
from amends.cases.rows import PAYMENT_FIELDS, STATE_FIELDS, CaseRef
from amends.cases.states import Actor
from amends.db.pool import Connection, Pool
from amends.kit.money import display_exponent, exponent

CASE_HEAD_SQL: Final = """
select c.user_id
from cases c
where c.account_id = $1
  and c.id = $2
"""
BUYERS_EVERYWHERE_SQL: Final = """
select c.pid, c.account_id, c.user_id
from unnest($1::bigint[], $2::uuid[]) as w (account_id, id)
join cases c
  on c.account_id = w.account_id
 and c.id = w.id
"""
CASE_OF_PAYMENT_SQL: Final = """
select c.id
from cases c
where c.account_id = $1
  and c.payment_id = $2
"""
_HELD_COLUMNS: Final = (
    "account_id", "id", "pid", "user_id", "reason", "currency", "currency_exponent", "version", "event_count",
    "head_hash", "open_offer_id", "first_reviewer_id", "closed_at", *STATE_FIELDS,
)  # fmt: skip
HELD_CASE: Final = f"""
    {", ".join(f"c.{name}" for name in _HELD_COLUMNS)},
    {", ".join(f"p.{name} as payment_{name}" for name in PAYMENT_FIELDS)},
    v.policy::text as policy"""
"""The columns that `locked_case` reads, of `HELD_CASE_JOINS`."""
HELD_CASE_JOINS: Final = """
from cases c
join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
join policy_versions v
  on v.version = c.policy_version"""


def merchant_paid_of(account: str, case: str) -> str:
    """Return SQL of what a case has cost the merchant so far."""
    return f"""
select coalesce(sum(r.amount_minor), 0)::bigint
from refunds r
where r.account_id = {account}
  and r.case_id = {case}
  and r.payer = 'merchant'
  and r.state not in ('failed', 'canceled')
"""  # noqa: S608 (parameters or columns)


MERCHANT_PAID_SQL: Final = merchant_paid_of("$1", "$2")
ONE_CASE_SQL: Final = f"""
select
    {CASE_BODY} as body,
    {ACTION_KEY} as action_key,
    ({REFUNDS})::text as refunds,
    ({CREDITS})::text as credits
from cases c{CASE_JOINS}
where c.account_id = $6
  and c.id = $7
"""  # noqa: S608 (constant fragments)


class View(NamedTuple):
    """How a viewer sees cases: the side, whether e-mail shows, and the user whose own cases are seen as a customer.

    Without `may_act` nothing is available on the cases of others.
    """

    side: Actor
    with_email: bool
    user_id: UUID | None = None
    may_act: bool = True

    def actions(self, key: str) -> str:
        """Return `available_actions` for a case's key, as JSON."""
        return actions_json(key) if self.may_act or key.startswith(_OWN) else "[]"


_OWN: Final = f"{Actor.CUSTOMER}|"


@cache
def display_decimals() -> msgspec.Raw:
    """Return the decimals to show, by currency, where they differ from those that are charged."""
    codes = sorted(get_global("all_currencies"))
    shown = {code.lower(): display_exponent(code) for code in codes if display_exponent(code) != exponent(code)}
    return msgspec.Raw(msgspec.json.encode(shown))


async def buyer_of(connection: Connection | Pool, ref: CaseRef) -> UUID | None:
    """Return the user who opened a case; None: there is no such case."""
    return await connection.fetchval(CASE_HEAD_SQL, ref.account_id, ref.case_id)


async def buyers_of(pool: Pool, refs: Iterable[CaseRef]) -> Sequence[Record]:
    """Return public id, account and buyer of some cases, of any accounts."""
    pairs = list(refs)
    return await pool.fetch(BUYERS_EVERYWHERE_SQL, [ref.account_id for ref in pairs], [ref.case_id for ref in pairs])


async def case_of_payment(connection: Connection, account_id: int, payment_id: UUID) -> CaseRef | None:
    """Return the case on a payment, if there is one."""
    case_id = await connection.fetchval(CASE_OF_PAYMENT_SQL, account_id, payment_id)
    return None if case_id is None else CaseRef(account_id, case_id)


async def merchant_paid(connection: Connection, ref: CaseRef) -> int:
    """Return what a case costs the merchant so far: refunds that have gone or will go, in minor units."""
    return await connection.fetchval(MERCHANT_PAID_SQL, ref.account_id, ref.case_id)


async def case_json(connection: Connection | Pool, ref: CaseRef, view: View, *, now: datetime) -> str:
    """Return a case as the API shows it to a viewer, as JSON.

    Raises:
        LookupError: there is no such case.
    """
    row = await connection.fetchrow(
        ONE_CASE_SQL, now, view.with_email, view.side.value, view.user_id, display_decimals(), *ref
    )
    if row is None:
        raise LookupError(f"case {ref.case_id} of account {ref.account_id}")
    actions = view.actions(row["action_key"])
    return f'{row["body"]},"available_actions":{actions},"refunds":{row["refunds"]},"credits":{row["credits"]}}}'
