"""The rules of a withdrawal: the period by enumeration of moments and zones, and each refusal in its order."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from amends.withdrawals.rules import Contract, Refusal, Standing, period_end, standing

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago")
PAID = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""A Monday: the period ends with Monday the 16th."""
END = datetime(2026, 11, 17, tzinfo=UTC)
CONTRACT = Contract(
    status="paid",
    paid_at=PAID,
    has_right=True,
    is_renewal=False,
    refundable_minor=4900,
    open_disputes=0,
    lost_disputes=0,
    has_open_case=False,
    withdrawn_at=None,
)


def ends(concluded: str, *zones: str, holidays: tuple[str, ...] = ()) -> str:
    found = period_end(
        datetime.fromisoformat(concluded),
        zones=[ZoneInfo(zone) for zone in zones or ("UTC",)],
        holidays=[date.fromisoformat(day) for day in holidays],
    )
    return found.isoformat()


@pytest.mark.parametrize("zone", ZONES)
def test_period_of_every_hour_of_a_year(zone: str) -> None:
    local_zone = ZoneInfo(zone)
    holidays = {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}
    for hours in range(366 * 24):
        moment = datetime(2026, 6, 19, tzinfo=UTC) + timedelta(hours=hours)
        end = period_end(moment, zones=[local_zone], holidays=holidays)
        last = (end - timedelta(microseconds=1)).astimezone(local_zone).date()
        assert end == datetime.combine(last + timedelta(days=1), time(), local_zone)
        bought = moment.astimezone(local_zone).date()
        assert last.weekday() < 5
        assert last not in holidays
        between = [bought + timedelta(days=n) for n in range(14, (last - bought).days)]
        assert all(day.weekday() >= 5 or day in holidays for day in between)
        assert (last - bought).days >= 14


@pytest.mark.parametrize(
    ("concluded", "zones", "holidays", "expected"),
    [
        ("2026-11-02T00:00:00+00:00", ["UTC"], [], "2026-11-17T00:00:00+00:00"),
        ("2026-11-02T23:59:59.999+00:00", ["UTC"], [], "2026-11-17T00:00:00+00:00"),
        ("2026-11-03T00:00:00+00:00", ["UTC"], [], "2026-11-18T00:00:00+00:00"),
        ("2026-11-06T10:00:00+00:00", ["UTC"], [], "2026-11-21T00:00:00+00:00"),  # ends on a Friday
        ("2026-11-07T10:00:00+00:00", ["UTC"], [], "2026-11-24T00:00:00+00:00"),  # on a Saturday: to Monday
        ("2026-11-08T10:00:00+00:00", ["UTC"], [], "2026-11-24T00:00:00+00:00"),  # on a Sunday
        ("2026-11-07T10:00:00+00:00", ["UTC"], ["2026-11-23"], "2026-11-25T00:00:00+00:00"),
        ("2026-11-09T10:00:00+00:00", ["UTC"], ["2026-11-23"], "2026-11-25T00:00:00+00:00"),
        ("2026-11-03T23:30:00+00:00", ["America/New_York"], [], "2026-11-18T05:00:00+00:00"),
        ("2026-11-03T23:30:00+00:00", ["Europe/Berlin"], [], "2026-11-18T23:00:00+00:00"),  # the 4th there
        ("2026-11-03T23:30:00+00:00", ["America/New_York", "Europe/Berlin"], [], "2026-11-18T23:00:00+00:00"),
        ("2026-11-02T12:00:00+00:00", ["America/New_York", "Europe/Berlin"], [], "2026-11-17T05:00:00+00:00"),
        ("2026-10-15T12:00:00+00:00", ["Europe/Berlin"], [], "2026-10-29T23:00:00+00:00"),  # summer time ended
        ("2026-04-09T12:00:00+00:00", ["Africa/Cairo"], [], "2026-04-23T22:00:00+00:00"),  # a midnight that is not
    ],
)
def test_period(concluded: str, zones: list[str], holidays: list[str], expected: str) -> None:
    assert ends(concluded, *zones, holidays=tuple(holidays)) == expected


def stands(now: datetime = PAID + timedelta(days=1), **changes: object) -> Standing:
    contract = msgspec.structs.replace(CONTRACT, **changes)
    return standing(contract, zones=[ZoneInfo("UTC")], holidays=(), now=now)


def test_to_the_last_microsecond() -> None:
    assert stands(PAID) == Standing(None, END)
    assert stands(END - timedelta(microseconds=1)) == Standing(None, END)
    assert stands(END) == Standing(Refusal.PERIOD_OVER, END)


REASONS = (
    (Refusal.WITHDRAWN, {"withdrawn_at": PAID}),
    (Refusal.NOT_PAID, {"status": "pending", "paid_at": None}),
    (Refusal.NOT_OFFERED, {"has_right": False}),
    (Refusal.RENEWAL, {"is_renewal": True}),
    (Refusal.PERIOD_OVER, {}),
    (Refusal.BANK_RETURNED, {"lost_disputes": 1}),
    (Refusal.BANK_ASKED, {"open_disputes": 2}),
    (Refusal.CASE_OPEN, {"has_open_case": True}),
    (Refusal.NOTHING_LEFT, {"refundable_minor": 0}),
)


@pytest.mark.parametrize("chosen", list(itertools.product((False, True), repeat=len(REASONS))))
def test_the_first_reason_is_said(chosen: tuple[bool, ...]) -> None:
    holding = [reason for reason, holds in zip(REASONS, chosen, strict=True) if holds]
    changes = {name: value for _, fields in holding for name, value in fields.items()}
    expected = [refusal for refusal, _ in holding]
    if Refusal.NOT_PAID in expected or Refusal.NOT_OFFERED in expected or Refusal.RENEWAL in expected:
        expected = [refusal for refusal in expected if refusal is not Refusal.PERIOD_OVER]
    now = END if (Refusal.PERIOD_OVER, {}) in holding else PAID
    found = stands(now, **changes)
    assert found.refusal == (expected[0] if expected else None)
    has_period = not {"has_right", "is_renewal", "paid_at"} & changes.keys()
    assert found.ends_at == (END if has_period else None)


def test_a_payment_that_failed_is_not_paid() -> None:
    assert stands(status="failed").refusal is Refusal.NOT_PAID
