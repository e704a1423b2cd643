"""Business-day arithmetic.

Owns the question "when is n business days from now": Monday to Friday in one time zone, minus the dates that are handed
in. Knows no clock and no configuration; the caller passes both.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_SATURDAY = 5


def is_business_day(day: date, *, holidays: Collection[date] = ()) -> bool:
    """Say whether `day` is Monday to Friday and not one of `holidays`."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_business_days(start: datetime, days: int, *, zone: ZoneInfo, holidays: Collection[date] = ()) -> datetime:
    """Find the n-th business day after `start`, at the same wall time in `zone`; the answer is UTC.

    The day of `start` is never counted, so a start at the week-end counts from Monday. A wall time that a change to
    summer time skips moves on by the length of the gap.
    """
    if days < 1:
        message = "days must be at least 1"
        raise ValueError(message)
    local = start.astimezone(zone)
    day = local.date()
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day, holidays=holidays)
    return datetime.combine(day, local.timetz()).astimezone(UTC)
