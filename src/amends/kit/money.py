"""Money: integer minor units inside, exact decimal text or numbers outside. Never a float in between.

Exponents come from the CLDR by way of Babel: JPY 0, USD 2, KWD 3. What a currency is charged in (ISO 4217) and what
it is shown in can differ; the first decides here.
"""

import re
from decimal import Decimal
from functools import cache

import msgspec
from babel.core import get_global

# ISO 4217 minor units where the CLDR tells how a currency is shown and not how it is charged.
_CHARGED_EXPONENTS = {
    "AFN": 2, "ALL": 2, "CLF": 4, "COP": 2, "CRC": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2,
    "LBP": 2, "MGA": 2, "MMK": 2, "MUR": 2, "NOK": 2, "PKR": 2, "RSD": 2, "SEK": 2, "SLL": 2, "SOS": 2, "SYP": 2,
    "TWD": 2, "TZS": 2, "UYW": 4, "UZS": 2, "YER": 2, "ZMK": 2,
}  # fmt: skip
# In the CLDR without an end, but a unit of account, a metal, for tests, none at all, or no code of ISO 4217 (CNH).
_NEVER_CHARGED = frozenset(
    ("CNH", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX")
)
MAX_MINOR = 10**15
_MAX_DIGITS = 40
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class UnknownCurrency(ValueError):
    """Not a currency code of ISO 4217."""


class InexactAmount(ValueError):
    """Not an amount that the currency can hold exactly."""


class AmountTooLarge(InexactAmount):
    """More than can be recorded in any currency."""


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


def accepted(currency: str) -> str:
    """Return the upper-case code of a currency in which new money may be recorded: one that is in use now.

    What was recorded in another currency stays readable: the rest of this module knows them all.

    Raises:
        UnknownCurrency: a code that nobody is charged in, such as one of the past, or for tests, gold or no currency.
    """
    code = _known(currency)
    if code not in _in_use():
        raise UnknownCurrency(f"{currency!r} is not a currency that is in use now, such as usd.")
    return code


@cache
def _in_use() -> frozenset[str]:
    entries = (entry for country in get_global("territory_currencies").values() for entry in country)
    return frozenset(code for code, _, until, _ in entries if until is None) - _NEVER_CHARGED


def to_minor(amount: str | int | float | Decimal, currency: str) -> int:
    """Return an amount given in whole units as minor units, exactly.

    Text is a plain decimal in ASCII digits: `49`, `49.00`, `-1`. A float is read by its shortest decimal text, as it
    stood in the JSON. Negative amounts pass; callers bound them.

    Raises:
        InexactAmount: not a finite number, more decimals than the currency has, or beyond what can be stored.
        UnknownCurrency: no such code.
    """
    places = exponent(currency)
    value = _decimal(amount)
    if value is None:
        raise InexactAmount("An amount is a plain number in whole units, such as 49.00.")
    sign, digits, power = value.as_tuple()
    if not isinstance(power, int) or not -_MAX_DIGITS <= power <= value.adjusted() <= _MAX_DIGITS:
        raise InexactAmount("That is not an amount that can be recorded.")
    minor, rest = _shifted(int("".join(map(str, digits))), power + places)
    if rest:
        raise InexactAmount(f"An amount in {currency.lower()} has at most {places} decimals.")
    if minor > MAX_MINOR:
        raise AmountTooLarge("That is not an amount that can be recorded.")
    return -minor if sign else minor


def _decimal(amount: str | int | float | Decimal) -> Decimal | None:
    """Return what was written; None for what is not a number. No arithmetic: it could round or overflow."""
    match amount:
        case str():
            return Decimal(amount) if len(amount) <= _MAX_DIGITS and _PLAIN.fullmatch(amount) else None
        case bool():
            return None
        case float():
            return Decimal(repr(amount))
        case _:
            return Decimal(amount)


def _shifted(whole: int, places: int) -> tuple[int, int]:
    """Return `whole` with the decimal point moved right by `places`, and what that cuts off."""
    return (whole * 10**places, 0) if places >= 0 else divmod(whole, 10**-places)


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
