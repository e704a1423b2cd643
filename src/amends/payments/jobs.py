"""The jobs that move money and take in news, and the sweeps that find what has no job.

A run of a job: a short transaction that says what to do, the call with no transaction open, a short transaction that
records what came of it (DESIGN.md, "Money and the outside world"). Dying anywhere in between leaves a pending row,
which a sweep finds: losing the whole queue loses nothing.
"""

from typing import Final

from amends.db.jobs import JobRegistry, enqueue_many
from amends.db.transactions import transaction
from amends.payments import work
from amends.payments.calling import Unknown, carry_out
from amends.payments.commands_attempts import begin_refund_try, record_refund_result, record_refund_unknown
from amends.payments.commands_credits import begin_credit_try, record_credit_result
from amends.payments.events import apply_event, receive_event
from amends.payments.providers.sandbox import NAME as SANDBOX
from amends.payments.providers.sandbox import SandboxProvider
from amends.services import Services

SWEEP_S: Final = 10.0
SANDBOX_SWEEP_S: Final = 2.0
BATCH: Final = 1000

DUE_REFUNDS_SQL: Final = """
    select account_id, id
    from refunds
    where state = 'pending' and (next_try_at is null or next_try_at <= $1)
    order by next_try_at nulls first
    limit $2
"""
DUE_CREDITS_SQL: Final = """
    select account_id, id
    from merchant_credits
    where state = 'pending' and (next_try_at is null or next_try_at <= $1)
    order by next_try_at nulls first
    limit $2
"""
DUE_EVENTS_SQL: Final = """
    select provider, event_id
    from provider_events
    where next_try_at <= $1
    order by next_try_at
    limit $2
"""

registry: JobRegistry[Services] = JobRegistry()


@registry.job(work.REFUND, work.RefundWork)
async def move_refund(services: Services, job: work.RefundWork) -> None:
    """Send a refund to its provider, or find out what became of it."""
    async with transaction(services.pool) as connection:
        attempt = await begin_refund_try(
            connection, services.case_notices, job.account_id, job.refund_id, services.clock.now()
        )
    if attempt is None:
        return
    try:
        result = await carry_out(services.providers, attempt)
    except Unknown:
        async with transaction(services.pool) as connection:
            await record_refund_unknown(
                connection, services.case_notices, job.account_id, job.refund_id, services.clock.now()
            )
        return
    async with transaction(services.pool) as connection:
        await record_refund_result(
            connection,
            services.case_notices,
            job.account_id,
            job.refund_id,
            result,
            services.clock.now(),
            attempt=attempt.call.purpose.attempt,
        )


@registry.job(work.MERCHANT_CREDIT, work.MerchantCreditWork)
async def move_merchant_credit(services: Services, job: work.MerchantCreditWork) -> None:
    """Send a merchant credit to its provider, or find out what became of it."""
    async with transaction(services.pool) as connection:
        attempt = await begin_credit_try(connection, job.account_id, job.credit_id, services.clock.now())
    if attempt is None:
        return
    try:
        result = await carry_out(services.providers, attempt)
    except Unknown:
        result = None
    async with transaction(services.pool) as connection:
        await record_credit_result(
            connection, job.account_id, job.credit_id, attempt.call.purpose.attempt, result, services.clock.now()
        )


@registry.job(work.PROVIDER_EVENT, work.ProviderEventWork)
async def apply_provider_event(services: Services, job: work.ProviderEventWork) -> None:
    """Apply one stored event."""
    async with transaction(services.pool) as connection:
        await apply_event(connection, services.case_notices, job.provider, job.event_id, services.clock.now())


@registry.job(work.SANDBOX_DELIVERY, work.SandboxDeliveryWork)
async def deliver_sandbox_events(services: Services, _job: work.SandboxDeliveryWork) -> None:
    """Deliver what the sandbox has to tell, signed, to where every provider's messages go."""
    sandbox = services.providers.get(SANDBOX)
    if not isinstance(sandbox, SandboxProvider):
        return
    for event in await sandbox.due_events():
        for _ in range(event.copies):
            await receive_event(
                services.pool, SANDBOX, sandbox, sandbox.sign(event.body), event.body, services.clock.now()
            )
        await sandbox.delivered(event.id)


@registry.sweep("pending_money", every_s=SWEEP_S)
async def sweep_pending_money(services: Services) -> None:
    """Enqueue every refund and credit that is due and has no job."""
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        refunds = await connection.fetch(DUE_REFUNDS_SQL, now, BATCH)
        credits_ = await connection.fetch(DUE_CREDITS_SQL, now, BATCH)
        await enqueue_many(connection, [work.refund_job(row["account_id"], row["id"]) for row in refunds])
        await enqueue_many(connection, [work.credit_job(row["account_id"], row["id"]) for row in credits_])


@registry.sweep("unapplied_events", every_s=SWEEP_S)
async def sweep_unapplied_events(services: Services) -> None:
    """Enqueue every event that waits to be applied."""
    async with transaction(services.pool) as connection:
        rows = await connection.fetch(DUE_EVENTS_SQL, services.clock.now(), BATCH)
        await enqueue_many(connection, [work.event_job(row["provider"], row["event_id"]) for row in rows])


@registry.sweep("sandbox_events", every_s=SANDBOX_SWEEP_S)
async def sweep_sandbox_events(services: Services) -> None:
    """Enqueue the delivery of what the sandbox has to tell."""
    sandbox = services.providers.get(SANDBOX)
    if isinstance(sandbox, SandboxProvider) and await sandbox.has_due_events():
        async with transaction(services.pool) as connection:
            await enqueue_many(connection, [work.sandbox_job()])
