"""Why a move on a case is refused. No HTTP here; the status is the caller's.

    CaseError                 code, message, param
    ├── ActionNotAllowed      not now: the case's state forbids it (409); says what would work
    ├── ActorNotAllowed       never, for this actor (403)
    └── MoveInvalid           the move itself cannot be (422); `param` names the field

Codes are stable; `CODES` documents every one.
"""

from typing import Final

from amends.cases.states import Action

CODES: Final[dict[str, str]] = {
    "actor_not_allowed": "This action is never allowed to this kind of caller.",
    "already_appealed": "A case can be appealed once, and this one was.",
    "amount_invalid": "The amount is not positive, or more than can be.",
    "amount_not_expected": "No money moves with this decision, so it takes no amount.",
    "answer_not_expected": "Only a decision on a merchant's appeal is upheld or reversed.",
    "answer_required": "A decision on a merchant's appeal says whether the first one is upheld or reversed.",
    "appeal_window_over": "The time to appeal is over.",
    "ask_target_invalid": "A question goes to the customer or to the merchant.",
    "auto_accept_invalid": "The grace period of an automatic acceptance is out of range.",
    "bank_dispute_lost": "The bank has already given the money back to the customer.",
    "bank_dispute_none": "No bank dispute is open on the payment.",
    "bank_dispute_open": "A bank dispute is open on the payment; nothing moves money until it ends.",
    "case_closed": "The case is closed.",
    "case_escalated": "The platform is involved; the two sides no longer negotiate.",
    "case_exists": "The case is already open.",
    "case_not_closed": "The case is not decided yet, so there is nothing to appeal.",
    "case_not_open_yet": "There is no case yet.",
    "comment_limit_reached": "This side has used all its comments.",
    "counter_not_expected": "Only the customer declines with a counter-offer.",
    "expiry_invalid": "The days until an offer expires are out of range.",
    "info_request_limit_reached": "The merchant has asked as often as it may.",
    "merchant_appeal_pending": "The merchant's appeal is under review; only the platform can end the case.",
    "merchant_not_answered": "The merchant has not answered yet and still has time to.",
    "message_required": "This action needs a message.",
    "message_too_long": "The message is longer than the policy allows.",
    "no_offer_open": "There is no offer that this side could answer or withdraw.",
    "no_refund": "This case has no refund.",
    "not_appealable": "This outcome cannot be appealed by this side.",
    "not_due": "No clock of this case has run out.",
    "nothing_refundable": "Nothing is left to refund on the payment.",
    "offer_empty": "An offer has an amount, or a remedy in words, or both.",
    "offer_limit_reached": "This side has made as many offers as it may.",
    "offer_open": "An offer waits for the customer's answer.",
    "outcome_invalid": "A decision is for the customer or for the merchant.",
    "payer_invalid": "The payer does not fit the outcome.",
    "refundable_changed": "What is left to refund has changed since it was shown.",
    "settlement_invalid": "A refund has either succeeded or failed.",
    "wrong_status": "The case waits for somebody else.",
}


class CaseError(Exception):
    """A refused move: a stable code, and a message that says what to do."""

    def __init__(self, code: str, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


class ActionNotAllowed(CaseError):
    """The case's state forbids the action now; `available_actions` is what this actor may do instead."""

    def __init__(self, code: str, message: str, *, available_actions: tuple[Action, ...] = ()) -> None:
        super().__init__(code, message)
        self.available_actions = available_actions


class ActorNotAllowed(CaseError):
    """The action is never allowed to this kind of actor."""


class MoveInvalid(CaseError):
    """The move is well-formed and cannot be; `param` names the field at fault."""
