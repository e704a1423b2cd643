"""What the clock, the bank and the payment provider do to a case: rows 16 and 22 to 26 of the transition table.

Facts from outside are taken as they come: what has happened to the money is recorded, never refused.
"""

from msgspec.structs import replace

from amends.cases import clocks
from amends.cases.errors import MoveInvalid
from amends.cases.moves import (
    AttentionNeeded,
    Decided,
    Effect,
    OfferEnd,
    OfferEnded,
    RefundsCanceled,
    RefundsHeld,
    RefundsResumed,
)
from amends.cases.situation import (
    UNSETTLED,
    Situation,
    closed,
    decided,
    earlier_refund,
    offer_ended,
    settlement_without_unsent,
    to_merchant,
    to_platform,
    without_offer,
)
from amends.cases.states import Dispute, EventKind, Outcome, RefundBy, Settlement


def expire_customer(s: Situation) -> Decided:
    """Row 16: let an open offer expire; after a merchant's appeal go on without the answer; else close the case."""
    if s.state.offer_maker is not None:
        return decided(s, to_merchant(s), EventKind.OFFER_EXPIRED, OfferEnded(OfferEnd.EXPIRED))
    if s.state.merchant_appealed:
        return decided(s, to_platform(s), EventKind.ESCALATED)
    state = closed(s, Outcome.MERCHANT_WON, earlier_refund(s.state, s.state.settlement), appealable=True)
    return decided(s, state, EventKind.CLOSED_NO_REPLY)


def review_overdue(s: Situation) -> Decided:
    """Row 22: set the next target, and ask for attention."""
    state = replace(s.state, **clocks.response_clock(s.state, s.review_due, s.now))
    return decided(s, state, EventKind.REVIEW_OVERDUE, AttentionNeeded())


def dispute_opened(s: Situation) -> Decided:
    """Row 23: pause everything; refunds that have not been sent are held."""
    if s.state.dispute is Dispute.OPEN:  # another one on the same payment: everything is paused already
        return decided(s, s.state, EventKind.DISPUTE_OPENED)
    state = replace(without_offer(s.state), dispute=Dispute.OPEN, **clocks.pause(s.state, s.now))
    effects = offer_ended(s.state, OfferEnd.LAPSED)
    if s.state.settlement in UNSETTLED:
        effects = (*effects, RefundsHeld())
        state = replace(state, settlement=_settlement_now(s, dispute_open=True))
    return decided(s, state, EventKind.DISPUTE_OPENED, *effects)


def _settlement_now(s: Situation, *, dispute_open: bool) -> Settlement:
    known = s.refunds.settlement(dispute_open=dispute_open)
    return s.state.settlement if known is Settlement.NONE else known


def dispute_closed(s: Situation) -> Decided:
    """Row 24: go on, if the merchant won; otherwise the bank gave the money back."""
    return _dispute_won(s) if s.move.merchant_won else _dispute_lost(s)


def _dispute_won(s: Situation) -> Decided:
    if s.move.dispute_still_open:
        return decided(s, s.state, EventKind.DISPUTE_MERCHANT_WON)
    state = replace(s.state, dispute=Dispute.WON, **clocks.resume(s.state, now=s.now, policy=s.policy))
    if s.state.settlement not in UNSETTLED:
        return decided(s, state, EventKind.DISPUTE_MERCHANT_WON)
    state = replace(state, settlement=_settlement_now(s, dispute_open=False))
    return decided(s, state, EventKind.DISPUTE_MERCHANT_WON, RefundsResumed())


def _dispute_lost(s: Situation) -> Decided:
    """The bank gave the money back: nothing of ours may follow it, and an open case is over."""
    before, settlement = s.state, settlement_without_unsent(s)
    still = s.move.dispute_still_open
    effects: tuple[Effect, ...] = (RefundsCanceled(),) if before.settlement in UNSETTLED else ()
    if before.is_open:
        state = closed(s, Outcome.CUSTOMER_WON, earlier_refund(before, settlement))
    else:
        state = before if settlement is not Settlement.NONE else replace(before, refund=RefundBy.NONE)
        if state.outcome is not Outcome.CUSTOMER_WON or state.refund is not RefundBy.MERCHANT:
            state = replace(state, appeal_due_at=None, paused_left_ms=None)  # nobody is left who could appeal
        elif not still:
            state = replace(state, **clocks.resume(state, now=s.now, policy=s.policy))
    state = replace(state, settlement=settlement, dispute=Dispute.OPEN if still else Dispute.LOST)
    return decided(s, state, EventKind.DISPUTE_CUSTOMER_WON, *effects)


def refunded_elsewhere(s: Situation) -> Decided:
    """Row 25: close if nothing is left to refund; otherwise only an offer above what is left lapses."""
    before = s.state
    left = s.refundable_minor if s.move.left_minor is None else s.move.left_minor
    if left <= 0:
        state = replace(closed(s, Outcome.CUSTOMER_WON, RefundBy.MERCHANT), settlement=Settlement.SUCCEEDED)
        effects = offer_ended(before, OfferEnd.LAPSED)
        if before.settlement in UNSETTLED:
            effects = (*effects, RefundsCanceled())
        return decided(s, state, EventKind.REFUNDED_ELSEWHERE, *effects, left_minor=0)
    above = before.offer_amount_minor is not None and before.offer_amount_minor > s.refundable_minor
    state = without_offer(before) if above else before
    effects = offer_ended(before, OfferEnd.LAPSED) if above else ()
    return decided(s, state, EventKind.REFUNDED_ELSEWHERE, *effects, left_minor=left)


def settlement_changed(s: Situation) -> Decided:
    """Row 26: record what became of the money; in the state of the case nothing else changes."""
    result = s.move.settlement
    if result is not Settlement.SUCCEEDED and result is not Settlement.FAILED:
        raise MoveInvalid("settlement_invalid", "A refund has either succeeded or failed.", param="settlement")
    known = s.refunds.settlement(dispute_open=s.state.dispute is Dispute.OPEN)
    state = replace(s.state, settlement=result if known is Settlement.NONE else known)
    if result is Settlement.FAILED:
        return decided(s, state, EventKind.REFUND_FAILED, settlement=state.settlement.value)
    told = {} if s.refunds.gone_minor else {"otherwise": True}
    return decided(s, state, EventKind.REFUND_SUCCEEDED, settlement=state.settlement.value, **told)
