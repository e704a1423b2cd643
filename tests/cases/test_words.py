"""Every word that a person can meet is worded: no member of an enum is without, and sentences hold their values."""

import itertools
from collections.abc import Callable, Generator, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from amends.cases import words
from amends.cases.moves import AppealAnswer, OfferEnd
from amends.cases.states import Actor, Dispute, EventKind, Outcome, Reason, RefundBy, Settlement, Status
from amends.cases.words_events import SENTENCES as EVENTS
from amends.cases.words_events import Told, event_sentence
from amends.cases.words_facts import SENTENCES as FACTS
from amends.cases.words_facts import fact_sentence
from amends.cases.words_status import due_words, status_word
from amends.payments.states import RefundState
from amends.people.facts import Fact, FactCode
from amends.web.readers import plain_reader, reading_as
from tests.builders import NOW


@pytest.fixture(autouse=True)
def reader() -> Generator[None]:
    with reading_as(plain_reader(NOW)):
        yield


@pytest.mark.parametrize(
    ("members", "word"),
    [
        (Reason, words.reason_word),
        (Outcome, words.outcome_word),
        (RefundBy, words.refund_word),
        (Settlement, words.settlement_word),
        (RefundState, words.refund_state_word),
        (Actor, words.actor_word),
        ([words.OFFER_OPEN, *OfferEnd], words.offer_word),
    ],
)
def test_every_member_has_words_of_its_own(members: Iterable[str], word: Callable[[str], str]) -> None:
    texts = [word(member) for member in members]
    assert all(text[0].isupper() and "_" not in text for text in texts)
    assert len(set(texts)) == len(texts)


def test_every_event_and_fact_has_a_sentence() -> None:
    assert set(EVENTS) == set(EventKind)
    assert set(FACTS) == set(FactCode)
    for code in FactCode:
        for count in (0, 1, 14):
            sentence = fact_sentence(Fact(code=code, source="x", at=NOW, count=count, seconds=172_800))
            assert sentence
            assert "%(" not in sentence


def _told(kind: EventKind, actor: Actor = Actor.MERCHANT, **data: object) -> str:
    return event_sentence(
        Told(kind=kind, actor=actor, viewer=Actor.MERCHANT, data=data, amount=lambda minor: f"${minor / 100:.2f}")
    )


def test_sentences_say_who_gets_what() -> None:
    assert _told(EventKind.OFFER_MADE, amount_minor=2000) == "Offered $20.00"
    assert _told(EventKind.OFFER_MADE, has_remedy=True) == "Offered a remedy"
    assert _told(EventKind.OFFER_MADE, Actor.CUSTOMER, amount_minor=2000) == "Proposed $20.00 instead"
    assert _told(EventKind.ACCEPTED, amount_minor=4900) == "Accepted the claim: $49.00 goes back to the customer"
    assert _told(EventKind.ACCEPTED, Actor.SYSTEM, amount_minor=100).startswith("Accepted by a rule: $1.00")
    assert _told(EventKind.REQUESTED_MORE_INFO) == "Asked for more information"
    assert _told(EventKind.REQUESTED_MORE_INFO, Actor.PLATFORM, asked="merchant") == "Asked you a question"
    assert _told(EventKind.REQUESTED_MORE_INFO, Actor.PLATFORM, asked="customer") == "Asked the customer a question"
    assert _told(EventKind.DECIDED, Actor.PLATFORM, answer=AppealAnswer.REVERSED).startswith("Reversed")
    assert (
        _told(EventKind.DECIDED, Actor.PLATFORM, outcome="customer_won", payer="merchant", amount_minor=4900)
        == "Decided for the customer: the merchant refunds $49.00"
    )
    assert _told(EventKind.ESCALATED, Actor.SYSTEM) == "Time ran out, so the platform steps in"


def test_every_kind_is_told_with_no_more_than_its_kind() -> None:
    for kind, actor in itertools.product(EventKind, Actor):
        sentence = _told(kind, actor)
        assert sentence
        assert "%(" not in sentence


def test_facts_say_their_values() -> None:
    def say(code: FactCode, **values: int) -> str:
        return fact_sentence(Fact(code=code, source="x", at=NOW, **values))

    assert say(FactCode.APP_OPENED, count=14) == "Opened the app 14 times after paying, last on Mon 23 Nov"
    assert say(FactCode.APP_OPENED, count=1) == "Opened the app once after paying, on Mon 23 Nov"
    assert say(FactCode.CANCELLED_AFTER_RENEWAL, seconds=172_800) == "Canceled 2 days after the renewal"
    assert say(FactCode.POSSIBLE_DOUBLE, seconds=240).endswith("4 min apart")
    assert say(FactCode.PREVIOUS_CASES, count=0) == "No case on any other payment"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The least that a line about a status needs."""

    status: Status
    outcome: Outcome | None = None
    refund: RefundBy | None = None
    settlement: Settlement = Settlement.NONE
    dispute: Dispute = Dispute.NONE
    response_due_at: datetime | None = None
    auto_accept_at: datetime | None = None
    closed_at: datetime | None = None


def test_a_line_says_whom_it_waits_for_and_until_when() -> None:
    due = NOW + timedelta(days=1, hours=3)

    def line(viewer: Actor = Actor.MERCHANT, **fields: Any) -> str:
        case = Line(**fields)
        word = status_word(case.status, viewer, outcome=case.outcome, refund=case.refund, settlement=case.settlement)
        return f"{word} · {due_words(case, viewer, now=NOW)}"

    waiting: dict[str, Any] = {"status": Status.AWAITING_MERCHANT, "response_due_at": due}
    assert line(**waiting) == "Waiting for you · due Tue 24 Nov, 12:00 (in 1 day 3 h)"
    assert line(Actor.PLATFORM, **waiting).startswith("Waiting for the merchant · due")
    assert line(**waiting, auto_accept_at=due).startswith("Waiting for you · refunds by itself Tue 24 Nov")
    late: dict[str, Any] = {"status": Status.AWAITING_MERCHANT, "response_due_at": NOW - timedelta(hours=2)}
    assert line(**late) == "Waiting for you · was due Mon 23 Nov, 07:00 (2 h ago)"
    review: dict[str, Any] = {"status": Status.UNDER_REVIEW, "response_due_at": due}
    assert line(**review).startswith("Under review by the platform · decision expected by Tue 24 Nov")
    paused: dict[str, Any] = {"status": Status.AWAITING_CUSTOMER, "dispute": Dispute.OPEN}
    assert line(**paused) == "Waiting for the customer · paused while the bank dispute is open"
    closed: dict[str, Any] = {
        "status": Status.CLOSED,
        "outcome": Outcome.CUSTOMER_WON,
        "refund": RefundBy.MERCHANT,
        "closed_at": NOW,
    }
    assert line(**closed) == "Closed · refunded · Mon 23 Nov, 09:00"
    assert line(**closed, settlement=Settlement.FAILED) == "Closed · refund failed · Mon 23 Nov, 09:00"
    assert line(**closed, settlement=Settlement.SUCCEEDED).startswith("Closed · refunded")


def test_every_ending_has_words() -> None:
    for outcome, refund, viewer in itertools.product(Outcome, RefundBy, Actor):
        assert status_word(Status.CLOSED, viewer, outcome=outcome, refund=refund).startswith("Closed · ")


def test_what_nobody_translated_is_written_out() -> None:
    assert words.activity_word("lesson_finished") == "Lesson finished"
    assert words.method_word("ideal_bank") == "Ideal bank"
    assert words.decision_reason_word("house_rule") == "House rule"
    assert words.payment_method("card", "visa", "4242") == "Visa ••4242"
    assert words.payment_method("paypal") == "PayPal"
    assert words.payment_method(None) == "Unknown method"
