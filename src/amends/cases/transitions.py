"""The transition table of PRODUCT.md section 1, as data.

Everything that says who may do what derives from `TRANSITIONS`: `lifecycle.decide`, `available_actions`, the reference
in docs/ and the tests. What a row does to the state is the function of the same number in `outcomes`.
Invariant: row numbers are those of PRODUCT.md (2 and 8 stand twice, as their actions have different guards);
every row writes exactly one event.
"""

from typing import Final

import msgspec

from amends.cases import guards as g
from amends.cases.states import Action, Actor, Audience, EventKind, Outcome, RefundBy, Status

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
AM, AC, UR, CLOSED = Status.AWAITING_MERCHANT, Status.AWAITING_CUSTOMER, Status.UNDER_REVIEW, Status.CLOSED
OPEN = (AM, AC, UR)
ANY = (*OPEN, CLOSED)


class To(msgspec.Struct, frozen=True):
    """Where a row leads; no status means unchanged."""

    status: Status | None = None
    outcome: Outcome | None = None
    refund: RefundBy | None = None
    when: str = ""

    def __str__(self) -> str:
        words = " / ".join(w for w in (self.status, self.outcome, self.refund) if w) or "unchanged"
        return f"{words} ({self.when})" if self.when else words


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. `by` pairs each action with who may do it."""

    row: int  # of PRODUCT.md
    by: tuple[tuple[Action, Actor], ...]
    sources: tuple[Status, ...]  # empty: there is no case yet
    guards: tuple[g.Guard, ...] = ()
    to: tuple[To, ...]
    clock: str
    kinds: tuple[EventKind, ...]
    audience: Audience | None = Audience.EVERYONE  # None: the actor's own side
    notes: str = ""


_WON_BY_MERCHANT = To(CLOSED, Outcome.MERCHANT_WON, RefundBy.NONE)

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(
        row=1,
        by=((Action.OPEN, C),),
        sources=(),
        to=(To(AM),),
        clock="merchant's time; negotiation's time",
        kinds=(EventKind.CREATED,),
        notes="Message required. With an auto-respond rule the automatic acceptance is the due time.",
    ),
    Transition(
        row=2,
        by=((Action.ACCEPT, M),),
        sources=OPEN,
        guards=(g.NOT_ON_MERCHANTS_APPEAL, g.NO_DISPUTE_OPEN, g.REFUNDABLE),
        to=(To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.MERCHANT),),
        clock="none",
        kinds=(EventKind.ACCEPTED,),
        notes="Refunds all that is left refundable. May end the membership.",
    ),
    Transition(
        row=2,
        by=((Action.AUTO_ACCEPT, S),),
        sources=(AM,),
        guards=(g.NO_DISPUTE_OPEN, g.REFUNDABLE, g.AUTO_ACCEPT_DUE),
        to=(To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.MERCHANT),),
        clock="none",
        kinds=(EventKind.ACCEPTED,),
        notes="For the merchant, by its auto-respond rule. Refunds all that is left refundable.",
    ),
    Transition(
        row=3,
        by=((Action.DENY, M),),
        sources=(AM,),
        guards=(g.IN_NEGOTIATION,),
        to=(_WON_BY_MERCHANT,),
        clock="appeal window",
        kinds=(EventKind.DENIED,),
        notes="Message required.",
    ),
    Transition(
        row=4,
        by=((Action.REQUEST_INFO, M),),
        sources=(AM,),
        guards=(g.IN_NEGOTIATION, g.REQUESTS_LEFT),
        to=(To(AC),),
        clock="customer's time",
        kinds=(EventKind.REQUESTED_MORE_INFO,),
    ),
    Transition(
        row=5,
        by=((Action.MAKE_OFFER, M),),
        sources=(AM, AC),
        guards=(g.IN_NEGOTIATION, g.NO_DISPUTE_OPEN, g.OFFERS_LEFT),
        to=(To(AC),),
        clock="the offer's expiry",
        kinds=(EventKind.OFFER_MADE,),
        notes="An amount above 0 and below all that is refundable, a remedy in words, or both.",
    ),
    Transition(
        row=6,
        by=((Action.ACCEPT_OFFER, C),),
        sources=(AC,),
        guards=(g.NO_DISPUTE_OPEN, g.OTHERS_OFFER_OPEN, g.OFFER_COVERED),
        to=(
            To(CLOSED, Outcome.SETTLED, RefundBy.MERCHANT),
            To(CLOSED, Outcome.SETTLED, RefundBy.NONE, "an offer without an amount"),
        ),
        clock="appeal window, if the offer had a remedy in words",
        kinds=(EventKind.OFFER_ACCEPTED,),
        notes="Refunds exactly the offered amount.",
    ),
    Transition(
        row=7,
        by=((Action.DECLINE_OFFER, C),),
        sources=(AC,),
        guards=(g.OTHERS_OFFER_OPEN,),
        to=(To(AM),),
        clock="merchant's time",
        kinds=(EventKind.OFFER_DECLINED, EventKind.OFFER_MADE),
        notes="With a counter-offer the event is offer_made.",
    ),
    Transition(
        row=8,
        by=((Action.ACCEPT_OFFER, M),),
        sources=(AM,),
        guards=(g.NO_DISPUTE_OPEN, g.OTHERS_OFFER_OPEN, g.OFFER_COVERED),
        to=(
            To(CLOSED, Outcome.SETTLED, RefundBy.MERCHANT),
            To(CLOSED, Outcome.SETTLED, RefundBy.NONE, "an offer without an amount"),
        ),
        clock="appeal window, if the offer had a remedy in words",
        kinds=(EventKind.OFFER_ACCEPTED,),
        notes="Refunds exactly the offered amount.",
    ),
    Transition(
        row=8,
        by=((Action.DECLINE_OFFER, M),),
        sources=(AM,),
        guards=(g.OTHERS_OFFER_OPEN,),
        to=(To(),),
        clock="unchanged",
        kinds=(EventKind.OFFER_DECLINED,),
    ),
    Transition(
        row=9,
        by=((Action.WITHDRAW_OFFER, M), (Action.WITHDRAW_OFFER, C)),
        sources=(AM, AC),
        guards=(g.OWN_OFFER_OPEN,),
        to=(To(AM, when="the merchant's"), To(when="the customer's")),
        clock="merchant's time; the customer's: unchanged",
        kinds=(EventKind.OFFER_WITHDRAWN,),
    ),
    Transition(
        row=10,
        by=((Action.REPLY, C),),
        sources=(AC,),
        guards=(g.NO_OFFER_OPEN,),
        to=(To(AM), To(UR, when="escalated")),
        clock="merchant's time; escalated: review target",
        kinds=(EventKind.RESPONDED,),
        notes="Message required.",
    ),
    Transition(
        row=11,
        by=((Action.REPLY, M),),
        sources=(AM,),
        guards=(g.ESCALATED,),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.RESPONDED,),
        notes="Message required.",
    ),
    Transition(
        row=12,
        by=((Action.COMMENT, C), (Action.COMMENT, M)),
        sources=OPEN,
        guards=(g.COMMENTS_LEFT,),
        to=(To(),),
        clock="unchanged",
        kinds=(EventKind.COMMENTED,),
        notes="Message required. Visible to both sides.",
    ),
    Transition(
        row=13,
        by=((Action.ESCALATE, C),),
        sources=(AM, AC),
        guards=(g.IN_NEGOTIATION, g.MERCHANT_ANSWERED),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.ESCALATED,),
    ),
    Transition(
        row=14,
        by=((Action.EXPIRE, S),),
        sources=(AM, AC),
        guards=(g.IN_NEGOTIATION, g.NEGOTIATION_OR_MERCHANT_OVERDUE),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.ESCALATED,),
        notes="Of two clocks that ran out, the earlier counts.",
    ),
    Transition(
        row=15,
        by=((Action.EXPIRE, S),),
        sources=(AM,),
        guards=(g.ESCALATED, g.RESPONSE_OVERDUE),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.ESCALATED,),
    ),
    Transition(
        row=16,
        by=((Action.EXPIRE, S),),
        sources=(AC,),
        guards=(g.RESPONSE_OVERDUE,),
        to=(
            To(AM, when="an offer was open"),
            To(UR, when="after a merchant's appeal"),
            To(CLOSED, Outcome.MERCHANT_WON, RefundBy.NONE, "otherwise"),
        ),
        clock="merchant's time; review target; appeal window, none on an appeal",
        kinds=(EventKind.OFFER_EXPIRED, EventKind.ESCALATED, EventKind.CLOSED_NO_REPLY),
        notes="The three events belong to the three ways, in this order.",
    ),
    Transition(
        row=17,
        by=((Action.ASK, P),),
        sources=(UR,),
        to=(To(AM), To(AC)),
        clock="merchant's or customer's time",
        kinds=(EventKind.REQUESTED_MORE_INFO,),
        notes="Message required. The case stays escalated.",
    ),
    Transition(
        row=18,
        by=((Action.DECIDE, P),),
        sources=(UR,),
        to=(
            To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.MERCHANT),
            To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.PLATFORM),
            _WON_BY_MERCHANT,
            To(CLOSED, Outcome.MERCHANT_WON, RefundBy.PLATFORM),
        ),
        clock="appeal window, none on an appeal",
        kinds=(EventKind.DECIDED,),
        notes="Money moves only without an open bank dispute. On a merchant's appeal: upheld or reversed (row 20).",
    ),
    Transition(
        row=19,
        by=((Action.APPEAL, C),),
        sources=(CLOSED,),
        guards=(
            g.LOST_BY_CUSTOMER,
            g.NEVER_APPEALED,
            g.NO_DISPUTE_LOST,
            g.NO_DISPUTE_OPEN,
            g.WINDOW_OPEN,
            g.REFUNDABLE,
        ),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.APPEALED,),
        notes="Message required. The next decision is final.",
    ),
    Transition(
        row=20,
        by=((Action.APPEAL, M),),
        sources=(CLOSED,),
        guards=(g.LOST_BY_MERCHANT, g.NEVER_APPEALED, g.NO_DISPUTE_OPEN, g.WINDOW_OPEN),
        to=(To(UR),),
        clock="review target",
        kinds=(EventKind.APPEALED,),
        notes=(
            "Message required. Decide then answers upheld (as before, no new money) or reversed (merchant_won; what "
            "has gone is credited to the merchant by the platform, what has not is cancelled). Final."
        ),
    ),
    Transition(
        row=21,
        by=((Action.WITHDRAW, C),),
        sources=OPEN,
        guards=(g.NOT_ON_MERCHANTS_APPEAL,),
        to=(To(CLOSED, Outcome.WITHDRAWN, RefundBy.NONE),),
        clock="none",
        kinds=(EventKind.WITHDREW,),
    ),
    Transition(
        row=22,
        by=((Action.EXPIRE, S),),
        sources=(UR,),
        guards=(g.RESPONSE_OVERDUE,),
        to=(To(),),
        clock="next review target",
        kinds=(EventKind.REVIEW_OVERDUE,),
        audience=Audience.PLATFORM,
        notes="Needs attention.",
    ),
    Transition(
        row=23,
        by=((Action.DISPUTE_OPENED, S),),
        sources=ANY,
        to=(To(),),
        clock="paused",
        kinds=(EventKind.DISPUTE_OPENED,),
        notes="Offers lapse. Refunds that have not been sent are held.",
    ),
    Transition(
        row=24,
        by=((Action.DISPUTE_CLOSED, S),),
        sources=ANY,
        guards=(g.DISPUTE_OPEN,),
        to=(
            To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.NONE, "the customer won, an open case"),
            To(when="the customer won, a closed case; or the merchant won"),
        ),
        clock="the merchant won: goes on with what was left, at least the policy's minimum",
        kinds=(EventKind.DISPUTE_CUSTOMER_WON, EventKind.DISPUTE_MERCHANT_WON),
        notes="The customer won: refunds that have not gone are cancelled. The merchant won: held refunds go.",
    ),
    Transition(
        row=25,
        by=((Action.REFUNDED_ELSEWHERE, S),),
        sources=OPEN,
        to=(
            To(CLOSED, Outcome.CUSTOMER_WON, RefundBy.MERCHANT, "nothing left"),
            To(when="something left"),
        ),
        clock="unchanged",
        kinds=(EventKind.REFUNDED_ELSEWHERE,),
        notes="An offer above what is left lapses.",
    ),
    Transition(
        row=26,
        by=((Action.SETTLEMENT_CHANGED, S),),
        sources=ANY,
        guards=(g.HAS_REFUND,),
        to=(To(),),
        clock="unchanged",
        kinds=(EventKind.REFUND_SUCCEEDED, EventKind.REFUND_FAILED),
        notes="Also while an appeal has reopened the case, so that no result of a refund is lost.",
    ),
    Transition(
        row=27,
        by=((Action.NOTE, M), (Action.NOTE, P), (Action.ASSIGN, M), (Action.ASSIGN, P)),
        sources=ANY,
        to=(To(),),
        clock="unchanged",
        kinds=(EventKind.NOTED, EventKind.ASSIGNED),
        audience=None,
        notes="Internal: only the actor's own side reads it. Never in available_actions.",
    ),
)

# The order in which available_actions lists: what ends the case first, then what moves it, then words.
PUBLIC_ACTIONS: Final[tuple[Action, ...]] = (
    Action.ACCEPT,
    Action.DENY,
    Action.REQUEST_INFO,
    Action.REPLY,
    Action.ACCEPT_OFFER,
    Action.DECLINE_OFFER,
    Action.MAKE_OFFER,
    Action.WITHDRAW_OFFER,
    Action.DECIDE,
    Action.ASK,
    Action.ESCALATE,
    Action.APPEAL,
    Action.WITHDRAW,
    Action.COMMENT,
)


def _index() -> dict[tuple[Action, Actor], tuple[Transition, ...]]:
    found: dict[tuple[Action, Actor], tuple[Transition, ...]] = {}
    for transition in TRANSITIONS:
        for pair in transition.by:
            found[pair] = (*found.get(pair, ()), transition)
    return found


TRANSITIONS_BY_MOVE: Final = _index()
