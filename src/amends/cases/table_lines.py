"""What one row of the merchant's table shows: a `TableRow` in words, and marks that differ in shape, too. Pure.

Words are in the current reader's language. Amounts and moments stay as they are: the template writes them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from amends.access.permissions import Permission
from amends.access.scopes import MerchantScope, PlatformScope
from amends.cases.states import Actor, Outcome, RefundBy, Settlement, Status
from amends.cases.table import TableRow
from amends.cases.words import outcome_word, payment_method, reason_word, refund_word, settlement_word
from amends.cases.words_status import status_word
from amends.web import urls
from amends.web.layout import initials
from amends.web.text import _, duration, relative

SHORT_ID_CHARS: Final = 6
SOON: Final = timedelta(hours=24)


class Tag(msgspec.Struct, frozen=True):
    """A word with its mark; `tone` is one of the tag's colours."""

    word: str
    tone: str
    icon: str


class Due(msgspec.Struct, frozen=True):
    """When an answer is due."""

    at: datetime
    words: str
    """`in 3 h`, `2 h overdue`."""
    tone: str
    """`error`: overdue, `warning`: within a day and the viewer's to meet, `calm`."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the table shows it."""

    row: TableRow
    url: str
    """The case's page; leads on through what the table shows."""
    short_id: str
    selection: str
    """The value of its checkbox: which case, as of which version."""
    customer: str
    initials: str
    reason: str
    status: Tag
    status_words: str
    """The status at length."""
    outcome: str | None
    refund: str | None
    method: str
    due: Due | None
    is_turn: bool
    """It is for the viewer to act, and they may."""


_OPEN_MARKS: Final = {
    Status.AWAITING_MERCHANT: ("neutral", "store"),
    Status.AWAITING_CUSTOMER: ("neutral", "hourglass"),
    Status.UNDER_REVIEW: ("info", "gavel"),
}
_CLOSED_MARKS: Final = {
    Outcome.CUSTOMER_WON: ("neutral", "undo-2"),
    Outcome.MERCHANT_WON: ("success", "circle-check"),
    Outcome.WITHDRAWN: ("neutral", "circle-minus"),
    Outcome.SETTLED: ("success", "handshake"),
}
_UNSETTLED: Final = {
    Settlement.PENDING: ("info", "banknote"),
    Settlement.ON_HOLD: ("warning", "circle-pause"),
    Settlement.FAILED: ("error", "circle-alert"),
}


def viewer_of(scope: MerchantScope | PlatformScope) -> Actor:
    """Return for which side somebody looks at the table."""
    return Actor.MERCHANT if isinstance(scope, MerchantScope) else Actor.PLATFORM


def lines(
    rows: Iterable[TableRow], scope: MerchantScope | PlatformScope, *, account_pid: str, query: str, now: datetime
) -> tuple[Line, ...]:
    """Return rows as they are shown; `query` is the table's, to which a case's page leads back."""
    viewer, may_act = viewer_of(scope), Permission.CASE_WRITE in scope.permissions
    back = urlencode({"from": query}) if query else ""
    return tuple(
        _line(row, viewer, may_act=may_act, url=urls.case_url(account_pid, row.pid, query=back), now=now)
        for row in rows
    )


def _line(row: TableRow, viewer: Actor, *, may_act: bool, url: str, now: datetime) -> Line:
    customer = row.customer.name or (f"@{row.customer.username}" if row.customer.username else _("Unknown customer"))
    return Line(
        row=row,
        url=url,
        short_id=row.pid[-SHORT_ID_CHARS:],
        selection=f"{row.pid}:{row.version}",
        customer=customer,
        initials=initials(customer),
        reason=reason_word(row.reason),
        status=status_tag(row, viewer),
        status_words=status_word(row.status, viewer, outcome=row.outcome, refund=row.refund, settlement=row.settlement),
        outcome=None if row.outcome is None else outcome_word(row.outcome),
        refund=None if row.refund in (None, RefundBy.NONE) else refund_word(row.refund),
        method=payment_method(row.method.kind, row.method.brand, row.method.last4),
        due=_due(row, now),
        is_turn=row.is_viewers_turn and may_act,
    )


def status_tag(row: TableRow, viewer: Actor) -> Tag:
    """Return a case's status as a tag, in as few words as will do; money that has not arrived comes before all else."""
    if row.outcome is not None and row.settlement in _UNSETTLED:
        return Tag(settlement_word(row.settlement), *_UNSETTLED[row.settlement])
    if row.outcome is not None:
        return Tag(_ended(row.outcome, row.refund or RefundBy.NONE, viewer), *_CLOSED_MARKS[row.outcome])
    if row.is_viewers_turn:
        return Tag(_("Waiting for you"), "primary", "reply")
    return Tag(short_status(row.status, viewer), *_OPEN_MARKS[row.status])


def short_status(status: Status, viewer: Actor) -> str:
    """Return whom a case waits for, or that it is closed, in as few words as will do."""
    match status:
        case Status.AWAITING_MERCHANT:
            return _("Waiting for you") if viewer is Actor.MERCHANT else _("Waiting for the merchant")
        case Status.AWAITING_CUSTOMER:
            return _("Waiting for the customer")
        case Status.UNDER_REVIEW:
            return _("Under review")
        case Status.CLOSED:
            return _("Closed")


def _ended(outcome: Outcome, refund: RefundBy, viewer: Actor) -> str:
    match outcome, refund:
        case Outcome.CUSTOMER_WON, RefundBy.NONE:
            return _("Decided by bank")
        case Outcome.CUSTOMER_WON, RefundBy.MERCHANT | RefundBy.PLATFORM:
            return _("Refunded")
        case Outcome.MERCHANT_WON, _refund:
            return _("In your favor") if viewer is Actor.MERCHANT else _("For the merchant")
        case Outcome.WITHDRAWN, _refund:
            return _("Withdrawn")
        case Outcome.SETTLED, RefundBy.NONE:
            return _("Settled")
        case Outcome.SETTLED, RefundBy.MERCHANT | RefundBy.PLATFORM:
            return _("Partly refunded")


def _due(row: TableRow, now: datetime) -> Due | None:
    if row.due_at is None:
        return None
    if row.due_at <= now:
        return Due(row.due_at, _("%(time)s overdue", time=duration(now - row.due_at)), "error")
    is_soon = row.is_viewers_turn and row.due_at - now <= SOON
    return Due(row.due_at, relative(row.due_at), "warning" if is_soon else "calm")
