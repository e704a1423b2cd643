"""Why a decision or a question of the platform was not carried out, in words for the reviewer."""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.case_refusals import WORDS
from amends.kit.errors import ApiError
from amends.web.text import lazy

_OWN: Final[Mapping[str, Any]] = {
    "amount_invalid": lazy("Refund more than nothing, and at most what is left."),
    "amount_not_expected": lazy("Nobody pays by this decision, so leave the amount empty."),
    "answer_required": lazy("Choose whether the first decision stands."),
    "ask_target_invalid": lazy("Choose whom you ask."),
    "case_changed": lazy("The case changed while you were reviewing it. Nothing was decided or sent."),
    "case_closed": lazy("The case is closed by now: somebody else was faster. Nothing of yours was sent."),
    "choice_required": lazy("Choose how you decide."),
    "evidence_required": lazy("Choose at least one event or file that your decision relies on."),
    "evidence_unknown": lazy(
        "One of the events or files is not of this case, or not seen by both sides. Choose again."
    ),
    "outcome_invalid": lazy("Choose how you decide."),
    "second_reviewer_needed": lazy(
        "You made the first decision, yourself or by an API key, so somebody else decides the appeal."
    ),
    "text_required": lazy("This is needed."),
    "unfitting_reason_code": lazy("This reason does not fit how you decide. Choose another one."),
    "unknown_reason_code": lazy("This reason is not in the catalogue any more. Choose another one."),
    "wrong_status": lazy("The case does not wait for the platform any more. Nothing of yours was sent."),
}
_BY_FIELD: Final[Mapping[tuple[str, str], Any]] = {
    ("text_required", "reason_code"): lazy("Choose a reason."),
    ("text_required", "to_customer"): lazy("Write to the customer why you decide so."),
    ("text_required", "to_merchant"): lazy("Write to the merchant why you decide so."),
}


def review_refusal_words(error: ApiError) -> str:
    """Say why something was not done."""
    words = _BY_FIELD.get((error.code, error.param or "")) or _OWN.get(error.code) or WORDS.get(error.code)
    return error.message if words is None else str(words)
