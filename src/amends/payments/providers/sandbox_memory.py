"""What the sandbox provider remembers: statements on schema `sandbox`, each function inside the caller's transaction.

Owns nothing of Amends. A key is remembered for 24 hours, like elsewhere: after that the same call moves money again,
which is why a caller asks first.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import asyncpg
import msgspec

from amends.db.pool import Connection
from amends.payments.providers.port import BankDispute, MoneyState, Movement, ProviderEvent, Purpose, Result

KEY_KEPT_FOR: Final = timedelta(hours=24)

BEHAVIOUR_SQL: Final = """
    select kind, times_left, delay_ms, code, limit_minor
    from sandbox.behaviours
    where payment_ref = $1
"""
SET_BEHAVIOUR_SQL: Final = """
    insert into sandbox.behaviours (payment_ref, kind, times_left, delay_ms, code, limit_minor)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (payment_ref) do update
    set kind = excluded.kind,
        times_left = excluded.times_left,
        delay_ms = excluded.delay_ms,
        code = excluded.code,
        limit_minor = excluded.limit_minor
"""
COUNT_DOWN_SQL: Final = """
    update sandbox.behaviours
    set times_left = times_left - 1
    where payment_ref = $1 and times_left > 0
    returning times_left
"""
FORGET_KEY_SQL: Final = """
    delete from sandbox.calls
    where key = $1 and created_at < $2
"""
CLAIM_KEY_SQL: Final = """
    insert into sandbox.calls (key, request, answer, created_at)
    values ($1, $2, 'null', $3)
    on conflict (key) do nothing
    returning key
"""
RELEASE_KEY_SQL: Final = """
    delete from sandbox.calls
    where key = $1
"""
ANSWERED_SQL: Final = """
    select request, answer
    from sandbox.calls
    where key = $1
"""
ANSWER_SQL: Final = """
    update sandbox.calls
    set answer = $2
    where key = $1
"""
GIVEN_BACK_SQL: Final = """
    select coalesce(sum(amount_minor), 0)::bigint
    from sandbox.refunds
    where payment_ref = $1 and state <> 'failed'
"""
INSERT_REFUND_SQL: Final = """
    insert into sandbox.refunds (
        ref, payment_ref, amount_minor, currency, payer, our_id, attempt, state, created_at
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
INSERT_CREDIT_SQL: Final = """
    insert into sandbox.credits (ref, account_ref, amount_minor, currency, our_id, attempt, state, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
FIND_REFUNDS_SQL: Final = """
    select ref, payment_ref as target_ref, amount_minor, currency, our_id, attempt, state, created_at
    from sandbox.refunds
    where our_id = $1
    order by created_at, ref
"""
FIND_CREDITS_SQL: Final = """
    select ref, account_ref as target_ref, amount_minor, currency, our_id, attempt, state, created_at
    from sandbox.credits
    where our_id = $1
    order by created_at, ref
"""
LIST_REFUNDS_SQL: Final = """
    select ref, payment_ref as target_ref, amount_minor, currency, our_id, attempt, state, created_at
    from sandbox.refunds
    where (created_at, ref) > ($1, $2)
    order by created_at, ref
    limit $3
"""
SUCCEED_LATE_SQL: Final = """
    update sandbox.refunds
    set state = 'succeeded'
    where ref = $1 and state = 'pending'
"""
INSERT_DISPUTE_SQL: Final = """
    insert into sandbox.disputes (ref, payment_ref, amount_minor, currency, reason, state, opened_at)
    values ($1, $2, $3, $4, $5, 'open', $6)
"""
CLOSE_DISPUTE_SQL: Final = """
    update sandbox.disputes
    set state = $2, closed_at = $3
    where ref = $1 and state = 'open'
    returning ref, payment_ref, amount_minor, currency, reason, opened_at, closed_at
"""
INSERT_EVENT_SQL: Final = """
    insert into sandbox.events (id, body, copies, deliver_at)
    values ($1, $2, $3, $4)
"""
DUE_EVENTS_SQL: Final = """
    select id, body, copies
    from sandbox.events
    where delivered_at is null and deliver_at <= $1
    order by deliver_at, id
    limit 100
"""
HAS_DUE_EVENTS_SQL: Final = """
    select exists (select 1 from sandbox.events where delivered_at is null and deliver_at <= $1)
"""
DELIVERED_SQL: Final = """
    update sandbox.events
    set delivered_at = $2
    where id = $1
"""


class Kind(StrEnum):
    """How the sandbox behaves on a payment."""

    SUCCEED = "succeed"
    DECLINE = "decline"
    SLOW = "slow"
    TIMEOUT_AFTER_REFUND = "timeout_after_refund"
    FAIL_N_TIMES = "fail_n_times"
    LATE_EVENT = "late_event"
    ANSWER_TWICE = "answer_twice"


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A payment's behaviour, for as many calls as are left; then it succeeds."""

    kind: Kind = Kind.SUCCEED
    times_left: int = 0
    delay_ms: int = 0
    code: str | None = None
    limit_minor: int | None = None


class DueEvent(msgspec.Struct, frozen=True):
    """An event to be delivered `copies` times."""

    id: str
    body: bytes
    copies: int


async def behaviour_of(connection: Connection, payment_ref: str) -> Behaviour:
    """Return how the sandbox behaves on a payment at this moment."""
    row = await connection.fetchrow(BEHAVIOUR_SQL, payment_ref)
    if row is None:
        return Behaviour()
    kind = Kind(row["kind"]) if row["times_left"] > 0 else Kind.SUCCEED
    return Behaviour(
        kind=kind,
        times_left=row["times_left"],
        delay_ms=row["delay_ms"],
        code=row["code"],
        limit_minor=row["limit_minor"],
    )


async def claim_key(connection: Connection, key: str, request: Any, now: datetime) -> bool:
    """Claim a key for this call and tell whether it was free; waits for a call with the same key that is running."""
    await connection.execute(FORGET_KEY_SQL, key, now - KEY_KEPT_FOR)
    return await connection.fetchval(CLAIM_KEY_SQL, key, request, now) is not None


async def answered(connection: Connection, key: str) -> tuple[Any, Result]:
    """Return what was asked and answered under a key."""
    row = await connection.fetchrow(ANSWERED_SQL, key)
    if row is None:
        raise LookupError(key)
    return row["request"], msgspec.convert(row["answer"], Result)


def movement(row: asyncpg.Record) -> Movement:
    """Return a refund or credit as the port shows it."""
    purpose = Purpose(our_id=row["our_id"], attempt=row["attempt"]) if row["our_id"] is not None else None
    return Movement(
        ref=row["ref"],
        target_ref=row["target_ref"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        state=MoneyState(row["state"]),
        purpose=purpose,
        created_at=row["created_at"],
    )


async def write_event(connection: Connection, event: ProviderEvent, *, copies: int, deliver_at: datetime) -> None:
    """Have an event delivered at a time, `copies` times."""
    await connection.execute(INSERT_EVENT_SQL, event.id, event, copies, deliver_at)


async def close_dispute(connection: Connection, ref: str, *, won: bool, now: datetime) -> BankDispute:
    """Close an open dispute for or against the merchant."""
    row = await connection.fetchrow(CLOSE_DISPUTE_SQL, ref, "won" if won else "lost", now)
    if row is None:
        raise LookupError(f"no open dispute {ref}")
    return BankDispute(**dict(row), won=won)
