"""What other domains ask of payments inside their own transaction: promises of money, written with the decision.

The order of locks is everywhere payment first, then case. `lock_payment` comes first in every command that touches
money; the check constraint `payments_not_over_refunded` is the last guard. Nothing here calls a provider: a promise is
a row and a job, committed with the decision (DESIGN.md, "Money and the outside world").
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.jobs import enqueue_many
from amends.db.pool import Connection
from amends.kit.errors import Conflict
from amends.kit.ids import Prefix, public_id, uuid7
from amends.payments.commands_balance import rebalance
from amends.payments.states import Payer, RefundState, Settlement, settlement_of
from amends.payments.work import credit_job, refund_job

LOCK_PAYMENT_SQL: Final = """
    select account_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent,
        amount_minor, refunded_minor, refund_reserved_minor, disputed_minor, open_disputes, lost_disputes,
        paid_at, payment_method_type, provider, provider_ref, withdrawn_at
    from payments
    where account_id = $1 and id = $2
    for update
"""
RESERVE_SQL: Final = """
    update payments
    set refund_reserved_minor = refund_reserved_minor + $3, updated_at = $4
    where account_id = $1 and id = $2
"""
INSERT_REFUND_SQL: Final = """
    insert into refunds (
        account_id, id, pid, payment_id, case_id, amount_minor, currency, currency_exponent, payer, reason, method,
        state, provider, created_at, updated_at
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'provider', $11, $12, $13, $13)
"""
HOLD_REFUNDS_SQL: Final = """
    update refunds
    set state = 'on_hold', next_try_at = null, updated_at = $3
    where account_id = $1 and payment_id = $2 and state = 'pending' and attempt_started_at is null
    returning id
"""
CANCEL_REFUNDS_SQL: Final = """
    update refunds
    set state = 'canceled', next_try_at = null, updated_at = $3
    where account_id = $1 and payment_id = $2
        and ($4::uuid is null or case_id = $4)
        and (state in ('on_hold', 'failed') or state = 'pending' and attempt_started_at is null)
    returning id
"""
RESUME_REFUNDS_SQL: Final = """
    update refunds
    set state = 'pending', updated_at = $3
    where account_id = $1 and payment_id = $2 and state = 'on_hold'
    returning id
"""
STILL_PENDING_SQL: Final = """
    select id
    from refunds
    where account_id = $1 and id = any($2::uuid[]) and state = 'pending'
"""
PAYMENT_OF_REFUNDS_SQL: Final = """
    select payment_id
    from refunds
    where account_id = $1 and case_id = $2
    limit 1
"""
CASE_REFUNDS_SQL: Final = """
    select amount_minor, state, failure_code,
        case
            when state in ('succeeded', 'failed', 'canceled') then state
            when state = 'pending' and attempt_started_at is not null then 'in_flight'
            else 'unsent'
        end as progress
    from refunds
    where account_id = $1 and case_id = $2
"""
INSERT_CREDIT_SQL: Final = """
    insert into merchant_credits (
        account_id, id, pid, case_id, amount_minor, currency, currency_exponent, state, provider, created_at, updated_at
    )
    values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $9)
"""


class LockedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands while this transaction holds its row. Amounts in minor units of `currency`."""

    account_id: int
    id: UUID
    pid: str
    member_id: UUID
    user_id: UUID
    product_id: UUID | None
    plan_id: UUID | None
    status: str
    currency: str
    currency_exponent: int
    amount_minor: int
    refunded_minor: int
    refund_reserved_minor: int
    disputed_minor: int
    open_disputes: int
    lost_disputes: int
    paid_at: datetime | None
    payment_method_type: str | None
    provider: str
    provider_ref: str | None
    withdrawn_at: datetime | None

    @property
    def refundable_minor(self) -> int:
        """Return what can still be promised to the customer."""
        return self.amount_minor - self.refunded_minor - self.refund_reserved_minor - self.disputed_minor

    @property
    def ref(self) -> str:
        """Return what the provider calls this payment."""
        return self.provider_ref or self.pid


class RefundStanding(msgspec.Struct, frozen=True):
    """Where the refunds of one case stand. Amounts in minor units."""

    settlement: Settlement
    succeeded_minor: int
    in_flight_minor: int
    """Sent to the provider, answer unknown: can no longer be taken back."""
    unsent_minor: int
    """Pending and not sent, or on hold."""
    failed_minor: int


async def lock_payment(connection: Connection, account_id: int, payment_id: UUID) -> LockedPayment:
    """Lock a payment's row until the transaction ends, and return it as it is then.

    Raises:
        LookupError: there is no such payment.
    """
    row = await connection.fetchrow(LOCK_PAYMENT_SQL, account_id, payment_id)
    if row is None:
        raise LookupError(f"payment {payment_id} of account {account_id}")
    return LockedPayment(**dict(row))


async def write_refund_intent(
    connection: Connection,
    *,
    payment: LockedPayment,
    case_id: UUID | None,
    amount_minor: int,
    payer: Payer | str,
    reason: str,
    now: datetime,
) -> UUID:
    """Promise `amount_minor` of a payment to its customer and return the refund's id; `case_id` None: for no case.

    The amount is reserved and the job enqueued in this transaction. While a bank dispute is open the refund is on hold
    and reserves nothing: nobody else can take the money then, and the bank's claim must fit.

    Raises:
        Conflict: `refundable_changed`: less than that is left.
    """
    if not 0 < amount_minor <= payment.refundable_minor and not payment.open_disputes:
        raise refundable_changed(payment)
    held = payment.open_disputes > 0
    refund_id = uuid7(now)
    if not held:
        await connection.execute(RESERVE_SQL, payment.account_id, payment.id, amount_minor, now)
    await connection.execute(
        INSERT_REFUND_SQL,
        payment.account_id,
        refund_id,
        public_id(Prefix.REFUND, refund_id, payment.account_id),
        payment.id,
        case_id,
        amount_minor,
        payment.currency,
        payment.currency_exponent,
        Payer(payer),
        reason,
        RefundState.ON_HOLD if held else RefundState.PENDING,
        payment.provider,
        now,
    )
    if not held:
        await enqueue_many(connection, [refund_job(payment.account_id, refund_id)])
    return refund_id


def refundable_changed(payment: LockedPayment) -> Conflict:
    """Make the refusal of an amount that is no longer there."""
    return Conflict(
        "refundable_changed",
        "What is left to refund on this payment has changed. Look at the payment again before you decide.",
        details={"refundable_minor": payment.refundable_minor, "currency": payment.currency},
    )


async def refund_standing(connection: Connection, account_id: int, case_id: UUID) -> RefundStanding:
    """Return where a case's refunds stand; with the payment locked it stays true until the transaction ends."""
    rows = await connection.fetch(CASE_REFUNDS_SQL, account_id, case_id)
    sums = dict.fromkeys(("succeeded", "in_flight", "unsent", "failed", "canceled"), 0)
    for row in rows:
        sums[row["progress"]] += row["amount_minor"]
    return RefundStanding(
        settlement=settlement_of((row["state"], row["failure_code"]) for row in rows),
        succeeded_minor=sums["succeeded"],
        in_flight_minor=sums["in_flight"],
        unsent_minor=sums["unsent"],
        failed_minor=sums["failed"],
    )


async def cancel_refund_intents(
    connection: Connection, account_id: int, case_id: UUID, now: datetime
) -> RefundStanding:
    """Take back every promise of a case that has not gone to the provider; return where the rest stands."""
    payment_id = await connection.fetchval(PAYMENT_OF_REFUNDS_SQL, account_id, case_id)
    if payment_id is not None:
        await cancel_refunds(connection, account_id, payment_id, case_id, now)
    return await refund_standing(connection, account_id, case_id)


async def hold_refund_intents(connection: Connection, account_id: int, case_id: UUID, now: datetime) -> RefundStanding:
    """Put a case's unsent refunds on hold and give back what they had reserved, so that a bank's claim fits."""
    payment_id = await connection.fetchval(PAYMENT_OF_REFUNDS_SQL, account_id, case_id)
    if payment_id is not None:
        await hold_refunds(connection, account_id, payment_id, now)
    return await refund_standing(connection, account_id, case_id)


async def resume_refund_intents(
    connection: Connection, account_id: int, case_id: UUID, now: datetime
) -> RefundStanding:
    """Send a case's held refunds on, unless another bank dispute is open.

    What was promised is reserved again. If less is left, the refund fails with `not_enough_left` and a person decides;
    if the customer has got everything back meanwhile, it is canceled.
    """
    payment_id = await connection.fetchval(PAYMENT_OF_REFUNDS_SQL, account_id, case_id)
    if payment_id is not None:
        await resume_refunds(connection, account_id, payment_id, now)
    return await refund_standing(connection, account_id, case_id)


async def cancel_refunds(
    connection: Connection, account_id: int, payment_id: UUID, case_id: UUID | None, now: datetime
) -> None:
    """Cancel a payment's refunds that have not gone; `case_id`: those of a case alone."""
    await lock_payment(connection, account_id, payment_id)
    if await connection.fetch(CANCEL_REFUNDS_SQL, account_id, payment_id, now, case_id):
        await rebalance(connection, account_id, payment_id, now)


async def hold_refunds(connection: Connection, account_id: int, payment_id: UUID, now: datetime) -> None:
    """Hold a payment's refunds that have not gone."""
    await lock_payment(connection, account_id, payment_id)
    if await connection.fetch(HOLD_REFUNDS_SQL, account_id, payment_id, now):
        await rebalance(connection, account_id, payment_id, now)


async def resume_refunds(connection: Connection, account_id: int, payment_id: UUID, now: datetime) -> None:
    """Send a payment's held refunds on, unless a bank dispute is open."""
    payment = await lock_payment(connection, account_id, payment_id)
    if payment.open_disputes:
        return
    resumed = await connection.fetch(RESUME_REFUNDS_SQL, account_id, payment_id, now)
    if not resumed:
        return
    await rebalance(connection, account_id, payment_id, now)
    ids = [row["id"] for row in resumed]
    pending = await connection.fetch(STILL_PENDING_SQL, account_id, ids)
    await enqueue_many(connection, [refund_job(account_id, row["id"]) for row in pending])


async def write_merchant_credit(
    connection: Connection, *, payment: LockedPayment, case_id: UUID, amount_minor: int, now: datetime
) -> UUID:
    """Promise `amount_minor` of the platform's money to the merchant and return the credit's id."""
    credit_id = uuid7(now)
    pid = public_id(Prefix.MERCHANT_CREDIT, credit_id, payment.account_id)
    await connection.execute(
        INSERT_CREDIT_SQL,
        payment.account_id,
        credit_id,
        pid,
        case_id,
        amount_minor,
        payment.currency,
        payment.currency_exponent,
        payment.provider,
        now,
    )
    await enqueue_many(connection, [credit_job(payment.account_id, credit_id)])
    return credit_id
