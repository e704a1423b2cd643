"""The words for what people see of a case: reasons, outcomes, money, activity, methods of payment.

Each function takes the word of the enum (or its value, as the database and the API have it) and answers in the language
of the current reader. Every member has words. Statuses with their times are in `words_status`, sentences of the
timeline in `words_events`, facts in `words_facts`.
"""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.moves import OfferEnd
from amends.cases.states import Actor, Outcome, Reason, RefundBy, Settlement
from amends.payments.states import RefundState
from amends.web.readers import current_reader
from amends.web.text import _, gettext_here, lazy

REASONS: Final[Mapping[Reason, Any]] = {
    Reason.FRAUDULENT: lazy("Not authorized by the customer"),
    Reason.PRODUCT_NOT_RECEIVED: lazy("Product not received"),
    Reason.NOT_AS_DESCRIBED: lazy("Not as described"),
    Reason.PRODUCT_UNACCEPTABLE: lazy("Product unacceptable"),
    Reason.SUBSCRIPTION_CANCELED: lazy("Subscription canceled"),
    Reason.DUPLICATE: lazy("Paid twice"),
    Reason.CREDIT_NOT_PROCESSED: lazy("Promised refund missing"),
}
OUTCOMES: Final[Mapping[Outcome, Any]] = {
    Outcome.CUSTOMER_WON: lazy("Customer won"),
    Outcome.MERCHANT_WON: lazy("Merchant won"),
    Outcome.WITHDRAWN: lazy("Withdrawn"),
    Outcome.SETTLED: lazy("Settled"),
}
REFUNDS_BY: Final[Mapping[RefundBy, Any]] = {
    RefundBy.NONE: lazy("No refund"),
    RefundBy.MERCHANT: lazy("Paid by the merchant"),
    RefundBy.PLATFORM: lazy("Paid by the platform"),
}
SETTLEMENTS: Final[Mapping[Settlement, Any]] = {
    Settlement.NONE: lazy("No money moves"),
    Settlement.PENDING: lazy("Refund on its way"),
    Settlement.ON_HOLD: lazy("Refund on hold"),
    Settlement.SUCCEEDED: lazy("Refunded"),
    Settlement.FAILED: lazy("Refund failed"),
}
REFUND_STATES: Final[Mapping[RefundState, Any]] = {
    RefundState.PENDING: lazy("On its way"),
    RefundState.ON_HOLD: lazy("On hold"),
    RefundState.FAILED: lazy("Failed"),
    RefundState.SUCCEEDED: lazy("Sent"),
    RefundState.CANCELED: lazy("Canceled"),
}
ACTORS: Final[Mapping[Actor, Any]] = {
    Actor.CUSTOMER: lazy("Customer"),
    Actor.MERCHANT: lazy("Merchant"),
    Actor.PLATFORM: lazy("Platform"),
    Actor.SYSTEM: lazy("Automatic"),
}
OFFER_OPEN: Final = "open"
OFFERS: Final[Mapping[str, Any]] = {
    OFFER_OPEN: lazy("Open"),
    OfferEnd.ACCEPTED: lazy("Accepted"),
    OfferEnd.DECLINED: lazy("Declined"),
    OfferEnd.REPLACED: lazy("Replaced by a newer offer"),
    OfferEnd.WITHDRAWN: lazy("Withdrawn"),
    OfferEnd.EXPIRED: lazy("Expired"),
    OfferEnd.LAPSED: lazy("No longer valid"),
}
KINDS_OF_ACTIVITY: Final[Mapping[str, Any]] = {
    "access_claimed": lazy("Claimed access"),
    "app_opened": lazy("Opened the app"),
    "discord_joined": lazy("Joined the Discord"),
    "terms_accepted": lazy("Accepted the terms"),
    "refund_policy_accepted": lazy("Accepted the refund policy"),
    "content_viewed": lazy("Viewed content"),
    "downloaded": lazy("Downloaded a file"),
    "cancel_requested": lazy("Asked to cancel"),
    "login": lazy("Signed in"),
    "support_contacted": lazy("Contacted support"),
    "membership_ended": lazy("Membership ended"),
    "contract_withdrawn": lazy("Withdrew from the contract"),
}
METHODS: Final[Mapping[str, Any]] = {
    "card": lazy("Card"),
    "paypal": lazy("PayPal"),
    "financing": lazy("Financing"),
    "klarna": lazy("Klarna"),
    "afterpay": lazy("Afterpay"),
    "apple_pay": lazy("Apple Pay"),
    "google_pay": lazy("Google Pay"),
    "bank_transfer": lazy("Bank transfer"),
    "crypto": lazy("Crypto"),
    "ach": lazy("Bank debit"),
    "sepa_debit": lazy("SEPA direct debit"),
}
BRANDS: Final[Mapping[str, str]] = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}
DECISION_REASONS: Final[Mapping[str, Any]] = {
    "not_delivered": lazy("Not delivered"),
    "delivered_in_part": lazy("Delivered in part"),
    "not_as_described": lazy("Not as described"),
    "unusable": lazy("Does not work"),
    "canceled_in_time": lazy("Canceled in time"),
    "unclear_terms": lazy("Terms were not clear"),
    "duplicate": lazy("Paid twice"),
    "credit_not_processed": lazy("Promised refund was not made"),
    "not_authorized": lazy("Not authorized by the customer"),
    "merchant_silent": lazy("No answer from the merchant"),
    "delivered_and_used": lazy("Delivered and used"),
    "as_described": lazy("Delivered as described"),
    "canceled_too_late": lazy("Canceled too late"),
    "outside_refund_policy": lazy("Outside the refund policy"),
    "claim_not_shown": lazy("Claim could not be confirmed"),
    "customer_silent": lazy("No answer from the customer"),
    "already_made_good": lazy("Already put right"),
    "goodwill": lazy("Goodwill"),
    "policy": lazy("Platform policy"),
    "nothing_new": lazy("Nothing new on appeal"),
    "new_evidence": lazy("New evidence on appeal"),
    "other": lazy("Other reason"),
}
"""The titles with which the catalogue begins, so that they are translated."""
PAYMENT_STATES: Final[Mapping[str, Any]] = {
    "pending": lazy("Pending"),
    "paid": lazy("Paid"),
    "failed": lazy("Failed"),
}


def plain_word(word: str) -> str:
    """Return a word that nobody translated as a person would write it: `ideal_bank` becomes `Ideal bank`."""
    text = word.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _known(words: Mapping[str, Any], word: str) -> str:
    return str(words[word]) if word in words else plain_word(word)


def reason_word(reason: str) -> str:
    """Return what the customer says went wrong."""
    return str(REASONS[Reason(reason)])


def outcome_word(outcome: str) -> str:
    """Return how a case ended."""
    return str(OUTCOMES[Outcome(outcome)])


def refund_word(refund: str) -> str:
    """Return who pays the customer's money back."""
    return str(REFUNDS_BY[RefundBy(refund)])


def settlement_word(settlement: str) -> str:
    """Return how the money of a case stands."""
    return str(SETTLEMENTS[Settlement(settlement)])


def refund_state_word(state: str) -> str:
    """Return how far one refund or credit is."""
    return str(REFUND_STATES[RefundState(state)])


def actor_word(actor: str) -> str:
    """Return a side's name."""
    return str(ACTORS[Actor(actor)])


def offer_word(status: str) -> str:
    """Return how an offer stands: open, or how it ended."""
    return str(OFFERS[status])


def activity_word(kind: str) -> str:
    """Return what a member did; a kind of the integrator's own is written out."""
    return _known(KINDS_OF_ACTIVITY, kind)


def decision_reason_word(code: str, title: str | None = None, titles: Mapping[str, str] | None = None) -> str:
    """Return a decision's reason: its title in the catalogue, in the reader's language where it has one, or is ours."""
    own = (titles or {}).get(current_reader().language)
    return own or (_known(DECISION_REASONS, code) if title is None else gettext_here(title))


def payment_state_word(state: str) -> str:
    """Return whether a payment was paid."""
    return str(PAYMENT_STATES[state])


def method_word(method: str | None) -> str:
    """Return a method of payment without the card: `Card`, `PayPal`."""
    return _("Unknown method") if method is None else _known(METHODS, method)


def payment_method(method: str | None, brand: str | None = None, last4: str | None = None) -> str:
    """Return how somebody paid: `Visa ••4242`, `PayPal`."""
    name = method_word(method) if brand is None else BRANDS.get(brand.lower(), plain_word(brand))
    return name if last4 is None else f"{name} ••{last4}"
