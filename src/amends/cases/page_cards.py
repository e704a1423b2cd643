"""The cards of a case page: how the case stands, who bought, what was bought, and what the customer claims.

Each is made from the case's row, in the reader's words; amounts stay numbers for the template to write.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_time

from amends.cases.page_rows import CaseRow
from amends.cases.page_text import plain_name
from amends.cases.states import Actor, Outcome, Settlement, Status
from amends.cases.words import payment_method, reason_word
from amends.cases.words_claim import answer_words, remedy_words
from amends.cases.words_status import due_words, status_word
from amends.web.layout import initials
from amends.web.readers import current_reader
from amends.web.text import _, day_and_time, duration


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought."""

    name: str
    initials: str
    username: str | None
    email: str | None
    """None: unknown, or not for this viewer."""
    pid: str
    since: datetime
    member_for: str
    ended_at: datetime | None
    time_zone: str | None
    local_time: str | None
    """What their clock shows now."""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What the case is about. Amounts in minor units of `currency`."""

    payment_pid: str
    product: str | None
    plan: str | None
    currency: str
    places: int
    amount_minor: int
    refundable_minor: int
    refunded_minor: int
    on_its_way_minor: int
    disputed_minor: int
    method: str
    paid_at: datetime | None
    opened_after: str | None
    """How long after paying the case was opened."""
    is_renewal: bool
    period: tuple[datetime, datetime] | None
    items: tuple[tuple[str, str], ...]
    """What was bought, each with how many."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer says and wants."""

    reason: str
    wants: str
    answers: tuple[tuple[str, str], ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The case's status in words."""

    word: str
    due: str
    appeal: str
    """Who may appeal and until when; empty: nobody."""
    tone: str
    icon: str
    is_viewers_turn: bool
    is_late: bool
    is_urgent: bool
    """Less than a day is left."""
    due_at: datetime | None


def standing_of(case: CaseRow, viewer: Actor, now: datetime) -> Standing:
    """Return a case's status in words, with its look."""
    own = {Actor.MERCHANT: Status.AWAITING_MERCHANT, Actor.PLATFORM: Status.UNDER_REVIEW}.get(viewer)
    is_turn = case.status is own
    due = case.response_due_at
    tone, icon = _look(case, is_viewers_turn=is_turn)
    return Standing(
        word=status_word(case.status, viewer, outcome=case.outcome, refund=case.refund, settlement=case.settlement),
        due=due_words(case, viewer, now=now),
        appeal=_appeal(case, viewer, now),
        tone=tone,
        icon=icon,
        is_viewers_turn=is_turn,
        is_late=due is not None and due <= now,
        is_urgent=is_turn and due is not None and due - now < timedelta(days=1),
        due_at=due,
    )


def _appeal(case: CaseRow, viewer: Actor, now: datetime) -> str:
    if case.appeal_due_at is None or case.appeal_due_at <= now:
        return ""
    at = day_and_time(case.appeal_due_at)
    loser = Actor.MERCHANT if case.outcome is Outcome.CUSTOMER_WON else Actor.CUSTOMER
    if loser is viewer:
        return _("you can appeal until %(at)s", at=at)
    if loser is Actor.CUSTOMER:
        return _("the customer can appeal until %(at)s", at=at)
    return _("the merchant can appeal until %(at)s", at=at)


_UNSETTLED: Final = {
    Settlement.PENDING: ("info", "banknote"),
    Settlement.ON_HOLD: ("warning", "circle-pause"),
    Settlement.FAILED: ("error", "triangle-alert"),
}


def _look(case: CaseRow, *, is_viewers_turn: bool) -> tuple[str, str]:
    if case.status is Status.CLOSED and case.settlement in _UNSETTLED:
        return _UNSETTLED[case.settlement]
    if case.status is Status.CLOSED:
        looks = {
            Outcome.CUSTOMER_WON: ("neutral", "rotate-ccw"),
            Outcome.MERCHANT_WON: ("success", "circle-check"),
            Outcome.SETTLED: ("success", "hand-coins"),
            Outcome.WITHDRAWN: ("neutral", "undo-2"),
        }
        return looks[case.outcome] if case.outcome else ("neutral", "circle-check")
    if is_viewers_turn:
        return "primary", "reply"
    return ("info", "gavel") if case.status is Status.UNDER_REVIEW else ("neutral", "hourglass")


def customer_of(case: CaseRow) -> Customer:
    """Return who bought."""
    name = plain_name(case.name or case.username or _("Unknown customer"))
    return Customer(
        name=name,
        initials=initials(name),
        username=plain_name(case.username) if case.username else None,
        email=case.email,
        pid=case.user_pid,
        since=case.joined_at,
        member_for=duration((case.ended_at or current_reader().now) - case.joined_at),
        ended_at=case.ended_at,
        time_zone=case.time_zone.replace("_", " ") if case.time_zone else None,
        local_time=_local_time(case.time_zone),
    )


def _local_time(time_zone: str | None) -> str | None:
    if time_zone is None:
        return None
    reader = current_reader()
    return format_time(reader.now.astimezone(ZoneInfo(time_zone)), "HH:mm", locale=reader.locale)


def purchase_of(case: CaseRow) -> Purchase:
    """Return what the case is about."""
    after = None if case.paid_at is None else case.created_at - case.paid_at
    return Purchase(
        payment_pid=case.payment_pid,
        product=case.product_title,
        plan=case.plan_title,
        currency=case.payment_currency,
        places=case.payment_places,
        amount_minor=case.payment_amount_minor,
        refundable_minor=case.refundable_minor,
        refunded_minor=case.refunded_minor,
        on_its_way_minor=case.refund_reserved_minor,
        disputed_minor=case.disputed_minor,
        method=payment_method(case.payment_method_type, case.card_brand, case.card_last4),
        paid_at=case.paid_at,
        opened_after=None if after is None else duration(after),
        is_renewal=case.is_renewal,
        period=(case.period_start, case.period_end) if case.period_start and case.period_end else None,
        items=tuple(
            (plain_name(str(item.get("label") or "")), str(item.get("quantity") or 1))
            for item in case.line_items
            if item.get("label") and item.get("label") != case.product_title
        ),
    )


def claim_of(case: CaseRow, home: str) -> Claim:
    """Return what the customer says and wants."""
    return Claim(
        reason=reason_word(case.reason),
        wants=remedy_words(case.requested_remedy, case.currency, case.places, home=home),
        answers=answer_words(case.answers),
    )
