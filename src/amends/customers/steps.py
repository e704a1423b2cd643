"""A case's way in four steps, and how far it is: reported, answered, decided, paid. Pure."""

from typing import Final

import msgspec

from amends.cases.states import Dispute, EventKind, Outcome, Settlement, Status
from amends.customers.situation import CaseSituation
from amends.web.text import _, day

_ANSWERS: Final = frozenset({EventKind.ACCEPTED, EventKind.DENIED, EventKind.OFFER_ACCEPTED})
_PAID_OUTSIDE: Final = frozenset({EventKind.DISPUTE_CUSTOMER_WON, EventKind.REFUNDED_ELSEWHERE})


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a case's way, and how far it is: done, now, next, problem, or skipped."""

    label: str
    state: str
    said: str
    """How far it is, in words."""


def steps_of(case: CaseSituation) -> tuple[Step, ...]:
    """Return a case's way: reported, answered, decided, paid."""
    return (
        Step(label=_("Reported"), state="done", said=day(case.created_at)),
        _answer_step(case),
        _decision_step(case),
        _money_step(case),
    )


def _answer_step(case: CaseSituation) -> Step:
    label = _("Answer")
    if case.dispute is Dispute.OPEN and case.status is not Status.CLOSED and not case.escalated:
        return Step(label=label, state="now", said=_("paused"))
    if case.status is Status.AWAITING_CUSTOMER and not case.escalated:
        return Step(label=label, state="now", said=_("your turn"))
    if case.status is Status.AWAITING_MERCHANT and not case.escalated:
        return Step(label=label, state="now", said=_("their turn"))
    if case.merchant_answered or case.ending in _ANSWERS:
        return Step(label=label, state="done", said=_("done"))
    is_withdrawn = case.outcome is Outcome.WITHDRAWN
    return Step(label=label, state="skipped", said=_("not needed") if is_withdrawn else _("none came"))


def _decision_step(case: CaseSituation) -> Step:
    label = _("Decision")
    if case.outcome is Outcome.WITHDRAWN:
        return Step(label=label, state="skipped", said=_("not needed"))
    if case.status is Status.CLOSED:
        return Step(label=label, state="done", said=_("done"))
    if case.escalated:
        return Step(label=label, state="now", said=_in_progress(case))
    return Step(label=label, state="next", said=_("to come"))


def _in_progress(case: CaseSituation) -> str:
    if case.dispute is Dispute.OPEN:
        return _("paused")
    return _("your turn") if case.status is Status.AWAITING_CUSTOMER else _("in progress")


def _money_step(case: CaseSituation) -> Step:
    label, is_closed = _("Money"), case.status is Status.CLOSED
    if case.settlement is Settlement.SUCCEEDED or (is_closed and case.ending in _PAID_OUTSIDE):
        return Step(label=label, state="done", said=_("sent"))
    match case.settlement:
        case Settlement.PENDING:
            return Step(label=label, state="now", said=_("on its way"))
        case Settlement.FAILED:
            return Step(label=label, state="problem", said=_("delayed"))
        case Settlement.ON_HOLD:
            return Step(label=label, state="problem", said=_("on hold"))
        case _ if is_closed:
            return Step(label=label, state="skipped", said=_("no refund"))
        case _:
            return Step(label=label, state="next", said=_("to come"))
