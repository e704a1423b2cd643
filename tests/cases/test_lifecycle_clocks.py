"""The clocks of a case in real time: pauses, the automatic acceptance, late answers, business days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from amends.cases import lifecycle as lc
from amends.cases.lifecycle import Action, Actor, EventKind, OfferTerms, Outcome, Status
from tests.cases import lifecycle_story as told
from tests.cases.lifecycle_story import OPENED_AT, opened

A = Action
DAY = timedelta(days=1)


def test_a_deadline_takes_effect_only_when_the_system_acts() -> None:
    late = opened().later(days=40)
    assert late.can(Actor.MERCHANT) == opened().can(Actor.MERCHANT)
    assert late.merchant(A.DENY).case.outcome is Outcome.MERCHANT_WON


def test_the_system_does_nothing_before_its_time() -> None:
    story = opened()

    def due(at: datetime) -> Action | None:
        return lc.due_action(story.case, now=at, policy=story.policy, refundable_minor=story.refundable)

    assert due(OPENED_AT + 7 * DAY - timedelta(milliseconds=1)) is None
    assert due(OPENED_AT + 7 * DAY) is A.EXPIRE


def test_negotiation_ends_after_30_days_whatever_is_said() -> None:
    story = opened().merchant(A.MAKE_OFFER, terms=OfferTerms(amount_minor=1), expires_in_days=14).later(days=14)
    story = story.customer(A.DECLINE_OFFER, terms=OfferTerms(amount_minor=2))
    story = story.merchant(A.MAKE_OFFER, terms=OfferTerms(amount_minor=1), expires_in_days=14).later(days=13)
    story = story.customer(A.DECLINE_OFFER).merchant(A.REQUEST_INFO)
    assert story.case.response_due_at == OPENED_AT + 34 * DAY
    assert lc.next_deadline(story.case) == OPENED_AT + 30 * DAY
    ended = story.deadline()
    assert ended.last is not None
    assert ended.last.row == 14
    assert ended.case.status is Status.UNDER_REVIEW


def test_of_two_clocks_that_ran_out_the_earlier_counts() -> None:
    silent = opened().later(days=20).merchant(A.REQUEST_INFO).later(days=20)  # due on day 27, and on day 30
    assert silent.system(A.EXPIRE).case.outcome is Outcome.MERCHANT_WON
    cut = opened().later(days=26).merchant(A.REQUEST_INFO).later(days=20)  # due on day 33, but day 30 comes first
    assert cut.system(A.EXPIRE).case.status is Status.UNDER_REVIEW


def test_an_automatic_acceptance_is_the_due_time_until_the_merchant_acts() -> None:
    story = opened(auto_accept_at=OPENED_AT + DAY)
    assert story.case.response_due_at == story.case.auto_accept_at == OPENED_AT + DAY
    assert story.merchant(A.COMMENT).case.auto_accept_at == OPENED_AT + DAY
    asked = story.merchant(A.REQUEST_INFO)
    assert asked.case.auto_accept_at is None
    assert asked.case.response_due_at == OPENED_AT + 7 * DAY
    accepted = story.deadline()
    assert accepted.last is not None
    assert accepted.last.event.kind is EventKind.ACCEPTED
    assert accepted.last.event.actor is Actor.SYSTEM


def test_an_automatic_acceptance_without_grace_happens_at_once() -> None:
    story = opened(auto_accept_at=OPENED_AT)
    assert story.deadline().case.outcome is Outcome.CUSTOMER_WON


def test_an_automatic_acceptance_with_nothing_to_refund_goes_to_the_platform() -> None:
    story = replace(opened(auto_accept_at=OPENED_AT + DAY), refundable=0)
    assert story.deadline().case.status is Status.UNDER_REVIEW


def test_an_automatic_acceptance_is_paused_and_goes_on() -> None:
    story = opened(auto_accept_at=OPENED_AT + 2 * DAY).later(hours=12).system(A.DISPUTE_OPENED)
    assert lc.next_deadline(story.case) is None
    story = story.later(days=30).system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.auto_accept_at == story.case.response_due_at == story.now + timedelta(hours=36)
    assert story.deadline().case.outcome is Outcome.CUSTOMER_WON


def test_all_clocks_pause_and_go_on() -> None:
    story = opened().later(days=5).system(A.DISPUTE_OPENED)
    case = story.case
    assert (case.response_due_at, case.negotiation_ends_at) == (None, None)
    assert case.paused_left_ms == 2 * DAY / timedelta(milliseconds=1)
    assert case.negotiation_left_ms == 25 * DAY / timedelta(milliseconds=1)
    story = story.later(days=60).system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.response_due_at == story.now + 2 * DAY
    assert story.case.negotiation_ends_at == story.now + 25 * DAY
    assert (story.case.paused_left_ms, story.case.negotiation_left_ms) == (None, None)


def test_what_is_done_while_paused_has_its_whole_time_afterwards() -> None:
    story = opened().system(A.DISPUTE_OPENED).later(days=20).merchant(A.REQUEST_INFO)
    assert (story.case.status, story.case.response_due_at) == (Status.AWAITING_CUSTOMER, None)
    story = story.later(days=20).system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.response_due_at == story.now + 7 * DAY


def test_an_appeal_window_pauses_and_goes_on() -> None:
    story = opened().merchant(A.DENY).later(days=10).system(A.DISPUTE_OPENED)
    assert story.case.appeal_due_at is None
    story = story.later(days=60).system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.appeal_due_at == story.now + 4 * DAY
    assert A.APPEAL in story.can(Actor.CUSTOMER)


def test_an_appeal_window_that_opens_while_paused_has_its_whole_time_afterwards() -> None:
    story = opened().system(A.DISPUTE_OPENED).merchant(A.DENY)
    assert story.case.appeal_due_at is None
    story = story.later(days=60).system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.appeal_due_at == story.now + 14 * DAY


def test_an_appeal_window_that_is_over_does_not_open_again() -> None:
    story = opened().merchant(A.DENY).later(days=15).system(A.DISPUTE_OPENED).later(days=1)
    story = story.system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.appeal_due_at == OPENED_AT + 14 * DAY
    assert A.APPEAL not in story.can(Actor.CUSTOMER)


def test_a_merchant_may_still_appeal_what_it_paid_after_a_lost_bank_dispute() -> None:
    story = told.escalated().platform(A.DECIDE, outcome=Outcome.CUSTOMER_WON, amount_minor=100).sent()
    story = story.system(A.SETTLEMENT_CHANGED, settlement=lc.Settlement.SUCCEEDED).later(days=4)
    story = story.system(A.DISPUTE_OPENED).later(days=9).system(A.DISPUTE_CLOSED)
    assert story.case.appeal_due_at == story.now + 10 * DAY
    assert A.APPEAL in story.can(Actor.MERCHANT)


def test_a_second_bank_dispute_keeps_the_clocks_paused() -> None:
    story = opened().later(days=5).system(A.DISPUTE_OPENED).system(A.DISPUTE_OPENED)
    story = story.system(A.DISPUTE_CLOSED, merchant_won=True, dispute_still_open=True)
    assert story.case.dispute is lc.Dispute.OPEN
    assert story.case.response_due_at is None
    story = story.system(A.DISPUTE_CLOSED, merchant_won=True)
    assert story.case.response_due_at == story.now + 2 * DAY


def test_losing_one_of_two_bank_disputes_ends_an_open_case() -> None:
    story = opened().system(A.DISPUTE_OPENED).system(A.DISPUTE_OPENED)
    story = story.system(A.DISPUTE_CLOSED, dispute_still_open=True)
    assert (story.case.outcome, story.case.dispute) == (Outcome.CUSTOMER_WON, lc.Dispute.OPEN)
    assert story.system(A.DISPUTE_CLOSED, merchant_won=True).case.appeal_due_at is None


def test_what_was_refunded_before_an_appeal_stays_named() -> None:
    settled = told.offered(1000, "A new one.").customer(A.ACCEPT_OFFER).customer(A.APPEAL)
    lost = settled.platform(A.DECIDE, outcome=Outcome.MERCHANT_WON)
    assert (lost.case.outcome, lost.case.refund) == (Outcome.MERCHANT_WON, lc.RefundBy.MERCHANT)
    goodwill = told.escalated().platform(
        A.DECIDE, outcome=Outcome.MERCHANT_WON, payer=lc.RefundBy.PLATFORM, amount_minor=100
    )
    assert goodwill.customer(A.APPEAL).customer(A.WITHDRAW).case.refund is lc.RefundBy.PLATFORM


@pytest.mark.parametrize("start", [datetime(2026, 11, 27, 15, tzinfo=UTC), datetime(2026, 11, 28, 15, tzinfo=UTC)])
def test_the_review_target_skips_the_week_end_and_holidays(start: datetime) -> None:
    policy = lc.Policy(time_zone="Europe/Vienna", holidays=(date(2026, 11, 30),))
    assert policy.review_due(start) == datetime(2026, 12, 2, 15, tzinfo=UTC)
