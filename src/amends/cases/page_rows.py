"""What the statements of a case page return, as structs: the case and everything that hangs on it.

Amounts are in minor units of the currency beside them; times are aware UTC. Rows hold only what their viewer may see.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from amends.cases.policy import Policy
from amends.cases.states import Actor, Dispute, EventKind, Outcome, Reason, RefundBy, Settlement, Status
from amends.payments.states import DisputeState, Payer, RefundState


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, open or ended."""

    pid: str
    maker: Actor
    amount_minor: int | None
    remedy: str | None
    status: str
    expires_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the platform, with the texts that the viewer may read."""

    pid: str
    event_id: UUID
    outcome: Outcome
    payer: RefundBy
    amount_minor: int | None
    reason_code: str
    reason_title: str | None
    """In the catalogue; None: it never was there."""
    reason_titles: dict[str, str] | None
    """By language, where the platform has given one."""
    on_appeal: bool
    to_customer: str | None
    to_merchant: str | None
    reviewer_name: str | None
    override_note: str | None
    evidence: list[str]
    created_at: datetime


class RefundRow(msgspec.Struct, frozen=True, kw_only=True):
    """Money of this case to the customer; minor units."""

    pid: str
    amount_minor: int
    currency: str
    places: int
    payer: Payer
    reason: str
    method: str
    state: RefundState
    attempt: int
    tries: int
    failure_code: str | None
    failure_message: str | None
    next_try_at: datetime | None
    resolution_note: str | None
    created_at: datetime
    updated_at: datetime
    succeeded_at: datetime | None


class CreditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Money of the platform to the merchant; minor units."""

    pid: str
    amount_minor: int
    currency: str
    places: int
    state: RefundState
    created_at: datetime
    succeeded_at: datetime | None


class DisputeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bank dispute on the case's payment."""

    pid: str
    state: DisputeState
    amount_minor: int
    currency: str
    places: int
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an event carries."""

    pid: str
    file_id: UUID
    filename: str
    content_type: str
    size_bytes: int


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline; `actor_name` is None where the viewer does not learn it."""

    id: UUID
    pid: str
    kind: EventKind
    actor: Actor
    actor_id: str | None
    actor_name: str | None
    viewable_by_customer: bool
    viewable_by_merchant: bool
    data: dict[str, Any]
    created_at: datetime
    texts: dict[str, str]
    files: list[FileRow] | None


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case with all that hangs on it, as one viewer may see it. Amounts in minor units of `currency`."""

    pid: str
    user_id: UUID
    member_id: UUID
    payment_id: UUID
    reason: Reason
    amount_minor: int
    currency: str
    places: int
    answers: dict[str, Any] | None
    requested_remedy: dict[str, Any] | None
    status: Status
    outcome: Outcome | None
    refund: RefundBy | None
    settlement: Settlement
    escalated: bool
    customer_appealed: bool
    merchant_appealed: bool
    response_due_at: datetime | None
    appeal_due_at: datetime | None
    auto_accept_at: datetime | None
    requests_used: int
    merchant_offers: int
    merchant_comments: int
    offer_maker: Actor | None
    offer_amount_minor: int | None
    dispute: Dispute
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    assignee_id: str | None
    assignee_name: str | None
    account_pid: str
    account_title: str
    payment_pid: str
    payment_currency: str
    payment_places: int
    payment_amount_minor: int
    refunded_minor: int
    refund_reserved_minor: int
    disputed_minor: int
    open_disputes: int
    lost_disputes: int
    paid_at: datetime | None
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    is_renewal: bool
    period_start: datetime | None
    period_end: datetime | None
    line_items: list[dict[str, Any]]
    member_pid: str
    user_pid: str
    name: str | None
    username: str | None
    email: str | None
    time_zone: str | None
    joined_at: datetime
    ended_at: datetime | None
    product_pid: str | None
    product_title: str | None
    plan_title: str | None
    billing_period_days: int | None
    cancel_before_hours: int | None
    policy: Policy
    action_key: str
    offers: list[OfferRow]
    decisions: list[DecisionRow]
    refunds: list[RefundRow]
    credits: list[CreditRow]
    disputes: list[DisputeRow]
    events: list[EventRow]
    """Oldest first; one more than `EVENTS_SHOWN` where there are earlier ones."""
    first_reviewer_id: str | None = None
    """Who of the platform decided first; None for everybody else than the platform."""
    review_due_at: datetime | None = None
    """The target that the review began with, as the platform sees it; None: paused, or none."""

    @property
    def refundable_minor(self) -> int:
        """Return what can still be promised to the customer."""
        return self.payment_amount_minor - self.refunded_minor - self.refund_reserved_minor - self.disputed_minor


class CaseOutline(msgspec.Struct, frozen=True, kw_only=True):
    """The little of a case that its member's log and payments are shown with, and by which its place is found."""

    id: UUID
    pid: str
    user_id: UUID
    member_id: UUID
    status: str
    outcome: str | None
    amount_minor: int
    response_due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    payment_pid: str
    paid_at: datetime | None
    product_title: str | None


class KindCount(msgspec.Struct, frozen=True):
    """How often the log has a kind."""

    kind: str
    times: int


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the log."""

    id: UUID
    pid: str
    kind: str
    occurred_at: datetime
    product_title: str | None
    payment_id: UUID | None
    details: dict[str, Any]


class LogPage(msgspec.Struct, frozen=True):
    """A part of a member's log, newest first, and every kind in the whole of it."""

    kinds: list[KindCount]
    records: list[RecordRow]


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the member; `at` is when it was paid, or made where it was not."""

    id: UUID
    pid: str
    status: str
    currency: str
    places: int
    amount_minor: int
    refunded_minor: int
    refund_reserved_minor: int
    disputed_minor: int
    open_disputes: int
    lost_disputes: int
    at: datetime
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    is_renewal: bool
    withdrawn_at: datetime | None
    """When the customer withdrew from the contract."""
    product_title: str | None
    plan_title: str | None
    case_pid: str | None
    is_possible_double: bool
