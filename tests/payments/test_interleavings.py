"""Random lives of a payment: jobs that crash anywhere or run twice, answers and events in any order, banks, people.

Whatever happens, in each moment the books hold no more than was paid, the provider has moved no more than was paid and
each refund of ours at most once; and when the dust settles both say the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.kit.errors import Conflict
from amends.payments.calling import Unknown, carry_out
from amends.payments.commands import cancel_refund_intents, lock_payment
from amends.payments.commands_attempts import begin_refund_try
from amends.payments.commands_by_hand import close_failed, resolve_by_hand, retry_failed
from amends.payments.events import receive_event
from amends.payments.jobs import apply_provider_event, move_refund
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import DueEvent, Kind
from amends.payments.reconcile import reconcile_all
from amends.payments.work import ProviderEventWork, RefundWork
from amends.services import Services
from tests.payments.books import books
from tests.payments.seed import ACCOUNT, Paid, make_paid, promise

PAID = 100


@dataclass
class Life:
    """One payment and the hands that play with it."""

    services: Services
    sandbox: SandboxProvider
    clock: ManualClock
    paid: Paid
    numbers: list[int]
    refunds: list[UUID] = field(default_factory=list[UUID])
    disputes: list[str] = field(default_factory=list[str])
    events: list[DueEvent] = field(default_factory=list[DueEvent])

    def number(self, below: int) -> int:
        """Take the next random number."""
        self.numbers = [*self.numbers[1:], self.numbers[0]]
        return self.numbers[-1] % below

    def some_refund(self) -> UUID | None:
        return self.refunds[self.number(len(self.refunds))] if self.refunds else None

    async def promises(self) -> None:
        try:
            self.refunds.append(await promise(self.services.pool, self.paid, self.clock.now(), 1 + self.number(PAID)))
        except Conflict:
            return

    async def behaves(self) -> None:
        kind = list(Kind)[self.number(len(Kind))]
        code = [None, "insufficient_balance", "declined"][self.number(3)]
        await self.sandbox.behave(
            self.paid.payment_pid, kind, times=1 + self.number(2), delay_ms=self.number(5), code=code, limit_minor=PAID
        )

    async def works(self) -> None:
        for refund_id in self.refunds:
            await move_refund(self.services, RefundWork(account_id=ACCOUNT, refund_id=refund_id))

    async def works_twice_at_once(self) -> None:
        work = [RefundWork(account_id=ACCOUNT, refund_id=refund_id) for refund_id in self.refunds]
        await asyncio.gather(*(move_refund(self.services, each) for each in work * 2))

    async def everything_at_once(self) -> None:
        """Let all hands act at the same moment."""
        due = await self.sandbox.due_events()
        await asyncio.gather(
            self.works(),
            *(self.takes_in(event) for event in (*due, *self.events)),
            self.promises(),
            self.person_acts(),
            self.takes_back(),
            self.works(),
        )

    async def crashes(self) -> None:
        """Die before the call, or after it and before the answer is written down."""
        refund_id = self.some_refund()
        if refund_id is None:
            return
        async with transaction(self.services.pool) as connection:
            attempt = await begin_refund_try(
                connection, self.services.case_notices, ACCOUNT, refund_id, self.clock.now()
            )
        if attempt is not None and self.number(2):
            try:
                await carry_out(self.services.providers, attempt)
            except Unknown:
                return

    async def disputed(self) -> None:
        dispute = await self.sandbox.open_dispute(self.paid.payment_pid, 1 + self.number(PAID), "usd")
        self.disputes.append(dispute.ref)

    async def bank_decides(self) -> None:
        if self.disputes:
            ref = self.disputes.pop(self.number(len(self.disputes)))
            await self.sandbox.close_dispute(ref, won=bool(self.number(2)))

    async def refunded_elsewhere(self) -> None:
        left = PAID - await self.moved()
        if left > 0:
            await self.sandbox.refund_elsewhere(self.paid.payment_pid, 1 + self.number(left), "usd")

    async def hears(self) -> None:
        """Take in some of the news, doubled and out of order; keep the rest for later."""
        for event in await self.sandbox.due_events():
            await self.sandbox.delivered(event.id)
            self.events += [event] * event.copies
        for _ in range(min(3, len(self.events))):
            event = self.events[self.number(len(self.events))]
            if self.number(2):
                self.events.remove(event)
            await self.takes_in(event)

    async def takes_in(self, event: DueEvent) -> None:
        pool, now = self.services.pool, self.clock.now()
        await receive_event(pool, "sandbox", self.sandbox, self.sandbox.sign(event.body), event.body, now)
        await apply_provider_event(self.services, ProviderEventWork(provider="sandbox", event_id=event.id))

    async def waits(self) -> None:
        self.clock.advance(timedelta(seconds=[1, 60, 3_700, 30 * 3_600][self.number(4)]))

    async def person_acts(self) -> None:
        refund_id = self.some_refund()
        if refund_id is None:
            return
        notices, now = self.services.case_notices, self.clock.now()
        try:
            async with transaction(self.services.pool) as connection:
                match self.number(4):
                    case 0:
                        await resolve_by_hand(
                            connection, notices, account_id=ACCOUNT, refund_id=refund_id, note="By hand.", now=now
                        )
                    case 1:
                        await close_failed(
                            connection, notices, account_id=ACCOUNT, refund_id=refund_id, note="Closed.", now=now
                        )
                    case _:
                        await retry_failed(connection, notices, account_id=ACCOUNT, refund_id=refund_id, now=now)
        except Conflict:
            return

    async def takes_back(self) -> None:
        async with transaction(self.services.pool) as connection:
            await lock_payment(connection, ACCOUNT, self.paid.payment_id)
            await cancel_refund_intents(connection, ACCOUNT, self.paid.case_id, self.clock.now())

    async def reconciles(self) -> None:
        await reconcile_all(self.services)

    async def moved(self) -> int:
        """Return what the provider has moved, or will have."""
        return await self.services.pool.fetchval(
            """
            select coalesce(sum(amount_minor), 0)::bigint
            from sandbox.refunds
            where payment_ref = $1 and state <> 'failed'
            """,
            self.paid.payment_pid,
        )

    async def check(self) -> None:
        """Hold the invariants of every moment."""
        found = await books(self.services.pool, self.paid)
        assert found.refunded_minor + found.reserved_minor + found.disputed_minor <= PAID
        assert await self.moved() <= PAID
        doubled = await self.services.pool.fetch(
            """
            select our_id
            from sandbox.refunds
            where payment_ref = $1 and our_id is not null and state <> 'failed'
            group by our_id
            having count(*) > 1
            """,
            self.paid.payment_pid,
        )
        assert doubled == []

    async def dust_settles(self) -> None:
        """Let the banks decide, the provider behave and everything arrive."""
        await self.sandbox.behave(self.paid.payment_pid, Kind.SUCCEED, limit_minor=PAID)
        while self.disputes:
            await self.sandbox.close_dispute(self.disputes.pop(), won=True)
        for _ in range(3):
            self.clock.advance(timedelta(hours=25))
            for event in (*self.events, *await self.sandbox.due_events()):
                await self.takes_in(event)
                await self.sandbox.delivered(event.id)
            await self.works()

    async def check_settled(self) -> None:
        """Compare what we say has moved with what has."""
        pool = self.services.pool
        ours = await pool.fetch(
            "select pid, amount_minor, state from refunds where payment_id = $1 and method = 'provider'",
            self.paid.payment_id,
        )
        assert {row["state"] for row in ours} <= {"succeeded", "failed", "canceled"}
        theirs = await pool.fetch(
            "select our_id, amount_minor from sandbox.refunds where payment_ref = $1 and our_id is not null",
            self.paid.payment_pid,
        )
        succeeded = {row["pid"]: row["amount_minor"] for row in ours if row["state"] == "succeeded"}
        assert succeeded == {row["our_id"]: row["amount_minor"] for row in theirs}
        assert len(theirs) == len(succeeded)
        all_succeeded: int = await pool.fetchval(
            "select coalesce(sum(amount_minor), 0)::bigint from refunds where payment_id = $1 and state = 'succeeded'",
            self.paid.payment_id,
        )
        found = await books(pool, self.paid)
        assert found.refunded_minor == min(all_succeeded, PAID)


STEPS: list[Callable[[Life], Awaitable[None]]] = [
    Life.promises,
    Life.behaves,
    Life.works,
    Life.works_twice_at_once,
    Life.everything_at_once,
    Life.crashes,
    Life.disputed,
    Life.bank_decides,
    Life.refunded_elsewhere,
    Life.hears,
    Life.waits,
    Life.person_acts,
    Life.takes_back,
    Life.reconciles,
]
LIKELY = [Life.promises, Life.works, Life.crashes, Life.hears, Life.waits]


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.sampled_from(STEPS + LIKELY), min_size=3, max_size=25),
    numbers=st.lists(st.integers(0, 10_000), min_size=40, max_size=40),
)
async def test_money_moves_exactly_once_whatever_happens(
    services: Services,
    sandbox: SandboxProvider,
    clock: ManualClock,
    steps: list[Callable[[Life], Awaitable[None]]],
    numbers: list[int],
) -> None:
    paid = await make_paid(services.pool, clock.now(), amount_minor=PAID)
    life = Life(services, sandbox, clock, paid, numbers)
    await sandbox.behave(paid.payment_pid, Kind.SUCCEED, limit_minor=PAID)
    await life.promises()
    for step in steps:
        await step(life)
        await life.check()
    await life.dust_settles()
    await life.check()
    await life.check_settled()
