"""What a move has to write besides the case's row and its event: offers, decisions, money, the membership.

Each effect of the lifecycle is interpreted once. Money is promised through `payments`, on the same connection; the
payment is locked already. What an effect creates is named in the event's data by its public id.
"""

from datetime import datetime
from typing import Any, Final, assert_never
from uuid import UUID

import msgspec

from amends.access.audit import record
from amends.cases.acting import ActingScope
from amends.cases.moves import (
    AttentionNeeded,
    CreditIntended,
    Decided,
    DecisionRecorded,
    MembershipEndRequested,
    OfferEnded,
    OfferMade,
    RefundIntended,
    RefundsCanceled,
    RefundsHeld,
    RefundsResumed,
)
from amends.cases.rows import LockedCase
from amends.db.pool import Connection
from amends.kit.ids import Prefix, public_id, uuid7
from amends.payments import commands as payments
from amends.people.commands import end_membership

END_OFFER_SQL: Final = """
update case_offers
set status = $4,
    ended_at = $5
where account_id = $1
  and case_id = $2
  and id = $3
  and status = 'open'
"""
INSERT_OFFER_SQL: Final = """
insert into case_offers (
    account_id, case_id, id, pid, maker, amount_minor, remedy, status, expires_at, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9)
"""
INSERT_DECISION_SQL: Final = """
insert into case_decisions (
    account_id, case_id, id, pid, event_id, outcome, payer, amount_minor, reason_code, on_appeal, reviewer_id,
    reviewer_name, to_customer, to_merchant, evidence, override_note, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision says in words."""

    reason_code: str
    to_customer: str
    to_merchant: str
    evidence: tuple[str, ...]  # public ids of the events and attachments that it relies on
    override_note: str | None = None  # why one person decides both instances


class Done(msgspec.Struct):
    """What the effects left behind: facts for the event, and the offer that is open now."""

    open_offer_id: UUID | None
    facts: dict[str, Any]


async def write_effects(
    connection: Connection,
    scope: ActingScope,
    case: LockedCase,
    decided: Decided,
    *,
    event_id: UUID,
    now: datetime,
    ruling: Ruling | None,
    money_is_done: bool,
) -> Done:
    """Write every effect of a move, in order.

    `money_is_done` says that payments have held, resumed or canceled the case's refunds already.
    """
    writer = _Writer(connection, scope, case, now)
    for effect in decided.effects:
        match effect:
            case OfferEnded():
                await writer.end_offer(effect)
            case OfferMade():
                await writer.make_offer(effect)
            case DecisionRecorded():
                await writer.record_decision(effect, event_id, ruling)
            case MembershipEndRequested():
                await writer.end_membership()
            case RefundIntended():
                await writer.promise_refund(effect)
            case CreditIntended():
                await writer.promise_credit(effect)
            case RefundsCanceled() | RefundsHeld() | RefundsResumed():
                if not money_is_done:
                    await writer.move_promises(effect)
            case AttentionNeeded():
                pass  # the platform's list of overdue reviews is read from the event; its e-mail is the notices' matter
            case _:
                assert_never(effect)
    return writer.done


class _Writer:
    """Writes the effects of one move of a case, and gathers what they leave behind."""

    def __init__(self, connection: Connection, scope: ActingScope, case: LockedCase, now: datetime) -> None:
        self.connection = connection
        self.scope = scope
        self.case = case
        self.now = now
        self.done = Done(open_offer_id=case.open_offer_id, facts={})

    async def end_offer(self, effect: OfferEnded) -> None:
        case = self.case
        await self.connection.execute(END_OFFER_SQL, case.account_id, case.id, case.open_offer_id, effect.how, self.now)
        self.done.facts["offer"] = case.open_offer_pid
        self.done.open_offer_id = None

    async def make_offer(self, effect: OfferMade) -> None:
        offer_id, pid = self.new_id(Prefix.OFFER)
        await self.connection.execute(
            INSERT_OFFER_SQL,
            self.case.account_id,
            self.case.id,
            offer_id,
            pid,
            effect.maker,
            effect.amount_minor,
            effect.remedy,
            effect.expires_at,
            self.now,
        )
        if "offer" in self.done.facts:
            self.done.facts["answered_offer"] = self.done.facts["offer"]
        self.done.facts["offer"] = pid
        self.done.open_offer_id = offer_id

    async def record_decision(self, effect: DecisionRecorded, event_id: UUID, ruling: Ruling | None) -> None:
        if ruling is None:
            raise TypeError("a decision needs its reasons")
        decision_id, pid = self.new_id(Prefix.DECISION)
        await self.connection.execute(
            INSERT_DECISION_SQL,
            self.case.account_id,
            self.case.id,
            decision_id,
            pid,
            event_id,
            effect.outcome,
            effect.payer,
            effect.amount_minor,
            ruling.reason_code,
            effect.on_appeal,
            self.scope.principal.id,
            self.scope.principal.name,
            ruling.to_customer,
            ruling.to_merchant,
            list(ruling.evidence),
            ruling.override_note,
            self.now,
        )
        self.done.facts |= {"decision": pid, "reason_code": ruling.reason_code, "evidence": list(ruling.evidence)}
        if ruling.override_note is not None:
            self.done.facts["overridden"] = True
        await self.audit("case.decided", decision=pid, outcome=effect.outcome, override_note=ruling.override_note)

    async def end_membership(self) -> None:
        payment = self.case.payment
        self.done.facts["membership_ended"] = await end_membership(
            self.connection,
            account_id=self.case.account_id,
            member_id=payment.member_id,
            payment_id=payment.id,
            now=self.now,
        )

    async def promise_refund(self, effect: RefundIntended) -> None:
        refund_id = await payments.write_refund_intent(
            self.connection,
            payment=self.case.payment,
            case_id=self.case.id,
            amount_minor=effect.amount_minor,
            payer=effect.payer.value,
            reason=effect.reason.value,
            now=self.now,
        )
        pid = self.done.facts["refund_id"] = public_id(Prefix.REFUND, refund_id, self.case.account_id)
        await self.audit_promise(pid, effect.amount_minor)

    async def promise_credit(self, effect: CreditIntended) -> None:
        credit_id = await payments.write_merchant_credit(
            self.connection,
            payment=self.case.payment,
            case_id=self.case.id,
            amount_minor=effect.amount_minor,
            now=self.now,
        )
        pid = self.done.facts["credit_id"] = public_id(Prefix.MERCHANT_CREDIT, credit_id, self.case.account_id)
        await self.audit_promise(pid, effect.amount_minor)

    async def move_promises(self, effect: RefundsCanceled | RefundsHeld | RefundsResumed) -> None:
        connection, (account_id, case_id), now = self.connection, self.case.ref, self.now
        match effect:
            case RefundsCanceled():
                await payments.cancel_refund_intents(connection, account_id, case_id, now)
            case RefundsHeld():
                await payments.hold_refund_intents(connection, account_id, case_id, now)
            case RefundsResumed():
                await payments.resume_refund_intents(connection, account_id, case_id, now)
            case _:
                assert_never(effect)

    def new_id(self, prefix: Prefix) -> tuple[UUID, str]:
        """Return a new row's id, and its public id."""
        row_id = uuid7(self.now)
        return row_id, public_id(prefix, row_id, self.case.account_id)

    async def audit_promise(self, pid: str, amount_minor: int) -> None:
        await self.audit("case.money_promised", id=pid, amount_minor=amount_minor, currency=self.case.currency)

    async def audit(self, action: str, **details: Any) -> None:
        """Put what was done to the case into the audit log."""
        await record(
            self.connection,
            principal=self.scope.principal,
            action=action,
            subject=self.case.pid,
            account_id=self.case.account_id,
            now=self.now,
            details=details,
        )
