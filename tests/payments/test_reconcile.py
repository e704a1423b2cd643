"""Reconciliation finds what we and the provider tell apart, repairs it, and changes nothing when run again."""

import asyncio
from dataclasses import replace

from amends.db.pool import Pool, create_pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.payments.reconcile import Finding, reconcile_account, reconcile_all
from amends.services import Services
from tests.conftest import Database
from tests.payments.books import books
from tests.payments.seed import ACCOUNT, make_paid, promise


async def test_reconcile_repairs_and_reports(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider, services: Services
) -> None:
    fine, lost_answer, lost_event, lost_money = [await make_paid(pool, clock.now()) for _ in range(4)]
    await sandbox.behave(lost_answer.payment_pid, Kind.TIMEOUT_AFTER_REFUND)
    for paid in (fine, lost_answer, lost_money):
        await promise(pool, paid, clock.now())
    await worker.run_until_idle()
    await sandbox.refund_elsewhere(lost_event.payment_pid, 900, "usd")
    await sandbox.refund_elsewhere("ch_unknown", 100, "usd")
    await pool.execute("delete from sandbox.refunds where payment_ref = $1", lost_money.payment_pid)

    report = await reconcile_all(services)
    assert sorted((difference.finding, difference.amount_minor) for difference in report.differences) == [
        (Finding.ELSEWHERE, 900),
        (Finding.MISSING, 4900),
        (Finding.RECORDED, 4900),
        (Finding.UNKNOWN_PAYMENT, 100),
    ]
    assert (report.compared, report.agreed) == (5, 1)
    assert {difference.finding for difference in report.needs_attention} == {Finding.MISSING, Finding.UNKNOWN_PAYMENT}
    assert (await books(pool, lost_answer)).refunds == [("succeeded", 4900)]
    assert (await books(pool, lost_event)).refunded_minor == 900

    await worker.run_until_idle()
    again = await reconcile_all(services)
    assert [(event.kind, event.failure) for event in again.unapplied_events] == [("refund.updated", "unknown_payment")]
    assert {difference.finding for difference in again.differences} == {Finding.MISSING, Finding.UNKNOWN_PAYMENT}
    account = await reconcile_account(services, ACCOUNT)
    assert [difference.finding for difference in account.differences] == [Finding.MISSING]
    assert (await reconcile_account(services, ACCOUNT + 1)).differences == []


async def test_reconcile_needs_one_connection_at_a_time(
    pool: Pool, clock: ManualClock, sandbox: SandboxProvider, services: Services, database: Database
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.refund_elsewhere(paid.payment_pid, 900, "usd")
    async with asyncio.timeout(120), create_pool(database.url, max_size=1) as single:
        report = await reconcile_all(replace(services, pool=single))
    assert [difference.finding for difference in report.differences] == [Finding.ELSEWHERE]
    assert (await books(pool, paid)).refunded_minor == 900


async def test_reconcile_reports_money_that_moved_twice(
    pool: Pool, clock: ManualClock, worker: Worker[Services], services: Services
) -> None:
    paid = await make_paid(pool, clock.now())
    await promise(pool, paid, clock.now(), 2000)
    await worker.run_until_idle()
    await pool.execute(
        """
        insert into sandbox.refunds (
            ref, payment_ref, amount_minor, currency, payer, our_id, attempt, state, created_at
        )
        select 'sbr_again', payment_ref, 2100, currency, payer, our_id, 2, state, created_at
        from sandbox.refunds
        """
    )
    report = await reconcile_all(services)
    assert {difference.finding for difference in report.needs_attention} == {
        Finding.MOVED_TWICE,
        Finding.OTHER_AMOUNT,
    }
    assert (await books(pool, paid)).refunded_minor == 2000
