"""Words, times and money as readers see them."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from amends.web import text
from amends.web.readers import Reader, plain_reader, read_as, reader_of, reading_as

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nobody_reads_before_and_after() -> Generator[None]:
    """Leave no reader for the next test."""
    with reading_as(plain_reader(NOW)):
        yield


def reader(language: str = "en", zone: str = "UTC", *, pseudo: bool = False) -> Reader:
    """Make a browser's reader the current one."""
    made = reader_of(
        chosen_locale=None,
        chosen_time_zone=zone,
        chosen_theme=None,
        cookies={},
        accept_language=language,
        fallback_time_zone="UTC",
        now=NOW,
        pseudo=pseudo,
    )
    read_as(made)
    return made


@pytest.mark.parametrize(
    ("language", "minor", "currency", "home", "written"),
    [
        ("en", 4900, "usd", "usd", "$49.00"),
        ("en", 4900, "usd", "eur", "$49.00\u00a0USD"),
        ("en", 4900, "jpy", "jpy", "¥4,900"),
        ("en", 4912, "kwd", "usd", "KWD\u00a04.912"),
        ("en", 123_450, "huf", "huf", "HUF\u00a01,234.50"),
        ("en", 123_400, "lak", "lak", "LAK\u00a01,234"),
        ("en", 123_450, "lak", "lak", "LAK\u00a01,234.50"),
        ("es", 123_456, "eur", "eur", "1.234,56\u00a0€"),
        ("es", 1_234_567, "eur", "usd", "12.345,67\u00a0€\u00a0EUR"),
        ("es-MX", 4900, "mxn", "mxn", "$49.00"),
        ("en-GB", -4900, "gbp", "gbp", "-£49.00"),
    ],
)
def test_money_is_exact_and_says_a_foreign_currency(
    language: str, minor: int, currency: str, home: str, written: str
) -> None:
    reader(language)
    assert text.money(minor, currency, home=home) == written


@pytest.mark.parametrize(
    ("language", "zone", "moment", "written"),
    [
        ("en", "Europe/Berlin", datetime(2026, 11, 24, 13, tzinfo=UTC), "Tue 24 Nov, 14:00"),
        ("en", "America/New_York", datetime(2026, 11, 24, 3, tzinfo=UTC), "Mon 23 Nov, 22:00"),
        ("en", "Asia/Kathmandu", datetime(2026, 11, 24, 13, tzinfo=UTC), "Tue 24 Nov, 18:45"),
        ("en", "UTC", datetime(2025, 2, 1, 6, 5, tzinfo=UTC), "1 Feb 2025, 06:05"),
        ("es", "Europe/Madrid", datetime(2026, 11, 24, 13, tzinfo=UTC), "mar, 24 nov, 14:00"),
    ],
)
def test_times_stand_in_the_readers_zone(language: str, zone: str, moment: datetime, written: str) -> None:
    reader(language, zone)
    assert text.day_and_time(moment) == written


def test_the_present_year_is_that_of_the_readers_zone() -> None:
    made = reader_of(
        chosen_locale=None,
        chosen_time_zone="Pacific/Auckland",
        chosen_theme=None,
        cookies={},
        accept_language="en",
        fallback_time_zone="UTC",
        now=datetime(2026, 12, 31, 20, tzinfo=UTC),
        pseudo=False,
    )
    read_as(made)
    assert text.day(datetime(2026, 12, 31, 20, tzinfo=UTC)) == "Fri 1 Jan"


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "in 1 min"),
        (timedelta(hours=2, minutes=59), "in 2 h 59 min"),
        (timedelta(hours=6, minutes=30), "in 6 h"),
        (timedelta(days=1, hours=3), "in 1 day 3 h"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=9, hours=5), "in 9 days"),
        (timedelta(days=400), "in 13 months"),
        (-timedelta(hours=2), "2 h ago"),
        (-timedelta(days=1), "1 day ago"),
    ],
)
def test_distances_are_said_in_two_units_at_most(span: timedelta, written: str) -> None:
    reader()
    assert text.relative(NOW + span) == written


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1536, "2 kB"), (1_449_999, "1.4 MB"), (10 * 1024**2, "10 MB")],
)
def test_file_sizes(size: int, written: str) -> None:
    reader()
    assert text.file_size(size) == written


def test_a_zone_is_named_in_the_full_time() -> None:
    reader("en", "Europe/Berlin")
    assert text.full_time(datetime(2026, 11, 24, 13, tzinfo=UTC)) == "November 24, 2026, 14:00:00 CET"


def test_languages_for_development_show_what_is_not_translated() -> None:
    reader("en-XA", pseudo=True)
    assert text._("Sign in").startswith("[Sign in")
    assert len(text._("Sign in")) >= len("Sign in") * 1.4
    assert reader("ar-XB", pseudo=True).direction == "rtl"
    assert reader("ar-XB").direction == "ltr"


def test_lazy_words_follow_the_reader() -> None:
    words = text.lazy("Sign in")
    reader("en")
    assert str(words) == "Sign in"
    reader("en-XA", pseudo=True)
    assert str(words).startswith("[")
