"""Whose choice counts: the person's, then the browser's, then the account's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from amends.web.readers import Reader, reader_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def read(**known: Any) -> Reader:
    """Return the reader of whom this is known."""
    nothing: dict[str, Any] = {
        "chosen_locale": None,
        "chosen_time_zone": None,
        "chosen_theme": None,
        "cookies": {},
        "accept_language": "",
        "fallback_time_zone": "Europe/Madrid",
        "now": NOW,
        "pseudo": False,
    }
    return reader_of(**nothing | known)


def test_of_whom_nothing_is_known_reads_english_in_the_accounts_zone() -> None:
    reader = read()
    assert (reader.language, str(reader.locale), str(reader.time_zone), reader.theme, reader.direction) == (
        "en",
        "en",
        "Europe/Madrid",
        None,
        "ltr",
    )


@pytest.mark.parametrize(
    ("chosen", "cookie", "header", "language", "locale"),
    [
        (None, None, "es", "es", "es"),
        (None, None, "es-MX,en;q=0.8", "es", "es_MX"),
        (None, None, "fr,es;q=0.9,en;q=0.8", "es", "es"),
        (None, None, "en;q=0.5,es;q=0.9", "es", "es"),
        (None, None, "fr", "en", "en"),
        (None, None, ";;q=,*,en-GB;q=abc,es;q=0.1", "es", "es"),
        (None, "es", "en", "es", "es"),
        ("en-GB", "es", "es", "en", "en_GB"),
        ("xx", None, "es", "es", "es"),
        (None, None, "es-QQ", "es", "es"),
        (None, None, "ar-XB", "en", "en"),
    ],
)
def test_language(chosen: str | None, cookie: str | None, header: str, language: str, locale: str) -> None:
    cookies = {} if cookie is None else {"amends_locale": cookie}
    reader = read(chosen_locale=chosen, cookies=cookies, accept_language=header)
    assert (reader.language, str(reader.locale)) == (language, locale)


@pytest.mark.parametrize(
    ("chosen", "cookie", "zone"),
    [
        (None, "America/New_York", "America/New_York"),
        (None, "Mars/Olympus", "Europe/Madrid"),
        (None, "../../etc/passwd", "Europe/Madrid"),
        ("Asia/Tokyo", "America/New_York", "Asia/Tokyo"),
        ("nowhere", "America/New_York", "America/New_York"),
    ],
)
def test_time_zone(chosen: str | None, cookie: str, zone: str) -> None:
    reader = read(chosen_time_zone=chosen, cookies={"amends_tz": cookie})
    assert str(reader.time_zone) == zone


@pytest.mark.parametrize(
    ("chosen", "cookie", "name"),
    [
        (None, "dark", "amends-dark"),
        (None, "pink", None),
        ("light", "pink", "amends"),
        ("light", "dark", "amends-dark"),
        ("light", "system", None),
        (None, "system", None),
    ],
)
def test_theme(chosen: str | None, cookie: str, name: str | None) -> None:
    reader = read(chosen_theme=chosen, cookies={"amends_theme": cookie})
    assert reader.theme_name == name
