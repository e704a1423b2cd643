"""The events of a timeline as sentences: `Denied the claim`, `Offered $20.00`.

A sentence stands beside the name of who did it, so it begins with the verb; what nobody did is a whole sentence. It
says nothing that its event's data does not hold, and each kind of event has one.
"""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Final

import msgspec

from amends.cases.moves import AppealAnswer
from amends.cases.states import Actor, EventKind, Outcome, RefundBy, Status
from amends.web.text import _, lazy


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence is made of."""

    kind: EventKind
    actor: Actor
    viewer: Actor
    data: Mapping[str, Any]
    amount: Callable[[int], str]
    """How the case's money is written."""
    assignee: str | None = None
    """The name of whom the case was given to; None: nobody, or not known any more."""
    is_to_self: bool = False
    """Whoever assigned the case took it."""


def _amount(told: Told) -> str | None:
    minor = told.data.get("amount_minor")
    return told.amount(minor) if isinstance(minor, int) else None


def _accepted(told: Told) -> str:
    amount = _amount(told)
    if told.actor is Actor.SYSTEM:
        return _("Accepted by a rule: %(amount)s goes back to the customer", amount=amount)
    return _("Accepted the claim: %(amount)s goes back to the customer", amount=amount)


def _asked(told: Told) -> str:
    asked = told.data.get("asked")
    if told.actor is Actor.MERCHANT:
        return _("Asked for more information")
    if asked == told.viewer:
        return _("Asked you a question")
    return _("Asked the merchant a question") if asked == Actor.MERCHANT else _("Asked the customer a question")


def _offered(told: Told) -> str:
    amount, has_remedy = _amount(told), bool(told.data.get("has_remedy"))
    is_counter = told.actor is Actor.CUSTOMER
    if amount is None:
        return _("Proposed another remedy") if is_counter else _("Offered a remedy")
    if has_remedy:
        both = _("Proposed %(amount)s and a remedy instead", amount=amount)
        return both if is_counter else _("Offered %(amount)s and a remedy", amount=amount)
    return _("Proposed %(amount)s instead", amount=amount) if is_counter else _("Offered %(amount)s", amount=amount)


def _decided(told: Told) -> str:
    match told.data.get("answer"):
        case AppealAnswer.UPHELD:
            return _("Confirmed the decision on appeal")
        case AppealAnswer.REVERSED:
            return _("Reversed the decision on appeal")
        case _:
            pass
    amount = _amount(told)
    customer_won = told.data.get("outcome") == Outcome.CUSTOMER_WON
    by_platform = told.data.get("payer") == RefundBy.PLATFORM
    if amount is None:
        return _("Decided for the customer") if customer_won else _("Decided for the merchant")
    if customer_won and by_platform:
        return _("Decided for the customer: the platform refunds %(amount)s", amount=amount)
    if customer_won:
        return _("Decided for the customer: the merchant refunds %(amount)s", amount=amount)
    return _("Decided for the merchant: the platform refunds %(amount)s", amount=amount)


def _bank_for_merchant(told: Told) -> str:
    if told.data.get("status") == Status.CLOSED:
        return _("The bank decided for the merchant")
    return _("The bank decided for the merchant, so the case goes on")


def _assigned(told: Told) -> str:
    if told.is_to_self:
        return _("Took the case")
    if told.data.get("assignee") is None:
        return _("Took everybody off the case")
    if told.assignee is None:
        return _("Assigned the case to a colleague")
    return _("Assigned the case to %(name)s", name=told.assignee)


def _taken(told: Told) -> str:
    amount = _amount(told)
    return _("Accepted the offer of %(amount)s", amount=amount) if amount else _("Accepted the offer")


def _escalated(told: Told) -> str:
    if told.actor is Actor.SYSTEM:
        return _("Time ran out, so the platform steps in")
    return _("Asked the platform to step in")


def _elsewhere(told: Told) -> str:
    amount = _amount(told)
    if amount is None:
        return _("Refunded outside of this case")
    return _("%(amount)s was refunded outside of this case", amount=amount)


def _refund_settled(told: Told) -> str:
    if told.data.get("otherwise"):
        return _("The refund is settled: the customer got the money in another way")
    return _("The refund was sent")


SENTENCES: Final[Mapping[EventKind, Any]] = {
    EventKind.CREATED: lazy("Opened the case"),
    EventKind.ACCEPTED: _accepted,
    EventKind.DENIED: lazy("Denied the claim"),
    EventKind.REQUESTED_MORE_INFO: _asked,
    EventKind.OFFER_MADE: _offered,
    EventKind.OFFER_ACCEPTED: _taken,
    EventKind.OFFER_DECLINED: lazy("Declined the offer"),
    EventKind.OFFER_WITHDRAWN: lazy("Withdrew the offer"),
    EventKind.OFFER_EXPIRED: lazy("The offer expired without an answer"),
    EventKind.RESPONDED: lazy("Replied"),
    EventKind.COMMENTED: lazy("Wrote a message"),
    EventKind.ESCALATED: _escalated,
    EventKind.CLOSED_NO_REPLY: lazy("The customer did not reply in time, so the case was closed"),
    EventKind.DECIDED: _decided,
    EventKind.APPEALED: lazy("Appealed the decision"),
    EventKind.WITHDREW: lazy("Withdrew the case"),
    EventKind.REVIEW_OVERDUE: lazy("The review takes longer than planned"),
    EventKind.DISPUTE_OPENED: lazy("The customer’s bank opened a dispute, so everything is paused"),
    EventKind.DISPUTE_CUSTOMER_WON: lazy("The bank decided for the customer and took the money back"),
    EventKind.DISPUTE_MERCHANT_WON: _bank_for_merchant,
    EventKind.REFUNDED_ELSEWHERE: _elsewhere,
    EventKind.REFUND_SUCCEEDED: _refund_settled,
    EventKind.REFUND_FAILED: lazy("The refund failed"),
    EventKind.NOTED: lazy("Added a note"),
    EventKind.ASSIGNED: _assigned,
}
"""By kind: words, or a function of what is told."""


def event_sentence(told: Told) -> str:
    """Return what happened, in the reader's language."""
    words = SENTENCES[told.kind]
    return words(told) if isinstance(words, FunctionType) else str(words)
