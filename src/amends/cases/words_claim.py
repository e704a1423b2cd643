"""What the customer claims, in words: the answers to a reason's questions, and what they ask for.

Which questions there are is `claim_questions`' matter; answers under a name that is not known here are written out.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from amends.cases.claim_questions import CHOICES
from amends.cases.page_text import plain_name
from amends.cases.words import plain_word
from amends.web.text import _, day, lazy, money, number

QUESTIONS: Final[Mapping[str, Any]] = {
    "canceled_on": lazy("Canceled on"),
    "canceled_how": lazy("Canceled"),
    "received": lazy("Received"),
    "expected_on": lazy("Expected on"),
    "difference": lazy("What is different"),
    "used": lazy("Used it"),
    "problem": lazy("Problem"),
    "returned": lazy("Returned it"),
    "card_reported": lazy("Reported the card"),
    "other_payment_on": lazy("Other payment on"),
    "times_charged": lazy("Times charged"),
    "promised_on": lazy("Refund promised on"),
    "promised_how": lazy("Refund promised"),
    "noticed_on": lazy("Noticed on"),
}
REMEDIES: Final[Mapping[str, Any]] = {
    "full_refund": lazy("A full refund"),
    "partial_refund": lazy("A partial refund"),
    "other": lazy("Something else"),
}


def answer_words(answers: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return the customer's answers: each question in short, and what was answered."""
    order = list(QUESTIONS)
    given = sorted(
        (answers or {}).items(), key=lambda one: (order.index(one[0]) if one[0] in order else len(order), one[0])
    )
    return tuple(
        (str(QUESTIONS[key]) if key in QUESTIONS else plain_word(plain_name(key)), answer_word(key, value))
        for key, value in given
    )


def answer_word(key: str, value: Any) -> str:
    """Return one answer; a choice of the form as the form calls it."""
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case int() | float():
            return number(value)
        case str() if (key, value) in CHOICES:
            return str(CHOICES[key, value])
        case str():
            return _date(value) or plain_word(plain_name(value))
        case list():
            return ", ".join(answer_word(key, one) for one in value)
        case _:
            return "–"


def _date(text: str) -> str | None:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return None


def remedy_words(remedy: Mapping[str, Any] | None, currency: str, places: int, *, home: str) -> str:
    """Return what the customer asks for; empty: they did not say."""
    if not remedy:
        return ""
    kind = str(remedy.get("kind"))
    word = str(REMEDIES[kind]) if kind in REMEDIES else plain_word(kind)
    amount = remedy.get("amount_minor")
    if isinstance(amount, int):
        word = _("A refund of %(amount)s", amount=money(amount, currency, places, home=home))
    text = remedy.get("text")
    return f"{word}: {plain_name(text)}" if isinstance(text, str) and text else word
