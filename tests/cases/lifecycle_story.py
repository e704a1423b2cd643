"""A case told move by move, for tests: `opened().merchant(Action.DENY, message="No.")`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, CaseRefunds, CaseState, Decided, Move, Policy

OPENED_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
PAID = 4900


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A case at a moment, with the money beside it; each move gives a new one."""

    case: CaseState
    now: datetime = OPENED_AT
    policy: Policy = lc.DEFAULT_POLICY
    refundable: int = PAID
    refunds: CaseRefunds = lc.NO_REFUNDS
    last: Decided | None = None

    def by(self, actor: Actor, action: Action, **fields: Any) -> "Story":
        """Make a move; money that it reserves is no longer refundable."""
        decided = self.decided(actor, action, **fields)
        story = replace(self, case=decided.state, last=decided)
        for effect in decided.effects:
            if isinstance(effect, lc.RefundIntended):
                amount, unsent = effect.amount_minor, self.refunds.unsent_minor
                story = replace(
                    story,
                    refundable=self.refundable - amount,
                    refunds=replace(self.refunds, unsent_minor=unsent + amount),
                )
        return story

    def decided(self, actor: Actor, action: Action, **fields: Any) -> Decided:
        given: dict[str, Any] = {"message": "words"} | fields
        move = Move(action=action, actor=actor, **given)
        return lc.decide(
            self.case,
            move,
            now=self.now,
            policy=self.policy,
            refundable_minor=self.refundable,
            refunds=self.refunds,
        )

    def customer(self, action: Action, **fields: Any) -> "Story":
        return self.by(Actor.CUSTOMER, action, **fields)

    def merchant(self, action: Action, **fields: Any) -> "Story":
        return self.by(Actor.MERCHANT, action, **fields)

    def platform(self, action: Action, **fields: Any) -> "Story":
        return self.by(Actor.PLATFORM, action, **fields)

    def system(self, action: Action, **fields: Any) -> "Story":
        return self.by(Actor.SYSTEM, action, **fields)

    def later(self, **time: float) -> "Story":
        return replace(self, now=self.now + timedelta(**time))

    def deadline(self) -> "Story":
        """Let the next clock run out, and the system act on it."""
        at = lc.next_deadline(self.case)
        assert at is not None
        then = replace(self, now=at)
        due = lc.due_action(then.case, now=at, policy=self.policy, refundable_minor=self.refundable)
        assert due is not None
        return then.system(due)

    def sent(self) -> "Story":
        """The refund has succeeded at the provider; the case does not know it yet."""
        return replace(self, refunds=CaseRefunds(succeeded_minor=self.refunds.unsent_minor))

    def can(self, actor: Actor) -> set[Action]:
        return set(
            lc.available_actions(self.case, actor, now=self.now, policy=self.policy, refundable_minor=self.refundable)
        )


def opened(*, policy: Policy = lc.DEFAULT_POLICY, auto_accept_at: datetime | None = None) -> Story:
    move = Move(
        action=Action.OPEN,
        actor=Actor.CUSTOMER,
        message="It never came.",
        amount_minor=PAID,
        auto_accept_at=auto_accept_at,
    )
    decided = lc.decide(None, move, now=OPENED_AT, policy=policy, refundable_minor=PAID)
    return Story(case=decided.state, policy=policy, last=decided)


def offered(amount: int | None = 1000, remedy: str | None = None) -> Story:
    """A merchant's offer is open."""
    return opened().merchant(Action.MAKE_OFFER, terms=lc.OfferTerms(amount_minor=amount, remedy=remedy))


def countered(amount: int | None = 2000, remedy: str | None = None) -> Story:
    """A customer's counter-offer is open."""
    return offered().customer(Action.DECLINE_OFFER, terms=lc.OfferTerms(amount_minor=amount, remedy=remedy))


def escalated() -> Story:
    """Under review after the merchant's silence."""
    return opened().deadline()


def decided_for_customer() -> Story:
    """Closed by the platform at the merchant's cost."""
    return escalated().platform(Action.DECIDE, outcome=lc.Outcome.CUSTOMER_WON)


def appealed_by_customer() -> Story:
    return opened().merchant(Action.DENY).customer(Action.APPEAL)


def appealed_by_merchant() -> Story:
    return decided_for_customer().merchant(Action.APPEAL)
