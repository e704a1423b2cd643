"""What each row of the transition table does to a case: one small pure function a row.

Owns the changes of state, the event and the effects of a move whose row is already chosen and whose guards hold; checks
what the move itself carries (message, amount, terms). Does not choose rows: that is `lifecycle`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from amends.cases import clocks
from amends.cases.errors import ActionNotAllowed, MoveInvalid
from amends.cases.guards import NO_DISPUTE_OPEN, OFFERS_LEFT, REFUNDABLE, Guard
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
from amends.cases.policy import Policy
from amends.cases.states import (
    Action,
    Actor,
    Audience,
    CaseRefunds,
    CaseState,
    Dispute,
    EventKind,
    Outcome,
    RefundBy,
    Settlement,
    Status,
)
from amends.cases.transitions import Transition

_UNSETTLED = frozenset({Settlement.PENDING, Settlement.ON_HOLD, Settlement.FAILED})


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


def _decided(
    s: Situation, state: CaseState, kind: EventKind, *effects: Effect, **data: int | str | bool | None
) -> Decided:
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


# Steps that several rows share


def _without_offer(state: CaseState) -> CaseState:
    return replace(state, offer_maker=None, offer_amount_minor=None, offer_has_remedy=None)


def _offer_ended(state: CaseState, how: OfferEnd) -> tuple[Effect, ...]:
    return () if state.offer_maker is None else (OfferEnded(how),)


def _turn(s: Situation, status: Status, due_at: datetime) -> CaseState:
    """Hand the case to the next side; any change of status ends an open offer."""
    return replace(_without_offer(s.state), status=status, **clocks.response_clock(s.state, due_at, s.now))


def _to_merchant(s: Situation) -> CaseState:
    return _turn(s, Status.AWAITING_MERCHANT, s.in_days(s.policy.merchant_days))


def _to_customer(s: Situation, days: int) -> CaseState:
    return _turn(s, Status.AWAITING_CUSTOMER, s.in_days(days))


def _to_platform(s: Situation) -> CaseState:
    state = _turn(s, Status.UNDER_REVIEW, s.review_due)
    return replace(state, escalated=True, **clocks.negotiation_over())


def _closed(
    s: Situation, outcome: Outcome, refund: RefundBy, *, appealable: bool = False, payer: RefundBy | None = None
) -> CaseState:
    """Close; `payer` is set by a decision of the platform. The appeal window opens once in the life of a case."""
    window = s.in_days(s.policy.appeal_days) if appealable and not s.state.appealed else None
    return replace(
        _without_offer(s.state),
        status=Status.CLOSED,
        outcome=outcome,
        refund=refund,
        platform_decided=payer is not None,
        decided_payer=payer,
        **clocks.closed_clocks(s.state, window, s.now),
    )


def _earlier_refund(settlement: Settlement) -> RefundBy:
    """Name who paid what an earlier settlement or decision refunded: only ever the merchant."""
    return RefundBy.NONE if settlement is Settlement.NONE else RefundBy.MERCHANT


def _settlement_with(s: Situation, amount_minor: int) -> Settlement:
    refunds = replace(s.refunds, unsent_minor=s.refunds.unsent_minor + amount_minor)
    return refunds.settlement(dispute_open=False)


def _settlement_without_unsent(s: Situation) -> Settlement:
    if s.state.settlement not in _UNSETTLED:
        return s.state.settlement
    kept = CaseRefunds(succeeded_minor=s.refunds.succeeded_minor, in_flight_minor=s.refunds.in_flight_minor)
    return kept.settlement(dispute_open=False)


def _message(s: Situation, *, required: bool = False) -> None:
    text = (s.move.message or "").strip()
    if required and not text:
        raise MoveInvalid("message_required", "Write a message: this action needs one.", param="message")
    if len(text) > s.policy.message_max_chars:
        limit = s.policy.message_max_chars
        raise MoveInvalid(
            "message_too_long", f"The message is longer than {limit} characters. Shorten it.", param="message"
        )


def _refusal(guard: Guard) -> ActionNotAllowed:
    return ActionNotAllowed(guard.code, guard.message)


def _need_no_dispute(s: Situation) -> None:
    if s.state.dispute is Dispute.OPEN:
        raise _refusal(NO_DISPUTE_OPEN)


def _terms(s: Situation, *, param: str) -> OfferTerms:
    """Check an offer: money above 0 and below all that is refundable (the whole is accept), or words, or both."""
    terms = s.move.terms or OfferTerms()
    remedy = (terms.remedy or "").strip() or None
    if terms.amount_minor is None and remedy is None:
        raise MoveInvalid("offer_empty", "Offer an amount, a remedy in words, or both.", param=param)
    if terms.amount_minor is not None and not 0 < terms.amount_minor < s.refundable_minor:
        raise MoveInvalid(
            "amount_invalid",
            "Offer more than nothing and less than all that is refundable; to refund everything, accept the case.",
            param="amount",
        )
    if remedy is not None and len(remedy) > s.policy.message_max_chars:
        raise MoveInvalid("message_too_long", "The remedy's description is too long. Shorten it.", param="remedy")
    return OfferTerms(amount_minor=terms.amount_minor, remedy=remedy)


def _with_offer(state: CaseState, maker: Actor, terms: OfferTerms) -> CaseState:
    return replace(
        state, offer_maker=maker, offer_amount_minor=terms.amount_minor, offer_has_remedy=terms.remedy is not None
    )


# The rows


def open_case(s: Situation) -> Decided:
    _message(s, required=True)
    at = s.move.auto_accept_at
    if at is not None and not s.now <= at <= s.now + timedelta(hours=s.policy.auto_accept_max_hours):
        raise MoveInvalid("auto_accept_invalid", "Choose a grace period that the policy allows.", param="grace")
    state = replace(
        s.state,
        response_due_at=at or s.in_days(s.policy.merchant_days),
        auto_accept_at=at,
        negotiation_ends_at=s.in_days(s.policy.negotiation_days),
    )
    return _decided(s, state, EventKind.CREATED, amount_minor=state.amount_minor)


def accept(s: Situation) -> Decided:
    _message(s)
    if s.move.amount_minor not in {None, s.refundable_minor}:
        raise ActionNotAllowed("refundable_changed", "What is left to refund has changed. Reload the case.")
    amount = s.refundable_minor
    state = replace(
        _closed(s, Outcome.CUSTOMER_WON, RefundBy.MERCHANT),
        settlement=_settlement_with(s, amount),
    )
    effects: tuple[Effect, ...] = (
        *_offer_ended(s.state, OfferEnd.REPLACED),
        RefundIntended(amount, RefundBy.MERCHANT, EventKind.ACCEPTED),
    )
    if s.move.end_membership:
        effects = (*effects, MembershipEndRequested())
    return _decided(s, state, EventKind.ACCEPTED, *effects, amount_minor=amount)


def deny(s: Situation) -> Decided:
    _message(s, required=True)
    state = _closed(s, Outcome.MERCHANT_WON, RefundBy.NONE, appealable=True)
    return _decided(s, state, EventKind.DENIED, *_offer_ended(s.state, OfferEnd.DECLINED))


def request_info(s: Situation) -> Decided:
    _message(s)
    state = replace(
        _to_customer(s, s.policy.customer_days), requests_used=s.state.requests_used + 1, merchant_answered=True
    )
    return _decided(s, state, EventKind.REQUESTED_MORE_INFO, *_offer_ended(s.state, OfferEnd.LAPSED))


def make_offer(s: Situation) -> Decided:
    _message(s)
    terms = _terms(s, param="offer")
    policy = s.policy
    days = policy.offer_days if s.move.expires_in_days is None else s.move.expires_in_days
    if not policy.offer_min_days <= days <= policy.offer_max_days:
        raise MoveInvalid(
            "expiry_invalid",
            f"Let the offer expire in {policy.offer_min_days} to {policy.offer_max_days} days.",
            param="expires_in_days",
        )
    state = replace(
        _with_offer(_to_customer(s, days), Actor.MERCHANT, terms),
        merchant_offers=s.state.merchant_offers + 1,
        merchant_answered=True,
    )
    made = OfferMade(Actor.MERCHANT, terms.amount_minor, terms.remedy, state.response_due_at)
    return _decided(
        s,
        state,
        EventKind.OFFER_MADE,
        *_offer_ended(s.state, OfferEnd.REPLACED),
        made,
        amount_minor=terms.amount_minor,
        has_remedy=terms.remedy is not None,
    )


def accept_offer(s: Situation) -> Decided:
    _message(s)
    amount, has_remedy = s.state.offer_amount_minor, bool(s.state.offer_has_remedy)
    refund = RefundBy.NONE if amount is None else RefundBy.MERCHANT
    state = replace(
        _closed(s, Outcome.SETTLED, refund, appealable=has_remedy),
        settled_with_remedy=has_remedy,
        settlement=s.state.settlement if amount is None else _settlement_with(s, amount),
    )
    effects: tuple[Effect, ...] = (OfferEnded(OfferEnd.ACCEPTED),)
    if amount is not None:
        effects = (*effects, RefundIntended(amount, RefundBy.MERCHANT, EventKind.OFFER_ACCEPTED))
    return _decided(s, state, EventKind.OFFER_ACCEPTED, *effects, amount_minor=amount, has_remedy=has_remedy)


def decline_offer(s: Situation) -> Decided:
    _message(s)
    ended = OfferEnded(OfferEnd.DECLINED)
    if s.move.actor is Actor.MERCHANT:
        state = replace(_without_offer(s.state), merchant_answered=True)
        return _decided(s, state, EventKind.OFFER_DECLINED, ended)
    if s.move.terms is None:
        return _decided(s, _to_merchant(s), EventKind.OFFER_DECLINED, ended)
    if s.state.customer_offers >= s.policy.offers_max:
        raise _refusal(OFFERS_LEFT)
    terms = _terms(s, param="counter")
    state = replace(_with_offer(_to_merchant(s), Actor.CUSTOMER, terms), customer_offers=s.state.customer_offers + 1)
    made = OfferMade(Actor.CUSTOMER, terms.amount_minor, terms.remedy, None)
    return _decided(
        s,
        state,
        EventKind.OFFER_MADE,
        ended,
        made,
        amount_minor=terms.amount_minor,
        has_remedy=terms.remedy is not None,
    )


def withdraw_offer(s: Situation) -> Decided:
    _message(s)
    state = _to_merchant(s) if s.move.actor is Actor.MERCHANT else _without_offer(s.state)
    return _decided(s, state, EventKind.OFFER_WITHDRAWN, OfferEnded(OfferEnd.WITHDRAWN))


def reply(s: Situation) -> Decided:
    _message(s, required=True)
    return _decided(s, _to_platform(s) if s.state.escalated else _to_merchant(s), EventKind.RESPONDED)


def comment(s: Situation) -> Decided:
    _message(s, required=True)
    if s.move.actor is Actor.MERCHANT:
        state = replace(s.state, merchant_comments=s.state.merchant_comments + 1, merchant_answered=True)
    else:
        state = replace(s.state, customer_comments=s.state.customer_comments + 1)
    return _decided(s, state, EventKind.COMMENTED)


def escalate(s: Situation) -> Decided:
    _message(s)
    return _decided(s, _to_platform(s), EventKind.ESCALATED, *_offer_ended(s.state, OfferEnd.LAPSED))


def expire_customer(s: Situation) -> Decided:
    if s.state.offer_maker is not None:
        return _decided(s, _to_merchant(s), EventKind.OFFER_EXPIRED, OfferEnded(OfferEnd.EXPIRED))
    if s.state.merchant_appealed:
        return _decided(s, _to_platform(s), EventKind.ESCALATED)
    state = _closed(s, Outcome.MERCHANT_WON, _earlier_refund(s.state.settlement), appealable=True)
    return _decided(s, state, EventKind.CLOSED_NO_REPLY)


def ask(s: Situation) -> Decided:
    _message(s, required=True)
    asked = s.move.ask_of
    if asked is Actor.MERCHANT:
        state = _to_merchant(s)
    elif asked is Actor.CUSTOMER:
        state = _to_customer(s, s.policy.customer_days)
    else:
        raise MoveInvalid("ask_target_invalid", "Ask either the customer or the merchant.", param="ask_of")
    return _decided(s, state, EventKind.REQUESTED_MORE_INFO, asked=asked.value)


def decide_case(s: Situation) -> Decided:
    if s.state.merchant_appealed:
        return _decide_merchants_appeal(s)
    outcome, payer, amount = _ruling(s)
    refund = _earlier_refund(s.state.settlement) if payer is RefundBy.NONE else payer
    # A decision for the customer at the platform's cost leaves nobody who lost: no appeal window.
    appealable = outcome is Outcome.MERCHANT_WON or payer is RefundBy.MERCHANT
    state = _closed(s, outcome, refund, appealable=appealable, payer=payer)
    effects: tuple[Effect, ...] = (DecisionRecorded(outcome, payer, amount, s.state.appealed, None),)
    if amount is not None:
        state = replace(state, settlement=_settlement_with(s, amount))
        effects = (*effects, RefundIntended(amount, payer, EventKind.DECIDED))
    return _decided(s, state, EventKind.DECIDED, *effects, amount_minor=amount, payer=payer.value)


def _ruling(s: Situation) -> tuple[Outcome, RefundBy, int | None]:
    """Check a decision: who wins, who pays, how much; money moves only without an open bank dispute."""
    move, outcome = s.move, s.move.outcome
    if move.answer is not None:
        raise MoveInvalid("answer_not_expected", "Only a merchant's appeal is upheld or reversed.", param="answer")
    if outcome is not Outcome.CUSTOMER_WON and outcome is not Outcome.MERCHANT_WON:
        raise MoveInvalid("outcome_invalid", "Decide for the customer or for the merchant.", param="outcome")
    customer_won = outcome is Outcome.CUSTOMER_WON
    payer = move.payer or (RefundBy.MERCHANT if customer_won else RefundBy.NONE)
    if payer is (RefundBy.NONE if customer_won else RefundBy.MERCHANT):
        message = (
            "If the customer wins, the merchant or the platform pays; if the merchant wins, the platform or nobody."
        )
        raise MoveInvalid("payer_invalid", message, param="payer")
    if payer is RefundBy.NONE:
        if move.amount_minor is not None:
            raise MoveInvalid("amount_not_expected", "Leave the amount out: nobody pays.", param="amount")
        return outcome, payer, None
    _need_no_dispute(s)
    if s.refundable_minor <= 0:
        raise _refusal(REFUNDABLE)
    amount = s.refundable_minor if move.amount_minor is None else move.amount_minor
    if not 0 < amount <= s.refundable_minor:
        raise MoveInvalid("amount_invalid", "Refund more than nothing and at most what is refundable.", param="amount")
    return outcome, payer, amount


def _decide_merchants_appeal(s: Situation) -> Decided:
    """Uphold: as before, no new money. Reverse: the customer keeps what has gone, the platform bears it."""
    if s.move.answer is None:
        raise MoveInvalid("answer_required", "Say whether the first decision is upheld or reversed.", param="answer")
    if s.move.answer is AppealAnswer.UPHELD:
        payer = _earlier_refund(s.state.settlement)
        state = _closed(s, Outcome.CUSTOMER_WON, payer, payer=RefundBy.MERCHANT)
        record = DecisionRecorded(Outcome.CUSTOMER_WON, RefundBy.MERCHANT, None, True, AppealAnswer.UPHELD)
        return _decided(s, state, EventKind.DECIDED, record, answer=AppealAnswer.UPHELD.value)
    gone = s.refunds.gone_minor
    if gone:
        _need_no_dispute(s)
    payer = RefundBy.PLATFORM if gone else RefundBy.NONE
    state = replace(_closed(s, Outcome.MERCHANT_WON, payer, payer=payer), settlement=_settlement_without_unsent(s))
    effects: tuple[Effect, ...] = (DecisionRecorded(Outcome.MERCHANT_WON, payer, None, True, AppealAnswer.REVERSED),)
    if s.state.settlement in _UNSETTLED:
        effects = (*effects, RefundsCanceled())
    if gone:
        effects = (*effects, CreditIntended(gone))
    return _decided(s, state, EventKind.DECIDED, *effects, answer=AppealAnswer.REVERSED.value, credit_minor=gone)


def appeal(s: Situation) -> Decided:
    _message(s, required=True)
    by_merchant = s.move.actor is Actor.MERCHANT
    state = replace(
        _to_platform(s),
        outcome=None,
        refund=None,
        appeal_due_at=None,
        customer_appealed=not by_merchant,
        merchant_appealed=by_merchant,
    )
    return _decided(s, state, EventKind.APPEALED)


def withdraw(s: Situation) -> Decided:
    _message(s)
    state = _closed(s, Outcome.WITHDRAWN, _earlier_refund(s.state.settlement))
    return _decided(s, state, EventKind.WITHDREW, *_offer_ended(s.state, OfferEnd.LAPSED))


def review_overdue(s: Situation) -> Decided:
    state = replace(s.state, **clocks.response_clock(s.state, s.review_due, s.now))
    return _decided(s, state, EventKind.REVIEW_OVERDUE, AttentionNeeded())


def dispute_opened(s: Situation) -> Decided:
    if s.state.dispute is Dispute.OPEN:  # another one on the same payment: everything is paused already
        return _decided(s, s.state, EventKind.DISPUTE_OPENED)
    state = replace(_without_offer(s.state), dispute=Dispute.OPEN, **clocks.pause(s.state, s.now))
    effects = _offer_ended(s.state, OfferEnd.LAPSED)
    if s.state.settlement in _UNSETTLED:
        effects = (*effects, RefundsHeld())
        state = replace(state, settlement=s.refunds.settlement(dispute_open=True))
    return _decided(s, state, EventKind.DISPUTE_OPENED, *effects)


def dispute_closed(s: Situation) -> Decided:
    return _dispute_won(s) if s.move.merchant_won else _dispute_lost(s)


def _dispute_won(s: Situation) -> Decided:
    if s.move.dispute_still_open:
        return _decided(s, s.state, EventKind.DISPUTE_MERCHANT_WON)
    state = replace(s.state, dispute=Dispute.WON, **clocks.resume(s.state, now=s.now, policy=s.policy))
    if s.state.settlement not in _UNSETTLED:
        return _decided(s, state, EventKind.DISPUTE_MERCHANT_WON)
    state = replace(state, settlement=s.refunds.settlement(dispute_open=False))
    return _decided(s, state, EventKind.DISPUTE_MERCHANT_WON, RefundsResumed())


def _dispute_lost(s: Situation) -> Decided:
    """The bank gave the money back: nothing of ours may follow it, and an open case is over."""
    before, settlement = s.state, _settlement_without_unsent(s)
    still = s.move.dispute_still_open
    effects: tuple[Effect, ...] = (RefundsCanceled(),) if before.settlement in _UNSETTLED else ()
    if before.is_open:
        state = _closed(s, Outcome.CUSTOMER_WON, _earlier_refund(settlement))
    else:
        state = before if settlement is not Settlement.NONE else replace(before, refund=RefundBy.NONE)
        if state.outcome is not Outcome.CUSTOMER_WON or state.refund is not RefundBy.MERCHANT:
            state = replace(state, appeal_due_at=None, paused_left_ms=None)  # nobody is left who could appeal
        elif not still:
            state = replace(state, **clocks.resume(state, now=s.now, policy=s.policy))
    state = replace(state, settlement=settlement, dispute=Dispute.OPEN if still else Dispute.LOST)
    return _decided(s, state, EventKind.DISPUTE_CUSTOMER_WON, *effects)


def refunded_elsewhere(s: Situation) -> Decided:
    before = s.state
    left = s.refundable_minor if s.move.left_minor is None else s.move.left_minor
    if left <= 0:
        state = replace(_closed(s, Outcome.CUSTOMER_WON, RefundBy.MERCHANT), settlement=Settlement.SUCCEEDED)
        effects = _offer_ended(before, OfferEnd.LAPSED)
        if before.settlement in _UNSETTLED:
            effects = (*effects, RefundsCanceled())
        return _decided(s, state, EventKind.REFUNDED_ELSEWHERE, *effects, left_minor=0)
    above = before.offer_amount_minor is not None and before.offer_amount_minor > s.refundable_minor
    state = _without_offer(before) if above else before
    effects = _offer_ended(before, OfferEnd.LAPSED) if above else ()
    return _decided(s, state, EventKind.REFUNDED_ELSEWHERE, *effects, left_minor=left)


def settlement_changed(s: Situation) -> Decided:
    result = s.move.settlement
    if result is not Settlement.SUCCEEDED and result is not Settlement.FAILED:
        raise MoveInvalid("settlement_invalid", "A refund has either succeeded or failed.", param="settlement")
    known = s.refunds.settlement(dispute_open=s.state.dispute is Dispute.OPEN)
    state = replace(s.state, settlement=result if known is Settlement.NONE else known)
    kind = EventKind.REFUND_SUCCEEDED if result is Settlement.SUCCEEDED else EventKind.REFUND_FAILED
    return _decided(s, state, kind, settlement=state.settlement.value)


def remark(s: Situation) -> Decided:
    note = s.move.action is Action.NOTE
    _message(s, required=note)
    return _decided(s, s.state, EventKind.NOTED if note else EventKind.ASSIGNED)


OUTCOMES: Final[dict[int, Callable[[Situation], Decided]]] = {
    1: open_case,
    2: accept,
    3: deny,
    4: request_info,
    5: make_offer,
    6: accept_offer,
    7: decline_offer,
    8: lambda s: accept_offer(s) if s.move.action is Action.ACCEPT_OFFER else decline_offer(s),
    9: withdraw_offer,
    10: reply,
    11: reply,
    12: comment,
    13: escalate,
    14: escalate,
    15: escalate,
    16: expire_customer,
    17: ask,
    18: decide_case,
    19: appeal,
    20: appeal,
    21: withdraw,
    22: review_overdue,
    23: dispute_opened,
    24: dispute_closed,
    25: refunded_elsewhere,
    26: settlement_changed,
    27: remark,
}
