"""What the platform's pages say about money that has not moved: why, what happens next, what a person can do."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from amends.cases.page_text import plain_name
from amends.cases.words import payment_method
from amends.kit.errors import ApiError
from amends.payments.attempts import NO_ANSWER
from amends.payments.commands_balance import NOT_ENOUGH_LEFT
from amends.payments.states import RefundState
from amends.web.text import _, day_and_time, lazy, ngettext

TONES: Final[Mapping[RefundState, tuple[str, str]]] = {
    RefundState.PENDING: ("info", "clock"),
    RefundState.ON_HOLD: ("warning", "circle-pause"),
    RefundState.FAILED: ("error", "triangle-alert"),
    RefundState.SUCCEEDED: ("success", "circle-check"),
    RefundState.CANCELED: ("neutral", "ban"),
}
"""The colour and the icon of each state."""

_OURS: Final[Mapping[str, Any]] = {
    NO_ANSWER: lazy("The provider has not answered."),
    NOT_ENOUGH_LEFT: lazy("Less is left of the payment than this refund promised."),
}


def what_was_said(row: Record) -> str:
    """Return what the provider said, or we; empty: nothing yet."""
    code, message = row["failure_code"], row["failure_message"]
    if code in _OURS:
        return str(_OURS[code])
    return plain_name(message or code or "")


def what_follows(row: Record, now: datetime) -> str:
    """Return what happens next to money that is pending or held; empty for what a person must see to."""
    return " ".join(_following(row, now))


def _following(row: Record, now: datetime) -> Iterator[str]:
    match RefundState(row["state"]):
        case RefundState.ON_HOLD:
            yield _("Held while the bank dispute on this payment is open. It goes by itself if the bank decides for")
            yield _("the merchant, and is canceled if the bank gives the money back. There is nothing to do here.")
        case RefundState.PENDING:
            yield _still_trying(row)
            if row["next_try_at"] is not None and row["next_try_at"] > now:
                yield _("The next try is on %(at)s.", at=day_and_time(row["next_try_at"]))
        case _:
            pass


def _still_trying(row: Record) -> str:
    if row["provider_ref"] is not None:
        return _("The provider has taken it on and has not told since whether it arrived. Amends keeps asking.")
    if row["tries"] == 0:
        return _("It waits to be sent.")
    return ngettext("Tried once so far.", "Tried %(n)s times so far.", row["tries"])


def method_of(row: Record) -> str:
    """Return where a refund goes: `Visa ••4242`."""
    return payment_method(row["payment_method_type"], row["card_brand"], row["card_last4"])


_REFUSALS: Final[Mapping[str, Any]] = {
    "refund_not_failed": lazy(
        "This refund is not failed any more: somebody was quicker, or the provider has told that it arrived."
        " Nothing was changed."
    ),
    "credit_not_failed": lazy("This credit is not failed any more: somebody was quicker. Nothing was changed."),
    "dispute_open": lazy(
        "A bank dispute has been opened on this payment. Wait until the bank has decided. Nothing was changed."
    ),
    "refundable_changed": lazy(
        "Less than that is left of the payment by now. Record by hand what you gave the customer, a smaller amount."
    ),
    "amount_out_of_range": lazy("Write an amount above zero, at most what was to be refunded."),
    "inexact_amount": lazy("Write an amount that this currency can hold, such as 49.00."),
    "own_payment": lazy("You are the customer on this payment, so a colleague has to see to it. Nothing was changed."),
    "own_account": lazy("You are on the team of this account, so a colleague has to see to it. Nothing was changed."),
}


def refusal_words(error: ApiError) -> str:
    """Return why something was not done, in the reader's language."""
    return str(_REFUSALS.get(error.code, error.message))
