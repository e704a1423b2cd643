"""The words for where a case stands: its status as one side sees it, and what it waits for in time.

A closed case says what became of it, and of its money where that is not settled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from amends.cases.states import Actor, Outcome, RefundBy, Settlement, Status
from amends.web.text import _, day_and_time, lazy, relative

UNSETTLED: Final[Mapping[str | None, Any]] = {
    Settlement.PENDING: lazy("Closed · refund on its way"),
    Settlement.ON_HOLD: lazy("Closed · refund on hold"),
    Settlement.FAILED: lazy("Closed · refund failed"),
}


def status_word(
    status: str, viewer: Actor, *, outcome: str | None = None, refund: str | None = None, settlement: str | None = None
) -> str:
    """Return a status as `viewer` sees it: `Waiting for you`, `Closed · refunded`.

    `settlement` says what became of the money: `Closed · refund failed`.
    """
    match Status(status):
        case Status.AWAITING_MERCHANT:
            return _("Waiting for you") if viewer is Actor.MERCHANT else _("Waiting for the merchant")
        case Status.AWAITING_CUSTOMER:
            return _("Waiting for you") if viewer is Actor.CUSTOMER else _("Waiting for the customer")
        case Status.UNDER_REVIEW:
            return _("Waiting for you") if viewer is Actor.PLATFORM else _("Under review by the platform")
        case Status.CLOSED if outcome is None:
            return _("Closed")
        case Status.CLOSED if settlement in UNSETTLED:
            return str(UNSETTLED[Settlement(settlement)])
        case Status.CLOSED:
            return _closed(Outcome(outcome), RefundBy(refund or RefundBy.NONE), viewer)


def _closed(outcome: Outcome, refund: RefundBy, viewer: Actor) -> str:
    match outcome, refund:
        case Outcome.CUSTOMER_WON, RefundBy.MERCHANT:
            return _("Closed · refunded")
        case Outcome.CUSTOMER_WON, RefundBy.PLATFORM:
            return _("Closed · refunded by the platform")
        case Outcome.CUSTOMER_WON, RefundBy.NONE:
            return _("Closed · decided by the bank")
        case Outcome.MERCHANT_WON, RefundBy.NONE | RefundBy.MERCHANT:
            won = _("Closed · in your favor")
            return won if viewer is Actor.MERCHANT else _("Closed · in the merchant’s favor")
        case Outcome.MERCHANT_WON, RefundBy.PLATFORM:
            won = _("Closed · in your favor, the platform refunded")
            return won if viewer is Actor.MERCHANT else _("Closed · in the merchant’s favor, the platform refunded")
        case Outcome.WITHDRAWN, _other:
            return _("Closed · withdrawn by the customer")
        case Outcome.SETTLED, RefundBy.NONE:
            return _("Closed · settled by agreement")
        case Outcome.SETTLED, RefundBy.MERCHANT | RefundBy.PLATFORM:
            return _("Closed · settled with a partial refund")


class CaseInTime(Protocol):
    """What a line about a case's times needs; a struct with these fields will do."""

    @property
    def status(self) -> Status: ...
    @property
    def response_due_at(self) -> datetime | None: ...
    @property
    def auto_accept_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...


def due_words(case: CaseInTime, viewer: Actor, *, now: datetime) -> str:
    """Return what a case waits for in time, or since when it is closed; empty: nothing is known."""
    if case.status is Status.CLOSED:
        return "" if case.closed_at is None else day_and_time(case.closed_at)
    due = case.response_due_at
    if due is None:
        return _("paused while the bank dispute is open")
    at, left = day_and_time(due), relative(due)
    if case.auto_accept_at is not None:
        return _("refunds by itself %(at)s (%(left)s)", at=at, left=left)
    if due <= now:
        return _("was due %(at)s (%(left)s)", at=at, left=left)
    if case.status is Status.UNDER_REVIEW and viewer is not Actor.PLATFORM:
        return _("decision expected by %(at)s (%(left)s)", at=at, left=left)
    return _("due %(at)s (%(left)s)", at=at, left=left)
