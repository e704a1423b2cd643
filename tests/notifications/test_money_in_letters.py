"""What letters say of the money is one truth, however far the case's refunds are when they are written."""

import re
from collections.abc import Iterator
from itertools import combinations

import msgspec
import pytest

from amends.cases.lifecycle import Decided
from amends.cases.page_rows import CaseRow, RefundRow
from amends.cases.states import Actor, EventKind, Settlement, Status
from amends.notifications.audience import Happening, Key, Tell, telling_of
from amends.notifications.case_letters import Entry, case_letter
from amends.notifications.kinds import NoticeKind
from amends.payments.states import RefundState
from amends.web.readers import plain_reader, reading_as
from tests.cases.lifecycle_walk import NOW
from tests.notifications.letters import case_row, examples, key_of

S = Actor.SYSTEM
FAILED, SENT = Key(26, S, EventKind.REFUND_FAILED), Key(26, S, EventKind.REFUND_SUCCEEDED)
MINOR = {state: 100 << place for place, state in enumerate(RefundState)}
"""So that each sum of them tells which states are in it."""

SAYS_SENT = re.compile(r"\$([\d.]+) is on its way to|refund of \$([\d.]+) was sent")
SAYS_COMING = (
    "We write to you when", "is still to come", "still to be sent", "has left already", "had left before",
    "waits until", "The refund is on its way.",
)  # fmt: skip
SAYS_NO_MORE = (
    "nothing more is", "nothing left to pay back", "nothing left to settle", "has not left yet does not come",
    "has not left yet is canceled",
)  # fmt: skip
SAYS_FAILED = ("takes care of it", "Try it again")


def mixtures() -> Iterator[tuple[RefundState, ...]]:
    """Return each set of states that the refunds of one case can be in, none at all included."""
    return (one for n in range(len(RefundState) + 1) for one in combinations(RefundState, n))


def refund_in(state: RefundState, like: RefundRow) -> RefundRow:
    return msgspec.structs.replace(like, pid=f"rf_{state}", state=state, amount_minor=MINOR[state])


def endings(party: Actor) -> list[tuple[Key, Decided, NoticeKind]]:
    """Return one example of each event of a closed case of which a party is told, for each way that it is told."""
    found: dict[object, tuple[Key, Decided, NoticeKind]] = {}
    for taken in examples():
        key, decided = key_of(taken), taken.decided
        telling = telling_of(Happening(key=key, status=decided.state.status, actor_pid=None), party)
        if decided.state.status is Status.CLOSED and isinstance(telling, Tell):
            data = decided.event.data
            said = tuple(str(data.get(name)) for name in ("answer", "outcome", "payer", "otherwise"))
            found.setdefault((key, said), (key, decided, telling.kind))
    return list(found.values())


def standings(case: CaseRow) -> Iterator[CaseRow]:
    """Return a case with its money in each state."""
    for settlement in Settlement:
        for states in mixtures():
            refunds = [refund_in(state, case.refunds[0]) for state in states]
            yield msgspec.structs.replace(case, settlement=settlement, refunds=refunds)


def check(case: CaseRow, text: str) -> None:
    """Hold what a letter says to what there is."""
    has = {row.state for row in case.refunds}
    waits = case.settlement in {Settlement.PENDING, Settlement.ON_HOLD}
    is_coming = waits and (not has or bool(has & {RefundState.PENDING, RefundState.ON_HOLD}))
    coming, no_more = ([words for words in them if words in text] for them in (SAYS_COMING, SAYS_NO_MORE))
    sent = {float(a or b) for a, b in SAYS_SENT.findall(text)}
    shown = (case.settlement, sorted(has), text)
    assert sent <= ({MINOR[RefundState.SUCCEEDED] / 100} if RefundState.SUCCEEDED in has else set()), shown
    assert is_coming or not coming, shown
    assert not (coming and no_more), shown
    assert not (sent and "nothing more is" in text), shown
    assert not ("waits until" in text and "We write to you when" in text), shown
    if sent and coming:
        rest = sum(MINOR[state] for state in has & {RefundState.PENDING, RefundState.ON_HOLD}) / 100
        assert f"A refund of ${rest:.2f}" in text, shown
    assert RefundState.FAILED in has or not any(words in text for words in SAYS_FAILED), shown


@pytest.mark.parametrize("party", [Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM])
def test_each_letter_says_one_truth_of_the_money_in_every_state_of_it(party: Actor) -> None:
    told = endings(party)
    assert FAILED in {key for key, _, _ in told}
    assert party is Actor.PLATFORM or SENT in {key for key, _, _ in told}
    with reading_as(plain_reader(NOW)):
        for key, decided, kind in told:
            for case in standings(case_row(decided, party)):
                letter = case_letter(case, party, [Entry(key, case.events[0], kind)], base_url="https://amends.example")
                check(case, " ".join((letter.subject, *map(str, letter.paragraphs))))


@pytest.mark.parametrize("party", [Actor.CUSTOMER, Actor.MERCHANT])
def test_a_letter_of_two_events_does_not_contradict_itself(party: Actor) -> None:
    told = {key: decided for key, decided, _ in endings(party)}
    first, second = case_row(told[FAILED], party), case_row(told[SENT], party)
    with reading_as(plain_reader(NOW)):
        for case in standings(second):
            entries = [Entry(key, row.events[0], NoticeKind.DECISION) for key, row in ((FAILED, first), (SENT, second))]
            letter = case_letter(case, party, entries, base_url="https://amends.example")
            check(case, " ".join((letter.subject, *map(str, letter.paragraphs))))


def test_a_refund_that_was_sent_and_one_that_is_still_to_come_stand_apart() -> None:
    decided = next(decided for key, decided, _ in endings(Actor.CUSTOMER) if key == SENT)
    row = case_row(decided, Actor.CUSTOMER)
    refunds = [refund_in(state, row.refunds[0]) for state in (RefundState.SUCCEEDED, RefundState.PENDING)]
    case = msgspec.structs.replace(row, settlement=Settlement.PENDING, refunds=refunds)
    with reading_as(plain_reader(NOW)):
        letter = case_letter(
            case, Actor.CUSTOMER, [Entry(SENT, case.events[0], NoticeKind.DECISION)], base_url="https://amends.example"
        )
    assert letter.subject == "Your refund of $8.00 was sent · Trading course, $49.00"
    assert letter.paragraphs[:2] == (
        "$8.00 is on its way to you (Visa ••4242). It can take some days until your bank shows it.",
        "A refund of $1.00 to Visa ••4242 is still to come. We write to you when it was sent.",
    )
