"""May a case be opened on a payment? One pure function, for the command that opens it and for pages that offer it.

PRODUCT.md section 1, "Eligibility to open". That the payment is the caller's own is the caller's scope's matter: a
payment of somebody else is not there.
"""

from datetime import datetime, timedelta
from typing import Protocol

from amends.cases.policy import Policy
from amends.kit.errors import ApiError, Conflict, Unprocessable


class Claimable(Protocol):
    """What is asked about a payment; amounts in minor units of its currency."""

    @property
    def status(self) -> str: ...
    @property
    def paid_at(self) -> datetime | None: ...
    @property
    def refundable_minor(self) -> int: ...
    @property
    def open_disputes(self) -> int: ...
    @property
    def lost_disputes(self) -> int: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def eligibility(payment: Claimable, *, case_pid: str | None, policy: Policy, now: datetime) -> ApiError | None:
    """Return why no case can be opened on a payment, the first reason that holds; None: one can.

    `case_pid` is the case that the payment has already.
    """
    if payment.status != "paid" or payment.paid_at is None:
        return Unprocessable(
            "payment_not_paid", "This payment did not succeed, so there is nothing to claim back.", param="receipt_id"
        )
    if case_pid is not None:
        return Conflict(
            "case_exists",
            "There is a case on this payment already. Continue there.",
            details={"case_id": case_pid, "available_actions": []},
        )
    if payment.withdrawn_at is not None:
        return Unprocessable(
            "payment_withdrawn",
            "You withdrew from this contract, and everything that was left of the payment goes back to you.",
            param="receipt_id",
        )
    return _of_money(payment) or _of_age(payment.paid_at, policy, now)


def _of_money(payment: Claimable) -> ApiError | None:
    if payment.open_disputes:
        return Conflict(
            "bank_dispute_open",
            "Your bank is already looking into this payment. A case can be opened if that ends without a refund.",
            details={"available_actions": []},
        )
    if payment.lost_disputes:
        return Unprocessable(
            "bank_dispute_lost", "Your bank has already given this payment back to you.", param="receipt_id"
        )
    if payment.refundable_minor <= 0:
        return Unprocessable("nothing_refundable", "All of this payment was refunded already.", param="receipt_id")
    return None


def _of_age(paid_at: datetime, policy: Policy, now: datetime) -> ApiError | None:
    if now <= claimable_until(paid_at, policy):
        return None
    return Unprocessable(
        "payment_too_old",
        f"A case can be opened within {policy.eligibility_days} days after the payment.",
        param="receipt_id",
    )


def claimable_until(paid_at: datetime, policy: Policy) -> datetime:
    """Return the last moment at which a case can be opened on a payment."""
    return paid_at + timedelta(days=policy.eligibility_days)
