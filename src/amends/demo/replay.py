"""Lives through the demo's cases in the order of time, with the clock where each step happened.

Between two steps the clocks of a case run: whatever falls due before the next step happens first, as the system's own
job would do it. After each step the jobs that it caused run, so that refunds settle and the bank's news arrives.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from amends.access.authenticate import user_caller
from amends.access.queries import find_user
from amends.access.resolve import case_scope
from amends.access.scopes import Caller, CustomerScope, Scope, system_scope
from amends.cases.claims import Remedy
from amends.cases.commands_open import open_case
from amends.cases.commands_system import expire_case
from amends.cases.queries_reasons import list_reasons
from amends.cases.reasons import ReasonCode
from amends.cases.rows import CaseRef
from amends.cases.states import Reason
from amends.db.transactions import transaction
from amends.demo.acts import act, share_minor
from amends.demo.cast import acting_user
from amends.demo.files import Files
from amends.demo.queries import deadline_of
from amends.demo.queue import Queue
from amends.demo.scripts import Actor
from amends.demo.story import CasePlan, Planned
from amends.files.commands import AttachmentInput
from amends.kit.clock import ManualClock
from amends.kit.money import exponent, major_number
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.payments.work import REFUND
from amends.services import Services

JOBS_AFTER: Final = timedelta(seconds=45)
SWEEP_AFTER: Final = timedelta(seconds=20)
PAUSE: Final = timedelta(minutes=1)
"""At least this lies between two steps of a case."""
PENDING_FOR_MS: Final = 20 * 24 * 3600 * 1000
REFUSALS: Final = 100


class Scenery(msgspec.Struct, frozen=True):
    """What the import made, by the integrator's own ids."""

    accounts: dict[str, int]
    users: dict[str, Any]
    payments: dict[str, Any]
    """Rows: `id`, `pid`."""


def _remedy(plan: CasePlan) -> Remedy:
    product = plan.sale.product
    if plan.wants != "partial_refund":
        return Remedy(kind=plan.wants, text=plan.wish)
    return Remedy(kind=plan.wants, amount=major_number(product.price_minor // 2, exponent(product.currency)))


class _Life:
    """A case on its way through its script."""

    def __init__(self, plan: CasePlan, account_id: int) -> None:
        self.plan = plan
        self.account_id = account_id
        self.position = 0
        self.last_at = plan.steps[0].at - PAUSE
        self.deadline_at: datetime | None = None
        self.ref: CaseRef | None = None
        self.told: tuple[str, ...] = ()
        """Events that a decision can rely on."""
        self.dispute_ref = ""

    @property
    def step(self) -> Planned | None:
        """Return the next step; None: the script is at its end."""
        return self.plan.steps[self.position] if self.position < len(self.plan.steps) else None

    def next_at(self) -> datetime | None:
        """Return when the next thing happens, a step or a clock that runs out; None: nothing does."""
        step = self.step
        at = None if step is None or step.actor is Actor.CLOCK else max(step.at, self.last_at + PAUSE)
        runs_out = None if self.deadline_at is None else self.deadline_at + SWEEP_AFTER
        return min((moment for moment in (at, runs_out) if moment is not None), default=None)


class Replay:
    """Replays cases; `services` run on `clock`."""

    def __init__(self, services: Services, clock: ManualClock, queue: Queue, scenery: Scenery, files: Files) -> None:
        self._services = services
        self._clock = clock
        self._queue = queue
        self._scenery = scenery
        self._files = files
        self._callers: dict[str, Caller] = {}
        self._reasons: Mapping[str, ReasonCode] = {}
        sandbox = services.providers["sandbox"]
        if not isinstance(sandbox, SandboxProvider):
            raise TypeError("the demo runs on the sandbox provider")
        self._sandbox = sandbox

    async def run(self, plans: Sequence[CasePlan], advance: Callable[[str, int, int], None]) -> None:
        """Replay the cases up to the clock's time."""
        now, finished = self._clock.now(), 0
        self._reasons = {reason.code: reason for reason in await list_reasons(self._services.pool)}
        waiting = [
            (plan.steps[0].at, number, _Life(plan, self._scenery.accounts[plan.sale.account.key]))
            for number, plan in enumerate(plans)
        ]
        heapq.heapify(waiting)
        while waiting:
            at, number, life = heapq.heappop(waiting)
            self._clock.set(at)
            await self._live_on(life, at)
            later = life.next_at()
            if later is not None and later < now:
                heapq.heappush(waiting, (later, number, life))
            else:
                finished += 1
                advance("Replaying cases", finished, len(plans))

    async def _live_on(self, life: _Life, at: datetime) -> None:
        """Do what is next in a case's life: let its clock run out, or take the next step."""
        step = life.step
        if life.deadline_at is not None and life.deadline_at < at:
            await self._run_out(life, at)
            life.position += step is not None and step.actor is Actor.CLOCK
        elif step is not None:
            life.position += 1
            await self._take(life, step, at)
            if step.options.get("settle") is False and life.step is not None:
                await self._before_the_refund_goes(life, life.step)
        life.last_at = at
        self._clock.set(at + JOBS_AFTER)
        await self._queue.drain()
        await self._look(life)

    async def _before_the_refund_goes(self, life: _Life, step: Planned) -> None:
        """Take the step that comes between a decision and its refund."""
        life.position += 1
        self._clock.set(step.at)
        await self._take(life, step, step.at)
        await self._queue.drain(leave=REFUND)

    async def _run_out(self, life: _Life, at: datetime) -> None:
        if life.ref is None:
            return
        async with transaction(self._services.pool) as connection:
            await expire_case(connection, system_scope(), life.ref, now=at)

    async def _look(self, life: _Life) -> None:
        if life.ref is None:
            return
        async with self._services.pool.acquire() as connection:
            life.deadline_at = await deadline_of(connection, *life.ref)

    async def _take(self, life: _Life, step: Planned, at: datetime) -> None:
        if step.actor is Actor.BANK:
            await self._bank(life, step)
        elif life.ref is None:
            await self._open(life, step, at)
        else:
            await self._act(life, life.ref, step, at)

    async def _open(self, life: _Life, step: Planned, at: datetime) -> None:
        plan = life.plan
        payment = self._scenery.payments[plan.sale.id]
        await self._behave(plan.money, payment.pid)
        scope = await self._scope(life, step)
        if not isinstance(scope, CustomerScope):
            raise TypeError("a case is opened by its customer")
        async with transaction(self._services.pool) as connection:
            opened = await open_case(
                connection,
                scope,
                account_id=life.account_id,
                payment_id=payment.id,
                reason=Reason(plan.reason),
                message=step.message or "",
                attachments=self._attached(plan, 0),
                answers=plan.answers,
                remedy=_remedy(plan),
                now=at,
            )
        life.ref, life.told = opened.ref, (opened.event_pid,)

    async def _act(self, life: _Life, ref: CaseRef, step: Planned, at: datetime) -> None:
        user = acting_user(life.plan, step)
        async with transaction(self._services.pool) as connection:
            applied = await act(
                connection,
                await self._scope(life, step),
                ref,
                step,
                sale=life.plan.sale,
                files=self._attached(life.plan, life.position - 1),
                evidence=life.told[-2:],
                assignee=self._scenery.users[user].pid,
                reasons=self._reasons,
                now=at,
            )
        if step.verb not in ("note", "assign"):
            life.told = (*life.told, applied.event_pid)

    async def _bank(self, life: _Life, step: Planned) -> None:
        """Let the customer's bank or the merchant at the provider do something; its event is on its way then."""
        sale = life.plan.sale
        payment, currency = self._scenery.payments[sale.id].pid, sale.product.currency
        match step.verb:
            case "dispute_opened":
                life.dispute_ref = (await self._sandbox.open_dispute(payment, sale.amount_minor, currency)).ref
            case "dispute_won" | "dispute_lost":
                await self._sandbox.close_dispute(life.dispute_ref, won=step.verb == "dispute_won")
            case _:
                await self._sandbox.refund_elsewhere(payment, share_minor(step, sale) or sale.amount_minor, currency)

    async def _behave(self, money: str, payment: str) -> None:
        match money:
            case "decline":
                await self._sandbox.behave(payment, Kind.DECLINE, code="processing_error")
            case "refuse":
                await self._sandbox.behave(payment, Kind.DECLINE, times=REFUSALS, code="account_closed")
            case "pending":
                await self._sandbox.behave(payment, Kind.LATE_EVENT, delay_ms=PENDING_FOR_MS)
            case _:
                pass

    def _attached(self, plan: CasePlan, position: int) -> list[AttachmentInput]:
        return [AttachmentInput(id=pid) for pid in self._files.get((plan.sale.id, position), ())]

    async def _scope(self, life: _Life, step: Planned) -> Scope:
        caller = await self._caller(acting_user(life.plan, step))
        buyer = self._scenery.users[life.plan.sale.customer.id]
        scope = case_scope(caller, life.account_id, buyer.id)
        if scope is None:
            raise LookupError(f"{caller.principal.name} sees nothing of {life.plan.sale.id}")
        return scope

    async def _caller(self, user: str) -> Caller:
        caller = self._callers.get(user)
        if caller is None:
            found = await find_user(self._services.pool, user)
            if found is None:
                raise LookupError(user)
            caller = self._callers[user] = user_caller(*found)
        return caller
