"""Words and amounts as people send them, made fit to be kept; no SQL."""

from decimal import Decimal
from typing import Final

from amends.cases.rows import LockedCase
from amends.kit.errors import Unprocessable
from amends.kit.money import AmountTooLarge, InexactAmount, to_minor

REMEDY_MAX_CHARS: Final = 2_000


def clean(text: str | None, param: str = "message", *, max_chars: int | None = None) -> str | None:
    """Trim a text; an empty one is None.

    Raises:
        Unprocessable: `text_invalid`, a character that cannot be kept; `text_too_long`.
    """
    if text is None:
        return None
    if "\x00" in text:
        raise Unprocessable("text_invalid", f"`{param}` contains the character U+0000. Remove it.", param=param)
    text = text.strip()
    if max_chars is not None and len(text) > max_chars:
        raise Unprocessable("text_too_long", f"`{param}` is longer than {max_chars} characters.", param=param)
    return text or None


def need(text: str | None, param: str, *, max_chars: int | None = None) -> str:
    """Trim a text that must not be empty.

    Raises:
        Unprocessable: `text_required`, or as `clean`.
    """
    cleaned = clean(text, param, max_chars=max_chars)
    if cleaned is None:
        raise Unprocessable("text_required", f"`{param}` must not be empty.", param=param)
    return cleaned


def amount_in_minor(amount: float | Decimal | None, case: LockedCase) -> int | None:
    """Return an amount in whole units of the case's currency as minor units.

    Raises:
        Unprocessable: `inexact_amount`, the currency cannot hold it exactly; `amount_too_large`, nothing can.
    """
    if amount is None:
        return None
    try:
        return to_minor(amount, case.currency)
    except AmountTooLarge as error:
        raise Unprocessable(
            "amount_too_large", "That is more than can be recorded in any currency.", param="amount"
        ) from error
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param="amount") from error
