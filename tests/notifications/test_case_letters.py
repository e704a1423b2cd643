"""Each letter about each event, written in each language: whole sentences, nothing left out, none invented."""

import re

import pytest

from amends.cases.states import Actor, EventKind, Status
from amends.notifications.audience import PARTIES, Happening, Key, Tell, telling_of
from amends.notifications.case_letters import Entry, case_letter, facts_of, reminder_letter
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import Button, Letter, Quote
from amends.notifications.story import quoted
from amends.notifications.words_next import next_of
from amends.web.readers import Reader, plain_reader, reader_of, reading_as
from tests.cases.lifecycle_walk import NOW
from tests.notifications.letters import case_row, examples, key_of, opening, plain

BASE = "https://amends.example"
BROKEN = re.compile(r"None|%\(|\bFalse\b|\bTrue\b|  |\(\)|: \.|Status\.|Actor\.")


def reader(tag: str) -> Reader:
    """Return somebody who reads a language, the ones for development included."""
    return reader_of(
        chosen_locale=tag, chosen_time_zone="Asia/Tokyo", chosen_theme=None, cookies={}, accept_language="",
        fallback_time_zone="UTC", now=NOW, pseudo=True,
    )  # fmt: skip


def letters(party: Actor, message: str = "Here is\nwhat I think.") -> list[Letter]:
    """Return a party's letter of every event that can happen."""
    written: list[Letter] = []
    for taken in examples():
        key, decided = key_of(taken), taken.decided
        telling = telling_of(Happening(key=key, status=decided.state.status, actor_pid=None), party)
        if isinstance(telling, Tell):
            case = case_row(decided, party, message=message)
            written.append(case_letter(case, party, [Entry(key, case.events[0], telling.kind)], base_url=BASE))
    return written


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("language", ["en", "es", "en-XA", "ar-XB"])
def test_every_letter_can_be_written_in_every_language(party: Actor, language: str) -> None:
    with reading_as(reader(language)):
        written = letters(party)
    assert len(written) > 30
    for letter in written:
        assert not BROKEN.search(plain(letter)), letter
        assert letter.button is not None
        assert "Trading course" in letter.subject
        assert isinstance(letter.paragraphs[0], str)


@pytest.mark.parametrize("party", PARTIES)
def test_everything_in_a_letter_is_translated(party: Actor) -> None:
    """In the language for development each sentence that went through the catalogue stands in brackets."""
    with reading_as(reader("en-XA")):
        for letter in letters(party):
            said = [part for part in letter.paragraphs if isinstance(part, str)]
            for text in (letter.subject, *said, letter.button.label if letter.button else "[]"):
                assert text.startswith("["), text
                assert text.endswith("]"), text


def test_a_letter_says_by_when_in_the_readers_zone_and_what_follows_without_an_answer() -> None:
    key, decided = opening()
    case = case_row(decided, Actor.MERCHANT)
    with reading_as(reader("en")):
        letter = case_letter(case, Actor.MERCHANT, [Entry(key, case.events[0], NoticeKind.YOUR_TURN)], base_url=BASE)
    assert letter.subject == "New case from Ada Lovelace · Trading course, $49.00"
    assert letter.kind == "merchant_created"
    assert letter.paragraphs == (
        "Ada Lovelace opened a case: Not as described.",
        Quote("Here is\nwhat I think.", "Ada Lovelace"),
        "What they would like: A refund of $20.00.",
        "Please answer by Mon 30 Nov, 18:00 JST (in 7 days): accept, deny, ask for more, or make an offer.",
        "If nobody answers, the platform steps in and decides.",
    )
    assert [(fact.label, fact.value) for fact in letter.facts] == [
        ("Product", "Trading course"),
        ("Amount", "$49.00"),
        ("Customer", "Ada Lovelace"),
        ("Answer by", "Mon 30 Nov, 18:00 JST"),
        ("Case", "reso_1"),
    ]


def test_a_zone_without_a_name_of_its_own_is_written_by_its_offset() -> None:
    _, decided = opening()
    case = case_row(decided, Actor.CUSTOMER)
    somewhere = reader_of(
        chosen_locale="en", chosen_time_zone="America/Sao_Paulo", chosen_theme=None, cookies={}, accept_language="",
        fallback_time_zone="UTC", now=NOW, pseudo=False,
    )  # fmt: skip
    with reading_as(somewhere):
        facts = facts_of(case, Actor.CUSTOMER, next_of(case, Actor.CUSTOMER))
    assert "Mon 30 Nov, 06:00 UTC-03" in [fact.value for fact in facts]


def test_several_events_are_told_in_order_and_the_most_urgent_gives_the_subject() -> None:
    asked = next(one for one in examples() if key_of(one).row == 4)
    wrote = next(one for one in examples() if key_of(one).row == 12 and key_of(one).actor is Actor.MERCHANT)
    case = case_row(asked.decided, Actor.CUSTOMER)
    other = case_row(wrote.decided, Actor.CUSTOMER, message="And one more thing.").events[0]
    entries = [
        Entry(key_of(asked), case.events[0], NoticeKind.YOUR_TURN),
        Entry(key_of(wrote), other, NoticeKind.PROGRESS),
    ]
    with reading_as(plain_reader(NOW)):
        letter = case_letter(case, Actor.CUSTOMER, entries, base_url=BASE)
    quotes = [part.text for part in letter.paragraphs if isinstance(part, Quote)]
    assert quotes == ["Here is\nwhat I think.", "And one more thing."]
    assert letter.subject.startswith("Acme asks you for more information")
    assert [part for part in letter.paragraphs if isinstance(part, str)][-1].startswith("If you do not answer")


def test_a_long_message_is_shortened_and_says_so() -> None:
    assert quoted("word " * 10, author="A") == Quote(("word " * 10).strip(), "A")
    long = quoted("word " * 1000, author="A")
    assert long is not None
    assert long.text.endswith("word …")
    assert len(long.text) <= 705
    many = quoted("\n".join(str(n) for n in range(40)), author="A")
    assert many is not None
    assert many.text.splitlines()[-1] == "11 …"
    assert quoted("  \n ", author="A") is None
    with reading_as(plain_reader(NOW)):
        letters_with = letters(Actor.CUSTOMER, message="word " * 1000)
    assert any("to their end" in "".join(letter.small_print) for letter in letters_with)


@pytest.mark.parametrize("party", PARTIES)
def test_every_reminder_can_be_written(party: Actor) -> None:
    turns = {
        Actor.CUSTOMER: Status.AWAITING_CUSTOMER, Actor.MERCHANT: Status.AWAITING_MERCHANT,
        Actor.PLATFORM: Status.UNDER_REVIEW,
    }  # fmt: skip
    due = [one.decided for one in examples() if one.decided.state.status is turns[party]]
    with reading_as(plain_reader(NOW)):
        for decided in due:
            state = decided.state
            if state.response_due_at is not None:
                letter = reminder_letter(
                    case_row(decided, party), party, lead=state.response_due_at - NOW, base_url=BASE
                )
                assert not BROKEN.search(plain(letter)), letter


def told(party: Actor, key: Key, status: Status) -> Letter:
    """Return the letter to a party about an event that left a case in a status."""
    taken = next(one for one in examples() if key_of(one) == key and one.decided.state.status is status)
    case = case_row(taken.decided, party)
    with reading_as(plain_reader(NOW)):
        return case_letter(case, party, [Entry(key, case.events[0], NoticeKind.PROGRESS)], base_url=BASE)


def test_a_reviewers_case_that_goes_on_is_not_called_ended() -> None:
    letter = told(Actor.PLATFORM, Key(25, Actor.SYSTEM, EventKind.REFUNDED_ELSEWHERE), Status.UNDER_REVIEW)
    assert letter.subject.startswith("Part of a payment was refunded")
    assert "$20.00 went back to Ada Lovelace" in str(letter.paragraphs[0])


def test_the_button_about_a_failed_refund_says_where_it_leads() -> None:
    letter = told(Actor.PLATFORM, Key(26, Actor.SYSTEM, EventKind.REFUND_FAILED), Status.CLOSED)
    assert letter.button == Button("See what needs attention", f"{BASE}/platform/attention")


def test_customers_read_their_own_words_as_theirs() -> None:
    letter = told(Actor.CUSTOMER, Key(6, Actor.CUSTOMER, EventKind.OFFER_ACCEPTED), Status.CLOSED)
    assert "You" in [part.author for part in letter.paragraphs if isinstance(part, Quote)]


def test_a_colleagues_act_stands_in_the_subject() -> None:
    letter = told(Actor.MERCHANT, Key(5, Actor.MERCHANT, EventKind.OFFER_MADE), Status.AWAITING_CUSTOMER)
    assert letter.subject.startswith("Grace Hopper: Offered ")
    assert letter.paragraphs[0] == "Grace Hopper acted on a case that you look after."
