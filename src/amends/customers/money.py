"""The money of a case as its customer is told: each refund, how far it is, and what the bank's dispute does to it."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from amends.cases.states import Dispute
from amends.cases.words import payment_method
from amends.customers.queries_case import OwnCase, OwnRefund
from amends.payments.states import RefundState
from amends.web.text import _, day_and_time

LOOKS = {
    RefundState.PENDING: ("info", "banknote"),
    RefundState.ON_HOLD: ("warning", "circle-pause"),
    RefundState.FAILED: ("warning", "triangle-alert"),
    RefundState.SUCCEEDED: ("success", "circle-check"),
    RefundState.CANCELED: ("neutral", "ban"),
}


class RefundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A refund on its way, in words."""

    pid: str
    amount_minor: int
    currency: str
    places: int
    tone: str
    icon: str
    word: str
    says: str
    at: datetime


def refund_lines(case: OwnCase) -> tuple[RefundLine, ...]:
    """Return the refunds of a case, in the order in which they were promised."""
    return tuple(_line(case, refund) for refund in case.refunds)


def _line(case: OwnCase, refund: OwnRefund) -> RefundLine:
    tone, icon = LOOKS[refund.state]
    words = {
        RefundState.PENDING: _("On its way"),
        RefundState.ON_HOLD: _("Waiting for your bank"),
        RefundState.FAILED: _("Delayed"),
        RefundState.SUCCEEDED: _("Sent"),
        RefundState.CANCELED: _("Not needed any more"),
    }
    return RefundLine(
        pid=refund.pid,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        places=refund.places,
        tone=tone,
        icon=icon,
        word=words[refund.state],
        says=" ".join(_says(case, refund)),
        at=refund.succeeded_at or refund.created_at,
    )


def _says(case: OwnCase, refund: OwnRefund) -> Iterator[str]:
    method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)
    match refund.state:
        case RefundState.PENDING:
            yield _("It goes back to %(method)s.", method=method)
            yield _("After it is sent, your bank may take some days to show it.")
        case RefundState.ON_HOLD:
            yield _("Your bank is looking into this payment itself. So that nothing is paid twice, this waits.")
        case RefundState.FAILED:
            yield _("It did not go through. The platform is working on it; you do not need to do anything.")
        case RefundState.SUCCEEDED if refund.succeeded_at is not None:
            at = day_and_time(refund.succeeded_at)
            yield _("Sent on %(at)s. Your bank may take some days to show it.", at=at)
        case RefundState.SUCCEEDED:
            yield _("Your bank may take some days to show it.")
        case RefundState.CANCELED:
            yield _("The money reached you in another way, or the decision was changed.")


def bank_words(case: OwnCase) -> str:
    """Say what a dispute at the customer's bank means here; empty: there is none that is open."""
    if case.dispute is not Dispute.OPEN:
        return ""
    return _(
        "You or your bank opened a dispute about this payment. While the bank decides, no money moves here and no time"
        " runs out."
    )
