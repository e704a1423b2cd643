"""The words for the states of money. StrEnum members are what the database and the API say."""

from collections.abc import Iterable
from enum import StrEnum


class RefundState(StrEnum):
    """Where a refund or a merchant credit is. The last two are final, but for money that is found to have moved."""

    PENDING = "pending"
    ON_HOLD = "on_hold"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Payer(StrEnum):
    """Off whose balance a refund goes."""

    MERCHANT = "merchant"
    PLATFORM = "platform"


class DisputeState(StrEnum):
    """A bank dispute from the merchant's perspective."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Settlement(StrEnum):
    """The state of all the money of a case (PRODUCT.md, section 1)."""

    NONE = "none"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


NOTHING_LEFT = "nothing_left"
"""The failure code of a refund that was canceled because the customer has got everything back in another way."""
SETTLED_OTHERWISE = "settled_otherwise"
"""That of a refund that a person has closed, because the customer has got its money in another way."""


def settlement_of(refunds: Iterable[tuple[str, str | None]]) -> Settlement:
    """Return a case's settlement from the state and failure code of each of its refunds: the worst of them shows."""
    seen = set(refunds)
    states = {state for state, _ in seen}
    for state, settlement in (
        (RefundState.FAILED, Settlement.FAILED),
        (RefundState.ON_HOLD, Settlement.ON_HOLD),
        (RefundState.PENDING, Settlement.PENDING),
        (RefundState.SUCCEEDED, Settlement.SUCCEEDED),
    ):
        if state in states:
            return settlement
    has_it = any((RefundState.CANCELED, code) in seen for code in (NOTHING_LEFT, SETTLED_OTHERWISE))
    return Settlement.SUCCEEDED if has_it else Settlement.NONE
