"""What the moves of customer and merchant do: rows 1 to 13, 19 to 21 and 27 of the transition table.

Each function changes the state, names the event and lists the effects of a move whose row is already chosen; it checks
what the move itself carries (message, amount, terms).
"""

from datetime import timedelta

from msgspec.structs import replace

from amends.cases.errors import ActionNotAllowed, MoveInvalid
from amends.cases.guards import OFFERS_LEFT
from amends.cases.moves import (
    Decided,
    Effect,
    MembershipEndRequested,
    OfferEnd,
    OfferEnded,
    OfferMade,
    OfferTerms,
    RefundIntended,
)
from amends.cases.situation import (
    Situation,
    check_message,
    closed,
    decided,
    earlier_refund,
    offer_ended,
    refusal,
    settlement_with,
    to_customer,
    to_merchant,
    to_platform,
    without_offer,
)
from amends.cases.states import Action, Actor, CaseState, EventKind, Outcome, RefundBy


def open_case(s: Situation) -> Decided:
    """Row 1: begin the merchant's clock, which an auto-respond rule makes shorter, and the negotiation's."""
    check_message(s, required=True)
    at = s.move.auto_accept_at
    if at is not None and not s.now <= at <= s.now + timedelta(hours=s.policy.auto_accept_max_hours):
        raise MoveInvalid("auto_accept_invalid", "Choose a grace period that the policy allows.", param="grace")
    state = replace(
        s.state,
        response_due_at=at or s.in_days(s.policy.merchant_days),
        auto_accept_at=at,
        negotiation_ends_at=s.in_days(s.policy.negotiation_days),
    )
    return decided(s, state, EventKind.CREATED, amount_minor=state.amount_minor)


def accept(s: Situation) -> Decided:
    """Row 2: refund all that is left refundable and close for the customer, without an appeal."""
    check_message(s)
    if s.move.amount_minor not in {None, s.refundable_minor}:
        raise ActionNotAllowed("refundable_changed", "What is left to refund has changed. Reload the case.")
    amount = s.refundable_minor
    state = replace(
        closed(s, Outcome.CUSTOMER_WON, RefundBy.MERCHANT),
        settlement=settlement_with(s, amount),
    )
    effects: tuple[Effect, ...] = (
        *offer_ended(s.state, OfferEnd.REPLACED),
        RefundIntended(amount, RefundBy.MERCHANT, EventKind.ACCEPTED),
    )
    if s.move.end_membership:
        effects = (*effects, MembershipEndRequested())
    return decided(s, state, EventKind.ACCEPTED, *effects, amount_minor=amount)


def deny(s: Situation) -> Decided:
    """Row 3: close for the merchant; the customer may appeal."""
    check_message(s, required=True)
    state = closed(s, Outcome.MERCHANT_WON, RefundBy.NONE, appealable=True)
    return decided(s, state, EventKind.DENIED, *offer_ended(s.state, OfferEnd.DECLINED))


def request_info(s: Situation) -> Decided:
    """Row 4: hand the case to the customer with a question, one of the few that the policy allows."""
    check_message(s)
    state = replace(
        to_customer(s, s.policy.customer_days), requests_used=s.state.requests_used + 1, merchant_answered=True
    )
    return decided(s, state, EventKind.REQUESTED_MORE_INFO, *offer_ended(s.state, OfferEnd.LAPSED))


def make_offer(s: Situation) -> Decided:
    """Row 5: hand the case to the customer with an offer, until it expires; it replaces an open one."""
    check_message(s)
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
        _with_offer(to_customer(s, days), Actor.MERCHANT, terms),
        merchant_offers=s.state.merchant_offers + 1,
        merchant_answered=True,
    )
    made = OfferMade(Actor.MERCHANT, terms.amount_minor, terms.remedy, state.response_due_at)
    return _offered(s, state, terms, *offer_ended(s.state, OfferEnd.REPLACED), made)


def accept_offer(s: Situation) -> Decided:
    """Rows 6 and 8: settle at exactly what was offered; a promise in words leaves the way to an appeal."""
    check_message(s)
    amount, has_remedy = s.state.offer_amount_minor, bool(s.state.offer_has_remedy)
    refund = RefundBy.NONE if amount is None else RefundBy.MERCHANT
    state = replace(
        closed(s, Outcome.SETTLED, refund, appealable=has_remedy),
        settled_with_remedy=has_remedy,
        settlement=s.state.settlement if amount is None else settlement_with(s, amount),
    )
    effects: tuple[Effect, ...] = (OfferEnded(OfferEnd.ACCEPTED),)
    if amount is not None:
        effects = (*effects, RefundIntended(amount, RefundBy.MERCHANT, EventKind.OFFER_ACCEPTED))
    return decided(s, state, EventKind.OFFER_ACCEPTED, *effects, amount_minor=amount, has_remedy=has_remedy)


def decline_offer(s: Situation) -> Decided:
    """Rows 7 and 8: end the other side's offer; only the customer may answer it with one of their own."""
    check_message(s)
    if s.move.actor is Actor.MERCHANT:
        return _decline_counter_offer(s)
    ended = OfferEnded(OfferEnd.DECLINED)
    if s.move.terms is None:
        return decided(s, to_merchant(s), EventKind.OFFER_DECLINED, ended)
    if s.state.customer_offers >= s.policy.offers_max:
        raise refusal(OFFERS_LEFT)
    terms = _terms(s, param="counter")
    state = replace(_with_offer(to_merchant(s), Actor.CUSTOMER, terms), customer_offers=s.state.customer_offers + 1)
    return _offered(s, state, terms, ended, OfferMade(Actor.CUSTOMER, terms.amount_minor, terms.remedy, None))


def _decline_counter_offer(s: Situation) -> Decided:
    if s.move.terms is not None:
        raise MoveInvalid(
            "counter_not_expected", "Decline without a counter-offer, and make an offer instead.", param="counter"
        )
    state = replace(without_offer(s.state), merchant_answered=True)
    return decided(s, state, EventKind.OFFER_DECLINED, OfferEnded(OfferEnd.DECLINED))


def _offered(s: Situation, state: CaseState, terms: OfferTerms, *effects: Effect) -> Decided:
    """Put an offer on the timeline; its words are text, of which the event says only that there are some."""
    has_remedy = terms.remedy is not None
    return decided(s, state, EventKind.OFFER_MADE, *effects, amount_minor=terms.amount_minor, has_remedy=has_remedy)


def withdraw_offer(s: Situation) -> Decided:
    """Row 9: end one's own offer; then it is the merchant's turn."""
    check_message(s)
    state = to_merchant(s) if s.move.actor is Actor.MERCHANT else without_offer(s.state)
    return decided(s, state, EventKind.OFFER_WITHDRAWN, OfferEnded(OfferEnd.WITHDRAWN))


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


def reply(s: Situation) -> Decided:
    """Rows 10 and 11: answer whoever asked: the platform once the case is escalated, before that the merchant."""
    check_message(s, required=True)
    return decided(s, to_platform(s) if s.state.escalated else to_merchant(s), EventKind.RESPONDED)


def comment(s: Situation) -> Decided:
    """Row 12: say something without changing whose turn it is."""
    check_message(s, required=True)
    if s.move.actor is Actor.MERCHANT:
        state = replace(s.state, merchant_comments=s.state.merchant_comments + 1, merchant_answered=True)
    else:
        state = replace(s.state, customer_comments=s.state.customer_comments + 1)
    return decided(s, state, EventKind.COMMENTED)


def escalate(s: Situation) -> Decided:
    """Row 13: bring the platform in."""
    check_message(s)
    return decided(s, to_platform(s), EventKind.ESCALATED, *offer_ended(s.state, OfferEnd.LAPSED))


def appeal(s: Situation) -> Decided:
    """Rows 19 and 20: reopen the case for the platform; its next decision is final."""
    check_message(s, required=True)
    by_merchant = s.move.actor is Actor.MERCHANT
    state = replace(
        to_platform(s),
        outcome=None,
        refund=None,
        appeal_due_at=None,
        customer_appealed=not by_merchant,
        merchant_appealed=by_merchant,
    )
    return decided(s, state, EventKind.APPEALED)


def withdraw(s: Situation) -> Decided:
    """Row 21: close without a winner; what was refunded before stays."""
    check_message(s)
    state = closed(s, Outcome.WITHDRAWN, earlier_refund(s.state, s.state.settlement))
    return decided(s, state, EventKind.WITHDREW, *offer_ended(s.state, OfferEnd.LAPSED))


def remark(s: Situation) -> Decided:
    """Row 27: leave the case as it is."""
    note = s.move.action is Action.NOTE
    check_message(s, required=note)
    return decided(s, s.state, EventKind.NOTED if note else EventKind.ASSIGNED)
