"""Who is told of what: each row of the transition table, each party, each circle of people."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import pytest

from amends.access.permissions import Role, StaffRole
from amends.cases.states import Actor, EventKind, Status
from amends.cases.transitions import TRANSITIONS
from amends.notifications.audience import (
    PARTIES,
    PLANS,
    Around,
    Circle,
    Happening,
    Key,
    Person,
    Silent,
    Tell,
    Told,
    audience,
    telling_of,
)
from amends.notifications.case_letters import WORDS
from amends.notifications.kinds import Choice, NoticeKind
from tests.notifications.letters import examples, key_of, opening

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
N = NoticeKind


def keys_of_the_table() -> set[Key]:
    """Return every event that a row of the transition table can write."""
    pairs = {(row.row, actor, kind) for row in TRANSITIONS for _, actor in row.by for kind in row.kinds}
    happen = {key_of(taken) for taken in examples()} | {opening()[0]}
    return {Key(*pair) for pair in pairs if Key(*pair) in happen}


def test_every_event_of_the_transition_table_has_a_plan() -> None:
    assert keys_of_the_table() == set(PLANS)
    assert {key.row for key in PLANS} == {row.row for row in TRANSITIONS}


def happening(key: Key, status: Status, **more: Any) -> Happening:
    hidden = key.kind in {EventKind.NOTED, EventKind.ASSIGNED, EventKind.REVIEW_OVERDUE}
    seen = {
        "viewable_by_customer": not hidden,
        "viewable_by_merchant": not hidden or (key.row == 27 and key.actor is M),
    }
    fields: dict[str, Any] = {"actor_pid": None} | seen | more
    return Happening(key=key, status=status, **fields)


@pytest.mark.parametrize("party", PARTIES)
def test_each_party_is_told_of_each_event_that_can_happen_or_deliberately_not(party: Actor) -> None:
    for taken in examples():
        telling = telling_of(happening(key_of(taken), taken.decided.state.status), party)
        assert isinstance(telling, Tell | Silent)


@pytest.mark.parametrize("party", PARTIES)
def test_there_are_words_for_what_is_told_and_only_for_that(party: Actor) -> None:
    told = {
        key
        for key, plan in PLANS.items()
        for telling in _all(plan.of(party))
        if isinstance(telling, Tell)
    }  # fmt: skip
    assert set(WORDS[party]) == told


def _all(choice: Tell | Silent | Mapping[Status, Tell | Silent]) -> list[Tell | Silent]:
    return list(choice.values()) if isinstance(choice, Mapping) else [choice]


def test_nobody_is_told_of_an_event_that_their_party_may_not_read() -> None:
    for taken in examples():
        event = taken.decided.event
        told = audience(
            happening(
                key_of(taken),
                taken.decided.state.status,
                viewable_by_customer=event.viewable_by_customer,
                viewable_by_merchant=event.viewable_by_merchant,
                given_to="user_Sam" if event.actor is M else "user_Rosa",
            ),
            EVERYBODY,
        )
        parties = {person.party for person, _ in told}
        assert event.viewable_by_customer or C not in parties
        assert event.viewable_by_merchant or M not in parties
        if event.kind in {EventKind.NOTED, EventKind.ASSIGNED}:
            assert parties <= {event.actor}


def person(name: str, party: Actor, role: Role | StaffRole | None, **more: Any) -> Person:
    return Person(user_id=UUID(int=len(name)), pid=f"user_{name}", party=party, role=role, **more)


ADA = person("Ada", C, None)
TEAM = [
    person("Olga", M, Role.OWNER),
    person("Anton", M, Role.ADMIN),
    person("Sam", M, Role.SUPPORT),
    person("Victor", M, Role.VIEWER),
]
STAFF = [
    person("Rosa", P, StaffRole.REVIEWER),
    person("Ruben", P, StaffRole.REVIEWER),
    person("Alan", P, StaffRole.ADMIN),
]
EVERYBODY = Around(people=[ADA, *TEAM, *STAFF], status=Status.AWAITING_MERCHANT)


def names(told: list[Told]) -> dict[str, NoticeKind]:
    return {one.person.pid.removeprefix("user_"): one.kind for one in told}


def around(**more: Any) -> Around:
    return msgspec.structs.replace(EVERYBODY, **more)


CREATED = happening(Key(1, C, EventKind.CREATED), Status.AWAITING_MERCHANT, actor_pid="user_Ada")
COMMENTED = happening(Key(12, C, EventKind.COMMENTED), Status.AWAITING_MERCHANT, actor_pid="user_Ada")
ESCALATED = happening(Key(13, C, EventKind.ESCALATED), Status.UNDER_REVIEW, actor_pid="user_Ada")
DENIED = happening(Key(3, M, EventKind.DENIED), Status.CLOSED, actor_pid="user_Olga")


def test_a_new_case_is_confirmed_to_the_customer_and_waits_for_all_who_may_answer() -> None:
    assert names(audience(CREATED, around())) == {
        "Ada": N.PROGRESS,
        "Olga": N.YOUR_TURN,
        "Anton": N.YOUR_TURN,
        "Sam": N.YOUR_TURN,
    }


def test_with_an_assignee_support_is_left_alone() -> None:
    told = names(audience(CREATED, around(assignee_pid="user_Victor")))
    assert set(told) == {"Ada", "Olga", "Anton", "Victor"}


def test_what_asks_for_nothing_is_for_the_assignee_and_those_who_lead() -> None:
    assert set(names(audience(COMMENTED, around()))) == {"Olga", "Anton"}
    assert set(names(audience(COMMENTED, around(assignee_pid="user_Sam")))) == {"Olga", "Anton", "Sam"}


def test_ones_own_act_is_told_to_colleagues_only_where_the_case_is_theirs() -> None:
    assert set(names(audience(DENIED, around(status=Status.CLOSED)))) == {"Ada"}
    told = names(audience(DENIED, around(status=Status.CLOSED, assignee_pid="user_Sam")))
    assert told == {"Ada": N.DECISION, "Sam": N.PROGRESS}
    assert set(names(audience(DENIED, around(assignee_pid="user_Olga")))) == {"Ada"}


def test_a_review_is_for_the_assigned_reviewer_else_for_all_and_for_admins_where_there_is_none() -> None:
    status = Status.UNDER_REVIEW
    assert set(names(audience(ESCALATED, around(status=status)))) == {"Ada", "Olga", "Anton", "Rosa", "Ruben"}
    told = names(audience(ESCALATED, around(status=status, reviewer_pid="user_Rosa")))
    assert {name for name in told if told[name] is N.PLATFORM} == {"Rosa"}
    told = names(audience(ESCALATED, around(status=status, people=[ADA, *TEAM, STAFF[2]])))
    assert {name for name in told if told[name] is N.PLATFORM} == {"Alan"}


def test_overdue_reviews_and_failed_refunds_are_for_the_platforms_admins() -> None:
    overdue = happening(Key(22, S, EventKind.REVIEW_OVERDUE), Status.UNDER_REVIEW)
    assert names(audience(overdue, around(reviewer_pid="user_Rosa"))) == {"Alan": N.PLATFORM}
    failed = happening(Key(26, S, EventKind.REFUND_FAILED), Status.CLOSED)
    assert names(audience(failed, around()))["Alan"] is N.PLATFORM


def test_an_assignment_is_told_to_whom_the_case_is_given_alone() -> None:
    given = happening(Key(27, M, EventKind.ASSIGNED), Status.AWAITING_MERCHANT, actor_pid="user_Olga")
    assert names(audience(given, around())) == {}
    for_sam = happening(given.key, given.status, actor_pid="user_Olga", given_to="user_Sam")
    assert names(audience(for_sam, around(assignee_pid="user_Sam"))) == {"Sam": N.YOUR_TURN}
    for_oneself = happening(given.key, given.status, actor_pid="user_Sam", given_to="user_Sam")
    assert names(audience(for_oneself, around(assignee_pid="user_Sam"))) == {}
    by_platform = happening(Key(27, P, EventKind.ASSIGNED), Status.UNDER_REVIEW, given_to="user_Sam")
    assert names(audience(by_platform, around())) == {}


def test_it_is_nobodys_turn_any_more_once_the_case_waits_for_others_or_is_paused() -> None:
    told = names(audience(CREATED, around(status=Status.AWAITING_CUSTOMER)))
    assert told["Olga"] is N.PROGRESS
    assert names(audience(CREATED, around(is_paused=True)))["Olga"] is N.PROGRESS


def test_who_has_acted_since_has_seen_it() -> None:
    since = happening(
        CREATED.key, CREATED.status, actor_pid="user_Ada", acted_since=frozenset({"user_Sam", "user_Ada"})
    )
    told = names(audience(since, around()))
    assert "Sam" not in told
    assert "Ada" in told, "a confirmation is for whoever acted"


def test_choices_take_away_and_add() -> None:
    people = [
        ADA,
        person("Olga", M, Role.OWNER, choices={N.PROGRESS: Choice.OFF}),
        person("Victor", M, Role.VIEWER, choices={N.PROGRESS: Choice.AT_ONCE}),
        person("Sam", M, Role.SUPPORT, has_address=False),
    ]
    assert set(names(audience(COMMENTED, around(people=people, assignee_pid="user_Sam")))) == {"Victor"}
    assert set(names(audience(CREATED, around(people=people)))) == {"Ada", "Olga"}


def test_a_choice_does_not_widen_what_is_for_one_person() -> None:
    eager = person("Victor", M, Role.VIEWER, choices={N.PROGRESS: Choice.AT_ONCE, N.YOUR_TURN: Choice.AT_ONCE})
    assert set(names(audience(DENIED, around(people=[ADA, eager])))) == {"Ada"}
    support = person("Sam", M, Role.SUPPORT, choices={N.YOUR_TURN: Choice.AT_ONCE})
    told = names(audience(CREATED, around(people=[eager, support], assignee_pid="user_Olga")))
    assert set(told) == {"Victor"}, "support on the case of somebody else"
    admin = person("Alan", P, StaffRole.ADMIN, choices={N.PLATFORM: Choice.AT_ONCE})
    assert set(names(audience(ESCALATED, around(people=[admin, STAFF[0]])))) == {"Rosa"}


def test_circles_are_written_down_as_people_would_say_it() -> None:
    assert all(str(one) == one.value for one in Circle)
