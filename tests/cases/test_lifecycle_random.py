"""Long random lives of a case in real time: late sweeps, wild numbers, disputes and refunds at any moment."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, Dispute, Move, OfferTerms, Outcome, RefundBy, Settlement, Status
from tests.cases.lifecycle_story import OPENED_AT
from tests.cases.lifecycle_walk import Ledger, Step, Taken, World, in_negotiation, settle
from tests.cases.test_lifecycle_walk import (
    check_caps,
    check_change,
    check_clocks,
    check_ending,
    check_event,
    check_money,
    check_offer,
    check_turn,
)

WORDS = st.sampled_from([None, "", " ", "words", "x" * 10_001])
AMOUNTS = st.none() | st.integers(-1, 12)
TERMS = st.none() | st.builds(OfferTerms, amount_minor=AMOUNTS, remedy=st.sampled_from([None, "", "A new one."]))
TIMES = st.integers(0, 20 * 24 * 3_600_000).map(lambda ms: timedelta(milliseconds=ms))
ACTORS = st.sampled_from(Actor)
MOVES = st.builds(
    Move,
    action=st.sampled_from([action for action in Action if action is not Action.OPEN]),
    actor=ACTORS,
    message=WORDS,
    amount_minor=AMOUNTS,
    terms=TERMS,
    expires_in_days=st.none() | st.integers(-1, 20),
    end_membership=st.booleans(),
    ask_of=st.none() | ACTORS,
    outcome=st.none() | st.sampled_from(Outcome),
    payer=st.none() | st.sampled_from(RefundBy),
    answer=st.none() | st.sampled_from(lc.AppealAnswer),
)
OUTSIDE = {Action.DISPUTE_OPENED, Action.DISPUTE_CLOSED, Action.REFUNDED_ELSEWHERE, Action.SETTLEMENT_CHANGED}
SIDES = {Actor.CUSTOMER, Actor.MERCHANT}


class CaseLife(RuleBasedStateMachine):
    """One case on a payment of 10; whatever happens, the invariants hold and it ends or reaches the platform."""

    @initialize(grace=st.none() | st.integers(0, 48))
    def open(self, grace: int | None) -> None:
        self.now: datetime = OPENED_AT
        self.policy = lc.DEFAULT_POLICY
        self.paused = timedelta()
        self.moves_of_sides = 0
        at = None if grace is None else self.now + timedelta(hours=grace)
        move = Move(action=Action.OPEN, actor=Actor.CUSTOMER, message="words", amount_minor=10, auto_accept_at=at)
        decided = lc.decide(None, move, now=self.now, policy=self.policy, refundable_minor=10)
        self.world = World(decided.state, Ledger(paid=10))

    @rule(time=TIMES)
    def time_goes_by(self, time: timedelta) -> None:
        self.now += time
        if self.world.case.dispute is Dispute.OPEN:
            self.paused += time

    @rule(move=MOVES)
    def somebody_tries(self, move: Move) -> None:
        if move.action not in OUTSIDE:
            self.attempt(move, self.world.ledger)

    @rule(data=st.data())
    def somebody_does_what_is_listed(self, data: st.DataObject) -> None:
        case, ledger = self.world
        able = [(actor, action) for actor in Actor for action in self.listed(actor)]
        if able:
            actor, action = data.draw(st.sampled_from(able))
            move = data.draw(MOVES)
            self.attempt(replace(move, actor=actor, action=action), ledger)
        assert able or not case.is_open

    @rule()
    def the_system_sweeps(self) -> None:
        case, ledger = self.world
        due = lc.due_action(case, now=self.now, policy=self.policy, refundable_minor=ledger.refundable)
        deadline = lc.next_deadline(case)
        assert (due is not None) == (deadline is not None and deadline <= self.now)
        if due is not None:
            assert self.attempt(Move(action=due, actor=Actor.SYSTEM), ledger)

    @precondition(lambda self: self.world.case.dispute is not Dispute.OPEN)
    @rule(claim=st.integers(0, 10))
    def a_bank_dispute_opens(self, claim: int) -> None:
        ledger = self.world.ledger
        ledger = ledger._replace(bank_open=min(claim, ledger.refundable))
        assert self.attempt(Move(action=Action.DISPUTE_OPENED, actor=Actor.SYSTEM), ledger)

    @precondition(lambda self: self.world.case.dispute is Dispute.OPEN)
    @rule(merchant_won=st.booleans())
    def the_bank_dispute_ends(self, merchant_won: bool) -> None:  # noqa: FBT001, RUF100
        ledger = self.world.ledger
        lost = 0 if merchant_won else ledger.bank_open
        left_before = self.world.case.paused_left_ms
        move = Move(action=Action.DISPUTE_CLOSED, actor=Actor.SYSTEM, merchant_won=merchant_won)
        assert self.attempt(move, ledger._replace(bank_open=0, bank_lost=ledger.bank_lost + lost))
        case = self.world.case
        if merchant_won and case.is_open and left_before is not None:
            least = max(timedelta(milliseconds=left_before), timedelta(hours=24))
            assert case.response_due_at == self.now + least
            # A clock that had less than 24 h left, or none, is prolonged to them.
            self.paused += timedelta(hours=24)

    @precondition(lambda self: self.world.case.is_open)
    @rule(amount=st.integers(1, 10))
    def money_is_refunded_elsewhere(self, amount: int) -> None:
        ledger = self.world.ledger
        amount = min(amount, ledger.refundable)
        if amount:
            after = ledger._replace(elsewhere=ledger.elsewhere + amount)
            move = Move(action=Action.REFUNDED_ELSEWHERE, actor=Actor.SYSTEM, left_minor=after.left)
            assert self.attempt(move, after)

    @precondition(lambda self: self.world.case.dispute is not Dispute.OPEN)
    @rule()
    def the_refund_is_sent(self) -> None:
        case, ledger = self.world
        self.world = World(case, ledger._replace(in_flight=ledger.in_flight + ledger.unsent, unsent=0))

    @precondition(lambda self: self.world.ledger.in_flight)
    @rule(succeeds=st.booleans())
    def the_provider_answers(self, succeeds: bool) -> None:  # noqa: FBT001, RUF100
        ledger = self.world.ledger
        sent = ledger._replace(in_flight=0)
        result = Settlement.SUCCEEDED if succeeds else Settlement.FAILED
        after = (
            sent._replace(succeeded=sent.succeeded + ledger.in_flight)
            if succeeds
            else sent._replace(failed=sent.failed + ledger.in_flight)
        )
        move = Move(action=Action.SETTLEMENT_CHANGED, actor=Actor.SYSTEM, settlement=result)
        assert self.attempt(move, after)

    def listed(self, actor: Actor) -> tuple[Action, ...]:
        case, ledger = self.world
        return lc.available_actions(case, actor, now=self.now, policy=self.policy, refundable_minor=ledger.refundable)

    def attempt(self, move: Move, ledger: Ledger) -> bool:
        before = self.world
        try:
            decided = lc.decide(
                before.case,
                move,
                now=self.now,
                policy=self.policy,
                refundable_minor=ledger.refundable,
                refunds=ledger.refunds,
            )
        except lc.CaseError:
            return False
        self.world = World(decided.state, settle(ledger, decided))
        taken = Taken(before, Step(before.case, move, self.now, ledger), decided, self.world)
        check_event(taken)
        check_change(taken)
        if move.actor is Actor.PLATFORM:
            self.moves_of_sides = 0
        elif move.actor in SIDES and move.action not in {Action.NOTE, Action.ASSIGN}:
            self.moves_of_sides += 1
        return True

    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "world"):
            return
        check_money(self.world)
        check_ending(self.world.case)
        check_turn(self.world, self.policy)
        check_clocks(self.world.case)
        check_offer(self.world)
        check_caps(self.world.case, self.policy)

    @invariant()
    def nobody_keeps_it_open_for_ever(self) -> None:
        """Offers, requests, comments and replies are counted; the negotiation ends 30 days after the opening."""
        if not hasattr(self, "world"):
            return
        assert self.moves_of_sides <= 50
        ends = self.world.case.negotiation_ends_at
        if ends is not None:
            assert ends <= OPENED_AT + timedelta(days=30) + self.paused


TestCaseLife = CaseLife.TestCase
TestCaseLife.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_the_negotiation_of_a_case_that_only_one_side_moves_is_over_after_30_days() -> None:
    """Whatever a single side does at each moment, a sweep after 30 days ends it or hands it to the platform."""
    for side in SIDES:
        for greedy in Action:
            now, world = OPENED_AT, _opened()
            while in_negotiation(world.case) and now < OPENED_AT + timedelta(days=30):
                world = _tries(world, Move(action=greedy, actor=side, message="words", terms=_ONE), now)
                now += timedelta(days=1)
                world = _swept(world, now)
            assert world.case.status in {Status.UNDER_REVIEW, Status.CLOSED}, (side, greedy)


_ONE = OfferTerms(amount_minor=1)


def _opened() -> World:
    move = Move(action=Action.OPEN, actor=Actor.CUSTOMER, message="words", amount_minor=10)
    decided = lc.decide(None, move, now=OPENED_AT, policy=lc.DEFAULT_POLICY, refundable_minor=10)
    return World(decided.state, Ledger(paid=10))


def _tries(world: World, move: Move, now: datetime) -> World:
    case, ledger = world
    try:
        decided = lc.decide(
            case, move, now=now, policy=lc.DEFAULT_POLICY, refundable_minor=ledger.refundable, refunds=ledger.refunds
        )
    except lc.CaseError:
        return world
    return World(decided.state, settle(ledger, decided))


def _swept(world: World, now: datetime) -> World:
    refundable = world.ledger.refundable
    due = lc.due_action(world.case, now=now, policy=lc.DEFAULT_POLICY, refundable_minor=refundable)
    return world if due is None else _tries(world, Move(action=due, actor=Actor.SYSTEM), now)
