"""What a person does about money that does not move by itself: try again, pay it by hand, or close it.

It is for failed refunds and credits only: of those the provider has said for certain that nothing moved. A credit is
not closed: what the platform owes a merchant has no other way.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.db.jobs import enqueue_many
from amends.db.pool import Connection
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.payments.commands import LockedPayment, lock_payment
from amends.payments.commands_balance import case_settlements, rebalance, tell_settlements
from amends.payments.ports import CaseNotices
from amends.payments.states import SETTLED_OTHERWISE, RefundState
from amends.payments.work import credit_job, refund_job

FAILED_REFUND_SQL: Final = """
    select payment_id, amount_minor, state
    from refunds
    where account_id = $1 and id = $2
"""
NEXT_ATTEMPT_SQL: Final = """
    update refunds
    set state = 'pending',
        attempt = attempt + 1,
        tries = 0,
        attempt_started_at = null,
        next_try_at = null,
        provider_refund_ref = null,
        failure_code = null,
        failure_message = null,
        updated_at = $3
    where account_id = $1 and id = $2
"""
RESOLVE_SQL: Final = """
    update refunds
    set state = 'succeeded',
        method = 'manual',
        amount_minor = $3,
        provider_refund_ref = null,
        resolution_note = $4,
        succeeded_at = $5,
        updated_at = $5
    where account_id = $1 and id = $2
"""
CLOSE_SQL: Final = """
    update refunds
    set state = 'canceled',
        failure_code = $3,
        failure_message = $4,
        resolution_note = $5,
        next_try_at = null,
        updated_at = $6
    where account_id = $1 and id = $2
"""
STATE_SQL: Final = """
    select state
    from refunds
    where account_id = $1 and id = $2
"""
LOCK_CREDIT_SQL: Final = """
    select state
    from merchant_credits
    where account_id = $1 and id = $2
    for update
"""
NEXT_CREDIT_ATTEMPT_SQL: Final = """
    update merchant_credits
    set state = 'pending',
        attempt = attempt + 1,
        tries = 0,
        attempt_started_at = null,
        next_try_at = null,
        provider_credit_ref = null,
        failure_code = null,
        failure_message = null,
        updated_at = $3
    where account_id = $1 and id = $2
"""
RESOLVE_CREDIT_SQL: Final = """
    update merchant_credits
    set state = 'succeeded', resolution_note = $3, succeeded_at = $4, updated_at = $4
    where account_id = $1 and id = $2
"""

_CLOSED: Final = "The customer has got this money in another way. A person has closed the refund."


async def retry_failed(
    connection: Connection, notices: CaseNotices, *, account_id: int, refund_id: UUID, now: datetime
) -> None:
    """Open the next attempt of a failed refund.

    Raises:
        NotFound: there is no such refund.
        Conflict: `refund_not_failed`, `dispute_open`, or `refundable_changed` when less than the refund is left.
    """
    payment, _ = await _lock_failed(connection, account_id, refund_id)
    before = await case_settlements(connection, account_id, payment.id)
    await connection.execute(NEXT_ATTEMPT_SQL, account_id, refund_id, now)
    await rebalance(connection, account_id, payment.id, now)
    if await connection.fetchval(STATE_SQL, account_id, refund_id) != RefundState.PENDING:
        raise _too_much(payment)
    await enqueue_many(connection, [refund_job(account_id, refund_id)])
    await tell_settlements(connection, notices, account_id, payment.id, before, now)


async def resolve_by_hand(
    connection: Connection,
    notices: CaseNotices,
    *,
    account_id: int,
    refund_id: UUID,
    note: str,
    amount_minor: int | None = None,
    now: datetime,
) -> None:
    """Record that a person has given the customer the money of a failed refund, or `amount_minor` of it.

    Raises:
        NotFound: there is no such refund.
        Unprocessable: `amount_out_of_range`, not above 0, or more than was to be refunded.
        Conflict: `refund_not_failed`, `dispute_open`, or `refundable_changed` when less than the amount is left.
    """
    payment, promised_minor = await _lock_failed(connection, account_id, refund_id)
    paid_minor = promised_minor if amount_minor is None else amount_minor
    if not 0 < paid_minor <= promised_minor:
        raise Unprocessable(
            "amount_out_of_range", "`amount` is above 0 and at most what was to be refunded.", param="amount"
        )
    if paid_minor > _left(payment):
        raise _too_much(payment)
    before = await case_settlements(connection, account_id, payment.id)
    await connection.execute(RESOLVE_SQL, account_id, refund_id, paid_minor, note, now)
    await rebalance(connection, account_id, payment.id, now, refunded_by_minor=paid_minor)
    await tell_settlements(connection, notices, account_id, payment.id, before, now)


async def close_failed(
    connection: Connection, notices: CaseNotices, *, account_id: int, refund_id: UUID, note: str, now: datetime
) -> None:
    """Record that nothing of a failed refund is owed any more: its money went back otherwise, and is counted there.

    What the refund had reserved of the payment is free again.

    Raises:
        NotFound: there is no such refund.
        Conflict: `refund_not_failed` or `dispute_open`.
    """
    payment, _ = await _lock_failed(connection, account_id, refund_id)
    before = await case_settlements(connection, account_id, payment.id)
    await connection.execute(CLOSE_SQL, account_id, refund_id, SETTLED_OTHERWISE, _CLOSED, note, now)
    await rebalance(connection, account_id, payment.id, now)
    await tell_settlements(connection, notices, account_id, payment.id, before, now)


async def _lock_failed(connection: Connection, account_id: int, refund_id: UUID) -> tuple[LockedPayment, int]:
    found = await connection.fetchrow(FAILED_REFUND_SQL, account_id, refund_id)
    if found is None:
        raise NotFound
    payment = await lock_payment(connection, account_id, found["payment_id"])
    refund = await connection.fetchrow(FAILED_REFUND_SQL, account_id, refund_id)
    if refund is None or refund["state"] != RefundState.FAILED:
        raise Conflict("refund_not_failed", "Only a failed refund can be tried again, resolved by hand or closed.")
    if payment.open_disputes:
        raise Conflict("dispute_open", "A bank dispute is open on the payment. Wait until the bank has decided.")
    return payment, refund["amount_minor"]


def _left(payment: LockedPayment) -> int:
    return payment.amount_minor - payment.refunded_minor - payment.disputed_minor


def _too_much(payment: LockedPayment) -> Conflict:
    return Conflict(
        "refundable_changed",
        "Less than that is left of the payment. Resolve it by hand with a smaller amount.",
        details={"left_minor": _left(payment), "currency": payment.currency},
    )


async def retry_failed_credit(connection: Connection, *, account_id: int, credit_id: UUID, now: datetime) -> None:
    """Open the next attempt of a failed merchant credit.

    Raises:
        NotFound: there is no such credit.
        Conflict: `credit_not_failed`.
    """
    await _lock_failed_credit(connection, account_id, credit_id)
    await connection.execute(NEXT_CREDIT_ATTEMPT_SQL, account_id, credit_id, now)
    await enqueue_many(connection, [credit_job(account_id, credit_id)])


async def resolve_credit_by_hand(
    connection: Connection, *, account_id: int, credit_id: UUID, note: str, now: datetime
) -> None:
    """Record that a person has given the merchant the money of a failed credit.

    Raises:
        NotFound: there is no such credit.
        Conflict: `credit_not_failed`.
    """
    await _lock_failed_credit(connection, account_id, credit_id)
    await connection.execute(RESOLVE_CREDIT_SQL, account_id, credit_id, note, now)


async def _lock_failed_credit(connection: Connection, account_id: int, credit_id: UUID) -> None:
    state = await connection.fetchval(LOCK_CREDIT_SQL, account_id, credit_id)
    if state is None:
        raise NotFound
    if state != RefundState.FAILED:
        raise Conflict("credit_not_failed", "Only a failed credit can be tried again or resolved by hand.")
