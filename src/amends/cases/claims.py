"""What a customer tells and asks for when they open a case: answers to the reason's questions, and a remedy. No SQL.

Here is checked what of it is kept with the case; the questions themselves are `claim_questions`.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from amends.cases.wording import clean
from amends.kit.errors import Unprocessable
from amends.kit.money import InexactAmount, to_minor
from amends.payments.commands import LockedPayment

ANSWERS_MAX_BYTES: Final = 10_000
REMEDY_KINDS: Final = ("full_refund", "partial_refund", "other")

Answer = str | int | float | bool | None


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer asks for; `amount` in whole units."""

    kind: str
    amount: int | float | None = None
    text: str | None = None


def kept_answers(answers: Mapping[str, Answer] | None) -> dict[str, Answer] | None:
    """Return the answers as they are kept; None: there are none.

    Raises:
        Unprocessable: `answers_invalid`.
    """
    if not answers:
        return None
    kept = {key: clean(value, "answers") if isinstance(value, str) else value for key, value in answers.items()}
    if any("\x00" in key for key in kept) or len(msgspec.json.encode(kept)) > ANSWERS_MAX_BYTES:
        raise Unprocessable("answers_invalid", "The answers are too long or hold U+0000.", param="answers")
    return kept


def kept_remedy(remedy: Remedy | None, payment: LockedPayment) -> dict[str, Any] | None:
    """Return what the customer asks for as it is kept; an amount is above nothing and at most what was paid.

    Raises:
        Unprocessable: `remedy_invalid`, `inexact_amount`, `amount_invalid`.
    """
    if remedy is None:
        return None
    if remedy.kind not in REMEDY_KINDS:
        raise Unprocessable("remedy_invalid", f"It is one of {', '.join(REMEDY_KINDS)}.", param="remedy.kind")
    try:
        amount = None if remedy.amount is None else to_minor(remedy.amount, payment.currency)
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param="remedy.amount") from error
    if amount is not None and not 0 < amount <= payment.amount_minor:
        raise Unprocessable(
            "amount_invalid", "Ask for more than nothing and at most for what was paid.", param="remedy.amount"
        )
    return {"kind": remedy.kind, "amount_minor": amount, "text": clean(remedy.text, "remedy.text", max_chars=2_000)}
