"""A refund from promise to money, over every behaviour of the provider: it moves exactly once, whatever happens."""

from datetime import timedelta
from typing import Any

import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.errors import Conflict
from amends.payments.commands import cancel_refund_intents, lock_payment, refund_standing, write_merchant_credit
from amends.payments.commands_by_hand import resolve_by_hand, retry_failed
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.payments.states import Settlement
from amends.services import Services
from tests.payments.books import books
from tests.payments.seed import Heard, make_paid, promise


async def settle(worker: Worker[Services], clock: ManualClock, *, times: int = 6) -> None:
    """Let jobs and sweeps run as the clock goes on."""
    await worker.run_until_idle()
    for _ in range(times):
        clock.advance(timedelta(hours=1))
        await worker.sweep()
        await worker.run_until_idle()


@pytest.mark.parametrize(
    ("kind", "options", "settlements"),
    [
        (Kind.SUCCEED, {}, [Settlement.SUCCEEDED]),
        (Kind.SLOW, {"delay_ms": 20}, [Settlement.SUCCEEDED]),
        (Kind.SLOW, {"delay_ms": 2000}, [Settlement.SUCCEEDED]),
        (Kind.TIMEOUT_AFTER_REFUND, {}, [Settlement.SUCCEEDED]),
        (Kind.TIMEOUT_AFTER_REFUND, {"times": 3}, [Settlement.SUCCEEDED]),
        (Kind.FAIL_N_TIMES, {"times": 3}, [Settlement.SUCCEEDED]),
        (Kind.FAIL_N_TIMES, {"times": 2, "code": "insufficient_balance"}, [Settlement.SUCCEEDED]),
        (Kind.LATE_EVENT, {"delay_ms": 60_000}, [Settlement.SUCCEEDED]),
        (Kind.ANSWER_TWICE, {}, [Settlement.SUCCEEDED]),
    ],
)
async def test_every_behaviour_moves_the_money_once(
    pool: Pool,
    clock: ManualClock,
    worker: Worker[Services],
    sandbox: SandboxProvider,
    heard: Heard,
    kind: Kind,
    options: dict[str, Any],
    settlements: list[Settlement],
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, kind, **options)
    await promise(pool, paid, clock.now())
    reserved = await books(pool, paid)
    assert (reserved.reserved_minor, reserved.refunded_minor, reserved.refunds) == (4900, 0, [("pending", 4900)])

    await settle(worker, clock, times=12)

    found = await books(pool, paid)
    assert found.moved == [4900]
    assert found.refunds == [("succeeded", 4900)]
    assert (found.reserved_minor, found.refunded_minor) == (0, 4900)
    assert heard.settlements == settlements


async def test_declined_refund_fails_and_a_person_tries_again(
    pool: Pool,
    clock: ManualClock,
    worker: Worker[Services],
    services: Services,
    sandbox: SandboxProvider,
    heard: Heard,
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.DECLINE)
    refund_id = await promise(pool, paid, clock.now())
    await settle(worker, clock)
    failed = await books(pool, paid)
    assert failed.moved == []
    assert failed.refunds == [("failed", 4900)]
    assert failed.reserved_minor == 4900, "what was promised stays reserved until a person decides"

    async with transaction(pool) as connection:
        await retry_failed(
            connection, services.case_notices, account_id=paid.account_id, refund_id=refund_id, now=clock.now()
        )
    await settle(worker, clock)
    found = await books(pool, paid)
    assert (found.moved, found.refunds, found.reserved_minor) == ([4900], [("succeeded", 4900)], 0)
    assert heard.settlements == [Settlement.FAILED, Settlement.PENDING, Settlement.SUCCEEDED]
    with pytest.raises(Conflict) as refusal:
        async with transaction(pool) as connection:
            await retry_failed(
                connection, services.case_notices, account_id=paid.account_id, refund_id=refund_id, now=clock.now()
            )
    assert refusal.value.code == "refund_not_failed"


async def test_failed_refund_is_resolved_by_hand(
    pool: Pool,
    clock: ManualClock,
    worker: Worker[Services],
    services: Services,
    sandbox: SandboxProvider,
    heard: Heard,
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.DECLINE)
    refund_id = await promise(pool, paid, clock.now())
    await settle(worker, clock)

    async with transaction(pool) as connection:
        await resolve_by_hand(
            connection,
            services.case_notices,
            account_id=paid.account_id,
            refund_id=refund_id,
            note="Paid by bank transfer.",
            amount_minor=4000,
            now=clock.now(),
        )
    await settle(worker, clock)
    found = await books(pool, paid)
    assert (found.moved, found.refunds) == ([], [("succeeded", 4000)])
    assert (found.refunded_minor, found.reserved_minor) == (4000, 0)
    assert heard.settlements[-1] is Settlement.SUCCEEDED


async def test_losing_the_whole_queue_loses_nothing(pool: Pool, clock: ManualClock, worker: Worker[Services]) -> None:
    paid = await make_paid(pool, clock.now())
    await promise(pool, paid, clock.now())
    await pool.execute("delete from jobs.pgqueuer")
    await worker.sweep()
    await worker.sweep()
    assert await pool.fetchval("select count(*) from jobs.pgqueuer") == 1
    await worker.run_until_idle()
    assert (await books(pool, paid)).moved == [4900]


async def test_old_call_is_asked_about_before_it_is_repeated(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    """The sandbox forgets a key after a day: repeating the call then would refund twice."""
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.TIMEOUT_AFTER_REFUND)
    await promise(pool, paid, clock.now())
    await worker.run_until_idle()
    assert (await books(pool, paid)).refunds == [("pending", 4900)]

    clock.advance(timedelta(hours=30))
    await worker.sweep()
    await worker.run_until_idle()
    found = await books(pool, paid)
    assert (found.moved, found.refunds) == ([4900], [("succeeded", 4900)])


async def test_no_more_is_promised_than_is_left(pool: Pool, clock: ManualClock) -> None:
    paid = await make_paid(pool, clock.now())
    await promise(pool, paid, clock.now(), 2000)
    with pytest.raises(Conflict) as refusal:
        await promise(pool, paid, clock.now(), 2901)
    assert refusal.value.code == "refundable_changed"
    await promise(pool, paid, clock.now(), 2900)
    assert (await books(pool, paid)).reserved_minor == 4900


async def test_unsent_promise_can_be_taken_back_and_a_sent_one_cannot(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    unsent, sent = await make_paid(pool, clock.now()), await make_paid(pool, clock.now())
    await sandbox.behave(sent.payment_pid, Kind.TIMEOUT_AFTER_REFUND)
    await promise(pool, sent, clock.now())
    await worker.run_until_idle()
    await promise(pool, unsent, clock.now())
    for paid, in_flight_minor in ((unsent, 0), (sent, 4900)):
        async with transaction(pool) as connection:
            await lock_payment(connection, paid.account_id, paid.payment_id)
            assert (await cancel_refund_intents(connection, paid.account_id, paid.case_id, clock.now())) == (
                await refund_standing(connection, paid.account_id, paid.case_id)
            )
            assert (await refund_standing(connection, paid.account_id, paid.case_id)).in_flight_minor == in_flight_minor
    await settle(worker, clock)
    assert (await books(pool, unsent)).moved == []
    assert (await books(pool, unsent)).reserved_minor == 0
    assert (await books(pool, sent)).refunds == [("succeeded", 4900)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Kind.SUCCEED, {}),
        (Kind.TIMEOUT_AFTER_REFUND, {}),
        (Kind.FAIL_N_TIMES, {"times": 3}),
        (Kind.SLOW, {"delay_ms": 9}),
    ],
)
async def test_merchant_credit_moves_once(
    pool: Pool,
    clock: ManualClock,
    worker: Worker[Services],
    sandbox: SandboxProvider,
    kind: Kind,
    options: dict[str, Any],
) -> None:
    paid = await make_paid(pool, clock.now())
    account_pid = await pool.fetchval("select pid from accounts where id = $1", paid.account_id)
    await sandbox.behave(account_pid, kind, **options)
    async with transaction(pool) as connection:
        payment = await lock_payment(connection, paid.account_id, paid.payment_id)
        await write_merchant_credit(
            connection, payment=payment, case_id=paid.case_id, amount_minor=4900, now=clock.now()
        )
    await settle(worker, clock)
    assert [tuple(row) for row in await pool.fetch("select state, amount_minor from merchant_credits")] == [
        ("succeeded", 4900)
    ]
    assert [tuple(row) for row in await pool.fetch("select account_ref, amount_minor from sandbox.credits")] == [
        (account_pid, 4900)
    ]
