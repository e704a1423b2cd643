"""News from the provider: disputes, refunds made elsewhere, answers; doubled, late and in any order."""

import itertools
from datetime import timedelta

import msgspec
import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.errors import Conflict
from amends.payments.commands_by_hand import retry_failed
from amends.payments.events import receive_event
from amends.payments.providers.port import BadEventSignature, PaymentSucceeded, ProviderEvent
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.payments.states import Settlement
from amends.services import Services
from tests.payments.books import books
from tests.payments.seed import Heard, make_paid, promise


async def later(worker: Worker[Services], clock: ManualClock, *, minutes: int = 1) -> None:
    clock.advance(timedelta(minutes=minutes))
    await worker.sweep()
    await worker.run_until_idle()


async def test_dispute_holds_what_is_not_sent_and_lets_it_go_when_the_merchant_wins(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider, heard: Heard
) -> None:
    paid = await make_paid(pool, clock.now())
    dispute = await sandbox.open_dispute(paid.payment_pid, 4900, "usd")
    await promise(pool, paid, clock.now())
    await pool.execute("delete from jobs.pgqueuer where entrypoint = 'refund'")
    await worker.run_until_idle()
    held = await books(pool, paid)
    assert (held.refunds, held.moved) == ([("on_hold", 4900)], [])
    assert (held.reserved_minor, held.disputed_minor) == (0, 4900)

    clock.advance(timedelta(days=40))
    await sandbox.close_dispute(dispute.ref, won=True)
    await worker.run_until_idle()
    found = await books(pool, paid)
    assert (found.refunds, found.moved) == ([("succeeded", 4900)], [4900])
    assert (found.refunded_minor, found.reserved_minor, found.disputed_minor) == (4900, 0, 0)
    assert heard.facts == ["opened", "closed, merchant won"]
    assert heard.settlements == [Settlement.ON_HOLD, Settlement.PENDING, Settlement.SUCCEEDED]


async def test_dispute_that_the_customer_wins_cancels_what_is_held(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider, heard: Heard
) -> None:
    paid = await make_paid(pool, clock.now())
    dispute = await sandbox.open_dispute(paid.payment_pid, 4900, "usd")
    await promise(pool, paid, clock.now(), 2000)
    await pool.execute("delete from jobs.pgqueuer where entrypoint = 'refund'")
    await worker.run_until_idle()
    await sandbox.close_dispute(dispute.ref, won=False)
    await worker.run_until_idle()
    await later(worker, clock)
    found = await books(pool, paid)
    assert (found.refunds, found.moved, found.disputed_minor) == ([("canceled", 2000)], [], 4900)
    assert heard.facts == ["opened", "closed, customer won"]


async def test_dispute_is_recorded_beside_a_refund_that_is_under_way(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    """The bank's claim is a fact: it counts up to what the refund under way leaves, and never above what was paid."""
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.TIMEOUT_AFTER_REFUND)
    await promise(pool, paid, clock.now(), 3000)
    await worker.run_until_idle()
    await sandbox.open_dispute(paid.payment_pid, 4900, "usd")
    await worker.run_until_idle()
    during = await books(pool, paid)
    assert (during.reserved_minor, during.disputed_minor) == (3000, 1900)
    await later(worker, clock)
    found = await books(pool, paid)
    assert (found.refunds, found.moved) == ([("succeeded", 3000)], [3000])
    assert (found.refunded_minor, found.disputed_minor) == (3000, 1900)


async def test_refund_that_may_have_been_sent_is_only_asked_about_while_a_dispute_is_open(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.FAIL_N_TIMES)
    await promise(pool, paid, clock.now())
    await worker.run_until_idle()
    dispute = await sandbox.open_dispute(paid.payment_pid, 4900, "usd")
    await worker.run_until_idle()
    await later(worker, clock)
    held = await books(pool, paid)
    assert (held.refunds, held.moved, held.disputed_minor) == ([("on_hold", 4900)], [], 4900)
    await sandbox.close_dispute(dispute.ref, won=True)
    await worker.run_until_idle()
    assert (await books(pool, paid)).moved == [4900]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_doubled_events_in_any_order_end_in_the_same_books(
    pool: Pool,
    clock: ManualClock,
    worker: Worker[Services],
    sandbox: SandboxProvider,
    services: Services,
    order: tuple[int, ...],
) -> None:
    paid = await make_paid(pool, clock.now())
    dispute = await sandbox.open_dispute(paid.payment_pid, 2000, "usd")
    await sandbox.refund_elsewhere(paid.payment_pid, 1000, "usd")
    await sandbox.close_dispute(dispute.ref, won=False)
    events = await sandbox.due_events()
    for event in [events[place] for place in order for _ in range(2)]:
        await receive_event(pool, "sandbox", sandbox, sandbox.sign(event.body), event.body, clock.now())
        await worker.run_until_idle()
    found = await books(pool, paid)
    assert (found.refunded_minor, found.disputed_minor) == (1000, 2000)
    assert found.refunds == [("succeeded", 1000)]
    states = await pool.fetch("select state, counted_minor from disputes")
    assert [tuple(row) for row in states] == [("lost", 2000)]


async def test_refund_elsewhere_takes_the_money_of_a_promise(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider, heard: Heard
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.DECLINE)
    await promise(pool, paid, clock.now())
    await worker.run_until_idle()
    await sandbox.refund_elsewhere(paid.payment_pid, 4900, "usd")
    await worker.run_until_idle()
    found = await books(pool, paid)
    assert sorted(found.refunds) == [("canceled", 4900), ("succeeded", 4900)]
    assert (found.refunded_minor, found.reserved_minor) == (4900, 0)
    assert heard.facts == ["elsewhere 4900, 0 left"]
    assert heard.settlements[-1] is Settlement.SUCCEEDED


async def test_promise_that_no_longer_fits_fails_for_a_person_to_decide(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider, services: Services
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.refund_elsewhere(paid.payment_pid, 1000, "usd")
    refund_id = await promise(pool, paid, clock.now())
    await pool.execute("delete from jobs.pgqueuer where entrypoint = 'refund'")
    await worker.run_until_idle()
    found = await books(pool, paid)
    assert sorted(found.refunds) == [("failed", 4900), ("succeeded", 1000)]
    assert (found.refunded_minor, found.reserved_minor) == (1000, 0)
    with pytest.raises(Conflict) as refusal:
        async with transaction(pool) as connection:
            await retry_failed(
                connection, services.case_notices, account_id=paid.account_id, refund_id=refund_id, now=clock.now()
            )
    assert refusal.value.code == "refundable_changed"
    assert (await books(pool, paid)).refunds == found.refunds


async def test_late_event_comes_before_or_after_we_ask(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    """An hour late: asking in between finds it under way, and changes nothing."""
    paid = await make_paid(pool, clock.now())
    await sandbox.behave(paid.payment_pid, Kind.LATE_EVENT, delay_ms=3_600_000)
    await promise(pool, paid, clock.now())
    await worker.run_until_idle()
    for _ in range(3):
        await later(worker, clock, minutes=15)
        found = await books(pool, paid)
        assert (found.refunds, found.moved, found.reserved_minor) == ([("pending", 4900)], [], 4900)
    await later(worker, clock, minutes=16)
    found = await books(pool, paid)
    assert (found.refunds, found.moved) == ([("succeeded", 4900)], [4900])


async def test_event_of_an_unknown_payment_waits_for_it_and_stays_visible(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    paid = await make_paid(pool, clock.now())
    await sandbox.refund_elsewhere("ch_unknown", 900, "usd")
    await worker.run_until_idle()
    assert await pool.fetchval("select failure from provider_events where applied_at is null") == "unknown_payment"
    await pool.execute(
        "insert into provider_refs (provider, ref, account_id, payment_id) values ('sandbox', 'ch_unknown', $1, $2)",
        paid.account_id,
        paid.payment_id,
    )
    await later(worker, clock)
    assert (await books(pool, paid)).refunded_minor == 900
    await sandbox.refund_elsewhere("ch_never", 900, "usd")
    await worker.run_until_idle()
    await later(worker, clock, minutes=60 * 24 * 4)
    await later(worker, clock, minutes=60)
    left = await pool.fetch("select failure, next_try_at from provider_events where applied_at is null")
    assert [tuple(row) for row in left] == [("unknown_payment", None)]


async def test_event_of_another_provider_touches_nothing(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    paid = await make_paid(pool, clock.now())
    await pool.execute("update payments set provider = 'stripe'")
    await sandbox.refund_elsewhere(paid.payment_pid, 900, "usd")
    await worker.run_until_idle()
    assert (await books(pool, paid)).refunded_minor == 0


async def test_payment_that_goes_through_becomes_paid(
    pool: Pool, clock: ManualClock, worker: Worker[Services], sandbox: SandboxProvider
) -> None:
    paid = await make_paid(pool, clock.now())
    await pool.execute("update payments set status = 'pending', paid_at = null")
    event = ProviderEvent(id="evt_1", happening=PaymentSucceeded(payment_ref=paid.payment_pid, paid_at=clock.now()))
    body = msgspec.json.encode(event)
    await receive_event(pool, "sandbox", sandbox, sandbox.sign(body), body, clock.now())
    await worker.run_until_idle()
    row = await pool.fetchrow("select status, paid_at from payments")
    assert row is not None
    assert tuple(row) == ("paid", clock.now())


async def test_message_is_refused_unless_signed_lately(
    pool: Pool, clock: ManualClock, sandbox: SandboxProvider
) -> None:
    body = b'{"id":"evt_1"}'
    headers = sandbox.sign(body)
    wrong = (
        ({}, body, 0),
        (headers, body + b" ", 0),
        (headers, body, 400),
        (headers, body, -400),
        ({name: value.replace("v1=", "v1=0") for name, value in headers.items()}, body, 0),
        (dict.fromkeys(headers, "t=²,v1=é"), body, 0),
    )
    for given, text, seconds in wrong:
        with pytest.raises(BadEventSignature):
            await receive_event(pool, "sandbox", sandbox, given, text, clock.now() + timedelta(seconds=seconds))
    assert await pool.fetchval("select count(*) from provider_events") == 0
