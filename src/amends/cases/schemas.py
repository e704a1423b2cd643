"""The public shapes of cases: what requests carry and what answers look like.

Answers are built as JSON by PostgreSQL (`queries_shapes`); the structs here describe them for the OpenAPI document,
and a test reads real answers strictly into them. They follow the reference client's `ResolutionCenterCase`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from amends.cases.claims import Answer
from amends.cases.moves import AppealAnswer
from amends.cases.states import Outcome, Reason, RefundBy, Settlement, Status
from amends.files.commands import AttachmentInput
from amends.kit.money import Money
from amends.kit.pages import PageInfo

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Files = Annotated[list[AttachmentInput], msgspec.Meta(max_length=50)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Amount = int | float
Id = Annotated[str, msgspec.Meta(max_length=100)]


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


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every request on a case may carry: the version that its sender has read."""

    version: Version | None = None


class RemedyInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the customer asks for; `amount` in whole units."""

    kind: Literal["full_refund", "partial_refund", "other"]
    amount: Amount | None = None
    text: Text | None = None


class OpenCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A claim on one of the caller's own payments (`receipt_id`)."""

    receipt_id: Id
    reason: Reason
    message: Text
    attachments: Files | None = None
    answers: dict[str, Answer] | None = None
    remedy: RemedyInput | None = None


class AcceptCase(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Accept, with an optional note; `terminate_membership` also ends the membership."""

    message: Text | None = None
    attachments: Files | None = None
    terminate_membership: bool | None = None


class SaySomething(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message that must be there, and files."""

    message: Text
    attachments: Files | None = None


class MaySaySomething(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message and files, both optional."""

    message: Text | None = None
    attachments: Files | None = None


class WithdrawCase(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing but, perhaps, why."""

    message: Text | None = None


class MakeOffer(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money in whole units, a remedy in words, or both; `expires_in_days` has a default in the policy."""

    amount: Amount | None = None
    remedy: Text | None = None
    message: Text | None = None
    expires_in_days: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] | None = None
    attachments: Files | None = None


class CounterOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the customer would take instead."""

    amount: Amount | None = None
    remedy: Text | None = None
    message: Text | None = None


class AnswerOffer(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An optional message with an answer to an offer."""

    message: Text | None = None


class DeclineOffer(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An optional message, and a customer's counter-offer."""

    message: Text | None = None
    counter: CounterOffer | None = None


class AskSide(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question of the platform to one side."""

    of: Literal["customer", "merchant"]
    message: Text
    attachments: Files | None = None


class DecideCase(_Body, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision: `outcome`, `payer` and `amount`, or, on a merchant's appeal, `answer`; always with reasons."""

    reason_code: Text
    to_customer: Text
    to_merchant: Text
    evidence: Annotated[list[Id], msgspec.Meta(max_length=100)]
    outcome: Literal["customer_won", "merchant_won"] | None = None
    payer: RefundBy | None = None
    amount: Amount | None = None
    answer: AppealAnswer | None = None
    override_note: Text | None = None
    attachments: Files | None = None


class AddNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A note for the own side."""

    message: Text
    attachments: Files | None = None


class AssignCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who looks after the case (`user_…`); null: nobody."""

    assignee_id: Id | None
