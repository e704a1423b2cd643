"""Facts: what follows from the log and the payments of one member about one purchase (PRODUCT.md, section 3).

Each fact names the record that it rests on. What never happened rests on the payment. Nothing is judged here. A moment
at a boundary: exactly when paying is not after it, exactly at a deadline is in time, exactly 24 hours is within.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection, Pool
from amends.people.queries_facts import Logged, Purchase, Total, get_log, get_purchase

_BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)


class FactCode(StrEnum):
    """What a fact says. `count`, `at` and `seconds` are explained there."""

    APP_OPENED = "app_opened"
    """`count` times after paying, the last time at `at`."""
    APP_NOT_OPENED = "app_not_opened"
    CONTENT_VIEWED = "content_viewed"
    """`count` times after paying, the last time at `at`."""
    DOWNLOADED = "downloaded"
    """`count` times after paying, the last time at `at`."""
    LOGIN = "login"
    """`count` times after paying, the last time at `at`."""
    SUPPORT_CONTACTED = "support_contacted"
    """`count` times after paying, the last time at `at`."""
    ACCESS_CLAIMED = "access_claimed"
    """For the first time at `at`."""
    ACCESS_NOT_CLAIMED = "access_not_claimed"
    DISCORD_JOINED = "discord_joined"
    """For the first time at `at`."""
    TERMS_ACCEPTED = "terms_accepted"
    """The last time not after the payment, else the first time after it, at `at`."""
    REFUND_POLICY_ACCEPTED = "refund_policy_accepted"
    """The last time not after the payment, else the first time after it, at `at`."""
    MEMBERSHIP_ENDED = "membership_ended"
    """The last time at `at`."""
    CANCELLED_AFTER_PAYMENT = "cancelled_after_payment"
    """A first payment: cancelled at `at`, `seconds` after paying."""
    CANCELLED_BEFORE_RENEWAL = "cancelled_before_renewal"
    """Cancelled at `at`, `seconds` before the renewal that this payment is, and charged all the same."""
    CANCELLED_AFTER_RENEWAL = "cancelled_after_renewal"
    """Cancelled at `at`, `seconds` after the renewal that this payment is."""
    CANCELLED_BEFORE_DEADLINE = "cancelled_before_deadline"
    """Cancelled at `at`, `seconds` before the plan's notice ran out."""
    CANCELLED_AFTER_DEADLINE = "cancelled_after_deadline"
    """Cancelled at `at`, `seconds` after the plan's notice ran out."""
    NOT_CANCELLED = "not_cancelled"
    """A renewal, and no cancellation since the payment before it."""
    RENEWAL = "renewal"
    """The payment is a renewal, of the period that began at `at`."""
    POSSIBLE_DOUBLE = "possible_double"
    """The same product and amount was paid for at `at`, `seconds` apart."""
    MEMBER_FOR = "member_for"
    """`count` whole months, since `at`."""
    PAYMENTS = "payments"
    """`count` payments in all; amounts stand in `totals`."""
    REFUNDS = "refunds"
    """`count` payments were refunded, wholly or in part; rests on the newest of them."""
    PREVIOUS_CASES = "previous_cases"
    """`count` cases on other payments, the newest opened at `at`."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One fact; `source` is the public id of the record that it rests on."""

    code: FactCode
    source: str
    at: datetime | None = None
    count: int | None = None
    seconds: int | None = None


class CaseFacts(msgspec.Struct, frozen=True):
    """The facts about a purchase, and what its member has paid in all, by currency."""

    facts: list[Fact]
    totals: list[Total]


_USED: Final = (
    FactCode.APP_OPENED,
    FactCode.CONTENT_VIEWED,
    FactCode.DOWNLOADED,
    FactCode.LOGIN,
    FactCode.SUPPORT_CONTACTED,
)
_FIRST: Final = (FactCode.ACCESS_CLAIMED, FactCode.DISCORD_JOINED)
_AGREED: Final = (FactCode.TERMS_ACCEPTED, FactCode.REFUND_POLICY_ACCEPTED)
_NEVER: Final = {
    FactCode.APP_OPENED: FactCode.APP_NOT_OPENED,
    FactCode.ACCESS_CLAIMED: FactCode.ACCESS_NOT_CLAIMED,
}
_CANCEL: Final = "cancel_requested"
_KINDS: Final = [*_USED, *_FIRST, *_AGREED, FactCode.MEMBERSHIP_ENDED, _CANCEL]

Log = dict[str, Logged]


async def case_facts(
    connection: Connection | Pool, account_id: int, member_id: UUID, payment_id: UUID, now: datetime
) -> CaseFacts:
    """Return the facts about a member's payment as of now; none when the payment was not paid.

    Two statements, each bounded by what the member has done and paid.
    """
    purchase = await get_purchase(connection, account_id, member_id, payment_id, now)
    if purchase is None:
        return CaseFacts([], [])
    since = cancellation_counts_since(purchase)
    kinds = [str(kind) for kind in _KINDS]
    log = await get_log(connection, account_id, member_id, purchase, kinds=kinds, since=since, now=now)
    return CaseFacts(
        [*_log_facts(purchase, log), *_cancel_facts(purchase, log), *_history(purchase, now)], purchase.totals
    )


def cancellation_counts_since(purchase: Purchase) -> datetime:
    """Return after when a cancellation is about this payment.

    A renewal's counts since the payment before it: an older one was overtaken by that payment.
    """
    return (purchase.previous_paid_at or _BEGINNING) if purchase.is_renewal else purchase.paid_at


def _log_facts(purchase: Purchase, log: Log) -> Iterator[Fact]:
    for code in _USED:
        yield from _used(code, purchase, log.get(code))
    for code in _FIRST:
        if (logged := log.get(code)) is not None:
            yield Fact(code=code, at=logged.first_at, source=logged.first_pid)
        elif code in _NEVER:
            yield Fact(code=_NEVER[code], source=purchase.pid)
    for code in _AGREED:
        if (logged := log.get(code)) is not None:
            at, source = logged.before_at or logged.first_at, logged.before_pid or logged.first_pid
            yield Fact(code=code, at=at, source=source)
    if (ended := log.get(FactCode.MEMBERSHIP_ENDED)) is not None:
        yield Fact(code=FactCode.MEMBERSHIP_ENDED, at=ended.last_at, source=ended.last_pid)


def _used(code: FactCode, purchase: Purchase, logged: Logged | None) -> Iterator[Fact]:
    if logged is not None and logged.times_after:
        yield Fact(code=code, count=logged.times_after, at=logged.last_at, source=logged.last_pid)
    elif code in _NEVER:
        yield Fact(code=_NEVER[code], source=purchase.pid)


def _cancel_facts(purchase: Purchase, log: Log) -> Iterator[Fact]:
    logged = log.get(_CANCEL)
    if logged is None or logged.since_at is None or logged.since_pid is None:
        if purchase.is_renewal:
            yield Fact(code=FactCode.NOT_CANCELLED, source=purchase.pid)
        return
    at, source = logged.since_at, logged.since_pid
    if purchase.is_renewal:
        renewal = purchase.period_start or purchase.paid_at
        yield _apart(FactCode.CANCELLED_BEFORE_RENEWAL, FactCode.CANCELLED_AFTER_RENEWAL, at, renewal, source)
    else:
        renewal = purchase.period_end
        yield _apart(FactCode.CANCELLED_AFTER_PAYMENT, FactCode.CANCELLED_AFTER_PAYMENT, at, purchase.paid_at, source)
    if renewal is not None and purchase.cancel_before_hours is not None:
        deadline = renewal - timedelta(hours=purchase.cancel_before_hours)
        yield _apart(FactCode.CANCELLED_BEFORE_DEADLINE, FactCode.CANCELLED_AFTER_DEADLINE, at, deadline, source)


def _apart(before: FactCode, after: FactCode, at: datetime, mark: datetime, source: str) -> Fact:
    """Return the fact that something happened before (or exactly at) a mark, or after it."""
    code = before if at <= mark else after
    return Fact(code=code, at=at, seconds=_seconds(at, mark), source=source)


def _seconds(one: datetime, other: datetime) -> int:
    return int(abs(one - other).total_seconds())


def _history(purchase: Purchase, now: datetime) -> Iterator[Fact]:
    if purchase.is_renewal:
        yield Fact(code=FactCode.RENEWAL, at=purchase.period_start or purchase.paid_at, source=purchase.pid)
    if (double := purchase.double) is not None:
        seconds = _seconds(double.at, purchase.paid_at)
        yield Fact(code=FactCode.POSSIBLE_DOUBLE, at=double.at, seconds=seconds, source=double.source)
    until = min(now, purchase.ended_at) if purchase.ended_at else now
    months = whole_months(purchase.joined_at, until)
    yield Fact(code=FactCode.MEMBER_FOR, count=months, at=purchase.joined_at, source=purchase.member_pid)
    first = purchase.first_pid or purchase.pid
    yield Fact(code=FactCode.PAYMENTS, count=sum(total.payments for total in purchase.totals), source=first)
    refunds, refunded = sum(total.refunds for total in purchase.totals), purchase.refunded_pid or purchase.pid
    yield Fact(code=FactCode.REFUNDS, count=refunds, source=refunded)
    cases = purchase.cases
    yield Fact(code=FactCode.PREVIOUS_CASES, count=cases.opened, at=cases.at, source=cases.source or purchase.pid)


def whole_months(start: datetime, end: datetime) -> int:
    """Return how many whole calendar months lie between two times in UTC; 0 when the end is first."""
    months = (end.year - start.year) * 12 + end.month - start.month
    rest = (end.day, end.time()) < (start.day, start.time())
    return max(0, months - rest)
