"""The parts of statements that read where a customer's case is: a `CaseSituation`, beside whatever else is read.

Each part names the case by the alias that the statement gives it.
"""

from typing import Final

from amends.cases.states import EventKind

ENDINGS: Final = (
    EventKind.ACCEPTED, EventKind.DENIED, EventKind.OFFER_ACCEPTED, EventKind.CLOSED_NO_REPLY, EventKind.DECIDED,
    EventKind.WITHDREW, EventKind.DISPUTE_CUSTOMER_WON, EventKind.REFUNDED_ELSEWHERE,
)  # fmt: skip
"""The events with which a case can end."""

OF_CASE: Final = (
    "outcome", "refund", "settlement", "escalated", "customer_appealed", "merchant_appealed", "merchant_answered",
    "response_due_at", "appeal_due_at", "offer_maker", "offer_amount_minor", "dispute", "closed_at",
)  # fmt: skip
"""What is read from columns of the case that have no namesake beside it."""

_ENDINGS: Final = f"any('{{{','.join(ENDINGS)}}}'::text[])"


def ending_of(case: str, kinds: str = _ENDINGS) -> str:
    """Return SQL of the event with which a case ended the last time, of those that its customer sees."""
    return f"""(
        select e.kind
        from case_events e
        where e.account_id = {case}.account_id
          and e.case_id = {case}.id
          and e.viewable_by_customer
          and e.kind = {kinds}
        order by e.position desc
        limit 1
    )"""  # noqa: S608 (an alias)


def promised_of(case: str) -> str:
    """Return SQL of what of a case has gone or is to go to the customer, in minor units."""
    return f"""(
        select coalesce(sum(r.amount_minor), 0)::bigint
        from refunds r
        where r.account_id = {case}.account_id
          and r.case_id = {case}.id
          and r.state <> 'canceled'
    )"""  # noqa: S608 (an alias)
