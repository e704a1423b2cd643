"""PURE. The life of one movement of money, refund or merchant credit: when to call, when to ask first, what follows.

The rules are those of DESIGN.md, "Money and the outside world": an attempt without an answer is made again under the
same key; only a definite refusal opens the next attempt; what was sent twelve hours ago, or refused before, is asked
about before anything is sent; while a bank dispute is open nothing is sent, only asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from amends.payments.providers.port import MoneyState, Movement, Pending, Refused, Result, Succeeded
from amends.payments.states import RefundState

LEASE: Final = timedelta(seconds=20)
"""How long a call is left alone after it began: longer than a provider may take to answer."""
AGAIN_AFTER: Final = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 3600))
"""The waits after the first, second … try without an answer; the last one repeats."""
POLL_AFTER: Final = timedelta(minutes=10)
"""When to ask about a movement that the provider took on and has not told about since."""
ASK_AFTER: Final = timedelta(hours=12)
"""Providers forget keys after 24 hours; half of it leaves room for clocks and slow nights."""
NEXT_ATTEMPT_AFTER: Final = tuple(timedelta(hours=h) for h in (1, 6, 24))
"""The waits before another attempt after a refusal that passes by itself."""
PASSING_REFUSALS: Final = frozenset({"insufficient_balance", "temporarily_unavailable"})

NO_ANSWER: Final = "no_answer"


class Asking(StrEnum):
    """What to do with the provider in one run of the job."""

    CALL = "call"
    ASK_THEN_CALL = "ask_then_call"
    ASK_ONLY = "ask_only"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a movement stands, as its row says."""

    state: RefundState
    attempt: int
    tries: int
    started_at: datetime | None
    next_try_at: datetime | None
    ref: str | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a movement's row says after an answer, or after none."""

    state: RefundState
    attempt: int
    tries: int
    started_at: datetime | None
    next_try_at: datetime | None
    ref: str | None
    code: str | None = None
    message: str | None = None


def is_due(standing: Standing, now: datetime) -> bool:
    """Tell whether the job has anything to do now: pending, and nobody is at it."""
    waiting = standing.next_try_at is not None and standing.next_try_at > now
    return standing.state is RefundState.PENDING and not waiting


def asking(standing: Standing, now: datetime, *, disputed: bool) -> Asking:
    """Say whether to call, and whether to ask before."""
    if disputed or standing.ref is not None:
        return Asking.ASK_ONLY
    aged = standing.started_at is not None and now - standing.started_at >= ASK_AFTER
    return Asking.ASK_THEN_CALL if aged or standing.attempt > 1 else Asking.CALL


def known(movements: Sequence[Movement], attempt: int) -> Result | None:
    """Read what the provider knows of all attempts as the answer to this one; None: nothing that settles it."""
    by_state = {movement.state: movement for movement in movements}
    if MoneyState.SUCCEEDED in by_state:
        return Succeeded(by_state[MoneyState.SUCCEEDED].ref)
    if MoneyState.PENDING in by_state:
        return Pending(by_state[MoneyState.PENDING].ref)
    for movement in movements:
        if movement.purpose is not None and movement.purpose.attempt == attempt:
            return Refused(movement.failure_code or "failed", "The provider reports that it failed.", movement.ref)
    return None


def after(standing: Standing, result: Result | None, now: datetime, *, disputed: bool) -> Step | None:
    """Return what follows from an answer, None for no answer; the step is None where the answer changes nothing.

    That the money moved is taken note of in every state. Everything else matters only to a movement that is under way.
    """
    if isinstance(result, Succeeded):
        return None if standing.state is RefundState.SUCCEEDED else _succeeded(standing, result)
    if standing.state is not RefundState.PENDING:
        return None
    match result:
        case None:
            return _unanswered(standing, now)
        case Pending(ref=ref):
            return _keep(standing, ref=ref, next_try_at=now + POLL_AFTER)
        case Refused():
            return _refused(standing, result, now, disputed=disputed)


def held(standing: Standing) -> Step:
    """Return the step of a movement that the provider does not know of, when a bank dispute is open.

    The attempt stays open under its key: should the old call arrive after all, it is still this attempt that moved.
    """
    return _keep(standing, state=RefundState.ON_HOLD, next_try_at=None)


def _keep(
    standing: Standing,
    *,
    next_try_at: datetime | None,
    state: RefundState | None = None,
    ref: str | None = None,
    code: str | None = None,
    message: str | None = None,
) -> Step:
    return Step(
        state=state or standing.state,
        attempt=standing.attempt,
        tries=standing.tries,
        started_at=standing.started_at,
        next_try_at=next_try_at,
        ref=ref or standing.ref,
        code=code,
        message=message,
    )


def _succeeded(standing: Standing, result: Succeeded) -> Step:
    return _keep(standing, state=RefundState.SUCCEEDED, ref=result.ref, next_try_at=None)


def _unanswered(standing: Standing, now: datetime) -> Step:
    wait = AGAIN_AFTER[min(max(standing.tries, 1), len(AGAIN_AFTER)) - 1]
    return _keep(
        standing, next_try_at=now + wait, code=NO_ANSWER, message="The provider has not answered; we ask again."
    )


def _refused(standing: Standing, result: Refused, now: datetime, *, disputed: bool) -> Step:
    passes = result.code in PASSING_REFUSALS and standing.attempt <= len(NEXT_ATTEMPT_AFTER)
    if not passes:
        return _keep(
            standing,
            state=RefundState.FAILED,
            ref=result.ref,
            next_try_at=None,
            code=result.code,
            message=result.message,
        )
    return Step(
        state=RefundState.ON_HOLD if disputed else RefundState.PENDING,
        attempt=standing.attempt + 1,
        tries=0,
        started_at=None,
        next_try_at=None if disputed else now + NEXT_ATTEMPT_AFTER[standing.attempt - 1],
        ref=None,
        code=result.code,
        message=result.message,
    )
