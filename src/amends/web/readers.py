"""Who reads a page, as far as words, dates and money go: language, time zone, theme, direction of writing.

The reader of the request being answered stands in a context variable, so that words deep in the code come out in the
right language. Order: the person's own choice, then what this browser was told, what the host platform says of them,
what the browser says, then the account's time zone. Who is not looking is written to as they last read.
The theme is the browser's first: a person may want it dark on one screen and light on another.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from babel import Locale, UnknownLocaleError
from babel.core import parse_locale

from amends.access.sessions import Preferences

LANGUAGES: Final = ("en", "es")
"""The languages with a complete catalogue; the first is the source's own."""
PSEUDO: Final = {"en-XA": "ltr", "ar-XB": "rtl"}
"""Languages for development: English 40 % longer, and English from right to left."""
THEMES: Final = {"light": "amends", "dark": "amends-dark"}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """How one person reads."""

    locale: Locale
    language: str
    """Which catalogue: one of LANGUAGES or PSEUDO."""
    time_zone: ZoneInfo
    theme: Literal["light", "dark"] | None
    """None: as the system says."""
    now: datetime

    @property
    def direction(self) -> str:
        """Return `ltr` or `rtl`."""
        return PSEUDO.get(self.language) or self.locale.text_direction

    @property
    def tag(self) -> str:
        """Return the language tag of the page."""
        return "en" if self.language in PSEUDO else str(self.locale).replace("_", "-")

    @property
    def theme_name(self) -> str | None:
        """Return the name of the chosen theme in the style sheet."""
        return None if self.theme is None else THEMES[self.theme]

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the reader's time zone."""
        return moment.astimezone(self.time_zone)


def plain_reader(now: datetime) -> Reader:
    """Return the reader of whom nothing is known."""
    return Reader(locale=_locale("en"), language="en", time_zone=ZoneInfo("UTC"), theme=None, now=now)


def reader_of(
    *,
    chosen_locale: str | None,
    chosen_time_zone: str | None,
    chosen_theme: Literal["light", "dark"] | None,
    cookies: Mapping[str, str],
    accept_language: str,
    fallback_time_zone: str,
    now: datetime,
    pseudo: bool,
    told_locale: str | None = None,
) -> Reader:
    """Return how a request's person reads; `pseudo` allows the languages for development."""
    wanted = (chosen_locale, cookies.get("amends_locale"), told_locale, *_accepted(accept_language))
    tag = first_read(*wanted, pseudo=pseudo) or "en"
    last = cookies.get("amends_theme")  # what was chosen last in this browser
    theme = last if last in {"light", "dark", "system"} else chosen_theme
    zones = (chosen_time_zone, cookies.get("amends_tz", "").replace("%2F", "/"), fallback_time_zone, "UTC")
    return Reader(
        locale=_locale("en" if tag in PSEUDO else tag),
        language=_language(tag, pseudo=pseudo) or "en",
        time_zone=_zone(next(zone for zone in zones if zone and zone in _zones())),
        theme=theme if theme in ("light", "dark") else None,
        now=now,
    )


def absent_reader(locale: str | None, time_zone: str | None, now: datetime) -> Reader:
    """Return how somebody reads who is not looking: the receiver of a mail, the customer of a case."""
    return reader_of(
        chosen_locale=locale,
        chosen_time_zone=time_zone,
        chosen_theme=None,
        cookies={},
        accept_language="",
        fallback_time_zone="UTC",
        now=now,
        pseudo=False,
    )


def language_of(locale: str | None) -> str:
    """Return in which of our languages somebody reads who is not looking."""
    return (locale and _language(locale, pseudo=False)) or LANGUAGES[0]


class Seen(NamedTuple):
    """What a browser says of how its person reads; None: it does not say."""

    locale: str | None
    time_zone: str | None


def seen_in(cookies: Mapping[str, str], accept_language: str) -> Seen:
    """Return what a browser says of how its person reads, in languages that there are here."""
    locale = first_read(cookies.get("amends_locale"), *_accepted(accept_language))
    zone = cookies.get("amends_tz", "").replace("%2F", "/")
    tag = None if locale is None else str(_locale(locale)).replace("_", "-")
    return Seen(tag, zone if zone in _zones() else None)


def locale_of(preferences: Preferences, known: str | None) -> str | None:
    """Return how to write to who is not looking: as chosen, as the platform says, as last read; else as is `known`."""
    wanted = (preferences.locale, preferences.told_locale, preferences.seen_locale, known)
    return first_read(*wanted) or known


def time_zone_of(preferences: Preferences, *known: str | None) -> str | None:
    """Return in which zone to write to who is not looking: the chosen, the last seen; else the first that is known."""
    zones = (preferences.time_zone, preferences.seen_time_zone, *known)
    return next((zone for zone in zones if zone), None)


def first_read(*wanted: str | None, pseudo: bool = False) -> str | None:
    """Return the first of some language tags whose language there is here."""
    return next((one for one in wanted if one and _language(one, pseudo=pseudo)), None)


def _accepted(header: str) -> Sequence[str]:
    """Return the language tags of an Accept-Language header, best first."""
    ranked: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), tag))
        except ValueError:
            continue
    return [tag for _, tag in sorted(ranked, key=lambda one: one[0])]


def _language(tag: str, *, pseudo: bool) -> str | None:
    if tag in PSEUDO:
        return tag if pseudo else None
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


@lru_cache(maxsize=256)
def _locale(tag: str) -> Locale:
    try:
        language, territory = parse_locale(tag.replace("_", "-"), sep="-")[:2]
        return Locale(language, territory)
    except (ValueError, UnknownLocaleError):
        return Locale(tag.replace("_", "-").partition("-")[0].lower())


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=700)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


NOBODY: Final = plain_reader(datetime(1970, 1, 1, tzinfo=UTC))
"""Reads where nobody is known to."""
_reader: ContextVar[Reader] = ContextVar("reader")


def current_reader() -> Reader:
    """Return the reader of the request being answered."""
    return _reader.get(NOBODY)


def read_as(reader: Reader) -> None:
    """Make `reader` the current one for the rest of the request."""
    _reader.set(reader)


@contextmanager
def reading_as(reader: Reader) -> Generator[Reader]:
    """Write for somebody else during the block: the receiver of a mail, the customer of a case."""
    before = _reader.set(reader)
    try:
        yield reader
    finally:
        _reader.reset(before)
