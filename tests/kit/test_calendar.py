"""Business days: the n-th after a start, at the same wall time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.calendar import add_business_days, is_business_day

VIENNA = ZoneInfo("Europe/Vienna")
HOLIDAYS = st.sets(st.dates(date(2020, 1, 1), date(2030, 3, 1)))
ZONES = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]).map(ZoneInfo)
STARTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-23T09:00", 2, "2026-11-25T09:00"),  # Monday to Wednesday
        ("2026-11-27T09:00", 1, "2026-11-30T09:00"),  # Friday to Monday
        ("2026-11-28T09:00", 1, "2026-11-30T09:00"),  # Saturday to Monday
        ("2026-11-29T09:00", 2, "2026-12-01T09:00"),  # Sunday to Tuesday
        ("2026-03-27T09:00", 1, "2026-03-30T08:00"),  # the same wall time over the change to summer time
        ("2026-11-22T23:30", 1, "2026-11-23T23:30"),  # in Vienna it is Monday already
    ],
)
def test_examples_in_vienna(start: str, days: int, expected: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert add_business_days(at, days, zone=VIENNA) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_holidays_do_not_count() -> None:
    start = datetime(2026, 12, 23, 9, tzinfo=UTC)
    holidays = {date(2026, 12, 24), date(2026, 12, 25)}
    assert add_business_days(start, 2, zone=VIENNA, holidays=holidays) == datetime(2026, 12, 29, 9, tzinfo=UTC)


def test_there_is_no_business_day_number_zero() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        add_business_days(datetime(2026, 11, 23, tzinfo=UTC), 0, zone=VIENNA)


@given(
    start=STARTS, days=st.integers(1, 40), zone=ZONES, holidays=st.sets(st.dates(date(2020, 1, 1), date(2030, 3, 1)))
)
def test_exactly_so_many_business_days_lie_between(
    start: datetime, days: int, zone: ZoneInfo, holidays: set[date]
) -> None:
    end = add_business_days(start, days, zone=zone, holidays=holidays)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(is_business_day(day, holidays=holidays) for day in between) == days
    assert is_business_day(last, holidays=holidays)
