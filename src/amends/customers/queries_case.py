"""One case as its customer may see it, read by one statement that finds a customer's own cases alone.

Nothing of the merchant's or the platform's side leaves the database: no notes, assignments, credits, texts to the
merchant, evidence, names of staff, or why a provider refused a refund. Events are those that the API shows a customer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.access.scopes import CustomerScope
from amends.cases.page_rows import EventRow, OfferRow
from amends.cases.policy import Policy
from amends.cases.queries_page import EVENTS, EVENTS_SHOWN, OFFERS, REASON_TITLES, read_lists
from amends.cases.queries_shapes import ACTION_KEY, CASE_JOINS
from amends.cases.rows import CaseRef
from amends.cases.states import Actor, Outcome, Reason, RefundBy
from amends.customers.queries_situation import ENDINGS, OF_CASE, ending_of
from amends.customers.situation import CaseSituation
from amends.db.pool import Connection, Pool
from amends.payments.states import DisputeState, Payer, RefundState

_DECISIONS: Final = f"""
    (
        select json_agg(json_build_object(
            'pid', d.pid, 'outcome', d.outcome, 'payer', d.payer, 'amount_minor', d.amount_minor,
            'reason_code', d.reason_code, 'on_appeal', d.on_appeal, 'created_at', d.created_at,
            {REASON_TITLES}
        ) order by d.created_at, d.id)
        from case_decisions d
        where d.account_id = c.account_id
          and d.case_id = c.id
    )::text"""  # noqa: S608 (constant fragments)

_REFUNDS: Final = """
    (
        select json_agg(json_build_object(
            'pid', r.pid, 'amount_minor', r.amount_minor, 'currency', r.currency, 'places', r.currency_exponent,
            'payer', r.payer, 'state', r.state, 'created_at', r.created_at, 'succeeded_at', r.succeeded_at
        ) order by r.created_at, r.id)
        from refunds r
        where r.account_id = c.account_id
          and r.case_id = c.id
    )::text"""

_DISPUTES: Final = """
    (
        select json_agg(json_build_object(
            'state', b.state, 'opened_at', b.opened_at, 'closed_at', b.closed_at
        ) order by b.opened_at, b.id)
        from disputes b
        where b.account_id = c.account_id
          and b.payment_id = c.payment_id
    )::text"""

OWN_CASE_SQL: Final = f"""
select
    c.pid, c.reason, c.amount_minor, c.currency, c.currency_exponent as places, c.answers, c.requested_remedy,
    c.status, {", ".join(f"c.{name}" for name in OF_CASE)},
    c.auto_accept_at is not null as is_accepted_soon, c.version, c.created_at,
    a.title as account_title,
    p.pid as payment_pid, p.amount_minor as payment_amount_minor, p.currency as payment_currency,
    p.currency_exponent as payment_places, p.refunded_minor,
    p.amount_minor - p.refunded_minor - p.refund_reserved_minor - p.disputed_minor as refundable_minor,
    p.paid_at, p.payment_method_type, p.card_brand, p.card_last4,
    m.name, m.username,
    pr.title as product_title, pl.title as plan_title,
    v.policy::text as policy,
    {ACTION_KEY} as action_key,
    {ending_of("c", "any($2::text[])")} as ending,
    {OFFERS} as offers,
    {_DECISIONS} as decisions,
    {_REFUNDS} as refunds,
    {_DISPUTES} as disputes,
    {EVENTS} as events
from cases c{CASE_JOINS}
where c.account_id = $5
  and c.id = $6
  and c.user_id = $4::uuid
"""  # noqa: S608 (constant fragments)


class OwnDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the platform."""

    pid: str
    outcome: Outcome
    payer: RefundBy
    amount_minor: int | None
    reason_code: str
    reason_title: str | None
    reason_titles: dict[str, str] | None
    on_appeal: bool
    created_at: datetime


class OwnRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money of the case to the customer; minor units."""

    pid: str
    amount_minor: int
    currency: str
    places: int
    payer: Payer
    state: RefundState
    created_at: datetime
    succeeded_at: datetime | None


class OwnDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute of the customer's bank about the payment."""

    state: DisputeState
    opened_at: datetime
    closed_at: datetime | None


class OwnCase(CaseSituation, frozen=True, kw_only=True):
    """A case as its customer may see it. Amounts in minor units of `currency`."""

    pid: str
    reason: Reason
    amount_minor: int
    answers: dict[str, Any] | None
    requested_remedy: dict[str, Any] | None
    version: int
    payment_pid: str
    payment_amount_minor: int
    payment_currency: str
    payment_places: int
    refunded_minor: int
    refundable_minor: int
    paid_at: datetime | None
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    name: str | None
    username: str | None
    product_title: str | None
    plan_title: str | None
    policy: Policy
    action_key: str
    offers: list[OfferRow]
    decisions: list[OwnDecision]
    refunds: list[OwnRefund]
    disputes: list[OwnDispute]
    events: list[EventRow]
    """Oldest first; one more than `EVENTS_SHOWN` where there are earlier ones."""


_LISTS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "offers": msgspec.json.Decoder(list[OfferRow]),
    "decisions": msgspec.json.Decoder(list[OwnDecision]),
    "refunds": msgspec.json.Decoder(list[OwnRefund]),
    "disputes": msgspec.json.Decoder(list[OwnDispute]),
    "events": msgspec.json.Decoder(list[EventRow]),
}


async def get_own_case(
    connection: Connection | Pool, scope: CustomerScope, ref: CaseRef, *, now: datetime, before: UUID | None = None
) -> OwnCase | None:
    """Return a case of the customer's; `before` cuts the timeline at an event. None: they have no such case."""
    row = await connection.fetchrow(
        OWN_CASE_SQL, now, list(ENDINGS), Actor.CUSTOMER.value, scope.user_id, *ref, before, EVENTS_SHOWN + 1
    )
    if row is None:
        return None
    fields = read_lists(row, _LISTS)
    fields["promised_minor"] = _promised(fields["refunds"])
    return msgspec.convert(fields, OwnCase)


def _promised(refunds: Sequence[OwnRefund]) -> int:
    return sum(refund.amount_minor for refund in refunds if refund.state is not RefundState.CANCELED)


OWN_CASE_EXISTS_SQL: Final = """
select exists (
    select from cases c
    where c.account_id = $1
      and c.id = $2
      and c.user_id = $3
)
"""


async def is_own_case(connection: Connection | Pool, scope: CustomerScope, ref: CaseRef) -> bool:
    """Tell whether a case is the customer's."""
    return await connection.fetchval(OWN_CASE_EXISTS_SQL, *ref, scope.user_id)
