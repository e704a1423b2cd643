"""PURE. What is counted of an account in a period, and the rates that follow from it.

Case rate: cases opened for each payment. Dispute rate: bank disputes for each payment. Win rate: of the cases that
ended with a winner, those that the merchant won; settled and withdrawn ones have none.
"""

from datetime import timedelta
from typing import Final

import msgspec

PERIODS: Final = (30, 90, 365)
DEFAULT_PERIOD: Final = 90


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at an account in some days."""

    payments: int = 0
    cases: int = 0
    merchant_won: int = 0
    customer_won: int = 0
    settled: int = 0
    withdrawn: int = 0
    disputes: int = 0
    refunds: int = 0
    answered: int = 0
    answer_ms: int = 0

    @property
    def case_rate(self) -> float | None:
        """Return cases for each payment; None: there was no payment."""
        return _ratio(self.cases, self.payments)

    @property
    def dispute_rate(self) -> float | None:
        """Return bank disputes for each payment; None: there was no payment."""
        return _ratio(self.disputes, self.payments)

    @property
    def refund_rate(self) -> float | None:
        """Return refunds for each payment; None: there was no payment."""
        return _ratio(self.refunds, self.payments)

    @property
    def win_rate(self) -> float | None:
        """Return the part that the merchant won; None: nothing was won or lost."""
        return _ratio(self.merchant_won, self.merchant_won + self.customer_won)

    @property
    def answer_time(self) -> timedelta | None:
        """Return how long customers waited for a first answer, on average; None: nothing was answered."""
        return timedelta(milliseconds=self.answer_ms / self.answered) if self.answered else None


COUNTED: Final = Counts.__struct_fields__


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
