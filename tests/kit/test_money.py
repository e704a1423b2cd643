"""Amounts are exact in every currency, or refused."""

from decimal import Decimal

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.money import InexactAmount, Money, UnknownCurrency, exponent, major_number, major_text, money, to_minor

CURRENCIES = sorted(get_global("all_currencies"))


@pytest.mark.parametrize(
    ("currency", "places"), [("usd", 2), ("JPY", 0), ("kwd", 3), ("huf", 2), ("cop", 2), ("isk", 0), ("clf", 4)]
)
def test_the_exponent_is_the_one_that_a_charge_carries(currency: str, places: int) -> None:
    assert exponent(currency) == places


@given(minor=st.integers(0, 10**15), currency=st.sampled_from(CURRENCIES))
def test_minor_units_survive_text_and_number(minor: int, currency: str) -> None:
    places = exponent(currency)
    assert to_minor(major_text(minor, places), currency) == minor
    if minor < 10**13:
        assert to_minor(major_number(minor, places), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("49.001", "usd"), ("1.5", "jpy"), ("0.0001", "kwd"), ("nan", "usd"), ("inf", "usd"), ("1e400", "usd"),
     ("", "usd"), ("4,9", "usd"), ("1" * 41, "usd"), (float("nan"), "usd"), (10**15, "usd"), ("١٢x", "usd")],
)  # fmt: skip
def test_an_amount_that_the_currency_cannot_hold_is_refused(amount: str | float, currency: str) -> None:
    with pytest.raises(InexactAmount):
        to_minor(amount, currency)


def test_a_float_is_read_as_it_was_written() -> None:
    assert to_minor(19.99, "usd") == 1999
    assert to_minor(Decimal("0.005"), "kwd") == 5


@pytest.mark.parametrize("currency", ["", "us", "usdx", "zzz", "💶"])
def test_an_unknown_currency_says_so(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)


def test_the_public_shape() -> None:
    assert money(1234, "KWD") == Money("1.234", "kwd", 3, 3)
    assert money(500, "jpy") == Money("500", "jpy", 0, 0)
    assert money(4900, "usd", 2) == Money("49.00", "usd", 2, 2)
