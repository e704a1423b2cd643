"""Saved replies: texts with placeholders, and what stands for each on a case. Pure.

Values are written for the customer, in their language and time zone; an amount carries its currency where it is not the
account's own. What is not known is put into words that fit where it stands. An unknown placeholder cannot be saved.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from amends.kit.errors import Unprocessable
from amends.web.readers import absent_reader, reading_as
from amends.web.text import _, day_and_time, lazy, money

LONGEST_TITLE: Final = 80
LONGEST_BODY: Final = 10_000
_PLACEHOLDER: Final = re.compile(r"\{([^{}\n]*)\}")


class Placeholder(StrEnum):
    """What a saved reply can say of a case."""

    CUSTOMER_NAME = "customer_name"
    PRODUCT = "product"
    AMOUNT = "amount"
    CASE_ID = "case_id"
    DUE = "due"
    AGENT_NAME = "agent_name"
    ACCOUNT = "account"

    @property
    def written(self) -> str:
        """Return the placeholder as it stands in a reply."""
        return f"{{{self.value}}}"


MEANINGS: Final[Mapping[Placeholder, Any]] = {
    Placeholder.CUSTOMER_NAME: lazy("The customer’s name"),
    Placeholder.PRODUCT: lazy("What was bought"),
    Placeholder.AMOUNT: lazy("The amount that the case is about"),
    Placeholder.CASE_ID: lazy("The case’s id"),
    Placeholder.DUE: lazy("When the next answer is due"),
    Placeholder.AGENT_NAME: lazy("Your name, or your colleague’s who sends it"),
    Placeholder.ACCOUNT: lazy("The name of this account"),
}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is filled in with; None: not known, or there is none."""

    customer_name: str | None
    product: str | None
    amount_minor: int
    currency: str
    places: int | None
    """Decimals of the amount, as they were recorded; None: today's."""
    case_id: str
    due: datetime | None
    agent_name: str | None
    account: str
    home: str
    """The account's own currency."""
    locale: str | None
    """The customer's."""
    time_zone: str | None
    """The customer's."""


def check_body(body: str) -> None:
    """Refuse a reply with a placeholder that nothing stands for.

    Raises:
        Unprocessable: `unknown_placeholder`; `details` name it and those that there are.
    """
    known = {placeholder.value for placeholder in Placeholder}
    unknown = next((name for name in _PLACEHOLDER.findall(body) if name not in known), None)
    if unknown is not None:
        names = [placeholder.written for placeholder in Placeholder]
        raise Unprocessable(
            "unknown_placeholder",
            f"{{{unknown[:40]}}} is not a placeholder. These are: {', '.join(names)}.",
            param="body",
            details={"placeholder": f"{{{unknown[:40]}}}", "known": names},
        )


def placeholders_in(body: str) -> list[Placeholder]:
    """Return the placeholders of a reply, each once, in the order of their first use."""
    known = {placeholder.value for placeholder in Placeholder}
    return list(dict.fromkeys(Placeholder(name) for name in _PLACEHOLDER.findall(body) if name in known))


def render_reply(body: str, about: About, now: datetime) -> str:
    """Return a reply filled in, as the customer will read it."""
    with reading_as(absent_reader(about.locale, about.time_zone, now)):
        return _PLACEHOLDER.sub(lambda found: _value(found[1], found[0], about), body)


def _value(name: str, written: str, about: About) -> str:
    match name:
        case Placeholder.CUSTOMER_NAME:
            return about.customer_name or _("dear customer")
        case Placeholder.PRODUCT:
            return about.product or _("your purchase")
        case Placeholder.AMOUNT:
            return money(about.amount_minor, about.currency, about.places, home=about.home)
        case Placeholder.CASE_ID:
            return about.case_id
        case Placeholder.DUE:
            return day_and_time(about.due) if about.due else _("the date on the page of your case")
        case Placeholder.AGENT_NAME:
            return about.agent_name or _("the team of %(account)s", account=about.account)
        case Placeholder.ACCOUNT:
            return about.account
        case _:  # saved by another version
            return written
