"""The case lifecycle: pure, no await, no SQL, no clock. PRODUCT.md section 1 is its law.

`decide` applies a move to a case and says what follows; `available_actions` says what an actor may do now; both read
the same rows (`TRANSITIONS`), so they cannot disagree. `due_action` and `next_deadline` are for the system's sweep.
Invariants (tested over every reachable state): one event a move; closed exactly with an outcome; an open case has a due
time unless a bank dispute pauses it; no side can keep a case open for ever.
"""

from datetime import datetime
from functools import lru_cache

from amends.cases.errors import CODES, ActionNotAllowed, ActorNotAllowed, CaseError, MoveInvalid
from amends.cases.guards import IS_CLOSED, NOT_WHILE, REFUNDABLE, Facts, Guard, facts_of
from amends.cases.moves import (
    AppealAnswer,
    AttentionNeeded,
    CreditIntended,
    Decided,
    DecisionRecorded,
    Effect,
    MembershipEndRequested,
    Move,
    NewEvent,
    OfferEnd,
    OfferEnded,
    OfferMade,
    OfferTerms,
    RefundIntended,
    RefundsCanceled,
    RefundsHeld,
    RefundsResumed,
)
from amends.cases.outcomes import OUTCOMES
from amends.cases.policy import DEFAULT_POLICY, Policy
from amends.cases.situation import Situation
from amends.cases.states import (
    NO_REFUNDS,
    Action,
    Actor,
    Audience,
    CaseRefunds,
    CaseState,
    Dispute,
    EventKind,
    Outcome,
    Reason,
    RefundBy,
    Settlement,
    Status,
)
from amends.cases.transitions import PUBLIC_ACTIONS, TRANSITIONS, TRANSITIONS_BY_MOVE, To, Transition

__all__ = [
    "CODES",
    "DEFAULT_POLICY",
    "NO_REFUNDS",
    "PUBLIC_ACTIONS",
    "TRANSITIONS",
    "Action",
    "ActionNotAllowed",
    "Actor",
    "ActorNotAllowed",
    "AppealAnswer",
    "AttentionNeeded",
    "Audience",
    "CaseError",
    "CaseRefunds",
    "CaseState",
    "CreditIntended",
    "Decided",
    "DecisionRecorded",
    "Dispute",
    "Effect",
    "EventKind",
    "MembershipEndRequested",
    "Move",
    "MoveInvalid",
    "NewEvent",
    "OfferEnd",
    "OfferEnded",
    "OfferMade",
    "OfferTerms",
    "Outcome",
    "Policy",
    "Reason",
    "RefundBy",
    "RefundIntended",
    "RefundsCanceled",
    "RefundsHeld",
    "RefundsResumed",
    "Settlement",
    "Status",
    "To",
    "Transition",
    "available_actions",
    "decide",
    "due_action",
    "next_deadline",
    "rows_for",
]


def decide(
    state: CaseState | None,
    move: Move,
    *,
    now: datetime,
    policy: Policy,
    refundable_minor: int,
    refunds: CaseRefunds = NO_REFUNDS,
) -> Decided:
    """Apply `move` to a case (None: there is none yet) and say what follows.

    `refundable_minor` is what is left to refund on the payment and `refunds` are this case's own, both read under the
    payment's lock. Raises `ActorNotAllowed`, `ActionNotAllowed` (with what this actor may do instead) or `MoveInvalid`.
    """
    rows = rows_for(move.action, move.actor)
    before = _opening(move, refundable_minor) if state is None else state
    facts = facts_of(before, now=now, policy=policy, refundable_minor=refundable_minor)
    try:
        row = _opening_row(rows, exists=state is not None) or _chosen(rows, facts, move.actor)
        situation = Situation(
            state=before,
            move=move,
            row=row,
            now=now,
            policy=policy,
            refundable_minor=refundable_minor,
            refunds=refunds,
        )
        return OUTCOMES[row.row](situation)
    except ActionNotAllowed as refused:
        refused.available_actions = () if state is None else _available(facts, move.actor)
        raise


def rows_for(action: Action, actor: Actor) -> tuple[Transition, ...]:
    """Return the rows of an action by an actor; raises `ActorNotAllowed` when there is none, whatever the case."""
    rows = TRANSITIONS_BY_MOVE.get((action, actor))
    if rows is None:
        message = f"The {actor.value} can never do this: {action.value}."
        raise ActorNotAllowed("actor_not_allowed", message)
    return rows


def available_actions(
    state: CaseState, actor: Actor, *, now: datetime, policy: Policy, refundable_minor: int
) -> tuple[Action, ...]:
    """List what `actor` may do now, in the order of `PUBLIC_ACTIONS`; never note or assign, nothing for the system."""
    return _available(facts_of(state, now=now, policy=policy, refundable_minor=refundable_minor), actor)


def due_action(state: CaseState, *, now: datetime, policy: Policy, refundable_minor: int) -> Action | None:
    """Name what the system has to do now because a clock ran out: auto_accept, expire, or nothing."""
    facts = facts_of(state, now=now, policy=policy, refundable_minor=refundable_minor)
    for action in (Action.AUTO_ACCEPT, Action.EXPIRE):
        if any(_failed(row, facts, Actor.SYSTEM) is None for row in TRANSITIONS_BY_MOVE[action, Actor.SYSTEM]):
            return action
    return None


def next_deadline(state: CaseState) -> datetime | None:
    """Say when the system must look again; None while paused or closed. The appeal window needs nobody to end it."""
    times = (state.response_due_at, state.negotiation_ends_at)
    return min((at for at in times if at is not None), default=None)


def _opening(move: Move, refundable_minor: int) -> CaseState:
    """Make the state before the first move; only `open` gets past it."""
    if move.action is not Action.OPEN:
        raise ActionNotAllowed("case_not_open_yet", "There is no case on this payment yet. Open one first.")
    if refundable_minor <= 0:
        raise ActionNotAllowed(REFUNDABLE.code, REFUNDABLE.message)
    if move.amount_minor is None or move.amount_minor <= 0:
        raise MoveInvalid("amount_invalid", "A case is about an amount that was paid.", param="amount")
    return CaseState(status=Status.AWAITING_MERCHANT, amount_minor=move.amount_minor)


def _opening_row(rows: tuple[Transition, ...], *, exists: bool) -> Transition | None:
    if rows[0].sources:
        return None
    if exists:
        raise ActionNotAllowed("case_exists", "The case is already open.")
    return rows[0]


def _chosen(rows: tuple[Transition, ...], facts: Facts, actor: Actor) -> Transition:
    """Choose the first row whose conditions hold, or refuse with what the nearest row misses."""
    failures: list[tuple[int, Guard]] = []
    for row in rows:
        failed = _failed(row, facts, actor)
        if failed is None:
            return row
        failures.append(failed)
    _, guard = max(failures, key=lambda failure: failure[0])
    raise ActionNotAllowed(guard.code, guard.message)


def _failed(row: Transition, facts: Facts, actor: Actor) -> tuple[int, Guard] | None:
    """Find the first condition that does not hold, and how many held before it."""
    if facts.status not in row.sources:
        return 0, _status_guard(row, facts.status)
    for held, guard in enumerate(row.guards, start=1):
        if not guard.holds(facts, actor):
            return held, guard
    return None


def _status_guard(row: Transition, status: Status) -> Guard:
    if row.sources == (Status.CLOSED,):
        return IS_CLOSED
    return NOT_WHILE[status]


@lru_cache(maxsize=16_384)
def _available(facts: Facts, actor: Actor) -> tuple[Action, ...]:
    return tuple(
        action
        for action in PUBLIC_ACTIONS
        if any(_failed(row, facts, actor) is None for row in TRANSITIONS_BY_MOVE.get((action, actor), ()))
    )
