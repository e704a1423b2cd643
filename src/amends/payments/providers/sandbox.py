"""The built-in provider: moves money in its own schema, over its own connections, and misbehaves when told to.

Idempotent by key as real providers are: one transaction of its own claims the key, moves the money and remembers the
answer. It refuses more than a payment has only if it was told the limit: what it would let through shows what we sent.
Its events lie in an outbox until they are delivered, signed, to where every provider's go.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from amends.db.jobs import enqueue_many
from amends.db.pool import Connection, Pool, create_pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.ids import base58, uuid7
from amends.kit.signing import Signer
from amends.payments.providers import sandbox_memory as memory
from amends.payments.providers import signature
from amends.payments.providers.port import (
    BankDispute,
    CreditCall,
    DisputeClosed,
    DisputeOpened,
    Happening,
    MoneyState,
    Movement,
    NoAnswer,
    Pending,
    ProviderEvent,
    Purpose,
    RefundCall,
    RefundUpdated,
    Refused,
    Result,
    Succeeded,
)
from amends.payments.providers.sandbox_memory import Behaviour, DueEvent, Kind
from amends.payments.states import Payer
from amends.payments.work import sandbox_job

NAME: Final = "sandbox"
TIMEOUT_S: Final = 10.0
LIST_PAGE: Final = 500

_read = msgspec.json.Decoder(ProviderEvent)
Move = Callable[[Connection, str, MoneyState, datetime], Awaitable[None]]


class SandboxProvider:
    """Implements `PaymentProvider`, and what a demonstration or a test does in the bank's and the customer's place."""

    def __init__(self, pool: Pool, *, clock: Clock, secret: bytes, timeout_s: float = TIMEOUT_S) -> None:
        self._pool = pool
        self._clock = clock
        self._secret = secret
        self._timeout_s = timeout_s

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, clock: Clock, signer: Signer, timeout_s: float = TIMEOUT_S, max_size: int = 4
    ) -> AsyncGenerator["SandboxProvider"]:
        """Open the provider over connections of its own to the database at the URL."""
        pool = await create_pool(url, min_size=0, max_size=max_size, application="amends sandbox provider")
        async with pool:
            yield cls(pool, clock=clock, secret=event_secret(signer), timeout_s=timeout_s)

    async def refund(self, call: RefundCall) -> Result:
        """Give money back to the customer; the same purpose never moves it twice.

        Raises:
            NoAnswer: see there.
        """

        async def move(connection: Connection, ref: str, state: MoneyState, now: datetime) -> None:
            await _insert_refund(
                connection,
                Movement(
                    ref=ref,
                    target_ref=call.payment_ref,
                    amount_minor=call.amount_minor,
                    currency=call.currency,
                    state=state,
                    purpose=call.purpose,
                    created_at=now,
                ),
                call.payer,
            )

        return await self._answer(call.purpose, call.payment_ref, call, move)

    async def credit(self, call: CreditCall) -> Result:
        """Give the platform's money to a merchant; the same purpose never moves it twice.

        Raises:
            NoAnswer: see there.
        """

        async def move(connection: Connection, ref: str, state: MoneyState, now: datetime) -> None:
            purpose = call.purpose
            money = (call.amount_minor, call.currency, purpose.our_id, purpose.attempt)
            await connection.execute(memory.INSERT_CREDIT_SQL, ref, call.account_ref, *money, state, now)

        return await self._answer(call.purpose, call.account_ref, call, move)

    async def find_refunds(self, our_id: str) -> list[Movement]:
        """Return every refund whose metadata carries our row's public id."""
        return await self._find(memory.FIND_REFUNDS_SQL, our_id)

    async def find_credits(self, our_id: str) -> list[Movement]:
        """Return every credit whose metadata carries our row's public id."""
        return await self._find(memory.FIND_CREDITS_SQL, our_id)

    async def list_refunds(self, since: datetime) -> AsyncIterator[Movement]:
        """Return all refunds made since a time, oldest first."""
        after: tuple[datetime, str] | None = (since, "")
        while after is not None:
            with _unanswered():
                rows = await self._pool.fetch(memory.LIST_REFUNDS_SQL, *after, LIST_PAGE)
            for row in rows:
                yield memory.movement(row)
            after = (rows[-1]["created_at"], rows[-1]["ref"]) if len(rows) == LIST_PAGE else None

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent | None:
        """Verify and read one message."""
        signature.check(self._secret, headers, body, now)
        return _read.decode(body)

    # How it behaves, and what others do to a payment.

    async def behave(
        self,
        payment_ref: str,
        kind: Kind,
        *,
        times: int = 1,
        delay_ms: int = 0,
        code: str | None = None,
        limit_minor: int | None = None,
    ) -> None:
        """Let the next `times` calls on a payment (for credits: on an account) behave like `kind`."""
        await self._pool.execute(memory.SET_BEHAVIOUR_SQL, payment_ref, kind, times, delay_ms, code, limit_minor)

    async def refund_elsewhere(self, payment_ref: str, amount_minor: int, currency: str) -> str:
        """Refund a payment without Amends, and return the refund's ref."""
        now = self._clock.now()
        made = Movement(
            ref=_new_ref("sbr", now),
            target_ref=payment_ref,
            amount_minor=amount_minor,
            currency=currency,
            state=MoneyState.SUCCEEDED,
            purpose=None,
            created_at=now,
        )
        async with transaction(self._pool) as connection:
            await _insert_refund(connection, made, Payer.MERCHANT)
            await self._tell(connection, RefundUpdated(made), now)
        return made.ref

    async def open_dispute(
        self, payment_ref: str, amount_minor: int, currency: str, reason: str = "fraudulent"
    ) -> BankDispute:
        """Let the customer's bank claim money back."""
        now = self._clock.now()
        dispute = BankDispute(
            ref=_new_ref("sbd", now),
            payment_ref=payment_ref,
            amount_minor=amount_minor,
            currency=currency,
            reason=reason,
            opened_at=now,
        )
        row = (dispute.ref, payment_ref, amount_minor, currency, reason, now)
        async with transaction(self._pool) as connection:
            await connection.execute(memory.INSERT_DISPUTE_SQL, *row)
            await self._tell(connection, DisputeOpened(dispute), now)
        return dispute

    async def close_dispute(self, ref: str, *, won: bool) -> BankDispute:
        """Let the bank decide; `won` from the merchant's perspective."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            dispute = await memory.close_dispute(connection, ref, won=won, now=now)
            await self._tell(connection, DisputeClosed(dispute), now)
        return dispute

    async def has_due_events(self) -> bool:
        """Tell whether something is to be delivered."""
        return bool(await self._pool.fetchval(memory.HAS_DUE_EVENTS_SQL, self._clock.now()))

    async def due_events(self) -> list[DueEvent]:
        """Return events to be delivered now; what they tell has happened by then."""
        due: list[DueEvent] = []
        async with transaction(self._pool) as connection:
            for row in await connection.fetch(memory.DUE_EVENTS_SQL, self._clock.now()):
                event = msgspec.convert(row["body"], ProviderEvent)
                if isinstance(event.happening, RefundUpdated):
                    await connection.execute(memory.SUCCEED_LATE_SQL, event.happening.refund.ref)
                due.append(DueEvent(id=event.id, body=msgspec.json.encode(event), copies=row["copies"]))
        return due

    async def delivered(self, event_id: str) -> None:
        """Take note that an event has arrived."""
        await self._pool.execute(memory.DELIVERED_SQL, event_id, self._clock.now())

    def sign(self, body: bytes) -> dict[str, str]:
        """Return the headers that prove a message of ours."""
        return signature.sign(self._secret, body, self._clock.now())

    # Inside.

    async def _answer(self, purpose: Purpose, target_ref: str, request: Any, move: Move) -> Result:
        with _unanswered():
            async with asyncio.timeout(self._timeout_s):
                await self._dawdle(target_ref)
                async with transaction(self._pool) as connection:
                    result = await self._move_once(connection, purpose, target_ref, request, move)
        if result is None:
            raise NoAnswer("the sandbox keeps silent")
        return result

    async def _dawdle(self, target_ref: str) -> None:
        """Be slow if told to; that is used up before the wait, so that a caller who gives up finds an end too."""
        async with self._pool.acquire() as connection:
            behaviour = await memory.behaviour_of(connection, target_ref)
            if behaviour.kind is Kind.SLOW:
                await connection.execute(memory.COUNT_DOWN_SQL, target_ref)
        if behaviour.kind is Kind.SLOW:
            await asyncio.sleep(behaviour.delay_ms / 1000)

    async def _move_once(
        self, connection: Connection, purpose: Purpose, target_ref: str, request: Any, move: Move
    ) -> Result | None:
        """Answer a call as its key was answered before, or else as the payment behaves; None: no answer."""
        now = self._clock.now()
        if not await memory.claim_key(connection, purpose.key, request, now):
            asked, result = await memory.answered(connection, purpose.key)
            same = asked == msgspec.to_builtins(request)
            return result if same else Refused("idempotency_key_reused", "The key was used for another call.")
        behaviour = await memory.behaviour_of(connection, target_ref)
        await connection.execute(memory.COUNT_DOWN_SQL, target_ref)
        if behaviour.kind is Kind.FAIL_N_TIMES and behaviour.code is None:
            await connection.execute(memory.RELEASE_KEY_SQL, purpose.key)
            return None
        result = await _refusal(connection, behaviour, target_ref, request)
        if result is None:
            late = behaviour.kind is Kind.LATE_EVENT and isinstance(request, RefundCall)
            result = await self._move(connection, behaviour, purpose, move, late=late)
        await connection.execute(memory.ANSWER_SQL, purpose.key, result)
        return None if behaviour.kind is Kind.TIMEOUT_AFTER_REFUND else result

    async def _move(
        self, connection: Connection, behaviour: Behaviour, purpose: Purpose, move: Move, *, late: bool
    ) -> Result:
        """Move the money, and write the events where the payment behaves so that there are any."""
        now = self._clock.now()
        ref = _new_ref("sbr", now)
        await move(connection, ref, MoneyState.PENDING if late else MoneyState.SUCCEEDED, now)
        if late or behaviour.kind is Kind.ANSWER_TWICE:
            for row in await connection.fetch(memory.FIND_REFUNDS_SQL, purpose.our_id):
                if row["ref"] == ref:
                    told = msgspec.structs.replace(memory.movement(row), state=MoneyState.SUCCEEDED)
                    deliver_at = now + timedelta(milliseconds=behaviour.delay_ms)
                    await self._tell(connection, RefundUpdated(told), now, copies=1 if late else 2, at=deliver_at)
        return Pending(ref) if late else Succeeded(ref)

    async def _tell(
        self,
        connection: Connection,
        happening: Happening,
        now: datetime,
        *,
        copies: int = 1,
        at: datetime | None = None,
    ) -> None:
        event = ProviderEvent(id=_new_ref("sbe", now), happening=happening)
        await memory.write_event(connection, event, copies=copies, deliver_at=at or now)
        if at is None or at <= now:
            await enqueue_many(connection, [sandbox_job()])

    async def _find(self, statement: str, our_id: str) -> list[Movement]:
        with _unanswered():
            return [memory.movement(row) for row in await self._pool.fetch(statement, our_id)]


REFUSALS: Final = {
    "account_closed": "The card or account that paid was closed.",
    "processing_error": "The card network did not take the refund this time.",
}
"""What a provider says of a refusal, by its code; of others, that it was asked for."""


async def _refusal(connection: Connection, behaviour: Behaviour, target_ref: str, request: Any) -> Refused | None:
    if behaviour.kind in (Kind.DECLINE, Kind.FAIL_N_TIMES):
        code = behaviour.code or "declined"
        return Refused(code, REFUSALS.get(code, "The sandbox was told to refuse this."))
    if isinstance(request, RefundCall) and behaviour.limit_minor is not None:
        given: int = await connection.fetchval(memory.GIVEN_BACK_SQL, target_ref)
        if given + request.amount_minor > behaviour.limit_minor:
            return Refused("amount_too_large", "The payment has less left than this.")
    return None


async def _insert_refund(connection: Connection, refund: Movement, payer: Payer) -> None:
    purpose = refund.purpose
    await connection.execute(
        memory.INSERT_REFUND_SQL,
        refund.ref,
        refund.target_ref,
        refund.amount_minor,
        refund.currency,
        payer,
        purpose.our_id if purpose else None,
        purpose.attempt if purpose else None,
        refund.state,
        refund.created_at,
    )


@contextmanager
def _unanswered() -> Generator[None]:
    """Tell what breaks off between us and the sandbox's database as a real provider's silence."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:  # TimeoutError is an OSError
        raise NoAnswer(f"{type(problem).__name__}: {problem}") from problem


def _new_ref(prefix: str, now: datetime) -> str:
    return f"{prefix}_{base58(uuid7(now).int)}"


def event_secret(signer: Signer) -> bytes:
    """Return the secret of the sandbox's messages, derived from the installation's own."""
    return signer.sign("provider:sandbox", b"events").encode()
