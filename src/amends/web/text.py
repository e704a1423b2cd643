"""Words in the reader's language (gettext), and how pages write times, money and sizes (Babel, CLDR).

`_` and `ngettext` take literal text only, so that the catalogue can be extracted. `lazy` is for words of modules, which
are looked up when they are shown.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import LazyProxy, Translations

from amends.kit.money import display_exponent, exponent
from amends.web.readers import LANGUAGES, PSEUDO, current_reader

_CODE_AND_DIGIT: Final = re.compile(r"(?<=[A-Z])(?=\d)")
_REMEMBERED: Final = 4096
"""How many of each kind of text are kept once they are written: tables repeat amounts and days."""
LOCALES: Final = Path(__file__).parent / "locale"


def _(message: str, **values: Any) -> str:
    """Return `message` in the reader's language, with `%(name)s` filled in."""
    text = _catalogue(current_reader().language).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, **values: Any) -> str:
    """Return the form for `n`; `%(n)s` is the number as the reader writes it."""
    text = _catalogue(current_reader().language).ngettext(singular, plural, n)
    return text % {"n": number(n), **values}


def lazy(message: str) -> Any:
    """Return words that are looked up in the reader's language each time they are shown."""
    return LazyProxy(_, message, enable_cache=False)


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    if language in PSEUDO:
        return _Pseudo(longer=language == "en-XA")
    if language == LANGUAGES[0]:
        return NullTranslations()
    with (LOCALES / language / "LC_MESSAGES" / "amends.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    binary = BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return Translations(binary)


class _Pseudo(NullTranslations):
    """English that shows what is not translated: in brackets, and 40 % longer."""

    def __init__(self, *, longer: bool) -> None:
        super().__init__()
        self._longer = longer

    def gettext(self, message: str) -> str:
        return f"[{message}{'·' * (len(message) * 2 // 5)}]" if self._longer else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def money(amount_minor: int, currency: str, places: int | None = None, *, home: str | None = None) -> str:
    """Write an amount as the reader does: `$49.00`, with the code behind it where it is not the `home` currency."""
    code = currency.upper()
    text = _amount(amount_minor, code, places, current_reader().locale)
    return text if home is None or home.upper() == code or code in text else f"{text}\u00a0{code}"


@lru_cache(maxsize=_REMEMBERED)
def _amount(amount_minor: int, code: str, places: int | None, locale: Locale) -> str:
    decimals = exponent(code) if places is None else places
    amount = Decimal(amount_minor).scaleb(-decimals)
    digits = decimals <= display_exponent(code) or amount == amount.to_integral_value()
    text = format_currency(amount, code, locale=locale, currency_digits=digits, decimal_quantization=digits)
    return _CODE_AND_DIGIT.sub("\u00a0", text)


def number(value: float | Decimal) -> str:
    """Write a number."""
    return _decimal(value, current_reader().locale)


@lru_cache(maxsize=_REMEMBERED)
def _decimal(value: float | Decimal, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def percent(part: float, places: int = 0) -> str:
    """Write a part of a whole: `12.5%`."""
    rounded = round(Decimal(part), places + 2)
    return format_percent(rounded, locale=current_reader().locale, decimal_quantization=False)


def month(day_of_it: date) -> str:
    """Write a month: `Nov 2026`."""
    return format_skeleton("yMMM", day_of_it, locale=current_reader().locale)


def day(moment: datetime | date) -> str:
    """Write a date: `Tue 24 Nov`, with the year where it is not the present one."""
    reader = current_reader()
    local = reader.local(moment).date() if isinstance(moment, datetime) else moment
    return _day(local, local.year == reader.local(reader.now).year, reader.locale)


@lru_cache(maxsize=_REMEMBERED)
def _day(local: date, this_year: bool, locale: Locale) -> str:
    if locale.language == "en":
        return format_date(local, "EEE d MMM" if this_year else "d MMM y", locale=locale)
    return format_skeleton("EEEdMMM" if this_year else "yMMMd", local, locale=locale)


@lru_cache(maxsize=_REMEMBERED)
def _long_day(local: date, locale: Locale) -> str:
    return format_date(local, "long", locale=locale)


def clock_time(moment: datetime) -> str:
    """Write a time of day: `14:00`."""
    return f"{current_reader().local(moment):%H:%M}"


def day_and_time(moment: datetime) -> str:
    """Write a moment: `Tue 24 Nov, 14:00`."""
    return f"{day(moment)}, {clock_time(moment)}"


def full_time(moment: datetime) -> str:
    """Write a moment with its zone, for a title: `24 November 2026 at 14:00:05 CET`."""
    reader = current_reader()
    local = reader.local(moment)
    return f"{_long_day(local.date(), reader.locale)}, {local:%H:%M:%S} {local.tzname()}"


def duration(span: timedelta) -> str:
    """Write a length of time by its two largest units: `1 day 3 h`."""
    minutes = int(abs(span).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days >= 60:
        return ngettext("%(n)s month", "%(n)s months", days // 30)
    if days:
        text = ngettext("%(n)s day", "%(n)s days", days)
        return f"{text} {_('%(n)s h', n=hours)}" if hours and days < 8 else text
    if hours:
        text = _("%(n)s h", n=hours)
        return f"{text} {_('%(n)s min', n=minutes)}" if minutes and hours < 6 else text
    return _("%(n)s min", n=max(1, minutes))


def relative(moment: datetime) -> str:
    """Write how far a moment is from now: `in 1 day 3 h`, `2 h ago`, `just now`."""
    span = moment - current_reader().now
    if abs(span) < timedelta(minutes=1):
        return _("just now")
    return _("in %(time)s", time=duration(span)) if span > timedelta() else _("%(time)s ago", time=duration(span))


def file_size(size_bytes: int) -> str:
    """Write a file's size, a kB being 1024 bytes as in the limits: `320 kB`, `1.4 MB`."""
    if size_bytes < 1024:
        return _("%(n)s bytes", n=number(size_bytes))
    if size_bytes < 1024**2:
        return _("%(n)s kB", n=number(round(size_bytes / 1024)))
    return _("%(n)s MB", n=number((Decimal(size_bytes) / 1024**2).quantize(Decimal("0.1")).normalize()))


def language_name(tag: str) -> str:
    """Return a language's name in the reader's language: `Spanish`."""
    return Locale(tag).get_language_name(current_reader().locale) or tag


def gettext_here(message: str) -> str:
    """Return a template's message in the reader's language."""
    return _catalogue(current_reader().language).gettext(message)


def ngettext_here(singular: str, plural: str, n: int) -> str:
    """Return a template's message for `n` in the reader's language."""
    return _catalogue(current_reader().language).ngettext(singular, plural, n)


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "language_name": language_name,
    "number": number,
    "percent": percent,
    "month": month,
    "day": day,
    "clock_time": clock_time,
    "day_and_time": day_and_time,
    "full_time": full_time,
    "duration": duration,
    "relative": relative,
    "file_size": file_size,
}
"""What templates may use; `money` is added with the page's own currency as its home."""
