"""Why somebody cannot withdraw, in kind words, and where a refund stands."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from amends.payments.states import RefundState
from amends.web.text import lazy
from amends.withdrawals.rules import Refusal


class Reason(msgspec.Struct, frozen=True):
    """What is said where a withdrawal is not possible."""

    title: Any
    text: Any
    report_helps: bool = True
    """Whether reporting a problem is what can be done instead."""


REASONS: Final[Mapping[Refusal, Reason]] = {
    Refusal.WITHDRAWN: Reason(
        lazy("You have withdrawn from this contract already"), lazy("There is nothing left to do."), report_helps=False
    ),
    Refusal.NOT_PAID: Reason(
        lazy("This payment did not go through"),
        lazy("Nothing was paid, so there is nothing to give back."),
        report_helps=False,
    ),
    Refusal.NOT_OFFERED: Reason(
        lazy("You cannot withdraw from this contract here"),
        lazy("The right to withdraw within 14 days does not apply to this product. If something is wrong with it, tell"
             " us what happened."),
    ),
    Refusal.RENEWAL: Reason(
        lazy("This payment renewed a contract that you already had"),
        lazy("The right to withdraw belongs to the first purchase, not to its renewals. If you did not want this"
             " renewal, tell us what happened."),
    ),
    Refusal.PERIOD_OVER: Reason(
        lazy("The 14 days are over"),
        lazy("It is too late to withdraw without a reason. If something is wrong with what you bought, you can still"
             " report a problem."),
    ),
    Refusal.BANK_RETURNED: Reason(
        lazy("Your bank has given this payment back to you"),
        lazy("You have your money back, so there is nothing left to withdraw from."),
        report_helps=False,
    ),
    Refusal.BANK_ASKED: Reason(
        lazy("Your bank is looking into this payment"),
        lazy("You asked your bank to get the money back, and it has not decided yet. Until then no refund can be made"
             " here."),
        report_helps=False,
    ),
    Refusal.CASE_OPEN: Reason(
        lazy("You have reported a problem with this purchase"),
        lazy("Your case is still open, and it is the fastest way to your money now. If you would rather withdraw from"
             " the contract, take your report back first; then come here again."),
        report_helps=False,
    ),
    Refusal.NOTHING_LEFT: Reason(
        lazy("You have your money back already"),
        lazy("All of this payment was refunded, so there is nothing left to give back."),
        report_helps=False,
    ),
}  # fmt: skip

REFUNDS: Final[Mapping[RefundState, Any]] = {
    RefundState.PENDING: lazy("The money is on its way to you."),
    RefundState.ON_HOLD: lazy("Your bank is looking into this payment. The money waits until it has decided."),
    RefundState.FAILED: lazy(
        "The payment provider could not send the money yet. The platform’s team has been told and takes care of it; you"
        " need not do anything."
    ),
    RefundState.SUCCEEDED: lazy("The money has been sent to you."),
    RefundState.CANCELED: lazy("You have got this money back in another way."),
}
