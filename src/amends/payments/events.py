"""News from the providers: taken in once, applied once, in whatever order and however often it comes.

Taking in: verify, store under the provider's event id, answer. Applying: a job that locks the event, then the payment,
and records facts (`commands_facts.py`) or the answer to a call of ours (`commands_attempts.py`); both ignore what is
known. News of a payment that nobody knows is kept and tried again for three days, then left for people to see.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from amends.db.jobs import enqueue_many
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.ids import MalformedId, ParsedId, Prefix, parse_public_id
from amends.payments.commands import LockedPayment, lock_payment
from amends.payments.commands_attempts import record_refund_result
from amends.payments.commands_facts import (
    record_dispute_closed,
    record_dispute_opened,
    record_payment_succeeded,
    record_refund_elsewhere,
)
from amends.payments.ports import CaseNotices
from amends.payments.providers.port import (
    DisputeClosed,
    DisputeOpened,
    Happening,
    MoneyState,
    Movement,
    PaymentProvider,
    PaymentSucceeded,
    Pending,
    ProviderEvent,
    RefundUpdated,
    Refused,
    Result,
    Succeeded,
)
from amends.payments.work import event_job

UNKNOWN_PAYMENT: Final = "unknown_payment"
OTHER_CURRENCY: Final = "other_currency"
TRY_AGAIN_FOR: Final = timedelta(days=3)
WAITS: Final = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 3600))

STORE_EVENT_SQL: Final = """
    insert into provider_events (provider, event_id, kind, body, received_at, next_try_at)
    values ($1, $2, $3, $4, $5, $5)
    on conflict (provider, event_id) do nothing
    returning event_id
"""
LOCK_EVENT_SQL: Final = """
    select body, received_at, tries
    from provider_events
    where provider = $1 and event_id = $2 and applied_at is null
    for update
"""
APPLIED_SQL: Final = """
    update provider_events
    set applied_at = $3, next_try_at = null, failure = null
    where provider = $1 and event_id = $2
"""
NOT_APPLIED_SQL: Final = """
    update provider_events
    set failure = $3, tries = tries + 1, next_try_at = $4
    where provider = $1 and event_id = $2
"""
PAYMENT_OF_REF_SQL: Final = """
    select account_id, payment_id
    from provider_refs
    where provider = $1 and ref = $2
"""
OUR_REFUND_SQL: Final = """
    select payment_id
    from refunds
    where account_id = $1 and id = $2
"""


async def receive_event(
    pool: Pool, name: str, provider: PaymentProvider, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Verify and store one message; when this returns it is durable. A copy changes nothing.

    Raises:
        BadEventSignature: the provider did not send this, or long ago.
        ValueError: it did, but it cannot be read.
    """
    event = provider.read_event(headers, body, now)
    if event is None:
        return
    kind = str(event.happening.__struct_config__.tag)
    async with transaction(pool) as connection:
        if await connection.fetchval(STORE_EVENT_SQL, name, event.id, kind, event, now) is not None:
            await enqueue_many(connection, [event_job(name, event.id)])


async def apply_event(
    connection: Connection, notices: CaseNotices, provider: str, event_id: str, now: datetime
) -> None:
    """Apply one stored event, unless it is applied already."""
    row = await connection.fetchrow(LOCK_EVENT_SQL, provider, event_id)
    if row is None:
        return
    happening = msgspec.convert(row["body"], ProviderEvent).happening
    payment = await _lock_payment_of(connection, provider, _payment_ref(happening))
    if payment is None:
        wait = WAITS[min(row["tries"], len(WAITS) - 1)]
        next_try_at = now + wait if now - row["received_at"] < TRY_AGAIN_FOR else None
        await connection.execute(NOT_APPLIED_SQL, provider, event_id, UNKNOWN_PAYMENT, next_try_at)
    elif isinstance(happening, RefundUpdated) and happening.refund.currency != payment.currency:
        await connection.execute(NOT_APPLIED_SQL, provider, event_id, OTHER_CURRENCY, None)
    else:
        await _apply(connection, notices, payment, provider, happening, now)
        await connection.execute(APPLIED_SQL, provider, event_id, now)


async def _apply(
    connection: Connection,
    notices: CaseNotices,
    payment: LockedPayment,
    provider: str,
    happening: Happening,
    now: datetime,
) -> None:
    match happening:
        case RefundUpdated(refund=refund):
            await apply_movement(connection, notices, payment, refund, now)
        case DisputeOpened(dispute=dispute):
            await record_dispute_opened(
                connection, notices, payment=payment, dispute=dispute, provider=provider, now=now
            )
        case DisputeClosed(dispute=dispute):
            await record_dispute_closed(
                connection, notices, payment=payment, dispute=dispute, provider=provider, now=now
            )
        case PaymentSucceeded(paid_at=paid_at):
            await record_payment_succeeded(connection, payment=payment, paid_at=paid_at, now=now)


async def apply_movement(
    connection: Connection, notices: CaseNotices, payment: LockedPayment, refund: Movement, now: datetime
) -> None:
    """Apply what the provider says of a refund: the answer to a call of ours, or a refund made elsewhere."""
    ours = await _our_refund(connection, payment, refund)
    if ours is not None and refund.purpose is not None:
        await record_refund_result(
            connection, notices, payment.account_id, ours, result_of(refund), now, attempt=refund.purpose.attempt
        )
    elif refund.state is MoneyState.SUCCEEDED:
        await record_refund_elsewhere(connection, notices, payment=payment, refund=refund, now=now)


async def _our_refund(connection: Connection, payment: LockedPayment, refund: Movement) -> UUID | None:
    if refund.purpose is None:
        return None
    try:
        parsed = parse_public_id(Prefix.REFUND, refund.purpose.our_id)
    except MalformedId:
        return None
    if parsed.account != payment.account_id:
        return None
    payment_id = await connection.fetchval(OUR_REFUND_SQL, parsed.account, parsed.row_id)
    return parsed.row_id if payment_id == payment.id else None


def result_of(refund: Movement) -> Result:
    """Return a refund's state as the answer to the call that made it."""
    match refund.state:
        case MoneyState.SUCCEEDED:
            return Succeeded(refund.ref)
        case MoneyState.PENDING:
            return Pending(refund.ref)
        case MoneyState.FAILED:
            return Refused(refund.failure_code or "failed", "The provider reports that it failed.", refund.ref)


def _payment_ref(happening: Happening) -> str:
    match happening:
        case RefundUpdated(refund=refund):
            return refund.target_ref
        case DisputeOpened(dispute=dispute) | DisputeClosed(dispute=dispute):
            return dispute.payment_ref
        case PaymentSucceeded(payment_ref=payment_ref):
            return payment_ref


async def _lock_payment_of(connection: Connection, provider: str, ref: str) -> LockedPayment | None:
    found = await find_payment(connection, provider, ref)
    if found is None:
        return None
    try:
        payment = await lock_payment(connection, found.account, found.row_id)
    except LookupError:
        return None
    return payment if payment.provider == provider else None


async def find_payment(connection: Connection, provider: str, ref: str) -> ParsedId | None:
    """Return which payment the provider means: by its own id for it, or by ours, which it uses when it has none."""
    row = await connection.fetchrow(PAYMENT_OF_REF_SQL, provider, ref)
    if row is not None:
        return ParsedId(row["account_id"], row["payment_id"])
    try:
        return parse_public_id(Prefix.PAYMENT, ref)
    except MalformedId:
        return None
