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
    """Write every effect of a move, in order."""
    done = Done(open_offer_id=case.open_offer_id, facts={})
    for effect in decided.effects:
        match effect:
            case OfferEnded():
                await _end_offer(connection, case, effect, done, now)
            case OfferMade():
                await _make_offer(connection, case, effect, done, now)
            case DecisionRecorded():
                await _record_decision(connection, scope, case, effect, done, event_id, ruling, now)
            case MembershipEndRequested():
                done.facts["membership_ended"] = await end_membership(
                    connection,
                    account_id=case.account_id,
                    member_id=case.payment.member_id,
                    payment_id=case.payment.id,
                    now=now,
                )
            case RefundIntended() | CreditIntended():
                await _promise_money(connection, scope, case, effect, done, now)
            case RefundsCanceled() | RefundsHeld() | RefundsResumed():
                if not money_is_done:
                    await _move_promises(connection, case, effect, now)
            case AttentionNeeded():
                pass  # the platform's list of overdue reviews is read from the event; its e-mail is the notices' matter
            case _:
                assert_never(effect)
    return done


async def _end_offer(connection: Connection, case: LockedCase, effect: OfferEnded, done: Done, now: datetime) -> None:
    await connection.execute(END_OFFER_SQL, case.account_id, case.id, case.open_offer_id, effect.how, now)
    done.facts["offer"] = case.open_offer_pid
    done.open_offer_id = None


async def _make_offer(connection: Connection, case: LockedCase, effect: OfferMade, done: Done, now: datetime) -> None:
    offer_id = uuid7(now)
    pid = public_id(Prefix.OFFER, offer_id, case.account_id)
    await connection.execute(
        INSERT_OFFER_SQL,
        case.account_id,
        case.id,
        offer_id,
        pid,
        effect.maker,
        effect.amount_minor,
        effect.remedy,
        effect.expires_at,
        now,
    )
    if "offer" in done.facts:
        done.facts["answered_offer"] = done.facts["offer"]
    done.facts["offer"] = pid
    done.open_offer_id = offer_id


async def _record_decision(
    connection: Connection,
    scope: ActingScope,
    case: LockedCase,
    effect: DecisionRecorded,
    done: Done,
    event_id: UUID,
    ruling: Ruling | None,
    now: datetime,
) -> None:
    if ruling is None:
        raise TypeError("a decision needs its reasons")
    decision_id = uuid7(now)
    pid = public_id(Prefix.DECISION, decision_id, case.account_id)
    await connection.execute(
        INSERT_DECISION_SQL,
        case.account_id,
        case.id,
        decision_id,
        pid,
        event_id,
        effect.outcome,
        effect.payer,
        effect.amount_minor,
        ruling.reason_code,
        effect.on_appeal,
        scope.principal.id,
        scope.principal.name,
        ruling.to_customer,
        ruling.to_merchant,
        list(ruling.evidence),
        ruling.override_note,
        now,
    )
    done.facts |= {"decision": pid, "reason_code": ruling.reason_code, "evidence": list(ruling.evidence)}
    if ruling.override_note is not None:
        done.facts["overridden"] = True
    await record(
        connection,
        principal=scope.principal,
        action="case.decided",
        subject=case.pid,
        account_id=case.account_id,
        now=now,
        details={"decision": pid, "outcome": effect.outcome, "override_note": ruling.override_note},
    )


async def _promise_money(
    connection: Connection,
    scope: ActingScope,
    case: LockedCase,
    effect: RefundIntended | CreditIntended,
    done: Done,
    now: datetime,
) -> None:
    amount = effect.amount_minor
    if isinstance(effect, RefundIntended):
        refund = await payments.write_refund_intent(
            connection,
            payment=case.payment,
            case_id=case.id,
            amount_minor=amount,
            payer=effect.payer.value,
            reason=effect.reason.value,
            now=now,
        )
        pid = done.facts["refund_id"] = public_id(Prefix.REFUND, refund, case.account_id)
    else:
        credit = await payments.write_merchant_credit(
            connection, payment=case.payment, case_id=case.id, amount_minor=amount, now=now
        )
        pid = done.facts["credit_id"] = public_id(Prefix.MERCHANT_CREDIT, credit, case.account_id)
    await record(
        connection,
        principal=scope.principal,
        action="case.money_promised",
        subject=case.pid,
        account_id=case.account_id,
        now=now,
        details={"id": pid, "amount_minor": amount, "currency": case.currency},
    )


async def _move_promises(
    connection: Connection,
    case: LockedCase,
    effect: RefundsCanceled | RefundsHeld | RefundsResumed,
    now: datetime,
) -> None:
    match effect:
        case RefundsCanceled():
            await payments.cancel_refund_intents(connection, case.account_id, case.id, now)
        case RefundsHeld():
            await payments.hold_refund_intents(connection, case.account_id, case.id, now)
        case RefundsResumed():
            await payments.resume_refund_intents(connection, case.account_id, case.id, now)
        case _:
            assert_never(effect)
