"""Where a case is: what all words that its customer reads about it are made of, wherever it is read. Pure."""

from datetime import datetime

import msgspec

from amends.cases.states import Actor, Dispute, EventKind, Outcome, RefundBy, Settlement, Status


class CaseSituation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case is. Amounts in minor units of `currency`."""

    status: Status
    outcome: Outcome | None
    refund: RefundBy | None
    settlement: Settlement
    escalated: bool
    customer_appealed: bool
    merchant_appealed: bool
    merchant_answered: bool
    response_due_at: datetime | None
    appeal_due_at: datetime | None
    is_accepted_soon: bool
    """What happens when the due time passes is not that the platform steps in."""
    offer_maker: Actor | None
    offer_amount_minor: int | None
    dispute: Dispute
    ending: EventKind | None
    """With which event it ended, the last time; None: it never has."""
    account_title: str
    currency: str
    places: int
    promised_minor: int
    """What of this case has gone or is to go to the customer."""
    created_at: datetime
    closed_at: datetime | None


def is_customers_turn(case: CaseSituation) -> bool:
    """Tell whether the case waits for its customer."""
    return case.status is Status.AWAITING_CUSTOMER and case.dispute is not Dispute.OPEN
