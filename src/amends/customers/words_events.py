"""What happened on a case, as its customer reads it: whole sentences, the seller by name and the customer as "you".

It says nothing that the event's data does not hold. Events that no customer ever sees have no sentence here.
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
    data: Mapping[str, Any]
    merchant: str
    money: Callable[[int], str]
    """How the case's money is written."""

    @property
    def is_own(self) -> bool:
        """Tell whether the customer did it."""
        return self.actor is Actor.CUSTOMER

    @property
    def amount(self) -> str | None:
        """Return the amount of money that it is about."""
        minor = self.data.get("amount_minor")
        return self.money(minor) if isinstance(minor, int) else None


def _accepted(told: Told) -> str:
    if told.amount is None:
        return _("%(merchant)s gives you your money back", merchant=told.merchant)
    return _("%(merchant)s gives you %(amount)s back", merchant=told.merchant, amount=told.amount)


def _denied(told: Told) -> str:
    return _("%(merchant)s said no to a refund", merchant=told.merchant)


def _asked(told: Told) -> str:
    if told.actor is Actor.MERCHANT:
        return _("%(merchant)s asks you for more information", merchant=told.merchant)
    if told.data.get("asked") == Actor.MERCHANT:
        return _("The platform asks %(merchant)s a question", merchant=told.merchant)
    return _("The platform asks you a question")


def _offered(told: Told) -> str:
    amount, has_remedy = told.amount, bool(told.data.get("has_remedy"))
    if told.is_own:
        if amount is None:
            return _("You suggested something else")
        if has_remedy:
            return _("You suggested %(amount)s and something else", amount=amount)
        return _("You suggested %(amount)s", amount=amount)
    if amount is None:
        return _("%(merchant)s offers you a solution", merchant=told.merchant)
    if has_remedy:
        return _("%(merchant)s offers you %(amount)s and something else", merchant=told.merchant, amount=amount)
    return _("%(merchant)s offers you %(amount)s", merchant=told.merchant, amount=amount)


def _taken(told: Told) -> str:
    if told.is_own:
        return _("You accepted the offer")
    return _("%(merchant)s accepted your suggestion", merchant=told.merchant)


def _declined(told: Told) -> str:
    if told.is_own:
        return _("You declined the offer")
    return _("%(merchant)s declined your suggestion", merchant=told.merchant)


def _taken_back(told: Told) -> str:
    if told.is_own:
        return _("You took your suggestion back")
    return _("%(merchant)s took the offer back", merchant=told.merchant)


def _answered(told: Told) -> str:
    if told.is_own:
        return _("You answered")
    return _("%(merchant)s answered the platform", merchant=told.merchant)


def _wrote(told: Told) -> str:
    return _("You added something") if told.is_own else _("%(merchant)s wrote to you", merchant=told.merchant)


def _stepped_in(told: Told) -> str:
    return _("You asked the platform to step in") if told.is_own else _("Time ran out, so the platform stepped in")


def _decided(told: Told) -> str:
    match told.data.get("answer"):
        case AppealAnswer.UPHELD:
            return _("The platform confirmed its decision for you")
        case AppealAnswer.REVERSED:
            return _("The platform changed its decision, for %(merchant)s", merchant=told.merchant)
        case _:
            pass
    if told.amount is None:
        won = told.data.get("outcome") == Outcome.CUSTOMER_WON
        return _("The platform decided for you") if won else _("The platform decided against a refund")
    if told.data.get("payer") == RefundBy.PLATFORM:
        return _("The platform decided to give you %(amount)s itself", amount=told.amount)
    return _("The platform decided: you get %(amount)s back", amount=told.amount)


def _appealed(told: Told) -> str:
    if told.is_own:
        return _("You asked for a second look")
    return _("%(merchant)s asked the platform for a second look", merchant=told.merchant)


def _bank_against(told: Told) -> str:
    if told.data.get("status") == Status.CLOSED:
        return _("Your bank decided for %(merchant)s", merchant=told.merchant)
    return _("Your bank decided for %(merchant)s, so the case goes on", merchant=told.merchant)


def _elsewhere(told: Told) -> str:
    if told.amount is None:
        return _("Money was paid back to you outside of this case")
    return _("%(amount)s was paid back to you outside of this case", amount=told.amount)


def _refund_settled(told: Told) -> str:
    if told.data.get("otherwise"):
        return _("Your refund is settled: you got the money in another way")
    return _("Your refund was sent")


SENTENCES: Final[Mapping[EventKind, Any]] = {
    EventKind.CREATED: lazy("You reported a problem"),
    EventKind.ACCEPTED: _accepted,
    EventKind.DENIED: _denied,
    EventKind.REQUESTED_MORE_INFO: _asked,
    EventKind.OFFER_MADE: _offered,
    EventKind.OFFER_ACCEPTED: _taken,
    EventKind.OFFER_DECLINED: _declined,
    EventKind.OFFER_WITHDRAWN: _taken_back,
    EventKind.OFFER_EXPIRED: lazy("The offer ended without an answer from you"),
    EventKind.RESPONDED: _answered,
    EventKind.COMMENTED: _wrote,
    EventKind.ESCALATED: _stepped_in,
    EventKind.CLOSED_NO_REPLY: lazy("The case closed, because no answer came from you in time"),
    EventKind.DECIDED: _decided,
    EventKind.APPEALED: _appealed,
    EventKind.WITHDREW: lazy("You closed the case"),
    EventKind.DISPUTE_OPENED: lazy("Your bank is looking into this payment, so everything here is paused"),
    EventKind.DISPUTE_CUSTOMER_WON: lazy("Your bank decided for you and gave you the money back"),
    EventKind.DISPUTE_MERCHANT_WON: _bank_against,
    EventKind.REFUNDED_ELSEWHERE: _elsewhere,
    EventKind.REFUND_SUCCEEDED: _refund_settled,
    EventKind.REFUND_FAILED: lazy("The refund did not go through. The platform takes care of it"),
}
"""By kind: words, or a function of what is told."""


def own_sentence(told: Told) -> str:
    """Return what happened, in the customer's language."""
    words = SENTENCES[told.kind]
    return words(told) if isinstance(words, FunctionType) else str(words)
