"""Money: integer minor units inside, exact decimal text or numbers outside. Never a float in between.

Exponents come from the CLDR by way of Babel: JPY 0, USD 2, KWD 3. What a currency is charged in (ISO 4217) and what
it is shown in can differ; the first decides here.
"""

from decimal import Decimal, InvalidOperation
from functools import cache

import msgspec
from babel.core import get_global

# ISO 4217 minor units where the CLDR tells how a currency is shown and not how it is charged.
_CHARGED_EXPONENTS = {
    "AFN": 2, "ALL": 2, "CLF": 4, "COP": 2, "CRC": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2,
    "LBP": 2, "MGA": 2, "MMK": 2, "MUR": 2, "NOK": 2, "PKR": 2, "RSD": 2, "SEK": 2, "SLL": 2, "SOS": 2, "SYP": 2,
    "TWD": 2, "TZS": 2, "UYW": 4, "UZS": 2, "YER": 2, "ZMK": 2,
}  # fmt: skip
MAX_MINOR = 10**15
_MAX_DIGITS = 40


class UnknownCurrency(ValueError):
    """Not a currency code of ISO 4217."""


class InexactAmount(ValueError):
    """Not an amount that the currency can hold exactly."""


class Money(msgspec.Struct, frozen=True):
    """An amount in whole units as exact decimal text, with how to show it."""

    amount: str
    currency: str
    decimals: int
    display_decimals: int


@cache
def exponent(currency: str) -> int:
    """Return how many decimals a charge in `currency` (three letters, any case) carries.

    Raises:
        UnknownCurrency: no such code.
    """
    code = _known(currency)
    return _CHARGED_EXPONENTS.get(code, display_exponent(currency))


@cache
def display_exponent(currency: str) -> int:
    """Return how many decimals to show, by the CLDR."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(_known(currency), fractions["DEFAULT"])[0])


def _known(currency: str) -> str:
    code = currency.upper()
    if code not in get_global("all_currencies"):
        raise UnknownCurrency(f"{currency!r} is not a currency code of ISO 4217, such as usd.")
    return code


def to_minor(amount: str | int | float | Decimal, currency: str) -> int:
    """Return an amount given in whole units as minor units, exactly.

    A float is read by its shortest decimal text, as it stood in the JSON. Negative amounts pass; callers bound them.

    Raises:
        InexactAmount: not a finite number, more decimals than the currency has, or beyond what can be stored.
        UnknownCurrency: no such code.
    """
    places = exponent(currency)
    try:
        value = Decimal(str(amount).strip()) if len(str(amount)) <= _MAX_DIGITS else Decimal("nan")
    except InvalidOperation as error:
        raise InexactAmount(f"{amount!r} is not an amount, such as 49.00.") from error
    if not value.is_finite() or abs(value) > MAX_MINOR:
        raise InexactAmount(f"{amount!r} is not an amount that can be recorded.")
    minor = value.scaleb(places)
    if minor != minor.to_integral_value() or abs(minor) > MAX_MINOR:
        raise InexactAmount(f"{amount!r} is not an amount in {currency.lower()}, which has {places} decimals.")
    return int(minor)


def major_text(amount_minor: int, places: int) -> str:
    """Write minor units in whole units: `major_text(4900, 2)` is `49.00`."""
    return f"{Decimal(amount_minor).scaleb(-places):.{places}f}"


def major_number(amount_minor: int, places: int) -> int | float:
    """Return whole units as the JSON number that reads back to the same minor units."""
    return amount_minor if places == 0 else float(major_text(amount_minor, places))


def money(amount_minor: int, currency: str, places: int | None = None) -> Money:
    """Return the public shape; `places` is the exponent recorded with the amount, default today's."""
    decimals = exponent(currency) if places is None else places
    return Money(
        amount=major_text(amount_minor, decimals),
        currency=currency.lower(),
        decimals=decimals,
        display_decimals=min(decimals, display_exponent(currency)),
    )
