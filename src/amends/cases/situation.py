"""A move in its place, and the steps that rows of the transition table share.

Owns how a case is handed to the next side, closed and put on the timeline. What is particular to a row is in
`outcomes_sides`, `outcomes_platform` and `outcomes_system`.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from amends.cases import clocks
from amends.cases.errors import ActionNotAllowed, MoveInvalid
from amends.cases.guards import Guard
from amends.cases.moves import Decided, Effect, Move, NewEvent, OfferEnd, OfferEnded
from amends.cases.policy import Policy
from amends.cases.states import Audience, CaseRefunds, CaseState, EventKind, Outcome, RefundBy, Settlement, Status
from amends.cases.transitions import Transition

UNSETTLED: Final = frozenset({Settlement.PENDING, Settlement.ON_HOLD, Settlement.FAILED})


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A move in its place: the case as it is, what is known besides, and the row that was chosen."""

    state: CaseState
    move: Move
    row: Transition
    now: datetime
    policy: Policy
    refundable_minor: int
    refunds: CaseRefunds

    def in_days(self, days: int) -> datetime:
        return self.now + timedelta(days=days)

    @property
    def review_due(self) -> datetime:
        return self.policy.review_due(self.now)


def decided(
    s: Situation, state: CaseState, kind: EventKind, *effects: Effect, **data: int | str | bool | None
) -> Decided:
    """Put the move on the timeline: one event, with the state it leads to and what `data` adds."""
    move, audience = s.move, s.row.audience
    internal = audience is None
    words: dict[str, int | str | bool] = {} if internal else {"status": state.status.value}
    if state.outcome is not None and state.refund is not None and not internal:
        words |= {"outcome": state.outcome.value, "refund": state.refund.value}
    words |= {name: value for name, value in data.items() if value is not None}
    event = NewEvent(
        kind=kind,
        actor=move.actor,
        action=move.action,
        audience=Audience(move.actor.value) if audience is None else audience,
        data=words,
    )
    return Decided(row=s.row.row, state=state, event=event, effects=effects)


def without_offer(state: CaseState) -> CaseState:
    """Return the state with no offer open."""
    return replace(state, offer_maker=None, offer_amount_minor=None, offer_has_remedy=None)


def offer_ended(state: CaseState, how: OfferEnd) -> tuple[Effect, ...]:
    """Return what ends the open offer; nothing where none is open."""
    return () if state.offer_maker is None else (OfferEnded(how),)


def turn(s: Situation, status: Status, due_at: datetime) -> CaseState:
    """Hand the case to the next side; any change of status ends an open offer."""
    return replace(without_offer(s.state), status=status, **clocks.response_clock(s.state, due_at, s.now))


def to_merchant(s: Situation) -> CaseState:
    """Hand the case to the merchant, with their full time."""
    return turn(s, Status.AWAITING_MERCHANT, s.in_days(s.policy.merchant_days))


def to_customer(s: Situation, days: int) -> CaseState:
    """Hand the case to the customer for some days."""
    return turn(s, Status.AWAITING_CUSTOMER, s.in_days(days))


def to_platform(s: Situation) -> CaseState:
    """Hand the case to the platform: the negotiation is over for good."""
    state = turn(s, Status.UNDER_REVIEW, s.review_due)
    return replace(state, escalated=True, **clocks.negotiation_over())


def closed(
    s: Situation, outcome: Outcome, refund: RefundBy, *, appealable: bool = False, payer: RefundBy | None = None
) -> CaseState:
    """Close; `payer` is set by a decision of the platform. The appeal window opens once in the life of a case."""
    window = s.in_days(s.policy.appeal_days) if appealable and not s.state.appealed else None
    return replace(
        without_offer(s.state),
        status=Status.CLOSED,
        outcome=outcome,
        refund=refund,
        platform_decided=payer is not None,
        decided_payer=payer,
        **clocks.closed_clocks(s.state, window, s.now),
    )


def earlier_refund(state: CaseState, settlement: Settlement) -> RefundBy:
    """Name who paid what was refunded before an appeal; `refund` goes on saying so when no new money moves."""
    if settlement is Settlement.NONE:
        return RefundBy.NONE
    return RefundBy.PLATFORM if state.decided_payer is RefundBy.PLATFORM else RefundBy.MERCHANT


def settlement_with(s: Situation, amount_minor: int) -> Settlement:
    """Say how this case's money stands with a new refund of `amount_minor`."""
    refunds = replace(s.refunds, unsent_minor=s.refunds.unsent_minor + amount_minor)
    return refunds.settlement(dispute_open=False)


def settlement_without_unsent(s: Situation) -> Settlement:
    """Say how this case's money stands once everything that has not gone is cancelled."""
    if s.state.settlement not in UNSETTLED:
        return s.state.settlement
    kept = CaseRefunds(succeeded_minor=s.refunds.succeeded_minor, in_flight_minor=s.refunds.in_flight_minor)
    return kept.settlement(dispute_open=False)


def check_message(s: Situation, *, required: bool = False) -> None:
    """Raise `MoveInvalid` unless the message has 1 to the policy's maximum of characters after trimming."""
    text = (s.move.message or "").strip()
    if required and not text:
        raise MoveInvalid("message_required", "Write a message: this action needs one.", param="message")
    if len(text) > s.policy.message_max_chars:
        limit = s.policy.message_max_chars
        raise MoveInvalid(
            "message_too_long", f"The message is longer than {limit} characters. Shorten it.", param="message"
        )


def refusal(guard: Guard) -> ActionNotAllowed:
    """Return a guard that does not hold as an error."""
    return ActionNotAllowed(guard.code, guard.message)
