"""The public shapes of cases as answers have them; what requests carry is `schemas_requests`.

Answers are built as JSON by PostgreSQL (`queries_shapes`); the structs here describe them for the OpenAPI document,
and a test reads real answers strictly into them. They follow the reference client's `ResolutionCenterCase`.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from amends.cases.claims import Answer
from amends.cases.states import Outcome, Reason, RefundBy, Settlement, Status
from amends.kit.money import Money
from amends.kit.pages import PageInfo

Amount = int | float


class AccountSummary(msgspec.Struct, frozen=True):
    """The account that the case was filed against."""

    id: str
    title: str


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing bought with the payment."""

    id: str | None
    label: str | None
    plan_id: str | None
    plan_title: str | None
    product_id: str | None
    product_title: str | None
    quantity: int | float
    sku: str | None
    subtotal: Money | None


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer who opened the case; `email` needs the permission `member:email:read`."""

    email: str | None
    member_id: str | None
    name: str | None
    user_id: str | None
    username: str | None


class CasePayment(msgspec.Struct, frozen=True, kw_only=True):
    """The payment that the case was opened against."""

    card_brand: str | None
    card_last4: str | None
    created_at: str
    id: str
    payment_method_type: str | None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, open or ended; `amount` in whole units of the case's currency."""

    id: str
    maker: Literal["merchant", "customer"]
    amount: Amount | None
    remedy: str | None
    status: Literal["open", "accepted", "declined", "replaced", "withdrawn", "expired", "lapsed"]
    expires_at: str | None
    created_at: str
    ended_at: str | None


class Person(msgspec.Struct, frozen=True):
    """Somebody on the viewer's own side."""

    id: str
    name: str | None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the platform; each side reads the text to itself."""

    id: str
    outcome: Outcome
    payer: RefundBy
    amount: Amount | None
    reason_code: str
    on_appeal: bool
    to_customer: str | None
    to_merchant: str | None
    evidence: list[str]
    reviewer: Person | None
    override_note: str | None
    created_at: str


class RequestedRemedy(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer asks for."""

    kind: Literal["full_refund", "partial_refund", "other"]
    amount: Amount | None
    text: str | None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as its viewer sees it; `available_actions` is what the viewer may do now."""

    id: str
    account: AccountSummary
    status: Status
    outcome: Outcome | None
    refund: RefundBy | None
    settlement: Settlement
    reason: Reason
    amount: Amount
    currency: str
    escalated: bool
    customer_appealed: bool
    merchant_appealed: bool
    response_due_at: str | None
    appeal_due_at: str | None
    created_at: str
    updated_at: str
    closed_at: str | None
    buyer: Buyer
    payment: CasePayment
    product_id: str | None
    plan_id: str | None
    line_items: list[LineItem]
    answers: dict[str, Answer] | None
    remedy: RequestedRemedy | None
    offers: list[Offer]
    decisions: list[Decision]
    assignee: Person | None
    version: int
    available_actions: list[str]


class CaseRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to the customer, or there."""

    id: str
    amount: Money
    payer: Literal["merchant", "platform"]
    state: str
    method: str
    created_at: str
    succeeded_at: str | None


class CaseCredit(msgspec.Struct, frozen=True, kw_only=True):
    """Money of the platform on its way to the merchant, or there."""

    id: str
    amount: Money
    state: str
    created_at: str
    succeeded_at: str | None


class EventAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an event carries; `url` works for ten minutes."""

    id: str
    filename: str
    content_type: str
    size_bytes: int
    url: str


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline."""

    id: str
    action: str
    created_at: str
    details: str | None
    reporter_type: Literal["customer", "merchant", "platform", "system"]
    reporter_name: str | None
    viewable_by_customer: bool
    viewable_by_merchant: bool
    data: dict[str, Any]
    attachments: list[EventAttachment]


class ChangedCase(Case, frozen=True, kw_only=True):
    """A case with the money that it moved: what every command answers."""

    refunds: list[CaseRefund]
    credits: list[CaseCredit]


class WholeCase(ChangedCase, frozen=True, kw_only=True):
    """A case with its whole timeline, newest first."""

    events: list[CaseEvent]


class CasePage(msgspec.Struct, frozen=True):
    """A page of cases."""

    data: list[Case]
    page_info: PageInfo


class EventPage(msgspec.Struct, frozen=True):
    """A page of a timeline, newest first."""

    data: list[CaseEvent]
    page_info: PageInfo


class SummaryGroups(msgspec.Struct, frozen=True, kw_only=True):
    """The breakdowns that were asked for; every word is there, also with a count of zero."""

    status: dict[str, int] | UnsetType = UNSET
    reason: dict[str, int] | UnsetType = UNSET
    outcome: dict[str, int] | UnsetType = UNSET


class CaseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases match."""

    total: int
    groups: SummaryGroups
