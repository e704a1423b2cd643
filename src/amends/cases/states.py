"""The words and the state of a case: what deciding needs, and nothing else.

Owns the vocabulary of PRODUCT.md section 1 as enums and `CaseState`, whose every field is one column of table `cases`.
Does not know what may follow from a state: that is `transitions` and `lifecycle`.
Invariant: all values are immutable; times are aware UTC.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Status(StrEnum):
    """Whom an open case waits for, or that it is closed."""

    AWAITING_MERCHANT = "awaiting_merchant"
    AWAITING_CUSTOMER = "awaiting_customer"
    UNDER_REVIEW = "under_review"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended; a case has one exactly when it is closed."""

    CUSTOMER_WON = "customer_won"
    MERCHANT_WON = "merchant_won"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"


class RefundBy(StrEnum):
    """Off whose balance the customer's money comes: the case's `refund`."""

    NONE = "none"
    MERCHANT = "merchant"
    PLATFORM = "platform"


class Settlement(StrEnum):
    """The state of the money that a case moves."""

    NONE = "none"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Reason(StrEnum):
    """What the customer says went wrong."""

    FRAUDULENT = "fraudulent"
    PRODUCT_NOT_RECEIVED = "product_not_received"
    NOT_AS_DESCRIBED = "not_as_described"
    PRODUCT_UNACCEPTABLE = "product_unacceptable"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    DUPLICATE = "duplicate"
    CREDIT_NOT_PROCESSED = "credit_not_processed"


class Actor(StrEnum):
    """Who makes a move."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    SYSTEM = "system"


class Dispute(StrEnum):
    """The bank dispute on the payment, from the merchant's perspective."""

    NONE = "none"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Action(StrEnum):
    """What can be done to a case; the last six are the system's."""

    OPEN = "open"
    ACCEPT = "accept"
    DENY = "deny"
    REQUEST_INFO = "request_info"
    MAKE_OFFER = "make_offer"
    ACCEPT_OFFER = "accept_offer"
    DECLINE_OFFER = "decline_offer"
    WITHDRAW_OFFER = "withdraw_offer"
    REPLY = "reply"
    COMMENT = "comment"
    ESCALATE = "escalate"
    ASK = "ask"
    DECIDE = "decide"
    APPEAL = "appeal"
    WITHDRAW = "withdraw"
    NOTE = "note"
    ASSIGN = "assign"
    EXPIRE = "expire"
    AUTO_ACCEPT = "auto_accept"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    SETTLEMENT_CHANGED = "settlement_changed"


class EventKind(StrEnum):
    """What stands on the timeline."""

    CREATED = "created"
    ACCEPTED = "accepted"
    DENIED = "denied"
    REQUESTED_MORE_INFO = "requested_more_info"
    OFFER_MADE = "offer_made"
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_DECLINED = "offer_declined"
    OFFER_WITHDRAWN = "offer_withdrawn"
    OFFER_EXPIRED = "offer_expired"
    RESPONDED = "responded"
    COMMENTED = "commented"
    ESCALATED = "escalated"
    CLOSED_NO_REPLY = "closed_no_reply"
    DECIDED = "decided"
    APPEALED = "appealed"
    WITHDREW = "withdrew"
    REVIEW_OVERDUE = "review_overdue"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CUSTOMER_WON = "dispute_customer_won"
    DISPUTE_MERCHANT_WON = "dispute_merchant_won"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    NOTED = "noted"
    ASSIGNED = "assigned"


class Audience(StrEnum):
    """Who may read an event."""

    EVERYONE = "everyone"
    MERCHANT = "merchant"
    PLATFORM = "platform"

    def includes(self, viewer: Actor) -> bool:
        """Say whether `viewer` may read an event for this audience."""
        return self is Audience.EVERYONE or self.value == viewer.value


class CaseRefunds(msgspec.Struct, frozen=True):
    """This case's own refunds, summed by how far they are, in minor units to the customer; read under the lock."""

    succeeded_minor: int = 0
    in_flight_minor: int = 0  # handed to the provider, no answer yet: cannot be called back
    unsent_minor: int = 0  # pending and never sent, or on hold
    failed_minor: int = 0  # definitely refused by the provider

    @property
    def gone_minor(self) -> int:
        """What has reached the customer or may have."""
        return self.succeeded_minor + self.in_flight_minor

    def settlement(self, *, dispute_open: bool) -> Settlement:
        """Reduce to one word; what needs attention most wins."""
        if self.failed_minor:
            return Settlement.FAILED
        if self.unsent_minor:
            return Settlement.ON_HOLD if dispute_open else Settlement.PENDING
        if self.in_flight_minor:
            return Settlement.PENDING
        return Settlement.SUCCEEDED if self.succeeded_minor else Settlement.NONE


NO_REFUNDS = CaseRefunds()


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a case that deciding needs; each field is the column of the same name in table `cases`."""

    status: Status
    amount_minor: int  # the amount in question: what the customer paid
    outcome: Outcome | None = None  # set exactly when closed
    refund: RefundBy | None = None  # set exactly when closed
    settlement: Settlement = Settlement.NONE
    escalated: bool = False
    customer_appealed: bool = False
    merchant_appealed: bool = False
    response_due_at: datetime | None = None  # null when closed or paused
    appeal_due_at: datetime | None = None  # end of the appeal window; null: nobody may appeal, or paused
    negotiation_ends_at: datetime | None = None  # null when not in negotiation, or paused
    paused_left_ms: int | None = None  # what was left of the due time (closed: of the appeal window)
    negotiation_left_ms: int | None = None
    auto_accept_at: datetime | None = None  # kept while paused: the automatic acceptance then resumes with the due time
    requests_used: int = 0
    merchant_offers: int = 0
    customer_offers: int = 0
    merchant_comments: int = 0
    customer_comments: int = 0
    merchant_answered: bool = False
    offer_maker: Actor | None = None  # customer or merchant; null: no offer open
    offer_amount_minor: int | None = None  # to the customer; null: a remedy in words only
    offer_has_remedy: bool | None = None
    settled_with_remedy: bool = False
    platform_decided: bool = False  # the outcome that stands (or is under appeal) is a decision of the platform
    decided_payer: RefundBy | None = None  # of that decision
    dispute: Dispute = Dispute.NONE

    @property
    def is_open(self) -> bool:
        return self.status is not Status.CLOSED

    @property
    def appealed(self) -> bool:
        return self.customer_appealed or self.merchant_appealed
