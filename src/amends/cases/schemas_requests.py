"""The public shapes of what requests about cases carry; the verbs check what is in them."""

from typing import Annotated, Literal

import msgspec

from amends.cases.claims import Answer
from amends.cases.moves import AppealAnswer
from amends.cases.schemas import Amount
from amends.cases.states import Reason, RefundBy
from amends.files.commands import AttachmentInput

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Files = Annotated[list[AttachmentInput], msgspec.Meta(max_length=50)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Id = Annotated[str, msgspec.Meta(max_length=100)]


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
