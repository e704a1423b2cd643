"""What a customer states when they withdraw, and what came in."""

import re
from datetime import datetime
from typing import Final

import msgspec

from amends.people.records import EMAIL
from amends.withdrawals.queries import Purchase

MAX_NAME: Final = 200
MAX_EMAIL: Final = 320
_EMAIL: Final = re.compile(EMAIL)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Who withdraws, and where the confirmation goes (Directive 2011/83/EU, Article 11a (2))."""

    name: str
    email: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal that came in. `amount_minor` is what goes back, in the purchase's currency."""

    pid: str
    statement: Statement
    purchase: Purchase
    product: str
    paid_at: datetime
    amount_minor: int
    membership_ended: bool
    at: datetime


def is_email(text: str) -> bool:
    """Tell whether a text can be an e-mail address."""
    return len(text) <= MAX_EMAIL and _EMAIL.match(text) is not None
