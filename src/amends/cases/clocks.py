"""The clocks of a case: setting, pausing and resuming them.

Owns which time fields a state has. Invariant: while a bank dispute is open no due time is set; what was left is kept
and goes on afterwards, at least the policy's minimum. Each function returns changes for `msgspec.structs.replace`.
"""

from datetime import datetime, timedelta
from typing import TypedDict

from amends.cases.policy import Policy
from amends.cases.states import CaseState, Dispute

_MS = timedelta(milliseconds=1)


class ClockChanges(TypedDict, total=False):
    """Changes of a state's time fields."""

    response_due_at: datetime | None
    appeal_due_at: datetime | None
    negotiation_ends_at: datetime | None
    paused_left_ms: int | None
    negotiation_left_ms: int | None
    auto_accept_at: datetime | None


def response_clock(state: CaseState, due_at: datetime, now: datetime) -> ClockChanges:
    """Give the next side until `due_at`, or, while paused, that long once the clocks run again."""
    if state.dispute is Dispute.OPEN:
        return {"response_due_at": None, "paused_left_ms": (due_at - now) // _MS, "auto_accept_at": None}
    return {"response_due_at": due_at, "paused_left_ms": None, "auto_accept_at": None}


def closed_clocks(state: CaseState, appeal_due_at: datetime | None, now: datetime) -> ClockChanges:
    """Stop everything but the appeal window; null: nobody may appeal."""
    paused = state.dispute is Dispute.OPEN and appeal_due_at is not None
    return {
        "response_due_at": None,
        "appeal_due_at": None if paused else appeal_due_at,
        "paused_left_ms": (appeal_due_at - now) // _MS if paused and appeal_due_at is not None else None,
        "auto_accept_at": None,
        **negotiation_over(),
    }


def negotiation_over() -> ClockChanges:
    """Stop the clock of the negotiation: the case is escalated or closed."""
    return {"negotiation_ends_at": None, "negotiation_left_ms": None}


def pause(state: CaseState, now: datetime) -> ClockChanges:
    """Keep what is left of each running clock; an appeal window that is over stays over."""
    window = state.appeal_due_at
    if window is not None and window > now:
        return {"appeal_due_at": None, "paused_left_ms": (window - now) // _MS}
    return {
        "response_due_at": None,
        "paused_left_ms": _left(state.response_due_at, now),
        "negotiation_ends_at": None,
        "negotiation_left_ms": _left(state.negotiation_ends_at, now),
    }


def resume(state: CaseState, *, now: datetime, policy: Policy) -> ClockChanges:
    """Let each paused clock go on with what was left, at least the policy's minimum."""
    due_at = _resumed(state.paused_left_ms, now, policy)
    if not state.is_open:
        return {"paused_left_ms": None, "appeal_due_at": due_at or state.appeal_due_at}
    return {
        "response_due_at": due_at,
        "paused_left_ms": None,
        "negotiation_ends_at": _resumed(state.negotiation_left_ms, now, policy),
        "negotiation_left_ms": None,
        "auto_accept_at": due_at if state.auto_accept_at is not None else None,
    }


def _left(due_at: datetime | None, now: datetime) -> int | None:
    return None if due_at is None else max(0, (due_at - now) // _MS)


def _resumed(left_ms: int | None, now: datetime, policy: Policy) -> datetime | None:
    return None if left_ms is None else now + max(left_ms * _MS, policy.resume_min)
