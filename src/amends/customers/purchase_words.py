"""What a customer reads about a purchase: what became of it, and why no problem with it can be reported, said kindly.

Every refusal of `cases.eligibility` has its own words: what is so, and what can be done instead.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from amends.cases.eligibility import claimable_until, eligibility
from amends.cases.page_text import plain_name
from amends.cases.policy import Policy
from amends.customers.queries_purchases import Purchase
from amends.kit.errors import ApiError
from amends.web.text import _, day, money


class Hindrance(msgspec.Struct, frozen=True, kw_only=True):
    """Why no problem with a purchase can be reported now."""

    code: str
    title: str
    """In short."""
    text: str
    """What is so, and what can be done instead."""


def hindrance(purchase: Purchase, *, policy: Policy, now: datetime) -> Hindrance | None:
    """Return why a customer cannot report a problem with a purchase; None: they can."""
    refused = eligibility(purchase, case_pid=purchase.case_pid, policy=policy, now=now)
    return None if refused is None else said_kindly(refused, purchase, policy=policy)


def said_kindly(refused: ApiError, purchase: Purchase, *, policy: Policy) -> Hindrance:
    """Put a refusal to open a case into words for the customer."""
    title, text = _WORDS[refused.code](purchase, policy)
    return Hindrance(code=refused.code, title=title, text=text)


def _until(purchase: Purchase, policy: Policy) -> str:
    return day(claimable_until(purchase.paid_at or purchase.bought_at, policy))


def _not_paid(purchase: Purchase, _policy: Policy) -> tuple[str, str]:
    if purchase.status == "pending":
        return _("The payment is still on its way"), _(
            "As soon as it has gone through, you can report a problem with it here."
        )
    return _("The payment did not go through"), _(
        "No money was taken, so there is nothing to pay back. If your statement shows it all the same, ask your bank."
    )


def _exists(_purchase: Purchase, _policy: Policy) -> tuple[str, str]:
    return _("You reported a problem with this purchase already"), _(
        "There is one case for each purchase. Whatever is new, you can add to it there."
    )


def _withdrawn(purchase: Purchase, _policy: Policy) -> tuple[str, str]:
    when = day(purchase.withdrawn_at or purchase.bought_at)
    return _("You withdrew from this contract"), _(
        "That was on %(day)s. Everything that was left of the payment goes back to you, so there is nothing to report.",
        day=when,
    )


def _with_bank(purchase: Purchase, policy: Policy) -> tuple[str, str]:
    return _("Your bank is looking into this payment"), _(
        "While it does, nothing can be decided here. If it ends without a refund, you can report a problem here"
        " until %(day)s.",
        day=_until(purchase, policy),
    )


def _by_bank(_purchase: Purchase, _policy: Policy) -> tuple[str, str]:
    return _("Your bank has given you this money back"), _("So there is nothing left that could be paid back here.")


def _refunded(purchase: Purchase, _policy: Policy) -> tuple[str, str]:
    if purchase.refund_reserved_minor:
        return _("Your refund is on its way"), _(
            "All of this payment goes back to you. Banks take a few days to show it on your statement."
        )
    return _("This purchase was refunded in full"), _(
        "All of the payment went back to you. If it is not on your statement yet: banks take a few days to show it."
    )


def _too_old(purchase: Purchase, policy: Policy) -> tuple[str, str]:
    return _("The time to report a problem is over"), _(
        "That was possible until %(day)s, %(days)s days after the payment."
        " You can still write to %(merchant)s directly.",
        day=_until(purchase, policy),
        days=policy.eligibility_days,
        merchant=plain_name(purchase.merchant),
    )


_WORDS: Final[Mapping[str, Callable[[Purchase, Policy], tuple[str, str]]]] = {
    "payment_not_paid": _not_paid,
    "case_exists": _exists,
    "payment_withdrawn": _withdrawn,
    "bank_dispute_open": _with_bank,
    "bank_dispute_lost": _by_bank,
    "nothing_refundable": _refunded,
    "payment_too_old": _too_old,
}


def what_went_back(purchase: Purchase) -> str:
    """Say how much of a payment went back, or is about to; empty: nothing."""
    if purchase.refund_reserved_minor and purchase.refundable_minor <= 0:
        return _("Refund on its way")
    if purchase.refunded_minor >= purchase.amount_minor:
        return _("Refunded")
    back = purchase.refunded_minor + purchase.refund_reserved_minor
    if not back:
        return ""
    amount = money(back, purchase.currency, purchase.places)
    if purchase.refund_reserved_minor:
        return _("%(amount)s on its way back", amount=amount)
    return _("%(amount)s refunded", amount=amount)
