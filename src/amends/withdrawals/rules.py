"""PURE. Who may withdraw from a contract, and until when.

The right is that of Directive 2011/83/EU on consumer rights: 14 days from the conclusion of the contract for services
and digital content (Articles 9 and 16), counted as Regulation (EEC, Euratom) No 1182/71, Article 3 has it (recital 41):
without the day of the purchase, to the end of the last day, and on to the next working day when that one is a Saturday,
a Sunday or a holiday. A renewal is no new contract (Court of Justice, C-565/22). In doubt the customer has longer.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from amends.kit.calendar import is_business_day

PERIOD: Final = timedelta(days=14)
REPAID_WITHIN: Final = timedelta(days=14)
"""From the withdrawal to the money at the latest (Article 13)."""


class Refusal(StrEnum):
    """Why a customer cannot withdraw; the first that holds."""

    WITHDRAWN = "withdrawn"
    NOT_PAID = "not_paid"
    NOT_OFFERED = "not_offered"
    RENEWAL = "renewal"
    PERIOD_OVER = "period_over"
    BANK_RETURNED = "bank_returned"
    BANK_ASKED = "bank_asked"
    CASE_OPEN = "case_open"
    NOTHING_LEFT = "nothing_left"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about a purchase."""

    status: str
    paid_at: datetime | None
    has_right: bool
    """The platform has switched the right on for the product."""
    is_renewal: bool
    refundable_minor: int
    open_disputes: int
    lost_disputes: int
    has_open_case: bool
    withdrawn_at: datetime | None


class Standing(msgspec.Struct, frozen=True):
    """Whether a customer may withdraw now."""

    refusal: Refusal | None
    """None: yes."""
    ends_at: datetime | None
    """The first moment after the period; None: there is no such right."""

    @property
    def last_at(self) -> datetime | None:
        """Return the period's last minute, to be shown: its end is a midnight, which reads as if the day were out."""
        return None if self.ends_at is None else self.ends_at - timedelta(minutes=1)


def standing(contract: Contract, *, zones: Iterable[ZoneInfo], holidays: Collection[date], now: datetime) -> Standing:
    """Say whether a customer may withdraw from a contract, and until when.

    `zones` are those in which the days may be meant, the customer's and the platform's.
    """
    ends_at = None
    if contract.has_right and not contract.is_renewal and contract.paid_at is not None:
        ends_at = period_end(contract.paid_at, zones=zones, holidays=holidays)
    return Standing(_refusal(contract, ends_at, now), ends_at)


def _refusal(contract: Contract, ends_at: datetime | None, now: datetime) -> Refusal | None:
    reasons = (
        (contract.withdrawn_at is not None, Refusal.WITHDRAWN),
        (contract.status != "paid" or contract.paid_at is None, Refusal.NOT_PAID),
        (not contract.has_right, Refusal.NOT_OFFERED),
        (contract.is_renewal, Refusal.RENEWAL),
        (ends_at is not None and now >= ends_at, Refusal.PERIOD_OVER),
        (contract.lost_disputes > 0, Refusal.BANK_RETURNED),
        (contract.open_disputes > 0, Refusal.BANK_ASKED),
        (contract.has_open_case, Refusal.CASE_OPEN),
        (contract.refundable_minor <= 0, Refusal.NOTHING_LEFT),
    )
    return next((refusal for holds, refusal in reasons if holds), None)


def period_end(concluded_at: datetime, *, zones: Iterable[ZoneInfo], holidays: Collection[date]) -> datetime:
    """Return the first moment at which it is too late: the latest of those of the zones, in UTC."""
    return max(_period_end(concluded_at, zone, holidays) for zone in zones)


def _period_end(concluded_at: datetime, zone: ZoneInfo, holidays: Collection[date]) -> datetime:
    last = concluded_at.astimezone(zone).date() + PERIOD
    while not is_business_day(last, holidays=holidays):
        last += timedelta(days=1)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
