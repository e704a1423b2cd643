"""The clock is a port: code that needs the time is given a `Clock`, or the time itself.

Times inside Amends are aware, in UTC, and whole milliseconds: what is stored is what was compared.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@runtime_checkable
class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time: aware, UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return whole_ms(datetime.now(UTC))


class OffsetClock:
    """The machine's clock, moved by a fixed amount: a demonstration of another day."""

    def __init__(self, offset: timedelta) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """Return the machine's time plus the offset."""
        return whole_ms(datetime.now(UTC) + self._offset)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = whole_ms(start)

    def now(self) -> datetime:
        """Return the time it was last set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`."""
        self._now = whole_ms(self._now + by)

    def set(self, to: datetime) -> None:
        """Move to `to`, backwards as well."""
        self._now = whole_ms(to)


def whole_ms(moment: datetime) -> datetime:
    """Return `moment` in UTC, cut to the millisecond."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def epoch_ms(moment: datetime) -> int:
    """Return the milliseconds from 1970 to `moment`."""
    return (moment - EPOCH) // MILLISECOND


def iso(moment: datetime) -> str:
    """Write `moment` as the API does: `2026-11-23T09:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 date or time; one without an offset is in UTC.

    Raises:
        ValueError: not such a time, or one that does not exist in UTC.
    """
    if not text or len(text) > 64:
        raise ValueError("not an ISO 8601 time")
    moment = datetime.fromisoformat(text)
    try:
        return whole_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
