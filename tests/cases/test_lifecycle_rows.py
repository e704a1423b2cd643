"""The 27 rows of PRODUCT.md section 1, one by one: where each leads, its clock, its event, its effects."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, EventKind, OfferEnd, OfferTerms, Outcome, RefundBy, Status
from tests.cases import lifecycle_story as told
from tests.cases.lifecycle_story import OPENED_AT, PAID, Story, opened

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
AM, AC, UR = Status.AWAITING_MERCHANT, Status.AWAITING_CUSTOMER, Status.UNDER_REVIEW
CUSTOMER_WON = (Status.CLOSED, Outcome.CUSTOMER_WON)
MERCHANT_WON = (Status.CLOSED, Outcome.MERCHANT_WON)
SETTLED = (Status.CLOSED, Outcome.SETTLED)
MERCHANT, PLATFORM, NONE = RefundBy.MERCHANT, RefundBy.PLATFORM, RefundBy.NONE
REVIEW = timedelta(days=2)  # two business days from a Monday to a Wednesday
DAY = timedelta(days=1)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A story, a move, and what must follow; `due` and `appeal` count from the move."""

    row: int
    story: Callable[[], Story]
    actor: Actor
    action: Action
    fields: dict[str, Any] = {}
    to: tuple[Any, ...]
    due: timedelta | None = None
    appeal: timedelta | None = None
    kind: EventKind
    effects: tuple[lc.Effect, ...] = ()
    name: str = ""


def refund(amount: int, payer: RefundBy, reason: EventKind) -> lc.RefundIntended:
    return lc.RefundIntended(amount, payer, reason)


def ruled(outcome: Outcome, payer: RefundBy, amount: int | None, *, on_appeal: bool = False) -> lc.DecisionRecorded:
    return lc.DecisionRecorded(outcome=outcome, payer=payer, amount_minor=amount, on_appeal=on_appeal, answer=None)


def answered(outcome: Outcome, payer: RefundBy, answer: lc.AppealAnswer) -> lc.DecisionRecorded:
    return lc.DecisionRecorded(outcome=outcome, payer=payer, amount_minor=None, on_appeal=True, answer=answer)


def silent_merchant() -> Story:
    return opened().later(days=7)


def asked(actor: Actor, story: Callable[[], Story] = told.escalated) -> Callable[[], Story]:
    return lambda: story().platform(Action.ASK, ask_of=actor)


def overdue(story: Callable[[], Story]) -> Callable[[], Story]:
    return lambda: story().later(days=14)


def informed() -> Story:
    return opened().merchant(Action.REQUEST_INFO)


def disputed(story: Callable[[], Story]) -> Callable[[], Story]:
    return lambda: story().system(Action.DISPUTE_OPENED)


ended = lc.OfferEnded
A, K = Action, EventKind
ROWS = [
    Row(row=2, story=opened, actor=M, action=A.ACCEPT, to=(*CUSTOMER_WON, MERCHANT), kind=K.ACCEPTED,
        effects=(refund(PAID, MERCHANT, K.ACCEPTED),)),
    Row(row=2, name="with an own offer open, ending the membership", story=told.offered, actor=M, action=A.ACCEPT,
        fields={"end_membership": True}, to=(*CUSTOMER_WON, MERCHANT), kind=K.ACCEPTED,
        effects=(ended(OfferEnd.REPLACED), refund(PAID, MERCHANT, K.ACCEPTED), lc.MembershipEndRequested())),
    Row(row=2, name="under review on a customer's appeal", story=told.appealed_by_customer, actor=M, action=A.ACCEPT,
        to=(*CUSTOMER_WON, MERCHANT), kind=K.ACCEPTED, effects=(refund(PAID, MERCHANT, K.ACCEPTED),)),
    Row(row=2, name="by itself, when a rule matched",
        story=lambda: opened(auto_accept_at=OPENED_AT + DAY).later(days=1), actor=S, action=A.AUTO_ACCEPT,
        fields={"message": None}, to=(*CUSTOMER_WON, MERCHANT), kind=K.ACCEPTED,
        effects=(refund(PAID, MERCHANT, K.ACCEPTED),)),
    Row(row=3, story=opened, actor=M, action=A.DENY, to=(*MERCHANT_WON, NONE), appeal=14 * DAY, kind=K.DENIED),
    Row(row=3, name="with a counter-offer open", story=told.countered, actor=M, action=A.DENY,
        to=(*MERCHANT_WON, NONE), appeal=14 * DAY, kind=K.DENIED, effects=(ended(OfferEnd.DECLINED),)),
    Row(row=4, story=opened, actor=M, action=A.REQUEST_INFO, fields={"message": None}, to=(AC,), due=7 * DAY,
        kind=K.REQUESTED_MORE_INFO),
    Row(row=5, story=opened, actor=M, action=A.MAKE_OFFER, fields={"terms": OfferTerms(amount_minor=1000)}, to=(AC,),
        due=7 * DAY, kind=K.OFFER_MADE, effects=(lc.OfferMade(M, 1000, None, OPENED_AT + 7 * DAY),)),
    Row(row=5, name="replacing an own one, 14 days, a remedy in words", story=told.offered, actor=M,
        action=A.MAKE_OFFER, fields={"terms": OfferTerms(remedy=" A new one. "), "expires_in_days": 14}, to=(AC,),
        due=14 * DAY, kind=K.OFFER_MADE,
        effects=(ended(OfferEnd.REPLACED), lc.OfferMade(M, None, "A new one.", OPENED_AT + 14 * DAY))),
    Row(row=6, story=told.offered, actor=C, action=A.ACCEPT_OFFER, to=(*SETTLED, MERCHANT), kind=K.OFFER_ACCEPTED,
        effects=(ended(OfferEnd.ACCEPTED), refund(1000, MERCHANT, K.OFFER_ACCEPTED))),
    Row(row=6, name="a remedy in words", story=lambda: told.offered(None, "A new one."), actor=C,
        action=A.ACCEPT_OFFER, to=(*SETTLED, NONE), appeal=14 * DAY, kind=K.OFFER_ACCEPTED,
        effects=(ended(OfferEnd.ACCEPTED),)),
    Row(row=7, story=told.offered, actor=C, action=A.DECLINE_OFFER, to=(AM,), due=7 * DAY, kind=K.OFFER_DECLINED,
        effects=(ended(OfferEnd.DECLINED),)),
    Row(row=7, name="with a counter-offer", story=told.offered, actor=C, action=A.DECLINE_OFFER,
        fields={"terms": OfferTerms(amount_minor=2000)}, to=(AM,), due=7 * DAY, kind=K.OFFER_MADE,
        effects=(ended(OfferEnd.DECLINED), lc.OfferMade(C, 2000, None, None))),
    Row(row=8, name="accept", story=told.countered, actor=M, action=A.ACCEPT_OFFER, to=(*SETTLED, MERCHANT),
        kind=K.OFFER_ACCEPTED, effects=(ended(OfferEnd.ACCEPTED), refund(2000, MERCHANT, K.OFFER_ACCEPTED))),
    Row(row=8, name="decline: status and clock unchanged", story=lambda: told.countered().later(days=3), actor=M,
        action=A.DECLINE_OFFER, to=(AM,), due=4 * DAY, kind=K.OFFER_DECLINED, effects=(ended(OfferEnd.DECLINED),)),
    Row(row=9, name="the merchant's", story=lambda: told.offered().later(days=3), actor=M, action=A.WITHDRAW_OFFER,
        to=(AM,), due=7 * DAY, kind=K.OFFER_WITHDRAWN, effects=(ended(OfferEnd.WITHDRAWN),)),
    Row(row=9, name="the customer's", story=lambda: told.countered().later(days=3), actor=C, action=A.WITHDRAW_OFFER,
        to=(AM,), due=4 * DAY, kind=K.OFFER_WITHDRAWN, effects=(ended(OfferEnd.WITHDRAWN),)),
    Row(row=10, story=informed, actor=C, action=A.REPLY, to=(AM,), due=7 * DAY, kind=K.RESPONDED),
    Row(row=10, name="escalated", story=asked(C), actor=C, action=A.REPLY, to=(UR,), due=REVIEW, kind=K.RESPONDED),
    Row(row=11, story=asked(M), actor=M, action=A.REPLY, to=(UR,), due=REVIEW, kind=K.RESPONDED),
    Row(row=12, story=lambda: opened().later(days=2), actor=C, action=A.COMMENT, to=(AM,), due=5 * DAY,
        kind=K.COMMENTED),
    Row(row=12, name="by the merchant", story=told.escalated, actor=M, action=A.COMMENT, to=(UR,), due=REVIEW,
        kind=K.COMMENTED),
    Row(row=13, story=informed, actor=C, action=A.ESCALATE, to=(UR,), due=REVIEW, kind=K.ESCALATED),
    Row(row=13, name="with an offer open", story=told.offered, actor=C, action=A.ESCALATE, to=(UR,), due=REVIEW,
        kind=K.ESCALATED, effects=(ended(OfferEnd.LAPSED),)),
    Row(row=14, name="the merchant is silent", story=silent_merchant, actor=S, action=A.EXPIRE, to=(UR,), due=REVIEW,
        kind=K.ESCALATED),
    Row(row=14, name="30 days in negotiation", story=lambda: opened().later(days=6).merchant(A.REQUEST_INFO).later(
        days=6).customer(A.REPLY).later(days=6).merchant(A.REQUEST_INFO).later(days=6).customer(A.REPLY).merchant(
        A.MAKE_OFFER, terms=OfferTerms(amount_minor=1), expires_in_days=14).later(days=6), actor=S, action=A.EXPIRE,
        to=(UR,), due=REVIEW, kind=K.ESCALATED, effects=(ended(OfferEnd.LAPSED),)),
    Row(row=15, story=overdue(asked(M)), actor=S, action=A.EXPIRE, to=(UR,), due=REVIEW, kind=K.ESCALATED),
    Row(row=16, name="an offer open", story=lambda: told.offered().later(days=7), actor=S, action=A.EXPIRE, to=(AM,),
        due=7 * DAY, kind=K.OFFER_EXPIRED, effects=(ended(OfferEnd.EXPIRED),)),
    Row(row=16, name="after a merchant's appeal", story=overdue(asked(C, told.appealed_by_merchant)), actor=S,
        action=A.EXPIRE, to=(UR,), due=REVIEW, kind=K.ESCALATED),
    Row(row=16, name="otherwise", story=lambda: informed().later(days=7), actor=S, action=A.EXPIRE,
        to=(*MERCHANT_WON, NONE), appeal=14 * DAY, kind=K.CLOSED_NO_REPLY),
    Row(row=16, name="otherwise, on the customer's appeal: final", story=overdue(asked(C, told.appealed_by_customer)),
        actor=S, action=A.EXPIRE, to=(*MERCHANT_WON, NONE), kind=K.CLOSED_NO_REPLY),
    Row(row=17, name="the merchant", story=told.escalated, actor=P, action=A.ASK, fields={"ask_of": M}, to=(AM,),
        due=7 * DAY, kind=K.REQUESTED_MORE_INFO),
    Row(row=17, name="the customer", story=told.escalated, actor=P, action=A.ASK, fields={"ask_of": C}, to=(AC,),
        due=7 * DAY, kind=K.REQUESTED_MORE_INFO),
    Row(row=18, name="for the customer, at the merchant's cost", story=told.escalated, actor=P, action=A.DECIDE,
        fields={"outcome": Outcome.CUSTOMER_WON}, to=(*CUSTOMER_WON, MERCHANT), appeal=14 * DAY, kind=K.DECIDED,
        effects=(ruled(Outcome.CUSTOMER_WON, MERCHANT, PAID), refund(PAID, MERCHANT, K.DECIDED))),
    Row(row=18, name="for the customer, a part, at the platform's cost", story=told.escalated, actor=P,
        action=A.DECIDE, fields={"outcome": Outcome.CUSTOMER_WON, "payer": PLATFORM, "amount_minor": 900},
        to=(*CUSTOMER_WON, PLATFORM), kind=K.DECIDED,
        effects=(ruled(Outcome.CUSTOMER_WON, PLATFORM, 900), refund(900, PLATFORM, K.DECIDED))),
    Row(row=18, name="for the merchant", story=told.escalated, actor=P, action=A.DECIDE,
        fields={"outcome": Outcome.MERCHANT_WON}, to=(*MERCHANT_WON, NONE), appeal=14 * DAY, kind=K.DECIDED,
        effects=(ruled(Outcome.MERCHANT_WON, NONE, None),)),
    Row(row=18, name="for the merchant, the platform pays", story=told.escalated, actor=P, action=A.DECIDE,
        fields={"outcome": Outcome.MERCHANT_WON, "payer": PLATFORM}, to=(*MERCHANT_WON, PLATFORM), appeal=14 * DAY,
        kind=K.DECIDED, effects=(ruled(Outcome.MERCHANT_WON, PLATFORM, PAID), refund(PAID, PLATFORM, K.DECIDED))),
    Row(row=18, name="on the customer's appeal: final", story=told.appealed_by_customer, actor=P, action=A.DECIDE,
        fields={"outcome": Outcome.MERCHANT_WON}, to=(*MERCHANT_WON, NONE), kind=K.DECIDED,
        effects=(ruled(Outcome.MERCHANT_WON, NONE, None, on_appeal=True),)),
    Row(row=19, story=lambda: opened().merchant(A.DENY), actor=C, action=A.APPEAL, to=(UR,), due=REVIEW,
        kind=K.APPEALED),
    Row(row=19, name="a remedy that was not delivered",
        story=lambda: told.offered(1000, "A new one.").customer(A.ACCEPT_OFFER), actor=C, action=A.APPEAL, to=(UR,),
        due=REVIEW, kind=K.APPEALED),
    Row(row=20, story=told.decided_for_customer, actor=M, action=A.APPEAL, to=(UR,), due=REVIEW, kind=K.APPEALED),
    Row(row=18, name="on the merchant's appeal: upheld", story=told.appealed_by_merchant, actor=P, action=A.DECIDE,
        fields={"answer": lc.AppealAnswer.UPHELD}, to=(*CUSTOMER_WON, MERCHANT), kind=K.DECIDED,
        effects=(answered(Outcome.CUSTOMER_WON, MERCHANT, lc.AppealAnswer.UPHELD),)),
    Row(row=18, name="on the merchant's appeal: reversed, the refund had not gone", story=told.appealed_by_merchant,
        actor=P, action=A.DECIDE, fields={"answer": lc.AppealAnswer.REVERSED}, to=(*MERCHANT_WON, NONE),
        kind=K.DECIDED,
        effects=(answered(Outcome.MERCHANT_WON, NONE, lc.AppealAnswer.REVERSED), lc.RefundsCanceled())),
    Row(row=18, name="on the merchant's appeal: reversed, the refund had gone",
        story=lambda: told.appealed_by_merchant().sent().system(
            A.SETTLEMENT_CHANGED, settlement=lc.Settlement.SUCCEEDED),
        actor=P, action=A.DECIDE, fields={"answer": lc.AppealAnswer.REVERSED}, to=(*MERCHANT_WON, PLATFORM),
        kind=K.DECIDED,
        effects=(answered(Outcome.MERCHANT_WON, PLATFORM, lc.AppealAnswer.REVERSED), lc.CreditIntended(PAID))),
    Row(row=21, story=told.offered, actor=C, action=A.WITHDRAW, fields={"message": None},
        to=(Status.CLOSED, Outcome.WITHDRAWN, NONE), kind=K.WITHDREW, effects=(ended(OfferEnd.LAPSED),)),
    Row(row=22, story=lambda: told.escalated().later(days=2), actor=S, action=A.EXPIRE, to=(UR,), due=REVIEW,
        kind=K.REVIEW_OVERDUE, effects=(lc.AttentionNeeded(),)),
    Row(row=23, story=told.offered, actor=S, action=A.DISPUTE_OPENED, to=(AC,), kind=K.DISPUTE_OPENED,
        effects=(ended(OfferEnd.LAPSED),)),
    Row(row=23, name="a closed case whose refund has not been sent", story=lambda: opened().merchant(A.ACCEPT),
        actor=S, action=A.DISPUTE_OPENED, to=(*CUSTOMER_WON, MERCHANT), kind=K.DISPUTE_OPENED,
        effects=(lc.RefundsHeld(),)),
    Row(row=24, name="the customer won, open", story=disputed(opened), actor=S, action=A.DISPUTE_CLOSED,
        to=(*CUSTOMER_WON, NONE), kind=K.DISPUTE_CUSTOMER_WON),
    Row(row=24, name="the customer won, closed", story=disputed(lambda: opened().merchant(A.ACCEPT)), actor=S,
        action=A.DISPUTE_CLOSED, to=(*CUSTOMER_WON, NONE), kind=K.DISPUTE_CUSTOMER_WON,
        effects=(lc.RefundsCanceled(),)),
    Row(row=24, name="the merchant won: what was left", story=disputed(lambda: opened().later(days=3)), actor=S,
        action=A.DISPUTE_CLOSED, fields={"merchant_won": True}, to=(AM,), due=4 * DAY, kind=K.DISPUTE_MERCHANT_WON),
    Row(row=24, name="the merchant won: at least 24 h", story=disputed(lambda: opened().later(days=6, hours=23)),
        actor=S, action=A.DISPUTE_CLOSED, fields={"merchant_won": True}, to=(AM,), due=DAY,
        kind=K.DISPUTE_MERCHANT_WON),
    Row(row=24, name="the merchant won: held refunds go", story=disputed(lambda: opened().merchant(A.ACCEPT)),
        actor=S, action=A.DISPUTE_CLOSED, fields={"merchant_won": True}, to=(*CUSTOMER_WON, MERCHANT),
        kind=K.DISPUTE_MERCHANT_WON, effects=(lc.RefundsResumed(),)),
    Row(row=25, name="nothing left", story=told.offered, actor=S, action=A.REFUNDED_ELSEWHERE,
        fields={"left_minor": 0}, to=(*CUSTOMER_WON, MERCHANT), kind=K.REFUNDED_ELSEWHERE,
        effects=(ended(OfferEnd.LAPSED),)),
    Row(row=25, name="something left, the offer is above it",
        story=lambda: msgspec.structs.replace(told.offered(), refundable=999), actor=S, action=A.REFUNDED_ELSEWHERE,
        to=(AC,), due=7 * DAY, kind=K.REFUNDED_ELSEWHERE, effects=(ended(OfferEnd.LAPSED),)),
    Row(row=25, name="something left, the offer is covered",
        story=lambda: msgspec.structs.replace(told.offered(), refundable=1000), actor=S,
        action=A.REFUNDED_ELSEWHERE, to=(AC,), due=7 * DAY, kind=K.REFUNDED_ELSEWHERE),
    Row(row=26, name="succeeded", story=lambda: opened().merchant(A.ACCEPT).sent(), actor=S,
        action=A.SETTLEMENT_CHANGED, fields={"settlement": lc.Settlement.SUCCEEDED}, to=(*CUSTOMER_WON, MERCHANT),
        kind=K.REFUND_SUCCEEDED),
    Row(row=26, name="failed", story=lambda: opened().merchant(A.ACCEPT), actor=S, action=A.SETTLEMENT_CHANGED,
        fields={"settlement": lc.Settlement.FAILED}, to=(*CUSTOMER_WON, MERCHANT), kind=K.REFUND_FAILED),
    Row(row=27, name="note", story=opened, actor=M, action=A.NOTE, to=(AM,), due=7 * DAY, kind=K.NOTED),
    Row(row=27, name="assign", story=told.decided_for_customer, actor=P, action=A.ASSIGN,
        to=(*CUSTOMER_WON, MERCHANT), appeal=14 * DAY, kind=K.ASSIGNED),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.row} {r.action}{': ' if r.name else ''}{r.name}")
def test_row(row: Row) -> None:
    story = row.story()
    decided = story.decided(row.actor, row.action, **row.fields)
    case = decided.state
    assert decided.row == row.row
    assert (case.status, case.outcome, case.refund) == (*row.to, None, None)[:3]
    assert case.response_due_at == (row.due and story.now + row.due)
    assert case.appeal_due_at == (row.appeal and story.now + row.appeal)
    assert [(event.kind, event.actor, event.action) for event in decided.events] == [(row.kind, row.actor, row.action)]
    assert decided.effects == row.effects


def test_row_1() -> None:
    story = opened()
    assert story.last is not None
    assert story.last.row == 1
    assert story.last.event.kind is EventKind.CREATED
    assert (story.case.status, story.case.amount_minor) == (AM, PAID)
    assert story.case.response_due_at == OPENED_AT + 7 * DAY
    assert story.case.negotiation_ends_at == OPENED_AT + 30 * DAY


def test_the_table_here_has_every_row() -> None:
    assert {row.row for row in ROWS} | {1} == set(range(1, 28)) == {row.row for row in lc.TRANSITIONS}
    assert {(row.row, row.action, row.actor) for row in ROWS} <= {
        (row.row, *pair) for row in lc.TRANSITIONS for pair in row.by
    }


def test_every_rule_of_settlement() -> None:
    accepted = opened().merchant(Action.ACCEPT)
    assert accepted.case.settlement is lc.Settlement.PENDING
    held = accepted.system(Action.DISPUTE_OPENED)
    assert held.case.settlement is lc.Settlement.ON_HOLD
    assert held.system(Action.DISPUTE_CLOSED, merchant_won=True).case.settlement is lc.Settlement.PENDING
    assert held.system(Action.DISPUTE_CLOSED).case.settlement is lc.Settlement.NONE
    sent = accepted.sent()
    succeeded = sent.system(Action.SETTLEMENT_CHANGED, settlement=lc.Settlement.SUCCEEDED)
    assert succeeded.case.settlement is lc.Settlement.SUCCEEDED
    assert succeeded.system(Action.DISPUTE_OPENED).case.settlement is lc.Settlement.SUCCEEDED
    elsewhere = opened().system(Action.REFUNDED_ELSEWHERE, left_minor=0)
    assert elsewhere.case.settlement is lc.Settlement.SUCCEEDED
