"""Why a customer cannot withdraw from a contract, as errors of the API."""

from collections.abc import Mapping
from typing import Final

from amends.kit.errors import ApiError, Conflict, Unprocessable
from amends.withdrawals.rules import Refusal

ERRORS: Final[Mapping[Refusal, ApiError]] = {
    Refusal.WITHDRAWN: Conflict("already_withdrawn", "The customer has withdrawn from this contract already."),
    Refusal.NOT_PAID: Unprocessable("payment_not_paid", "This payment did not succeed."),
    Refusal.NOT_OFFERED: Unprocessable(
        "withdrawal_not_offered", "Nobody can withdraw from a contract about this product here."
    ),
    Refusal.RENEWAL: Unprocessable("withdrawal_of_renewal", "A renewal is no new contract to withdraw from."),
    Refusal.PERIOD_OVER: Conflict("withdrawal_period_over", "The 14 days to withdraw from this contract are over."),
    Refusal.BANK_RETURNED: Conflict("bank_dispute_lost", "The bank has already given this payment back."),
    Refusal.BANK_ASKED: Conflict("bank_dispute_open", "The bank is looking into this payment."),
    Refusal.CASE_OPEN: Conflict("case_open", "A case is open on this payment. It ends with an answer there."),
    Refusal.NOTHING_LEFT: Conflict("nothing_refundable", "All of this payment was refunded already."),
}


def refused(refusal: Refusal) -> ApiError:
    """Return the error that says why; one of its own for each time it is raised."""
    known = ERRORS[refusal]
    return type(known)(known.code, known.message)
