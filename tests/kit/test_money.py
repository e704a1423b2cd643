"""Amounts are exact in every currency, or refused."""

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from amends.kit.money import (
    MAX_MINOR,
    InexactAmount,
    Money,
    UnknownCurrency,
    accepted,
    exponent,
    major_number,
    major_text,
    money,
    to_minor,
)

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
     ("", "usd"), ("4,9", "usd"), ("1" * 41, "usd"), (float("nan"), "usd"), (10**15, "usd"), ("١٢x", "usd"),
     ("1e400000000", "usd"), ("1e-400000000", "usd"), ("0e400000000", "usd"), ("1e3", "usd"), ("4_9", "usd"),
     (" 49", "usd"), ("49\n", "usd"), ("+49", "usd"), ("49.", "usd"), (".5", "usd"), ("٤٩", "usd"), ("1\x00", "usd"),
     ("1." + "0" * 36 + "1", "usd"), ("12345678901234567890123456789.001", "usd"), (True, "usd"), (10**500, "usd"),
     (Decimal("1e400000000"), "usd"), (Decimal("1e-400000000"), "usd"), (Decimal("snan"), "usd"), (1e300, "usd"),
     (5e-324, "usd"), (float("-inf"), "usd")],
)  # fmt: skip
def test_an_amount_that_the_currency_cannot_hold_is_refused(amount: str | float, currency: str) -> None:
    with pytest.raises(InexactAmount):
        to_minor(amount, currency)


def test_a_number_is_read_as_it_was_written() -> None:
    assert to_minor(19.99, "usd") == 1999
    assert to_minor(Decimal("0.005"), "kwd") == 5
    assert to_minor(Decimal("1e3"), "usd") == 100_000
    assert to_minor(1e3, "usd") == 100_000
    assert to_minor(5e-05 * 2, "clf") == 1
    assert to_minor(-1, "usd") == -100
    assert to_minor("-0.50", "usd") == -50


@given(
    amount=st.text() | st.floats() | st.integers() | st.decimals(allow_nan=True), currency=st.sampled_from(CURRENCIES)
)
def test_any_other_amount_is_exact_or_refused(amount: str | float | Decimal, currency: str) -> None:
    try:
        minor = to_minor(amount, currency)
    except InexactAmount:
        return
    assert Fraction(str(amount)) * 10 ** exponent(currency) == minor
    assert abs(minor) <= MAX_MINOR


@given(text=st.from_regex(r"[-+ ]?[0-9_٠-٩]{1,20}([.][0-9]{0,5})?(e[+-]?[0-9]{1,9})?\s?", fullmatch=True))
def test_text_is_plain_ascii_decimals_or_refused(text: str) -> None:
    try:
        to_minor(text, "usd")
    except InexactAmount:
        return
    whole, _, decimals = text.removeprefix("-").partition(".")
    assert set(whole + decimals) <= set("0123456789")
    assert whole
    assert "." not in text or decimals


@pytest.mark.parametrize("currency", ["usd", "EUR", "jpy", "clf", "xaf", "xof", "kwd"])
def test_new_money_is_in_a_currency_of_today(currency: str) -> None:
    assert accepted(currency) == currency.upper()


@pytest.mark.parametrize("currency", ["xxx", "XTS", "xau", "xdr", "dem", "itl", "hrk", "zwl", "cnh", "zzz", "", "ußd"])
def test_new_money_is_not_in_a_code_that_nobody_is_charged_in(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        accepted(currency)


def test_money_of_the_past_stays_readable() -> None:
    assert money(4900, "hrk") == Money("49.00", "hrk", 2, 2)


@pytest.mark.parametrize("currency", ["", "us", "usdx", "zzz", "💶"])
def test_an_unknown_currency_says_so(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)


def test_the_public_shape() -> None:
    assert money(1234, "KWD") == Money("1.234", "kwd", 3, 3)
    assert money(500, "jpy") == Money("500", "jpy", 0, 0)
    assert money(4900, "usd", 2) == Money("49.00", "usd", 2, 2)
