"""The exhaustive walk over every reachable state of a case and its money.

Owns a model of the payment (`Ledger`) that interprets the effects, the moves that can be tried in a state, and the
breadth-first search. Time is abstract: after each move the clocks are set back to fixed points, and at every state each
running clock may be the one that runs out first, so any order in real time is among the walked ones.
"""

import gc
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, CaseState, Dispute, Move, Outcome, RefundBy, Settlement

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RESPONSE_DUE = NOW + timedelta(days=7)
NEGOTIATION_LATER = NOW + timedelta(days=8)
NEGOTIATION_SOONER = NOW + timedelta(days=6)
WINDOW_ENDS = NOW + timedelta(days=14)
WINDOW_OVER = NOW - timedelta(days=1)
LEFT_MS = 3 * 86_400_000

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM


def in_negotiation(case: CaseState) -> bool:
    """Say whether a case is open and the two sides are still by themselves."""
    return case.is_open and not case.escalated


class Ledger(NamedTuple):
    """The money of one payment, in minor units: this case's refunds by state, and what went by other ways."""

    paid: int
    succeeded: int = 0
    in_flight: int = 0
    unsent: int = 0
    failed: int = 0
    elsewhere: int = 0
    bank_open: int = 0
    bank_lost: int = 0
    credited: int = 0

    @property
    def refundable(self) -> int:
        return self.paid - self.own - self.elsewhere - self.bank_open - self.bank_lost

    @property
    def own(self) -> int:
        return self.succeeded + self.in_flight + self.unsent + self.failed

    @property
    def left(self) -> int:
        return self.paid - self.succeeded - self.elsewhere - self.bank_lost

    @property
    def refunds(self) -> lc.CaseRefunds:
        return lc.CaseRefunds(self.succeeded, self.in_flight, self.unsent, self.failed)


class World(NamedTuple):
    case: CaseState
    ledger: Ledger


class Step(NamedTuple):
    """A move as it was tried: the state with its clocks set for it, the time, and the money as the move finds it."""

    before: CaseState
    move: Move
    now: datetime
    ledger: Ledger
    may_be_refused: bool = True


class Taken(NamedTuple):
    source: World
    step: Step
    decided: lc.Decided
    target: World


def _moves() -> tuple[tuple[Action, Actor, tuple[Move, ...]], ...]:
    """List the public moves, every variant that can lead somewhere else."""

    def say(action: Action, actor: Actor, *variants: Move) -> tuple[Action, Actor, tuple[Move, ...]]:
        return action, actor, variants or (Move(action=action, actor=actor, message="words"),)

    def offer(actor: Actor, action: Action) -> tuple[Move, ...]:
        terms = (
            lc.OfferTerms(amount_minor=1),
            lc.OfferTerms(remedy="a new one"),
            lc.OfferTerms(amount_minor=1, remedy="a new one"),
        )
        return tuple(Move(action=action, actor=actor, terms=t) for t in terms)

    def decision(outcome: Outcome, payer: RefundBy, amount: int | None = None) -> Move:
        return Move(action=Action.DECIDE, actor=P, outcome=outcome, payer=payer, amount_minor=amount)

    return (
        say(Action.ACCEPT, M),
        say(Action.DENY, M),
        say(Action.REQUEST_INFO, M),
        say(Action.REPLY, C),
        say(Action.REPLY, M),
        say(Action.ACCEPT_OFFER, C),
        say(Action.ACCEPT_OFFER, M),
        say(
            Action.DECLINE_OFFER,
            C,
            Move(action=Action.DECLINE_OFFER, actor=C),
            *offer(C, Action.DECLINE_OFFER),
        ),
        say(Action.DECLINE_OFFER, M),
        say(Action.MAKE_OFFER, M, *offer(M, Action.MAKE_OFFER)),
        say(Action.WITHDRAW_OFFER, C),
        say(Action.WITHDRAW_OFFER, M),
        say(
            Action.DECIDE,
            P,
            decision(Outcome.CUSTOMER_WON, RefundBy.MERCHANT),
            decision(Outcome.CUSTOMER_WON, RefundBy.MERCHANT, 1),
            decision(Outcome.CUSTOMER_WON, RefundBy.PLATFORM),
            decision(Outcome.CUSTOMER_WON, RefundBy.PLATFORM, 1),
            decision(Outcome.MERCHANT_WON, RefundBy.NONE),
            decision(Outcome.MERCHANT_WON, RefundBy.PLATFORM),
            decision(Outcome.MERCHANT_WON, RefundBy.PLATFORM, 1),
            Move(action=Action.DECIDE, actor=P, answer=lc.AppealAnswer.UPHELD),
            Move(action=Action.DECIDE, actor=P, answer=lc.AppealAnswer.REVERSED),
        ),
        say(
            Action.ASK,
            P,
            Move(action=Action.ASK, actor=P, message="words", ask_of=C),
            Move(action=Action.ASK, actor=P, message="words", ask_of=M),
        ),
        say(Action.ESCALATE, C),
        say(Action.APPEAL, C),
        say(Action.APPEAL, M),
        say(Action.WITHDRAW, C),
        say(Action.COMMENT, C),
        say(Action.COMMENT, M),
    )


PUBLIC_MOVES = _moves()
REMARKS = tuple(
    Move(action=action, actor=actor, message="words") for action in (Action.NOTE, Action.ASSIGN) for actor in (M, P)
)


def canonical(case: CaseState) -> CaseState:
    """Set the clocks back to fixed points, so that only which of them run distinguishes states."""
    window = case.appeal_due_at
    return replace(
        case,
        response_due_at=case.response_due_at and RESPONSE_DUE,
        auto_accept_at=case.auto_accept_at and RESPONSE_DUE,
        negotiation_ends_at=case.negotiation_ends_at and NEGOTIATION_LATER,
        appeal_due_at=window and (WINDOW_ENDS if window > NOW else WINDOW_OVER),
        paused_left_ms=None if case.paused_left_ms is None else LEFT_MS,
        negotiation_left_ms=None if case.negotiation_left_ms is None else LEFT_MS,
    )


class Walk:
    """Breadth-first over every world that can be reached from the opening of a case.

    `visit` is called for each new world, `take` for each move that was made, `refuse` for each that was not.
    """

    def __init__(self, policy: lc.Policy, *, paid: int, disputes: bool = True, elsewhere: bool = True) -> None:
        self.policy, self.paid, self.disputes, self.elsewhere = policy, paid, disputes, elsewhere
        self.index: dict[World, int] = {}
        self.worlds: list[World] = []
        self.moves = 0
        self.refused = 0
        self.rows: Counter[int] = Counter()
        # Edges by class: what the sides, the clocks and the provider do; the platform's but ask; ask.
        self.edges: dict[str, list[tuple[int, int]]] = {name: [] for name in ("sides", "platform", "ask")}

    def run(self) -> None:
        gc.disable()  # everything is kept until the end; looking for garbage would double the time
        try:
            self._run()
        finally:
            gc.enable()

    def _run(self) -> None:
        queue: deque[World] = deque()
        for world in self.openings():
            self._add(world, queue)
        while queue:
            self._expand(queue.popleft(), queue)

    def openings(self) -> Iterator[World]:
        for at in (None, RESPONSE_DUE - timedelta(days=6)):
            move = Move(action=Action.OPEN, actor=C, message="words", amount_minor=self.paid, auto_accept_at=at)
            decided = lc.decide(None, move, now=NOW, policy=self.policy, refundable_minor=self.paid)
            yield World(canonical(decided.state), Ledger(paid=self.paid))

    def summary(self) -> str:
        by_status = Counter(world.case.status.value for world in self.worlds)
        counts = ", ".join(f"{status} {n:,}" for status, n in sorted(by_status.items()))
        return f"{len(self.worlds):,} states ({counts}), {self.moves:,} moves made, {self.refused:,} refused"

    # What the tests fill in
    def visit(self, world: World) -> None: ...

    def take(self, taken: Taken) -> None: ...

    def refuse(self, world: World, step: Step, error: lc.CaseError) -> None: ...

    def actions(self, world: World, made: frozenset[tuple[Action, Actor]]) -> None: ...

    def _add(self, world: World, queue: deque[World]) -> int:
        found = self.index.get(world)
        if found is None:
            found = self.index[world] = len(self.worlds)
            self.worlds.append(world)
            self.visit(world)
            queue.append(world)
        return found

    def _expand(self, world: World, queue: deque[World]) -> None:
        made: set[tuple[Action, Actor]] = set()
        for action, actor, variants in PUBLIC_MOVES:
            for move in variants:
                if self._try(world, Step(world.case, move, NOW, world.ledger), queue):
                    made.add((action, actor))
        self.actions(world, frozenset(made))
        for step in self._system_steps(world):
            self._try(world, step, queue)
        for move in REMARKS:
            self._try(world, Step(world.case, move, NOW, world.ledger, may_be_refused=False), queue)
        for target in self._silent(world):
            self._edge("sides", world, self._add(target, queue))

    def _try(self, world: World, step: Step, queue: deque[World]) -> bool:
        ledger = step.ledger
        try:
            decided = lc.decide(
                step.before,
                step.move,
                now=step.now,
                policy=self.policy,
                refundable_minor=ledger.refundable,
                refunds=ledger.refunds,
            )
        except lc.CaseError as error:
            if not step.may_be_refused:
                raise
            self.refused += 1
            self.refuse(world, step, error)
            return False
        self.moves += 1
        self.rows[decided.row] += 1
        target = World(canonical(decided.state), settle(ledger, decided))
        self.take(Taken(world, step, decided, target))
        name = _edge_class(decided.row)
        found = self._add(target, queue)
        if name is not None:
            self._edge(name, world, found)
        return True

    def _edge(self, name: str, source: World, target: int) -> None:
        self.edges[name].append((self.index[source], target))

    def _system_steps(self, world: World) -> Iterator[Step]:
        case, ledger = world
        yield from self._clock_steps(world)
        if self.disputes:
            yield from _dispute_steps(case, ledger)
        if self.elsewhere and case.is_open:
            for amount in _elsewhere_amounts(ledger):
                after = _elsewhere(ledger, amount)
                move = Move(action=Action.REFUNDED_ELSEWHERE, actor=S, left_minor=after.left)
                yield Step(case, move, NOW, after, may_be_refused=False)
        yield from _provider_steps(case, ledger)

    def _clock_steps(self, world: World) -> Iterator[Step]:
        """Let each running clock be the one that runs out first; before that the system may do nothing."""
        case, ledger = world
        for action in (Action.EXPIRE, Action.AUTO_ACCEPT):
            yield Step(case, Move(action=action, actor=S), NOW, ledger)
        runs_out = [(case, RESPONSE_DUE)] if case.response_due_at else []
        if case.negotiation_ends_at:
            runs_out.append((replace(case, negotiation_ends_at=NEGOTIATION_SOONER), NEGOTIATION_SOONER))
        for before, now in runs_out:
            assert lc.next_deadline(before) == now
            due = lc.due_action(before, now=now, policy=self.policy, refundable_minor=ledger.refundable)
            assert due is not None, world
            yield Step(before, Move(action=due, actor=S), now, ledger, may_be_refused=False)

    def _silent(self, world: World) -> Iterator[World]:
        """What changes without a move on the case: a refund is sent, an appeal window ends, money goes elsewhere."""
        case, ledger = world
        if ledger.unsent and case.dispute is not Dispute.OPEN:
            yield World(case, ledger._replace(in_flight=ledger.in_flight + ledger.unsent, unsent=0))
        if case.appeal_due_at == WINDOW_ENDS:
            yield World(replace(case, appeal_due_at=WINDOW_OVER), ledger)
        if self.elsewhere and not case.is_open:
            for amount in _elsewhere_amounts(ledger):
                yield World(case, _elsewhere(ledger, amount))


def _edge_class(row: int) -> str | None:
    """Classify for the proof; notes, overdue reviews (nothing changes) and the bank's disputes stay out of it."""
    if row in {22, 23, 24, 27}:
        return None
    return {17: "ask", 18: "platform"}.get(row, "sides")


def _elsewhere_amounts(ledger: Ledger) -> tuple[int, ...]:
    free = ledger.refundable + ledger.bank_open
    return (1, free) if free > 1 else (free,) if free else ()


def _elsewhere(ledger: Ledger, amount: int) -> Ledger:
    after = ledger._replace(elsewhere=ledger.elsewhere + amount)
    return after._replace(bank_open=after.bank_open + min(0, after.refundable))


def _dispute_steps(case: CaseState, ledger: Ledger) -> Iterator[Step]:
    opened = Move(action=Action.DISPUTE_OPENED, actor=S)
    if case.dispute is not Dispute.OPEN:
        for claim in {ledger.refundable, min(1, ledger.refundable)}:
            yield Step(case, opened, NOW, ledger._replace(bank_open=claim), may_be_refused=False)
    else:
        yield Step(case, opened, NOW, ledger, may_be_refused=False)
        lost = ledger._replace(bank_open=0, bank_lost=ledger.bank_lost + ledger.bank_open)
        yield Step(case, Move(action=Action.DISPUTE_CLOSED, actor=S), NOW, lost, may_be_refused=False)
        won = Move(action=Action.DISPUTE_CLOSED, actor=S, merchant_won=True)
        yield Step(case, won, NOW, ledger._replace(bank_open=0), may_be_refused=False)


def _provider_steps(case: CaseState, ledger: Ledger) -> Iterator[Step]:
    def changed(settlement: Settlement, after: Ledger) -> Step:
        move = Move(action=Action.SETTLEMENT_CHANGED, actor=S, settlement=settlement)
        return Step(case, move, NOW, after, may_be_refused=False)

    if ledger.in_flight:
        sent = ledger._replace(in_flight=0)
        yield changed(Settlement.SUCCEEDED, sent._replace(succeeded=sent.succeeded + ledger.in_flight))
        yield changed(Settlement.FAILED, sent._replace(failed=sent.failed + ledger.in_flight))
    if ledger.failed:
        by_hand = ledger._replace(failed=0, succeeded=ledger.succeeded + ledger.failed)
        yield changed(Settlement.SUCCEEDED, by_hand)


def settle(ledger: Ledger, decided: lc.Decided) -> Ledger:
    """Interpret the effects on money, as the commands do; what must never happen fails here."""
    for effect in decided.effects:
        if isinstance(effect, lc.RefundIntended):
            assert 0 < effect.amount_minor <= ledger.refundable, (ledger, decided)
            assert decided.state.dispute is not Dispute.OPEN, "money moves while a bank dispute is open"
            ledger = ledger._replace(unsent=ledger.unsent + effect.amount_minor)
        elif isinstance(effect, lc.RefundsCanceled):
            ledger = ledger._replace(unsent=0, failed=0)
        elif isinstance(effect, lc.CreditIntended):
            assert decided.state.dispute is not Dispute.OPEN, "money moves while a bank dispute is open"
            assert effect.amount_minor == ledger.succeeded + ledger.in_flight
            assert effect.amount_minor > 0
            assert not ledger.credited
            ledger = ledger._replace(credited=effect.amount_minor)
    return ledger


def longest_path(size: int, *edges: list[tuple[int, int]]) -> int:
    """Return the greatest number of moves in a row, or raise `AssertionError` if there is a cycle."""
    following: list[list[int]] = [[] for _ in range(size)]
    waiting, depth = [0] * size, [0] * size
    for source, target in chain(*edges):
        following[source].append(target)
        waiting[target] += 1
    ready = [node for node in range(size) if not waiting[node]]
    seen = 0
    while ready:
        node = ready.pop()
        seen += 1
        for target in following[node]:
            depth[target] = max(depth[target], depth[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    assert seen == size, f"{size - seen} states lie on or behind a cycle: somebody can keep a case open for ever"
    return max(depth, default=0)
