"""Why something was not done, in words for people: what came between, and what can be done instead.

Codes are those of `cases.errors`, of the file store and of access; a code without words here keeps the API's message.
"""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.case_acting import limit_words
from amends.kit.errors import ApiError, Forbidden
from amends.kit.money import to_minor
from amends.web.text import lazy

WORDS: Final[Mapping[str, Any]] = {
    "already_appealed": lazy("This case was appealed before. The decision on an appeal is final."),
    "amount_invalid": lazy("Offer more than nothing and less than everything. To refund everything, accept the case."),
    "amount_too_large": lazy("This is far more than was paid. Write an amount below it."),
    "appeal_window_over": lazy("The time to appeal is over."),
    "assignee_unknown": lazy("Choose a person of your own team."),
    "bank_dispute_lost": lazy("The bank has already given the money back to the customer."),
    "bank_dispute_open": lazy("The customer’s bank is looking into this payment. No money moves until it has decided."),
    "case_changed": lazy("The case changed while you were writing. Nothing was sent."),
    "case_closed": lazy("The case is closed by now. Nothing was sent."),
    "case_escalated": lazy("The platform is reviewing the case by now, so you no longer negotiate with the customer."),
    "comment_limit_reached": lazy("You have used all comments of this case. You can still write internal notes."),
    "expiry_invalid": lazy("Choose one of the dates."),
    "file_empty": lazy("This file has no content. Choose another one."),
    "file_not_attachable": lazy("One of the files is no longer there. Add it again."),
    "file_too_large": lazy("This file is too large."),
    "file_type_not_supported": lazy("Files can be images, PDF, text, Word documents, MP4 or MOV videos."),
    "file_unreadable": lazy("This image is damaged. Send it again, or choose another one."),
    "image_too_large": lazy("This image has too many pixels. Send a smaller one."),
    "inexact_amount": lazy("This currency does not have that many decimals."),
    "info_request_limit_reached": lazy("You have asked as often as you can. Accept, deny or make an offer."),
    "invalid_filename": lazy("This file’s name cannot be used. Rename it."),
    "merchant_appeal_pending": lazy("Your appeal is with the platform. Only its decision ends the case."),
    "message_required": lazy("Write a message."),
    "message_too_long": lazy("This is too long. Shorten it."),
    "no_offer_open": lazy("That offer is no longer open: it was answered, withdrawn, or its time ran out."),
    "not_appealable": lazy("This outcome cannot be appealed."),
    "nothing_refundable": lazy("Nothing is left to refund on this payment."),
    "offer_empty": lazy("Offer an amount, something else in words, or both."),
    "offer_limit_reached": lazy("You have made as many offers as you can on one case."),
    "refundable_changed": lazy("What is left to refund has changed. Check the new amount before you send."),
    "text_invalid": lazy("This holds a character that cannot be stored."),
    "text_too_long": lazy("This is too long. Shorten it."),
    "too_many_files": lazy("Too many files. Remove some."),
    "too_many_files_waiting": lazy(
        "You have added many files today that were not sent with anything. Send those first, or try again tomorrow."
    ),
    "wrong_status": lazy("It is not your turn any more. Nothing was sent."),
}
FIELDS: Final = {"offer": "amount", "expires_in_days": "days", "assignee_id": "assignee"}
"""Where the name of a field differs from the API's."""


def refusal_words(error: ApiError, *, home: str) -> str:
    """Say why something was not done."""
    if isinstance(error, Forbidden) and error.code == "refund_limit_exceeded" and error.details:
        currency = str(error.details["currency"])
        minor = to_minor(str(error.details["limit"]), currency)
        return limit_words(minor, currency, home)
    return str(WORDS[error.code]) if error.code in WORDS else error.message


def field_of(error: ApiError) -> str:
    """Return the field that an error is about; empty: the form as a whole."""
    param = error.param or ""
    if param.startswith("attachments") or error.code in {"file_not_attachable", "too_many_files"}:
        return "files"
    return FIELDS.get(param, param)
