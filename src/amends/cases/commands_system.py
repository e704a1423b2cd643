"""What the clock, the bank and the payment provider do to a case: rows 14 to 16 and 22 to 26.

Nothing here is refused: a clock that has not run out and a payment without a case are no errors. Called inside the
transaction of whoever has the news; the payment's row is locked first, as everywhere.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from amends.access.scopes import SystemScope
from amends.cases import lifecycle
from amends.cases.commands_apply import Applied, Request, apply_locked, lock_case
from amends.cases.moves import Move
from amends.cases.queries_case import case_of_payment
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor, Settlement
from amends.db.pool import Connection
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix, public_id

SET_SETTLEMENT_SQL: Final = """
update cases
set settlement = $3,
    updated_at = $4
where account_id = $1
  and id = $2
  and settlement <> $3
"""
TOLD: Final = frozenset({Settlement.SUCCEEDED, Settlement.FAILED})


async def expire_case(connection: Connection, scope: SystemScope, ref: CaseRef, *, now: datetime) -> Applied | None:
    """Do what is due on a case, decided anew under its lock; None: nothing is due."""
    try:
        case = await lock_case(connection, scope, ref)
    except NotFound:
        return None
    action = lifecycle.due_action(
        case.state, now=now, policy=case.policy, refundable_minor=case.payment.refundable_minor
    )
    if action is None:
        return None
    return await apply_locked(connection, scope, case, Request(move=_move(action), now=now))


def _move(action: Action, **fields: Any) -> Move:
    return Move(action=action, actor=Actor.SYSTEM, **fields)


async def record_dispute_opened(
    connection: Connection, scope: SystemScope, *, account_id: int, payment_id: UUID, dispute_id: UUID, now: datetime
) -> Applied | None:
    """Pause the payment's case: its refunds that have not gone are on hold already."""
    ref = await case_of_payment(connection, account_id, payment_id)
    if ref is None:
        return None
    case = await lock_case(connection, scope, ref)
    request = Request(
        move=_move(Action.DISPUTE_OPENED), now=now, facts=_dispute(account_id, dispute_id), money_is_done=True
    )
    return await apply_locked(connection, scope, case, request)


async def record_dispute_closed(
    connection: Connection,
    scope: SystemScope,
    *,
    account_id: int,
    payment_id: UUID,
    dispute_id: UUID,
    customer_won: bool,
    now: datetime,
) -> Applied | None:
    """Close or resume the payment's case: its held refunds are canceled or on their way already."""
    ref = await case_of_payment(connection, account_id, payment_id)
    if ref is None:
        return None
    case = await lock_case(connection, scope, ref)
    if case.state.dispute is not lifecycle.Dispute.OPEN:
        return None
    move = _move(
        Action.DISPUTE_CLOSED, merchant_won=not customer_won, dispute_still_open=case.payment.open_disputes > 0
    )
    request = Request(move=move, now=now, facts=_dispute(account_id, dispute_id), money_is_done=True)
    return await apply_locked(connection, scope, case, request)


def _dispute(account_id: int, dispute_id: UUID) -> dict[str, str]:
    return {"dispute": public_id(Prefix.DISPUTE, dispute_id, account_id)}


async def record_refund_elsewhere(
    connection: Connection, scope: SystemScope, *, account_id: int, payment_id: UUID, amount_minor: int, now: datetime
) -> Applied | None:
    """Take note that money went back without us; with nothing left the open case is over."""
    ref = await case_of_payment(connection, account_id, payment_id)
    if ref is None:
        return None
    case = await lock_case(connection, scope, ref)
    if not case.state.is_open:
        return None
    payment = case.payment
    # What an open bank dispute claims is not lost yet; a lost one has closed the case already.
    lost = 0 if payment.open_disputes else payment.disputed_minor
    left = payment.amount_minor - payment.refunded_minor - lost
    request = Request(
        move=_move(Action.REFUNDED_ELSEWHERE, left_minor=left),
        now=now,
        facts={"amount_minor": amount_minor},
        money_is_done=True,
    )
    return await apply_locked(connection, scope, case, request)


async def record_settlement(
    connection: Connection, scope: SystemScope, *, account_id: int, case_id: UUID, settlement: Settlement, now: datetime
) -> Applied | None:
    """Take note of how the case's money stands; that it succeeded or failed is told on the timeline."""
    ref = CaseRef(account_id, case_id)
    case = await lock_case(connection, scope, ref)
    if case.state.settlement is settlement:
        return None
    if settlement not in TOLD or case.state.settlement is Settlement.NONE:
        await connection.execute(SET_SETTLEMENT_SQL, account_id, case_id, settlement, now)
        return None
    request = Request(move=_move(Action.SETTLEMENT_CHANGED, settlement=settlement), now=now)
    return await apply_locked(connection, scope, case, request)
