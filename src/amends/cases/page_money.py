"""The money of a case in words: what went back, how far it is, why it has not arrived, and what the platform bears.

A failed or held refund is never hidden (PRODUCT.md, section 1): each says what happens next.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from amends.cases.page_rows import CaseRow, CreditRow, DisputeRow, RefundRow
from amends.cases.page_text import plain_name
from amends.cases.states import Actor
from amends.cases.words import payment_method, refund_state_word
from amends.payments.states import DisputeState, Payer, RefundState
from amends.web.text import _, day_and_time, money, ngettext


class MoneyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, a credit or a bank dispute."""

    pid: str
    title: str
    amount_minor: int
    currency: str
    places: int
    state: str
    """Its word."""
    tone: str
    icon: str
    at: datetime
    explanation: str
    """What it means and what happens next; may be empty."""
    attempts: str
    """How often it was tried; empty: once or not yet."""


def money_lines(case: CaseRow, viewer: Actor, *, home: str) -> tuple[MoneyLine, ...]:
    """Return everything that moved money on this case, in the order in which it was promised."""
    lines = [
        *(_refund(row, case, viewer, home) for row in case.refunds),
        *(_credit(row, viewer) for row in case.credits if viewer is not Actor.CUSTOMER),
        *(_dispute(row) for row in case.disputes),
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def money_problem(case: CaseRow, viewer: Actor, *, home: str) -> MoneyLine | None:
    """Return the refund that everybody should know about: the newest that failed or is on hold."""
    troubled = [row for row in case.refunds if row.state in (RefundState.FAILED, RefundState.ON_HOLD)]
    return _refund(troubled[-1], case, viewer, home) if troubled else None


_TONES = {
    RefundState.PENDING: ("info", "clock"),
    RefundState.ON_HOLD: ("warning", "circle-pause"),
    RefundState.FAILED: ("error", "triangle-alert"),
    RefundState.SUCCEEDED: ("success", "circle-check"),
    RefundState.CANCELED: ("neutral", "ban"),
}


def _refund(row: RefundRow, case: CaseRow, viewer: Actor, home: str) -> MoneyLine:
    tone, icon = _TONES[row.state]
    by_platform = row.payer is Payer.PLATFORM
    return MoneyLine(
        pid=row.pid,
        title=_("Refund, paid by the platform") if by_platform else _("Refund"),
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.places,
        state=refund_state_word(row.state),
        tone=tone,
        icon=icon,
        at=row.created_at,
        explanation=" ".join(_said(row, case, viewer, home)),
        attempts=ngettext("%(n)s attempt", "%(n)s attempts", row.attempt) if row.attempt > 1 else "",
    )


def _said(row: RefundRow, case: CaseRow, viewer: Actor, home: str) -> Iterator[str]:
    method = payment_method(case.payment_method_type, case.card_brand, case.card_last4)
    match row.state:
        case RefundState.SUCCEEDED if row.method == "manual":
            yield _("Paid by hand.")
        case RefundState.SUCCEEDED if row.succeeded_at is not None:
            at = day_and_time(row.succeeded_at)
            yield _("Sent to %(method)s on %(at)s.", method=method, at=at)
        case RefundState.SUCCEEDED:
            yield _("Sent to %(method)s.", method=method)
        case RefundState.PENDING:
            yield _("On its way to %(method)s.", method=method)
            if row.next_try_at is not None and row.tries:
                yield _("The next try is %(at)s.", at=day_and_time(row.next_try_at))
        case RefundState.ON_HOLD:
            amount = money(row.amount_minor, row.currency, row.places, home=home)
            yield _("The refund of %(amount)s is on hold while the bank dispute is open.", amount=amount)
            yield _("It goes on by itself if the bank decides for the merchant.")
        case RefundState.FAILED:
            yield from _failed(row, viewer, home)
        case RefundState.CANCELED:
            yield _("Canceled: the money went back in another way, or the decision was reversed.")
    if row.resolution_note and viewer is not Actor.CUSTOMER:
        yield _("Note: %(note)s", note=plain_name(row.resolution_note))


def _failed(row: RefundRow, viewer: Actor, home: str) -> Iterator[str]:
    amount = money(row.amount_minor, row.currency, row.places, home=home)
    if row.failure_message and viewer is not Actor.CUSTOMER:
        why = plain_name(row.failure_message).rstrip(".")
        yield _("The refund of %(amount)s failed: %(why)s.", amount=amount, why=why)
    else:
        yield _("The refund of %(amount)s failed.", amount=amount)
    if viewer is not Actor.PLATFORM:
        yield _("The platform has been told and takes care of it.")


def _credit(row: CreditRow, viewer: Actor) -> MoneyLine:
    tone, icon = _TONES[row.state]
    return MoneyLine(
        pid=row.pid,
        title=_("Credit to you from the platform") if viewer is Actor.MERCHANT else _("Credit to the merchant"),
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.places,
        state=refund_state_word(row.state),
        tone=tone,
        icon=icon,
        at=row.created_at,
        explanation="",
        attempts="",
    )


def _dispute(row: DisputeRow) -> MoneyLine:
    words = {
        DisputeState.OPEN: (_("Open"), "error", _("Nothing can be refunded here until the bank has decided.")),
        DisputeState.WON: (_("Won"), "success", _("The bank decided for the merchant.")),
        DisputeState.LOST: (_("Lost"), "error", _("The bank took the money back.")),
    }
    state, tone, explanation = words[row.state]
    return MoneyLine(
        pid=row.pid,
        title=_("Bank dispute"),
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.places,
        state=state,
        tone=tone,
        icon="landmark",
        at=row.opened_at,
        explanation=explanation,
        attempts="",
    )
