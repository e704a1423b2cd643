"""Times are UTC and whole milliseconds, whatever they were written as."""

from datetime import UTC, datetime, timedelta

import pytest

from amends.kit.clock import ManualClock, OffsetClock, SystemClock, epoch_ms, iso, parse_time

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00.000Z"),
        ("2026-11-23T09:00:00.123999Z", "2026-11-23T09:00:00.123Z"),
        ("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00.000Z"),
        ("2026-11-23T09:00:00", "2026-11-23T09:00:00.000Z"),
        ("2026-11-23", "2026-11-23T00:00:00.000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_read_in_any_zone_and_written_in_utc(text: str, expected: str) -> None:
    assert iso(parse_time(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "1" * 65, "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_clocks_are_aware_and_cut_to_the_millisecond() -> None:
    for clock in (SystemClock(), OffsetClock(timedelta(days=30)), ManualClock(NINE + timedelta(microseconds=1500))):
        assert clock.now().tzinfo is UTC
        assert clock.now().microsecond % 1000 == 0


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(NINE)
    assert clock.now() == clock.now() == NINE
    clock.advance(timedelta(days=7))
    assert clock.now() == NINE + timedelta(days=7)
    clock.set(NINE)
    assert clock.now() == NINE


def test_an_offset_clock_is_ahead_by_its_offset() -> None:
    ahead = OffsetClock(timedelta(days=30)).now() - SystemClock().now()
    assert timedelta(days=29, hours=23) < ahead < timedelta(days=30, minutes=1)


def test_epoch_milliseconds() -> None:
    assert epoch_ms(datetime(1970, 1, 1, 0, 0, 1, 5000, UTC)) == 1005
