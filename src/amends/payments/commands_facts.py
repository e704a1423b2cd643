"""Records what happened without us: refunds made elsewhere, bank disputes, payments that went through.

Facts are never refused and never counted twice: each is a row under the provider's own id for it. Whatever order they
come in, they end in the same rows. The payment is locked by the caller; cases hear of it in the same transaction.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.db.pool import Connection
from amends.kit.ids import Prefix, public_id, uuid7
from amends.payments.commands import CANCEL_REFUNDS_SQL, HOLD_REFUNDS_SQL, LockedPayment, resume_refunds
from amends.payments.commands_balance import case_settlements, rebalance, tell_settlements
from amends.payments.ports import CaseNotices
from amends.payments.providers.port import BankDispute, Movement
from amends.payments.states import DisputeState, Payer

INSERT_ELSEWHERE_SQL: Final = """
    insert into refunds (
        account_id, id, pid, payment_id, amount_minor, currency, currency_exponent, payer, reason, method, state,
        provider, provider_refund_ref, created_at, updated_at, succeeded_at
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8, 'elsewhere', 'elsewhere', 'succeeded', $9, $10, $11, $12, $11)
    on conflict (account_id, provider, provider_refund_ref) where provider_refund_ref is not null
    do nothing
    returning id
"""
INSERT_DISPUTE_SQL: Final = """
    insert into disputes (
        account_id, id, pid, payment_id, provider, provider_dispute_ref, state, amount_minor, counted_minor, currency,
        currency_exponent, reason, opened_at, created_at, updated_at
    )
    values ($1, $2, $3, $4, $5, $6, 'open', $7, 0, $8, $9, $10, $11, $12, $12)
    on conflict (account_id, provider, provider_dispute_ref) do nothing
    returning id
"""
FIND_DISPUTE_SQL: Final = """
    select id, state
    from disputes
    where account_id = $1 and provider = $2 and provider_dispute_ref = $3
"""
CLOSE_DISPUTE_SQL: Final = """
    update disputes
    set state = $3, closed_at = $4, updated_at = $5
    where account_id = $1 and id = $2 and state = 'open'
    returning id
"""
PAYMENT_PAID_SQL: Final = """
    update payments
    set status = 'paid', paid_at = $3, updated_at = $4
    where account_id = $1 and id = $2 and status <> 'paid'
"""


async def record_refund_elsewhere(
    connection: Connection, notices: CaseNotices, *, payment: LockedPayment, refund: Movement, now: datetime
) -> UUID | None:
    """Record a refund that the provider made without us; None: it was recorded before."""
    refund_id = uuid7(now)
    written = await connection.fetchval(
        INSERT_ELSEWHERE_SQL,
        payment.account_id,
        refund_id,
        public_id(Prefix.REFUND, refund_id, payment.account_id),
        payment.id,
        refund.amount_minor,
        payment.currency,
        payment.currency_exponent,
        Payer.MERCHANT,
        payment.provider,
        refund.ref,
        refund.created_at,
        now,
    )
    if written is None:
        return None
    before = await case_settlements(connection, payment.account_id, payment.id)
    balance = await rebalance(connection, payment.account_id, payment.id, now, refunded_by_minor=refund.amount_minor)
    await notices.refunded_elsewhere(
        connection,
        account_id=payment.account_id,
        payment_id=payment.id,
        amount_minor=refund.amount_minor,
        refundable_minor=balance.refundable_minor,
        now=now,
    )
    await tell_settlements(connection, notices, payment.account_id, payment.id, before, now)
    return refund_id


async def record_dispute_opened(
    connection: Connection,
    notices: CaseNotices,
    *,
    payment: LockedPayment,
    dispute: BankDispute,
    provider: str,
    now: datetime,
) -> UUID | None:
    """Record that the customer's bank claims money back; None: it was recorded before.

    What has not been sent to the provider goes on hold. The claim counts up to what is left; a claim in another
    currency than the payment's counts as the whole payment.
    """
    dispute_id = uuid7(now)
    same_currency = dispute.currency == payment.currency
    written = await connection.fetchval(
        INSERT_DISPUTE_SQL,
        payment.account_id,
        dispute_id,
        public_id(Prefix.DISPUTE, dispute_id, payment.account_id),
        payment.id,
        provider,
        dispute.ref,
        dispute.amount_minor if same_currency else payment.amount_minor,
        payment.currency,
        payment.currency_exponent,
        dispute.reason,
        dispute.opened_at,
        now,
    )
    if written is None:
        return None
    before = await case_settlements(connection, payment.account_id, payment.id)
    await connection.fetch(HOLD_REFUNDS_SQL, payment.account_id, payment.id, now)
    await rebalance(connection, payment.account_id, payment.id, now)
    await notices.dispute_opened(
        connection, account_id=payment.account_id, payment_id=payment.id, dispute_id=dispute_id, now=now
    )
    await tell_settlements(connection, notices, payment.account_id, payment.id, before, now)
    return dispute_id


async def record_dispute_closed(
    connection: Connection,
    notices: CaseNotices,
    *,
    payment: LockedPayment,
    dispute: BankDispute,
    provider: str,
    now: datetime,
) -> bool:
    """Record how the bank decided, also when its opening was never told; False: it was recorded before.

    The customer won: the money is with them, so promises that have not gone are canceled. The merchant won: they go,
    once no other dispute is open.
    """
    await record_dispute_opened(connection, notices, payment=payment, dispute=dispute, provider=provider, now=now)
    known = await connection.fetchrow(FIND_DISPUTE_SQL, payment.account_id, provider, dispute.ref)
    if known is None:
        raise LookupError(dispute.ref)
    state = DisputeState.WON if dispute.won else DisputeState.LOST
    closed_at = dispute.closed_at or now
    if not await connection.fetch(CLOSE_DISPUTE_SQL, payment.account_id, known["id"], state, closed_at, now):
        return False
    before = await case_settlements(connection, payment.account_id, payment.id)
    await _after_decision(connection, payment, state, now)
    await notices.dispute_closed(
        connection,
        account_id=payment.account_id,
        payment_id=payment.id,
        dispute_id=known["id"],
        customer_won=state is DisputeState.LOST,
        now=now,
    )
    await tell_settlements(connection, notices, payment.account_id, payment.id, before, now)
    return True


async def _after_decision(connection: Connection, payment: LockedPayment, state: DisputeState, now: datetime) -> None:
    if state is DisputeState.LOST:
        await connection.fetch(CANCEL_REFUNDS_SQL, payment.account_id, payment.id, now, None)
    await rebalance(connection, payment.account_id, payment.id, now)
    if state is DisputeState.WON:
        await resume_refunds(connection, payment.account_id, payment.id, now)


async def record_payment_succeeded(
    connection: Connection, *, payment: LockedPayment, paid_at: datetime, now: datetime
) -> None:
    """Record that the customer's payment went through."""
    await connection.execute(PAYMENT_PAID_SQL, payment.account_id, payment.id, paid_at, now)
