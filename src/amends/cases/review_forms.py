"""What comes back from the forms of a review: a decision, or a question to a side."""

from typing import Literal

from amends.cases.case_forms import CaseForm
from amends.cases.review_fields import Choice


class DecideForm(CaseForm, frozen=True, kw_only=True):
    """A decision; the amount as it was typed, empty for all that is refundable."""

    choice: Choice | None = None
    amount: str | None = None
    reason_code: str | None = None
    to_customer: str | None = None
    to_merchant: str | None = None
    evidence: tuple[str, ...] = ()
    override_note: str | None = None
    use_template: bool = False
    """The texts of the reason are to be filled in; nothing is decided yet."""


class AskForm(CaseForm, frozen=True, kw_only=True):
    """A question; `of` is the side that is asked."""

    of: Literal["customer", "merchant"] | None = None
