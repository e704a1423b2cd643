"""The two short transactions around a call to the provider: one begins the try, one records what came of it.

Between them no transaction is open. Both lock the payment first and look again at the refund, so that a job that runs
twice, an event that comes before the answer and a process that dies in between change nothing.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from amends.db.pool import Connection
from amends.payments.attempts import LEASE, Asking, Step, after, asking, held, is_due
from amends.payments.commands import LockedPayment, lock_payment
from amends.payments.commands_balance import case_settlements, rebalance, tell_settlements
from amends.payments.commands_movements import begin_try, standing_of, step_values, take_step
from amends.payments.ports import CaseNotices
from amends.payments.providers.port import Purpose, RefundCall, Result
from amends.payments.states import Payer, RefundState

PAYMENT_OF_REFUND_SQL: Final = """
    select payment_id
    from refunds
    where account_id = $1 and id = $2
"""
REFUND_STANDING_SQL: Final = """
    select id, pid, amount_minor, currency, payer, provider, state, attempt, tries,
        attempt_started_at as started_at, next_try_at, provider_refund_ref as ref
    from refunds
    where account_id = $1 and id = $2
"""
BEGIN_TRY_SQL: Final = begin_try("refunds")
TAKE_STEP_SQL: Final = take_step("refunds", "provider_refund_ref")


class RefundTry(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the job: what to do with the provider."""

    account_id: int
    refund_id: UUID
    provider: str
    asking: Asking
    call: RefundCall


async def begin_refund_try(
    connection: Connection, notices: CaseNotices, account_id: int, refund_id: UUID, now: datetime
) -> RefundTry | None:
    """Say what to do with the provider for a refund, and take note that it is about to be done.

    None: nothing, because it is settled, on hold, not due, or just being done by another. A refund that was never sent
    goes on hold here when a bank dispute is open.
    """
    payment = await _lock(connection, account_id, refund_id)
    row = await connection.fetchrow(REFUND_STANDING_SQL, account_id, refund_id)
    if payment is None or row is None:
        return None
    standing = standing_of(row)
    if not is_due(standing, now):
        return None
    disputed = payment.open_disputes > 0
    if disputed and standing.started_at is None:
        await _take(connection, notices, payment, row, held(standing), now)
        return None
    what = asking(standing, now, disputed=disputed)
    await connection.execute(BEGIN_TRY_SQL, account_id, refund_id, now, now + LEASE)
    return RefundTry(
        account_id=account_id, refund_id=refund_id, provider=row["provider"], asking=what, call=_call(payment, row)
    )


async def record_refund_result(
    connection: Connection,
    notices: CaseNotices,
    account_id: int,
    refund_id: UUID,
    result: Result | None,
    now: datetime,
    *,
    attempt: int | None = None,
) -> None:
    """Record what the provider said of a refund; None: it did not answer.

    `attempt` says which one was answered: anything but success counts only for the present one.
    """
    payment = await _lock(connection, account_id, refund_id)
    row = await connection.fetchrow(REFUND_STANDING_SQL, account_id, refund_id)
    if payment is None or row is None:
        return
    step = after(standing_of(row), result, now, disputed=payment.open_disputes > 0)
    stale = attempt is not None and attempt != row["attempt"]
    if step is None or (stale and step.state is not RefundState.SUCCEEDED):
        return
    await _take(connection, notices, payment, row, step, now)


async def record_refund_unknown(
    connection: Connection, notices: CaseNotices, account_id: int, refund_id: UUID, now: datetime
) -> None:
    """Record that the provider, asked while a bank dispute is open, knows nothing of a refund that we may have sent."""
    payment = await _lock(connection, account_id, refund_id)
    row = await connection.fetchrow(REFUND_STANDING_SQL, account_id, refund_id)
    if payment is None or row is None or row["state"] != RefundState.PENDING:
        return
    step = held(standing_of(row)) if payment.open_disputes else after(standing_of(row), None, now, disputed=False)
    if step is not None:
        await _take(connection, notices, payment, row, step, now)


async def _lock(connection: Connection, account_id: int, refund_id: UUID) -> LockedPayment | None:
    payment_id = await connection.fetchval(PAYMENT_OF_REFUND_SQL, account_id, refund_id)
    return None if payment_id is None else await lock_payment(connection, account_id, payment_id)


async def _take(
    connection: Connection, notices: CaseNotices, payment: LockedPayment, row: asyncpg.Record, step: Step, now: datetime
) -> None:
    """Write a step, then the payment's balance, and tell the case if its settlement is another one now."""
    before = await case_settlements(connection, payment.account_id, payment.id)
    succeeded = step.state is RefundState.SUCCEEDED
    await connection.execute(
        TAKE_STEP_SQL,
        payment.account_id,
        row["id"],
        *step_values(step, now),
    )
    await rebalance(
        connection, payment.account_id, payment.id, now, refunded_by_minor=row["amount_minor"] if succeeded else 0
    )
    await tell_settlements(connection, notices, payment.account_id, payment.id, before, now)


def _call(payment: LockedPayment, row: asyncpg.Record) -> RefundCall:
    return RefundCall(
        purpose=Purpose(our_id=row["pid"], attempt=row["attempt"]),
        payment_ref=payment.ref,
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        payer=Payer(row["payer"]),
    )
