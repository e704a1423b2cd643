"""Ranges of days in the table's filters, as words in the address and as instants for the database. Pure.

A range is a preset, which moves with the day, or days that someone chose, both included. It becomes two instants in
UTC, half-open, by the reader's time zone: a day begins at the first moment that its date stands on the clock there,
also where clocks change at midnight.
"""

from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(9990, 12, 31)
_DAY: Final = timedelta(days=1)


class Preset(StrEnum):
    """A range that moves with the day. For what has happened they look back, for what is due ahead."""

    TODAY = "today"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    THIS_MONTH = "this_month"


Instants = tuple[datetime | None, datetime | None]
Word = TypeVar("Word", bound=StrEnum)

_DAYS: Final = {Preset.TODAY: 1, Preset.DAYS_7: 7, Preset.DAYS_30: 30}


class DateRange(msgspec.Struct, frozen=True):
    """A preset, or days of which either end may be open but not both."""

    preset: Preset | None = None
    start: date | None = None
    end: date | None = None
    """The last day, which is still in the range."""

    @property
    def text(self) -> str:
        """Return the range as the address has it: `30d`, `2026-11-01..2026-11-20`, `2026-11-01..`."""
        if self.preset is not None:
            return self.preset.value
        return f"{_iso(self.start)}..{_iso(self.end)}"

    def instants(self, zone: ZoneInfo, now: datetime, *, ahead: bool = False) -> Instants:
        """Return the range's first instant and the one after its last, in UTC; None: open. `ahead`: what is due."""
        first, last = self.days(now.astimezone(zone).date(), ahead=ahead)
        return (
            None if first is None else start_of(first, zone),
            None if last is None else start_of(last + _DAY, zone),
        )

    def days(self, today: date, *, ahead: bool = False) -> tuple[date | None, date | None]:
        """Return the first and the last day."""
        if self.preset is None:
            return self.start, self.end
        if self.preset is Preset.THIS_MONTH:
            first = today.replace(day=1)
            return first, (first + 31 * _DAY).replace(day=1) - _DAY
        others = (_DAYS[self.preset] - 1) * _DAY
        return (today, today + others) if ahead else (today - others, today)


def word_of(kind: type[Word], text: str) -> Word | None:
    """Return the word that a text is; None: it is none of its kind."""
    try:
        return kind(text)
    except ValueError:
        return None


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in a time zone, in UTC.

    A midnight that clocks skip is the moment of the change. Of two midnights the first counts, unless clocks went back
    over it into the day before.
    """
    midnight = datetime.combine(day, time_of_day.min, zone)
    first = midnight.astimezone(UTC)
    second = midnight.replace(fold=1).astimezone(UTC)
    return second if first.astimezone(zone).date() < day <= second.astimezone(zone).date() else first


def read_range(text: str) -> DateRange | None:
    """Read what `DateRange.text` wrote; the ends in either order. None: it is no range."""
    preset = word_of(Preset, text)
    if preset is not None:
        return DateRange(preset=preset)
    first, dots, last = text.partition("..")
    start, end = read_day(first), read_day(last)
    if not dots or (first and start is None) or (last and end is None):
        return None
    return days_between(start, end)


def days_between(start: date | None, end: date | None) -> DateRange | None:
    """Return the range between two days in either order; None: both ends are open."""
    if start is None and end is None:
        return None
    if start is not None and end is not None and end < start:
        start, end = end, start
    return DateRange(start=start, end=end)


def read_day(text: str) -> date | None:
    """Read a day as `2026-11-23`; None: it is none, or out of all reason."""
    if len(text) != len("2026-11-23"):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
