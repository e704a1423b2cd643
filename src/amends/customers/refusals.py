"""Why something that a customer tried was not done, in plain words: what came between, and what they can do instead.

Codes without words of their own here are said as the merchant's pages say them.
"""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.case_refusals import WORDS as OTHER_WORDS
from amends.kit.errors import ApiError
from amends.web.text import lazy

WORDS: Final[Mapping[str, Any]] = {
    "already_appealed": lazy("This case was looked at a second time before. That decision is final."),
    "amount_invalid": lazy("Ask for more than nothing and for less than everything."),
    "appeal_window_over": lazy("The time to ask for a second look is over."),
    "bank_dispute_lost": lazy("Your bank has already given you the money back."),
    "bank_dispute_open": lazy("Your bank is looking into this payment. No money moves here until it has decided."),
    "case_changed": lazy("Something happened on the case while you were writing. Nothing was sent yet."),
    "case_escalated": lazy("The platform is looking at the case by now, so offers are no longer possible."),
    "comment_limit_reached": lazy("You have added as many messages as you can to this case."),
    "merchant_appeal_pending": lazy(
        "The seller asked the platform to look again. Only its decision ends the case now."
    ),
    "merchant_not_answered": lazy("The seller has not answered yet. If they do not, the platform steps in by itself."),
    "not_appealable": lazy("This result cannot be looked at a second time."),
    "nothing_refundable": lazy("Nothing is left to pay back on this purchase."),
    "offer_empty": lazy("Write an amount, something else that would settle it, or both."),
    "offer_limit_reached": lazy("You have made as many suggestions as you can on one case."),
    "offer_open": lazy("There is an offer to answer first."),
    "refundable_changed": lazy("What can be paid back has changed. Look at the new amount before you go on."),
    "wrong_status": lazy("The case has moved on in the meantime. Nothing was sent."),
}


def customer_refusal(error: ApiError) -> str:
    """Say why something was not done."""
    words = WORDS.get(error.code) or OTHER_WORDS.get(error.code)
    return error.message if words is None else str(words)
