"""The JSON route of a case's facts: for the merchant and the platform."""

from typing import Any, Final

import msgspec
from litestar import get

from amends.access.permissions import Permission
from amends.access.resolve import allow, case_scope
from amends.access.scopes import Caller, CustomerScope
from amends.db.pool import Pool
from amends.kit.clock import Clock
from amends.kit.errors import Forbidden, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import Money, money
from amends.people.facts import CaseFacts, Fact, FactCode, case_facts
from amends.people.queries import CASE_PURCHASE_SQL
from amends.people.queries_facts import Total
from amends.people.schemas import Time, iso_or_none

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}


class FactShape(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `source` is the id of the record that it rests on; the code says what the other fields mean."""

    code: FactCode
    source: str
    at: Time | None
    count: int | None
    seconds: int | None


class TotalShape(msgspec.Struct, frozen=True, kw_only=True):
    """What the member has paid in one currency."""

    payments: int
    paid: Money
    refunds: int
    refunded: Money


class Facts(msgspec.Struct, frozen=True):
    """The facts about a case's purchase, and what its member has paid in all, by currency."""

    facts: list[FactShape]
    totals: list[TotalShape]


@get("/api/v1/resolution_center_cases/{case_id:str}/facts", opt=_READ, tags=["Cases"])
async def get_facts(case_id: str, caller: Caller, pool: Pool, clock: Clock) -> Facts:
    """Return what follows from the log and the payments, each fact with the record that it rests on.

    For the merchant and the platform.
    """
    try:
        case = parse_public_id(Prefix.CASE, case_id)
    except MalformedId as error:
        raise NotFound from error
    row = await pool.fetchrow(CASE_PURCHASE_SQL, case.account, case.row_id)
    scope = None if row is None else case_scope(caller, case.account, row["user_id"])
    if row is None or scope is None:
        raise NotFound
    if isinstance(scope, CustomerScope):
        raise Forbidden("not_for_customers", "The facts are for the merchant and the platform.")
    allow(scope, Permission.CASE_READ)
    return _shape(await case_facts(pool, case.account, row["member_id"], row["payment_id"], clock.now()))


def _shape(found: CaseFacts) -> Facts:
    return Facts([_fact(fact) for fact in found.facts], [_total(total) for total in found.totals])


def _fact(fact: Fact) -> FactShape:
    return FactShape(
        code=fact.code,
        source=fact.source,
        at=iso_or_none(fact.at),
        count=fact.count,
        seconds=fact.seconds,
    )


def _total(total: Total) -> TotalShape:
    return TotalShape(
        payments=total.payments,
        paid=money(total.paid_minor, total.currency, total.places),
        refunds=total.refunds,
        refunded=money(total.refunded_minor, total.currency, total.places),
    )


routes: Final = [get_facts]
