"""A move on a case as data, and what follows from it: the event and the effects.

Owns the shapes that go into and come out of `lifecycle.decide`. An effect is something that the command has to write
besides the case's row and the event; each is interpreted once, with `match` and `assert_never`.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from amends.cases.states import (
    Action,
    Actor,
    Audience,
    CaseState,
    EventKind,
    Outcome,
    RefundBy,
    Settlement,
)


class AppealAnswer(StrEnum):
    """The platform's two answers to a merchant's appeal."""

    UPHELD = "upheld"
    REVERSED = "reversed"


class OfferTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered: money to the customer, a remedy in words, or both."""

    amount_minor: int | None = None
    remedy: str | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One action of one actor. Each field names the actions that read it; the others ignore it."""

    action: Action
    actor: Actor
    message: str | None = None  # any; who reads it is the event's audience
    amount_minor: int | None = None  # open: what was paid; accept: what the form showed; decide: null is all refundable
    terms: OfferTerms | None = None  # make_offer; decline_offer by the customer: the counter-offer
    expires_in_days: int | None = None  # make_offer
    end_membership: bool = False  # accept
    ask_of: Actor | None = None  # ask: customer or merchant
    outcome: Outcome | None = None  # decide, unless on a merchant's appeal
    payer: RefundBy | None = (
        None  # decide, unless on a merchant's appeal; null: merchant if the customer wins, else none
    )
    answer: AppealAnswer | None = None  # decide on a merchant's appeal
    auto_accept_at: datetime | None = None  # open: when a rule will accept by itself
    merchant_won: bool = False  # dispute_closed
    dispute_still_open: bool = False  # dispute_closed: another one on the same payment is open
    left_minor: int | None = None  # refunded_elsewhere: paid less refunded and lost; null: all refundable
    settlement: Settlement | None = None  # settlement_changed: succeeded or failed


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline. `data` holds facts (amounts, words of the state), never free text."""

    kind: EventKind
    actor: Actor
    action: Action
    audience: Audience
    data: dict[str, int | str | bool]

    @property
    def viewable_by_customer(self) -> bool:
        return self.audience.includes(Actor.CUSTOMER)

    @property
    def viewable_by_merchant(self) -> bool:
        return self.audience.includes(Actor.MERCHANT)


class RefundIntended(msgspec.Struct, frozen=True):
    """Write a refund intent and reserve its amount."""

    amount_minor: int
    payer: RefundBy
    reason: EventKind  # accepted, offer_accepted or decided


class RefundsCanceled(msgspec.Struct, frozen=True):
    """Cancel this case's refunds that have not gone (unsent, on hold, failed) and free what they reserved."""


class RefundsHeld(msgspec.Struct, frozen=True):
    """Put this case's unsent refunds on hold."""


class RefundsResumed(msgspec.Struct, frozen=True):
    """Let this case's held refunds go."""


class CreditIntended(msgspec.Struct, frozen=True):
    """Write a credit from the platform to the merchant."""

    amount_minor: int


class MembershipEndRequested(msgspec.Struct, frozen=True):
    """End the customer's membership at the account."""


class OfferEnd(StrEnum):
    """How an offer stopped being open."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LAPSED = "lapsed"


class OfferEnded(msgspec.Struct, frozen=True):
    """Mark the open offer as ended."""

    how: OfferEnd


class OfferMade(msgspec.Struct, frozen=True):
    """Write a new open offer; comes after the `OfferEnded` of the one before."""

    maker: Actor
    amount_minor: int | None
    remedy: str | None
    expires_at: datetime | None  # null: a counter-offer lives as long as the merchant's time, or the clock is paused


class DecisionRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """Write the platform's decision."""

    outcome: Outcome
    payer: RefundBy
    amount_minor: int | None  # to the customer by this decision; null: none
    on_appeal: bool
    answer: AppealAnswer | None


class AttentionNeeded(msgspec.Struct, frozen=True):
    """Put the case before the platform's admins: its review is overdue."""


Effect = (
    RefundIntended
    | RefundsCanceled
    | RefundsHeld
    | RefundsResumed
    | CreditIntended
    | MembershipEndRequested
    | OfferEnded
    | OfferMade
    | DecisionRecorded
    | AttentionNeeded
)


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What a move leads to: the changed state, its one event, and what else has to be written, in order."""

    row: int  # of the transition table
    state: CaseState
    event: NewEvent
    effects: tuple[Effect, ...] = ()

    @property
    def events(self) -> tuple[NewEvent, ...]:
        """Return the event as a tuple; every row writes exactly one."""
        return (self.event,)
