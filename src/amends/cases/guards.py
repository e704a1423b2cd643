"""The named conditions of the transition table.

`Facts` is the small, hashable part of a case that decides what may be done now; a `Guard` is a predicate over it with
the words for the documentation and for the refusal. Guards look at the case, never at what a move carries.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from amends.cases.policy import Policy
from amends.cases.states import Actor, CaseState, Dispute, Outcome, RefundBy, Settlement, Status


class Clock(StrEnum):
    """Which clock of an open case has run out first."""

    RESPONSE = "response"
    NEGOTIATION = "negotiation"
    AUTO_ACCEPT = "auto_accept"


class Facts(NamedTuple):
    """What the guards may ask: enough to say what can be done now, few enough values to be cached by."""

    status: Status
    outcome: Outcome | None
    escalated: bool
    customer_appealed: bool
    merchant_appealed: bool
    dispute: Dispute
    refundable: bool
    offer_maker: Actor | None
    offer_covered: bool
    has_refund: bool
    requests_left: bool
    merchant_offers_left: bool
    customer_offers_left: bool
    merchant_comments_left: bool
    customer_comments_left: bool
    merchant_answered: bool
    settled_with_remedy: bool
    at_merchants_cost: bool
    window_open: bool
    ran_out: Clock | None


def facts_of(state: CaseState, *, now: datetime, policy: Policy, refundable_minor: int) -> Facts:
    """Reduce a case to what the guards ask."""
    offer = state.offer_amount_minor
    return Facts(
        status=state.status,
        outcome=state.outcome,
        escalated=state.escalated,
        customer_appealed=state.customer_appealed,
        merchant_appealed=state.merchant_appealed,
        dispute=state.dispute,
        refundable=refundable_minor > 0,
        offer_maker=state.offer_maker,
        offer_covered=offer is None or offer <= refundable_minor,
        has_refund=state.settlement is not Settlement.NONE,
        requests_left=state.requests_used < policy.info_requests_max,
        merchant_offers_left=state.merchant_offers < policy.offers_max,
        customer_offers_left=state.customer_offers < policy.offers_max,
        merchant_comments_left=state.merchant_comments < policy.comments_max,
        customer_comments_left=state.customer_comments < policy.comments_max,
        merchant_answered=state.merchant_answered,
        settled_with_remedy=state.settled_with_remedy,
        at_merchants_cost=_at_merchants_cost(state),
        window_open=state.appeal_due_at is not None and now < state.appeal_due_at,
        ran_out=_ran_out(state, now, refundable_minor),
    )


def _at_merchants_cost(state: CaseState) -> bool:
    """Say whether the outcome that stands is the platform's decision for the customer, paid by the merchant."""
    return (
        state.platform_decided
        and state.outcome is Outcome.CUSTOMER_WON
        and state.decided_payer is RefundBy.MERCHANT
        and state.refund is RefundBy.MERCHANT
    )


def _ran_out(state: CaseState, now: datetime, refundable_minor: int) -> Clock | None:
    """Find the clock that ran out first; paused clocks have no time and do not run out."""
    response, negotiation = state.response_due_at, state.negotiation_ends_at
    if negotiation is not None and negotiation <= now and (response is None or negotiation <= response):
        return Clock.NEGOTIATION
    if response is None or response > now:
        return None
    return Clock.AUTO_ACCEPT if state.auto_accept_at is not None and refundable_minor > 0 else Clock.RESPONSE


class Guard(msgspec.Struct, frozen=True):
    """A condition of a row: words for the table, and code and message for the refusal."""

    words: str
    holds: Callable[[Facts, Actor], bool]
    code: str
    message: str


_OTHER_SIDE = {Actor.CUSTOMER: Actor.MERCHANT, Actor.MERCHANT: Actor.CUSTOMER}


def _own_offers_left(facts: Facts, actor: Actor) -> bool:
    return facts.merchant_offers_left if actor is Actor.MERCHANT else facts.customer_offers_left


def _own_comments_left(facts: Facts, actor: Actor) -> bool:
    return facts.merchant_comments_left if actor is Actor.MERCHANT else facts.customer_comments_left


def _appealable_by_customer(facts: Facts, _: Actor) -> bool:
    lost = facts.outcome is Outcome.MERCHANT_WON
    return lost or (facts.outcome is Outcome.SETTLED and facts.settled_with_remedy)


# Why a status that a row does not start from forbids it.
NOT_WHILE: Final[dict[Status, Guard]] = {
    Status.AWAITING_MERCHANT: Guard(
        "not awaiting_merchant",
        lambda f, _: f.status is not Status.AWAITING_MERCHANT,
        "wrong_status",
        "The case waits for the merchant. Wait for the merchant's answer.",
    ),
    Status.AWAITING_CUSTOMER: Guard(
        "not awaiting_customer",
        lambda f, _: f.status is not Status.AWAITING_CUSTOMER,
        "wrong_status",
        "The case waits for the customer. Wait for the customer's answer.",
    ),
    Status.UNDER_REVIEW: Guard(
        "not under_review",
        lambda f, _: f.status is not Status.UNDER_REVIEW,
        "wrong_status",
        "The case is under review. Wait for the platform's question or decision.",
    ),
    Status.CLOSED: Guard(
        "open",
        lambda f, _: f.status is not Status.CLOSED,
        "case_closed",
        "The case is closed. Read its outcome; where available_actions has appeal, it can still be appealed.",
    ),
}
IS_CLOSED = Guard(
    "closed",
    lambda f, _: f.status is Status.CLOSED,
    "case_not_closed",
    "The case is still open, so there is nothing to appeal. Answer it instead.",
)
IN_NEGOTIATION = Guard(
    "in negotiation",
    lambda f, _: not f.escalated,
    "case_escalated",
    "The platform is reviewing the case, so the two sides no longer negotiate. Wait for its question or its decision.",
)
ESCALATED = Guard(
    "escalated",
    lambda f, _: f.escalated,
    "wrong_status",
    "The customer waits for an answer to the claim: accept, deny, request information or make an offer.",
)
NOT_ON_MERCHANTS_APPEAL = Guard(
    "no merchant's appeal",
    lambda f, _: not f.merchant_appealed,
    "merchant_appeal_pending",
    "The merchant has appealed, so only the platform's decision ends the case. Wait for it.",
)
NO_DISPUTE_OPEN = Guard(
    "no bank dispute open",
    lambda f, _: f.dispute is not Dispute.OPEN,
    "bank_dispute_open",
    "A bank dispute is open on the payment. Nothing that moves money or reopens the case works until it ends.",
)
DISPUTE_OPEN = Guard(
    "bank dispute open",
    lambda f, _: f.dispute is Dispute.OPEN,
    "bank_dispute_none",
    "No bank dispute is open on the payment.",
)
NO_DISPUTE_LOST = Guard(
    "no bank dispute lost",
    lambda f, _: f.dispute is not Dispute.LOST,
    "bank_dispute_lost",
    "The bank has already given the money back to the customer, so there is nothing to appeal.",
)
REFUNDABLE = Guard(
    "something refundable",
    lambda f, _: f.refundable,
    "nothing_refundable",
    "Nothing is left to refund on the payment.",
)
OFFER_COVERED = Guard(
    "the offer is at most what is refundable",
    lambda f, _: f.offer_covered,
    "refundable_changed",
    "Less than the offered amount is left to refund. Reload the case.",
)
OTHERS_OFFER_OPEN = Guard(
    "an offer of the other side open",
    lambda f, actor: f.offer_maker is not None and f.offer_maker is _OTHER_SIDE.get(actor),
    "no_offer_open",
    "There is no open offer of the other side. It may have been withdrawn or have expired.",
)
OWN_OFFER_OPEN = Guard(
    "an own offer open",
    lambda f, actor: f.offer_maker is actor,
    "no_offer_open",
    "You have no open offer to withdraw. It may have been answered or have expired.",
)
NO_OFFER_OPEN = Guard(
    "no offer open",
    lambda f, _: f.offer_maker is None,
    "offer_open",
    "An offer is open. Accept it, or decline it with or without a counter-offer.",
)
OFFERS_LEFT = Guard(
    "offers of this side left",
    _own_offers_left,
    "offer_limit_reached",
    "You have made as many offers as the policy allows on one case.",
)
REQUESTS_LEFT = Guard(
    "requests left",
    lambda f, _: f.requests_left,
    "info_request_limit_reached",
    "You have asked for information as often as the policy allows on one case. Accept, deny or make an offer.",
)
COMMENTS_LEFT = Guard(
    "comments of this side left",
    _own_comments_left,
    "comment_limit_reached",
    "You have written as many comments as the policy allows on one case.",
)
MERCHANT_ANSWERED = Guard(
    "the merchant has answered once",
    lambda f, _: f.merchant_answered,
    "merchant_not_answered",
    "The merchant has not answered yet. Without an answer by its due time the case goes to the platform by itself.",
)
NEVER_APPEALED = Guard(
    "never appealed",
    lambda f, _: not (f.customer_appealed or f.merchant_appealed),
    "already_appealed",
    "The case was appealed before. The decision on an appeal is final.",
)
WINDOW_OPEN = Guard(
    "appeal window open",
    lambda f, _: f.window_open,
    "appeal_window_over",
    "The time to appeal is over.",
)
LOST_BY_CUSTOMER = Guard(
    "merchant won, or settled with a remedy that was not delivered",
    _appealable_by_customer,
    "not_appealable",
    "A customer can appeal when the merchant won, or when a promised remedy other than money was not delivered.",
)
LOST_BY_MERCHANT = Guard(
    "customer won by the platform's decision at the merchant's cost",
    lambda f, _: f.at_merchants_cost,
    "not_appealable",
    "A merchant can appeal a decision of the platform that the customer won at the merchant's cost.",
)
NEGOTIATION_OR_MERCHANT_OVERDUE = Guard(
    "awaiting_merchant past due, or the negotiation's time over",
    lambda f, _: (
        f.ran_out is Clock.NEGOTIATION or (f.ran_out is Clock.RESPONSE and f.status is Status.AWAITING_MERCHANT)
    ),
    "not_due",
    "No clock of this case has run out.",
)
RESPONSE_OVERDUE = Guard(
    "past due",
    lambda f, _: f.ran_out is Clock.RESPONSE,
    "not_due",
    "No clock of this case has run out.",
)
AUTO_ACCEPT_DUE = Guard(
    "the automatic acceptance is due",
    lambda f, _: f.ran_out is Clock.AUTO_ACCEPT,
    "not_due",
    "No automatic acceptance is due.",
)
HAS_REFUND = Guard(
    "the case has a refund",
    lambda f, _: f.has_refund,
    "no_refund",
    "This case has no refund.",
)
