"""Every refusal has its own code, message and, where a field is at fault, its name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, OfferTerms, Outcome, RefundBy
from tests.cases import lifecycle_story as told
from tests.cases.lifecycle_story import OPENED_AT, PAID, Story, opened

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
A = Action
DISPUTED = told.opened().system(A.DISPUTE_OPENED)

NOT_NOW: list[tuple[str, Story, Actor, Action, dict[str, Any]]] = [
    ("case_closed", opened().merchant(A.DENY), M, A.ACCEPT, {}),
    ("case_closed", opened().merchant(A.DENY), C, A.WITHDRAW, {}),
    ("case_closed", opened().merchant(A.ACCEPT), S, A.REFUNDED_ELSEWHERE, {}),
    ("case_not_closed", opened(), C, A.APPEAL, {}),
    ("wrong_status", opened(), C, A.REPLY, {}),
    ("wrong_status", opened(), M, A.REPLY, {}),
    ("wrong_status", opened(), P, A.DECIDE, {"outcome": Outcome.CUSTOMER_WON}),
    ("wrong_status", told.offered(), M, A.DENY, {}),
    ("wrong_status", told.escalated(), M, A.DENY, {}),
    ("case_escalated", told.escalated().platform(A.ASK, ask_of=M), M, A.DENY, {}),
    ("case_escalated", told.escalated().platform(A.ASK, ask_of=M), M, A.MAKE_OFFER, {}),
    ("case_exists", opened(), C, A.OPEN, {"amount_minor": PAID}),
    ("merchant_appeal_pending", told.appealed_by_merchant(), M, A.ACCEPT, {}),
    ("merchant_appeal_pending", told.appealed_by_merchant(), C, A.WITHDRAW, {}),
    ("merchant_not_answered", opened(), C, A.ESCALATE, {}),
    ("no_offer_open", opened().merchant(A.REQUEST_INFO), C, A.ACCEPT_OFFER, {}),
    ("no_offer_open", opened(), M, A.ACCEPT_OFFER, {}),
    ("no_offer_open", told.offered(), C, A.WITHDRAW_OFFER, {}),
    ("offer_open", told.offered(), C, A.REPLY, {}),
    ("refundable_changed", replace(told.offered(), refundable=999), C, A.ACCEPT_OFFER, {}),
    ("refundable_changed", opened(), M, A.ACCEPT, {"amount_minor": PAID - 1}),
    ("nothing_refundable", replace(opened(), refundable=0), M, A.ACCEPT, {}),
    ("nothing_refundable", replace(told.escalated(), refundable=0), P, A.DECIDE, {"outcome": Outcome.CUSTOMER_WON}),
    ("nothing_refundable", replace(opened().merchant(A.DENY), refundable=0), C, A.APPEAL, {}),
    ("bank_dispute_open", DISPUTED, M, A.ACCEPT, {}),
    ("bank_dispute_open", DISPUTED, M, A.MAKE_OFFER, {"terms": OfferTerms(amount_minor=1)}),
    ("bank_dispute_open", told.offered().system(A.DISPUTE_OPENED), C, A.ACCEPT_OFFER, {}),
    ("bank_dispute_open", told.escalated().system(A.DISPUTE_OPENED), P, A.DECIDE, {"outcome": Outcome.CUSTOMER_WON}),
    ("bank_dispute_open", opened().merchant(A.DENY).system(A.DISPUTE_OPENED), C, A.APPEAL, {}),
    ("bank_dispute_open", told.appealed_by_merchant().sent().system(A.DISPUTE_OPENED), P, A.DECIDE,
        {"answer": lc.AppealAnswer.REVERSED}),
    ("bank_dispute_none", opened(), S, A.DISPUTE_CLOSED, {}),
    ("bank_dispute_lost", opened().merchant(A.DENY).system(A.DISPUTE_OPENED).system(A.DISPUTE_CLOSED), C, A.APPEAL, {}),
    ("already_appealed", told.appealed_by_customer().platform(A.DECIDE, outcome=Outcome.MERCHANT_WON), C, A.APPEAL, {}),
    ("appeal_window_over", opened().merchant(A.DENY).later(days=14), C, A.APPEAL, {}),
    ("appeal_window_over", told.decided_for_customer().later(days=14), M, A.APPEAL, {}),
    ("not_appealable", told.offered().customer(A.ACCEPT_OFFER), C, A.APPEAL, {}),
    ("not_appealable", opened().merchant(A.ACCEPT), M, A.APPEAL, {}),
    ("not_appealable", opened().customer(A.WITHDRAW), C, A.APPEAL, {}),
    ("not_due", opened(), S, A.EXPIRE, {}),
    ("not_due", told.escalated(), S, A.EXPIRE, {}),
    ("not_due", opened(), S, A.AUTO_ACCEPT, {}),
    ("no_refund", opened(), S, A.SETTLEMENT_CHANGED, {"settlement": lc.Settlement.SUCCEEDED}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "story", "actor", "action", "fields"), NOT_NOW)
def test_not_now(code: str, story: Story, actor: Actor, action: Action, fields: dict[str, Any]) -> None:
    with pytest.raises(lc.ActionNotAllowed) as refused:
        story.decided(actor, action, **fields)
    assert refused.value.code == code
    assert code in lc.CODES
    assert refused.value.message == str(refused.value)
    assert set(refused.value.available_actions) == story.can(actor)


LONG = "x" * 10_001
CANNOT_BE: list[tuple[str, str, Story, Actor, Action, dict[str, Any]]] = [
    ("message_required", "message", opened(), M, A.DENY, {"message": None}),
    ("message_required", "message", opened(), M, A.DENY, {"message": " \n\t "}),
    ("message_required", "message", opened(), C, A.COMMENT, {"message": ""}),
    ("message_required", "message", told.escalated(), P, A.ASK, {"message": None, "ask_of": C}),
    ("message_required", "message", opened(), M, A.NOTE, {"message": None}),
    ("message_too_long", "message", opened(), M, A.ACCEPT, {"message": LONG}),
    ("message_too_long", "remedy", opened(), M, A.MAKE_OFFER, {"terms": OfferTerms(remedy=LONG)}),
    ("offer_empty", "offer", opened(), M, A.MAKE_OFFER, {}),
    ("offer_empty", "offer", opened(), M, A.MAKE_OFFER, {"terms": OfferTerms(remedy="  ")}),
    ("offer_empty", "counter", told.offered(), C, A.DECLINE_OFFER, {"terms": OfferTerms()}),
    ("amount_invalid", "amount", opened(), M, A.MAKE_OFFER, {"terms": OfferTerms(amount_minor=0)}),
    ("amount_invalid", "amount", opened(), M, A.MAKE_OFFER, {"terms": OfferTerms(amount_minor=PAID)}),
    ("amount_invalid", "amount", opened(), M, A.MAKE_OFFER, {"terms": OfferTerms(amount_minor=-1, remedy="One.")}),
    ("amount_invalid", "amount", told.escalated(), P, A.DECIDE,
        {"outcome": Outcome.CUSTOMER_WON, "amount_minor": PAID + 1}),
    ("amount_invalid", "amount", told.escalated(), P, A.DECIDE, {"outcome": Outcome.CUSTOMER_WON, "amount_minor": 0}),
    ("amount_not_expected", "amount", told.escalated(), P, A.DECIDE,
        {"outcome": Outcome.MERCHANT_WON, "amount_minor": 1}),
    ("counter_not_expected", "counter", told.countered(), M, A.DECLINE_OFFER, {"terms": OfferTerms(amount_minor=1)}),
    ("expiry_invalid", "expires_in_days", opened(), M, A.MAKE_OFFER,
        {"terms": OfferTerms(amount_minor=1), "expires_in_days": 0}),
    ("expiry_invalid", "expires_in_days", opened(), M, A.MAKE_OFFER,
        {"terms": OfferTerms(amount_minor=1), "expires_in_days": 15}),
    ("ask_target_invalid", "ask_of", told.escalated(), P, A.ASK, {"ask_of": P}),
    ("ask_target_invalid", "ask_of", told.escalated(), P, A.ASK, {}),
    ("outcome_invalid", "outcome", told.escalated(), P, A.DECIDE, {}),
    ("outcome_invalid", "outcome", told.escalated(), P, A.DECIDE, {"outcome": Outcome.SETTLED}),
    ("payer_invalid", "payer", told.escalated(), P, A.DECIDE,
        {"outcome": Outcome.CUSTOMER_WON, "payer": RefundBy.NONE}),
    ("payer_invalid", "payer", told.escalated(), P, A.DECIDE,
        {"outcome": Outcome.MERCHANT_WON, "payer": RefundBy.MERCHANT}),
    ("answer_not_expected", "answer", told.escalated(), P, A.DECIDE,
        {"outcome": Outcome.CUSTOMER_WON, "answer": lc.AppealAnswer.UPHELD}),
    ("answer_required", "answer", told.appealed_by_merchant(), P, A.DECIDE, {"outcome": Outcome.CUSTOMER_WON}),
    ("settlement_invalid", "settlement", opened().merchant(A.ACCEPT), S, A.SETTLEMENT_CHANGED,
        {"settlement": lc.Settlement.PENDING}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "param", "story", "actor", "action", "fields"), CANNOT_BE)
def test_cannot_be(code: str, param: str, story: Story, actor: Actor, action: Action, fields: dict[str, Any]) -> None:
    with pytest.raises(lc.MoveInvalid) as refused:
        story.decided(actor, action, **fields)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert code in lc.CODES


def exhausted(move: Callable[[Story], Story], times: int) -> Story:
    story = opened()
    for _ in range(times):
        story = move(story)
    return story


CAPS: list[tuple[str, int, Actor, Action, Callable[[Story], Story]]] = [
    ("info_request_limit_reached", 3, M, A.REQUEST_INFO,
        lambda s: s.merchant(A.REQUEST_INFO).customer(A.REPLY)),
    ("offer_limit_reached", 3, M, A.MAKE_OFFER,
        lambda s: s.merchant(A.MAKE_OFFER, terms=OfferTerms(amount_minor=1))),
    ("comment_limit_reached", 10, C, A.COMMENT, lambda s: s.customer(A.COMMENT)),
    ("comment_limit_reached", 10, M, A.COMMENT, lambda s: s.merchant(A.COMMENT)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "cap", "actor", "action", "move"), CAPS)
def test_caps_of_the_default_policy(
    code: str, cap: int, actor: Actor, action: Action, move: Callable[[Story], Story]
) -> None:
    before = exhausted(move, cap - 1)
    assert action in before.can(actor)
    after = move(before)
    assert action not in after.can(actor)
    with pytest.raises(lc.ActionNotAllowed) as refused:
        after.by(actor, action, terms=OfferTerms(amount_minor=1))
    assert refused.value.code == code


def test_a_side_makes_three_counter_offers_at_most() -> None:
    roomy = lc.Policy(offers_max=3)
    story = opened(policy=roomy)
    for _ in range(3):
        story = story.merchant(Action.MAKE_OFFER, terms=OfferTerms(amount_minor=1))
        story = story.customer(Action.DECLINE_OFFER, terms=OfferTerms(amount_minor=2))
    assert (story.case.merchant_offers, story.case.customer_offers) == (3, 3)
    one = lc.Policy(offers_max=1)
    story = replace(opened(policy=one).merchant(Action.MAKE_OFFER, terms=OfferTerms(amount_minor=1)))
    story = replace(story, case=replace(story.case, customer_offers=1))
    with pytest.raises(lc.ActionNotAllowed) as refused:
        story.customer(Action.DECLINE_OFFER, terms=OfferTerms(amount_minor=2))
    assert refused.value.code == "offer_limit_reached"
    assert story.customer(Action.DECLINE_OFFER).case.offer_maker is None


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("actor", Actor)
def test_who_may_never(action: Action, actor: Actor) -> None:
    listed = {pair for row in lc.TRANSITIONS for pair in row.by}
    if (action, actor) in listed:
        return
    with pytest.raises(lc.ActorNotAllowed) as refused:
        opened().decided(actor, action)
    assert refused.value.code == "actor_not_allowed"


def open_with(**fields: Any) -> lc.Decided:
    given: dict[str, Any] = {"message": "words", "amount_minor": PAID} | fields
    refundable = given.pop("refundable", PAID)
    move = lc.Move(action=Action.OPEN, actor=Actor.CUSTOMER, **given)
    return lc.decide(None, move, now=OPENED_AT, policy=lc.DEFAULT_POLICY, refundable_minor=refundable)


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("message_required", {"message": " "}),
        ("message_too_long", {"message": LONG}),
        ("amount_invalid", {"amount_minor": None}),
        ("amount_invalid", {"amount_minor": 0}),
        ("nothing_refundable", {"refundable": 0}),
        ("auto_accept_invalid", {"auto_accept_at": OPENED_AT - timedelta(seconds=1)}),
        ("auto_accept_invalid", {"auto_accept_at": OPENED_AT + timedelta(hours=49)}),
    ],
)
def test_opening_is_refused(code: str, fields: dict[str, Any]) -> None:
    with pytest.raises(lc.CaseError) as refused:
        open_with(**fields)
    assert refused.value.code == code


def test_only_opening_works_without_a_case() -> None:
    move = lc.Move(action=Action.ACCEPT, actor=Actor.MERCHANT)
    with pytest.raises(lc.ActionNotAllowed) as refused:
        lc.decide(None, move, now=OPENED_AT, policy=lc.DEFAULT_POLICY, refundable_minor=PAID)
    assert refused.value.code == "case_not_open_yet"


def test_every_code_is_tested() -> None:
    tested = {code for code, *_ in (*NOT_NOW, *CANNOT_BE, *CAPS)}
    tested |= {"actor_not_allowed", "auto_accept_invalid", "case_not_open_yet"}
    assert tested == set(lc.CODES)
