"""Every reachable state of a case, every move in it: the invariants of PRODUCT.md section 1.

Three walks, each wide where the others are narrow: all of the outside world with few words; money in thirds; and the
default policy's caps. Run with `-s`, or `python -m tests.cases.test_lifecycle_walk`, to see how many states there were.
"""

from collections import Counter

import pytest

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import (
    Action,
    Actor,
    Audience,
    CaseState,
    Dispute,
    EventKind,
    Outcome,
    RefundBy,
    Settlement,
    Status,
)
from tests.cases.lifecycle_walk import NOW, PUBLIC_MOVES, Ledger, Step, Taken, Walk, World, in_negotiation, longest_path

ROWS = {row.row: row for row in lc.TRANSITIONS}
TURN = {
    Status.AWAITING_MERCHANT: Actor.MERCHANT,
    Status.AWAITING_CUSTOMER: Actor.CUSTOMER,
    Status.UNDER_REVIEW: Actor.PLATFORM,
}
MONEY_ROWS = {2, 6, 8, 18}
CAPPED = ("requests_used", "merchant_offers", "customer_offers", "merchant_comments", "customer_comments")
# What is counted or flagged once never goes back; settled_with_remedy and the appeals included.
LASTING = (*CAPPED, "escalated", "customer_appealed", "merchant_appealed", "merchant_answered", "settled_with_remedy")


class CheckedWalk(Walk):
    """A walk that asserts every invariant in each state and after each move."""

    def __init__(self, policy: lc.Policy, *, paid: int, disputes: bool = True, elsewhere: bool = True) -> None:
        super().__init__(policy, paid=paid, disputes=disputes, elsewhere=elsewhere)
        self.listed_of: World | None = None
        self.listed: dict[Actor, tuple[Action, ...]] = {}
        self.kinds: Counter[EventKind] = Counter()
        self.if_all_are_silent: dict[World, World] = {}

    def visit(self, world: World) -> None:
        check_money(world)
        check_ending(world.case)
        check_turn(world, self.policy)
        check_clocks(world.case)
        check_offer(world)
        check_caps(world.case, self.policy)

    def take(self, taken: Taken) -> None:
        check_event(taken)
        check_change(taken)
        self.kinds[taken.decided.event.kind] += 1
        if taken.step.move.action in {Action.EXPIRE, Action.AUTO_ACCEPT} and taken.step.now > NOW:
            self.if_all_are_silent[taken.source] = taken.target

    def refuse(self, world: World, step: Step, error: lc.CaseError) -> None:
        assert error.code in lc.CODES
        assert not isinstance(error, lc.ActorNotAllowed)
        if isinstance(error, lc.ActionNotAllowed):
            assert error.available_actions == self._available(world, step.move.actor)

    def actions(self, world: World, made: frozenset[tuple[Action, Actor]]) -> None:
        for actor in Actor:
            listed = self._available(world, actor)
            assert set(listed) == {action for action, by in made if by is actor}, (world, actor)
            assert sorted(listed, key=lc.PUBLIC_ACTIONS.index) == list(listed)

    def _available(self, world: World, actor: Actor) -> tuple[Action, ...]:
        if self.listed_of is not world:
            case, ledger = world
            self.listed_of = world
            self.listed = {
                by: lc.available_actions(case, by, now=NOW, policy=self.policy, refundable_minor=ledger.refundable)
                for by in Actor
            }
        return self.listed[actor]


def check_money(world: World) -> None:
    case, money = world
    assert min(money) >= 0, world
    assert money.own + money.elsewhere + money.bank_open + money.bank_lost <= money.paid, world
    closed_elsewhere = case.settlement is Settlement.SUCCEEDED and not money.own
    if not closed_elsewhere:
        assert case.settlement is money.refunds.settlement(dispute_open=case.dispute is Dispute.OPEN), world
    if money.credited:
        assert money.credited <= money.paid, world
        assert case.merchant_appealed, world
        assert case.outcome is Outcome.MERCHANT_WON, world
        # What was on its way when the decision was reversed can still fail, and be cancelled by a lost bank dispute.
        assert case.refund is RefundBy.PLATFORM or (case.dispute is not Dispute.NONE and not money.own), world


def check_ending(case: CaseState) -> None:
    closed = case.status is Status.CLOSED
    assert closed == (case.outcome is not None), case
    assert closed == (case.refund is not None), case
    if closed:
        assert (case.refund is RefundBy.NONE) == (case.settlement is Settlement.NONE), case
    assert not (case.customer_appealed and case.merchant_appealed), case


def check_turn(world: World, policy: lc.Policy) -> None:
    """An open case always has somebody to act, with more than a comment."""
    case, ledger = world
    if case.status is not Status.CLOSED:
        actor = TURN[case.status]
        can = lc.available_actions(case, actor, now=NOW, policy=policy, refundable_minor=ledger.refundable)
        assert set(can) - {Action.COMMENT, Action.WITHDRAW}, world
    assert case.escalated or case.status is not Status.UNDER_REVIEW, world


def check_clocks(case: CaseState) -> None:
    running = case.dispute is not Dispute.OPEN
    if case.is_open:
        assert (case.response_due_at is not None) == running, case
        assert (case.paused_left_ms is not None) == (not running), case
        assert case.appeal_due_at is None, case
        running_out = [at for at in (case.response_due_at, case.negotiation_ends_at) if at is not None]
        assert lc.next_deadline(case) == min(running_out, default=None), case
    else:
        assert case.response_due_at is None, case
        assert case.auto_accept_at is None, case
        assert lc.next_deadline(case) is None, case
        assert case.appeal_due_at is None or not case.appealed, case
        assert case.paused_left_ms is None or not (running or case.appealed), case
    assert (case.negotiation_ends_at is not None) == (in_negotiation(case) and running), case
    assert (case.negotiation_left_ms is not None) == (in_negotiation(case) and not running), case
    if case.auto_accept_at is not None:
        assert case.status is Status.AWAITING_MERCHANT, case
        assert in_negotiation(case), case


def check_offer(world: World) -> None:
    case, ledger = world
    if case.offer_maker is None:
        assert case.offer_amount_minor is None, case
        assert case.offer_has_remedy is None, case
        return
    assert in_negotiation(case), case
    assert case.dispute is not Dispute.OPEN, case
    assert TURN[case.status] is not case.offer_maker, case
    assert case.offer_maker in {Actor.CUSTOMER, Actor.MERCHANT}, case
    assert case.offer_has_remedy or case.offer_amount_minor is not None, case
    assert (case.offer_amount_minor or 0) <= ledger.refundable, case


def check_caps(case: CaseState, policy: lc.Policy) -> None:
    caps = (policy.info_requests_max, *[policy.offers_max] * 2, *[policy.comments_max] * 2)
    for name, cap in zip(CAPPED, caps, strict=True):
        assert 0 <= getattr(case, name) <= cap, (case, name)


def check_event(taken: Taken) -> None:
    """Each move writes exactly one event, of its row's kinds, that only its audience may read."""
    decided, move = taken.decided, taken.step.move
    row, event = ROWS[decided.row], decided.event
    assert decided.events == (event,)
    assert event.kind in {kind for r in lc.TRANSITIONS if r.row == decided.row for kind in r.kinds}
    assert (event.actor, event.action) == (move.actor, move.action)
    if event.kind in {EventKind.NOTED, EventKind.ASSIGNED}:
        readers = {move.actor}
    elif event.kind is EventKind.REVIEW_OVERDUE:
        readers = {Actor.PLATFORM}
    else:
        readers = {Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM}
    assert {a for a in Actor if event.audience.includes(a)} - {Actor.SYSTEM} == readers
    assert event.viewable_by_customer == (Actor.CUSTOMER in readers)
    assert event.viewable_by_merchant == (Actor.MERCHANT in readers)
    assert row.audience is not Audience.EVERYONE or len(readers) == 3


def check_change(taken: Taken) -> None:
    before, after, row = taken.step.before, taken.decided.state, taken.decided.row
    for name in LASTING:
        assert getattr(after, name) >= getattr(before, name), (name, taken)
    if row in {22, 23, 26, 27}:
        assert (after.status, after.outcome, after.offer_maker is None) >= (before.status, before.outcome, False)
    assert before.is_open or not after.is_open or row in {19, 20}, taken
    check_destination(taken)
    if in_negotiation(before) and in_negotiation(after) and row not in {23, 24}:
        assert after.negotiation_ends_at == before.negotiation_ends_at, "the negotiation is never prolonged"
    intended = [e for e in taken.decided.effects if isinstance(e, lc.RefundIntended)]
    assert len(intended) <= 1, taken
    assert not intended or row in MONEY_ROWS, taken
    ended = [e for e in taken.decided.effects if isinstance(e, lc.OfferEnded)]
    made = [e for e in taken.decided.effects if isinstance(e, lc.OfferMade)]
    offer_before, offer_after = before.offer_maker is not None, after.offer_maker is not None
    assert offer_after == (offer_before - len(ended) + len(made)), taken
    assert not (offer_before and after.status is not before.status) or ended, "a change of status ends an offer"


def check_destination(taken: Taken) -> None:
    """The row says where it leads; `refund` may go on naming who paid what was refunded before an appeal."""
    before, after = taken.step.before, taken.decided.state
    allowed = [to for r in lc.TRANSITIONS if r.row == taken.decided.row for to in r.to]
    for to in allowed:
        if to.status is None:
            fits = after.status is before.status and after.outcome is before.outcome
        elif to.refund is RefundBy.NONE and before.settlement is not Settlement.NONE:
            fits = (after.status, after.outcome) == (to.status, to.outcome)
        else:
            fits = (after.status, after.outcome, after.refund) == (to.status, to.outcome, to.refund)
        if fits:
            return
    # An upheld decision whose refund a lost bank dispute has cancelled, or a reversed one that had not gone.
    assert taken.decided.row == 18, taken
    assert before.merchant_appealed, taken
    assert after.refund is RefundBy.NONE, taken


class Setting(lc.Policy, frozen=True, kw_only=True):
    """A walk's policy and its world."""

    paid: int
    disputes: bool = True
    elsewhere: bool = True
    least_states: int


WALKS = {
    "all of the outside world": Setting(info_requests_max=1, offers_max=1, comments_max=1, paid=2, least_states=50_000),
    "money in thirds": Setting(info_requests_max=1, offers_max=1, comments_max=0, paid=3, least_states=25_000),
    "the default caps": Setting(comments_max=0, paid=3, disputes=False, elsewhere=False, least_states=13_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKS)
def test_every_reachable_state_keeps_every_invariant(name: str) -> None:
    setting = WALKS[name]
    walk = CheckedWalk(setting, paid=setting.paid, disputes=setting.disputes, elsewhere=setting.elsewhere)
    walk.run()
    print(f"\n{name}: {walk.summary()}")  # noqa: T201
    assert len(walk.worlds) >= setting.least_states
    check_coverage(walk)
    check_nobody_keeps_a_case_open_for_ever(walk)
    check_silence_leads_to_an_end_or_to_the_platform(walk)
    check_platform_can_end_what_it_reviews(walk)


def check_coverage(walk: CheckedWalk) -> None:
    """The walk took every row and wrote every kind of event that its world has."""
    bank = {23, 24} if walk.disputes else set[int]()
    elsewhere = {25} if walk.elsewhere else set[int]()
    comments = {12} if walk.policy.comments_max else set[int]()
    assert set(walk.rows) == set(range(2, 28)) - {12, 23, 24, 25} | bank | elsewhere | comments
    kinds = {kind for row in lc.TRANSITIONS if row.row in walk.rows for kind in row.kinds}
    assert set(walk.kinds) == kinds


def check_nobody_keeps_a_case_open_for_ever(walk: CheckedWalk) -> None:
    """Without the platform's questions no state is ever met again, whoever moves and however the money goes.

    So the moves of the two sides, together or alone, and of their clocks are bounded in number, and each clock is
    bounded in time. Outside of the proof: the bank's disputes, which pause the clocks, and the platform's own delay,
    which is put before its admins at each review target (row 22).
    """
    alone = longest_path(len(walk.worlds), walk.edges["sides"])
    with_decisions = longest_path(len(walk.worlds), walk.edges["sides"], walk.edges["platform"])
    print(f"  at most {alone} moves in a row without the platform, {with_decisions} without its questions")  # noqa: T201
    assert 0 < alone <= with_decisions


def check_silence_leads_to_an_end_or_to_the_platform(walk: CheckedWalk) -> None:
    """If nobody does anything, at most two clocks run out until the case is closed or the platform's turn."""
    for world in walk.worlds:
        if not world.case.is_open or world.case.dispute is Dispute.OPEN:
            continue
        then = walk.if_all_are_silent[world]
        if then.case.status not in {Status.CLOSED, Status.UNDER_REVIEW}:
            then = walk.if_all_are_silent[then]
        assert then.case.status in {Status.CLOSED, Status.UNDER_REVIEW}, world


def check_platform_can_end_what_it_reviews(walk: CheckedWalk) -> None:
    ended = {source for source, target in walk.edges["platform"] if not walk.worlds[target].case.is_open}
    reviewed = {i for i, world in enumerate(walk.worlds) if world.case.status is Status.UNDER_REVIEW}
    assert reviewed <= ended


def test_the_default_caps_are_the_product_s() -> None:
    policy = lc.DEFAULT_POLICY
    assert (policy.info_requests_max, policy.offers_max, policy.comments_max) == (3, 3, 10)


def test_every_public_action_is_tried_by_everybody_who_may() -> None:
    tried = {(action, actor) for action, actor, _ in PUBLIC_MOVES}
    system = {Action.OPEN, Action.NOTE, Action.ASSIGN}
    listed = {
        pair for row in lc.TRANSITIONS for pair in row.by if pair[1] is not Actor.SYSTEM and pair[0] not in system
    }
    assert tried == listed


def test_the_ledger_counts_what_is_left() -> None:
    money = Ledger(paid=10, succeeded=1, in_flight=1, unsent=1, failed=1, elsewhere=1, bank_open=2, bank_lost=1)
    assert (money.refundable, money.left) == (2, 7)


if __name__ == "__main__":
    for each in WALKS:
        test_every_reachable_state_keeps_every_invariant(each)
