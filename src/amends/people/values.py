"""Values of records as they are stored: times in UTC to the millisecond, known time zones, exact amounts."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from amends.kit.clock import whole_ms
from amends.kit.errors import Unprocessable
from amends.kit.money import InexactAmount, UnknownCurrency, accepted, exponent, to_minor


def instant(moment: datetime, field: str) -> datetime:
    """Return a time in UTC to the millisecond; one without an offset is in UTC.

    Raises:
        Unprocessable: `invalid_time`, outside the years 1 to 9999.
    """
    if moment.tzinfo is UTC and not moment.microsecond:
        return moment
    try:
        return whole_ms(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except OverflowError as error:
        raise Unprocessable("invalid_time", "The time is outside the years 1 to 9999.", param=field) from error


def optional_instant(moment: datetime | None, field: str) -> datetime | None:
    """Return a time as `instant` does, None as it is."""
    return None if moment is None else instant(moment, field)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def time_zone(name: str) -> str:
    """Return a time zone's name.

    Raises:
        Unprocessable: `unknown_time_zone`.
    """
    if name not in _time_zones():
        raise Unprocessable(
            "unknown_time_zone", f"{name!r} is not a time zone, such as Europe/Paris.", param="time_zone"
        )
    return name


def currency_exponent(currency: str) -> int:
    """Return how many decimals a charge in the currency carries, which is one in use now.

    Raises:
        Unprocessable: `unknown_currency`.
    """
    try:
        return exponent(accepted(currency))
    except UnknownCurrency as error:
        raise Unprocessable("unknown_currency", str(error), param="currency") from error


def minor(amount: str | int | float, currency: str, field: str) -> int:
    """Return an amount in whole units as minor units; the currency is a known one.

    Raises:
        Unprocessable: `inexact_amount`.
    """
    try:
        return to_minor(amount, currency)
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param=field) from error


def positive_minor(amount: str | int | float, currency: str, field: str) -> int:
    """Return an amount as `minor` does.

    Raises:
        Unprocessable: `inexact_amount`, or `amount_not_positive`.
    """
    value = minor(amount, currency, field)
    if value <= 0:
        raise Unprocessable("amount_not_positive", "The amount is above zero.", param=field)
    return value
