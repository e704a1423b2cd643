"""Who is told of which event. Pure: every row of the transition table, for each party, told or deliberately silent.

`PLANS` is the data; the table in docs/explanation/notifications.md is made from it, and tests hold it to the transition
table. Which people of a party are meant is the circle's matter; what is said, that of the `words_*` modules.
Invariants: a person is of one party only; whoever acted is not told of their own act, but customers of what they
opened and decided; an event is told to no party that may not read it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from amends.access.permissions import Role, StaffRole
from amends.cases.states import Actor, EventKind, Status
from amends.notifications.kinds import Choice, NoticeKind

C, M, P, S = Actor.CUSTOMER, Actor.MERCHANT, Actor.PLATFORM, Actor.SYSTEM
E, N = EventKind, NoticeKind
PARTIES: Final = (C, M, P)


class Circle(StrEnum):
    """Which people of a party."""

    BUYER = "the customer"
    ANSWERING = "the assignee, owners and admins; without an assignee support, too"
    FOLLOWING = "the assignee, owners and admins"
    ASSIGNEE = "the assignee"
    NEW_ASSIGNEE = "whom the case was given to"
    REVIEWING = "the assigned reviewer, else all reviewers"
    REVIEWER = "the assigned reviewer"
    ADMINS = "the platform’s admins"


class Why(StrEnum):
    """Why a party is not told."""

    OWN = "their own act"
    SIDES = "between the two sides"
    HIDDEN = "not visible to them"
    NOTES = "notes are read on the case’s page"
    DONE = "nothing is left for them to do"


class Tell(msgspec.Struct, frozen=True):
    """Tell a circle of people. YOUR_TURN becomes PROGRESS where it is no longer the party's turn."""

    kind: NoticeKind
    to: Circle
    even_own: bool = False
    """Also whoever acted: as a confirmation."""


class Silent(msgspec.Struct, frozen=True):
    """Tell nobody of a party."""

    why: Why


Telling = Tell | Silent
ByStatus = Mapping[Status, Telling]
"""Where it depends on whom the case waits for afterwards."""


class Plan(msgspec.Struct, frozen=True):
    """What each party is told of an event."""

    customer: Telling | ByStatus
    merchant: Telling | ByStatus
    platform: Telling | ByStatus

    def of(self, party: Actor) -> Telling | ByStatus:
        """Return what a party is told."""
        return {C: self.customer, M: self.merchant, P: self.platform}[party]


class Key(NamedTuple):
    """Which event: the row of the transition table that wrote it, who acted, and its kind."""

    row: int
    actor: Actor
    kind: EventKind


_OWN, _SIDES, _HIDDEN = Silent(Why.OWN), Silent(Why.SIDES), Silent(Why.HIDDEN)
_NOTES, _DONE = Silent(Why.NOTES), Silent(Why.DONE)
_TURN_C, _TURN_M = Tell(N.YOUR_TURN, Circle.BUYER), Tell(N.YOUR_TURN, Circle.ANSWERING)
_NEWS_C, _NEWS_M = Tell(N.PROGRESS, Circle.BUYER), Tell(N.PROGRESS, Circle.FOLLOWING)
_END_C, _END_M = Tell(N.DECISION, Circle.BUYER), Tell(N.DECISION, Circle.FOLLOWING)
_CONFIRM = Tell(N.PROGRESS, Circle.BUYER, even_own=True)
_CONFIRM_END = Tell(N.DECISION, Circle.BUYER, even_own=True)
_COLLEAGUE = Tell(N.PROGRESS, Circle.ASSIGNEE)
_REVIEW, _REVIEWER = Tell(N.PLATFORM, Circle.REVIEWING), Tell(N.PLATFORM, Circle.REVIEWER)
_ADMINS = Tell(N.PLATFORM, Circle.ADMINS)
_AM, _AC, _UR, _CLOSED = Status.AWAITING_MERCHANT, Status.AWAITING_CUSTOMER, Status.UNDER_REVIEW, Status.CLOSED

PLANS: Final[Mapping[Key, Plan]] = {
    Key(1, C, E.CREATED): Plan(_CONFIRM, _TURN_M, _SIDES),
    Key(2, M, E.ACCEPTED): Plan(_END_C, _COLLEAGUE, _REVIEWER),
    Key(2, S, E.ACCEPTED): Plan(_END_C, _END_M, _SIDES),
    Key(3, M, E.DENIED): Plan(_END_C, _COLLEAGUE, _SIDES),
    Key(4, M, E.REQUESTED_MORE_INFO): Plan(_TURN_C, _COLLEAGUE, _SIDES),
    Key(5, M, E.OFFER_MADE): Plan(_TURN_C, _COLLEAGUE, _SIDES),
    Key(6, C, E.OFFER_ACCEPTED): Plan(_CONFIRM_END, _END_M, _SIDES),
    Key(7, C, E.OFFER_DECLINED): Plan(_OWN, _TURN_M, _SIDES),
    Key(7, C, E.OFFER_MADE): Plan(_OWN, _TURN_M, _SIDES),
    Key(8, M, E.OFFER_ACCEPTED): Plan(_END_C, _COLLEAGUE, _SIDES),
    Key(8, M, E.OFFER_DECLINED): Plan(_NEWS_C, _COLLEAGUE, _SIDES),
    Key(9, M, E.OFFER_WITHDRAWN): Plan(_NEWS_C, _COLLEAGUE, _SIDES),
    Key(9, C, E.OFFER_WITHDRAWN): Plan(_OWN, _NEWS_M, _SIDES),
    Key(10, C, E.RESPONDED): Plan(_OWN, {_AM: _TURN_M, _UR: _NEWS_M}, {_AM: _SIDES, _UR: _REVIEW}),
    Key(11, M, E.RESPONDED): Plan(_NEWS_C, _COLLEAGUE, _REVIEW),
    Key(12, C, E.COMMENTED): Plan(_OWN, _NEWS_M, _REVIEWER),
    Key(12, M, E.COMMENTED): Plan(_NEWS_C, _COLLEAGUE, _REVIEWER),
    Key(13, C, E.ESCALATED): Plan(_CONFIRM, _NEWS_M, _REVIEW),
    Key(14, S, E.ESCALATED): Plan(_NEWS_C, _NEWS_M, _REVIEW),
    Key(15, S, E.ESCALATED): Plan(_NEWS_C, _NEWS_M, _REVIEW),
    Key(16, S, E.OFFER_EXPIRED): Plan(_NEWS_C, _TURN_M, _SIDES),
    Key(16, S, E.ESCALATED): Plan(_NEWS_C, _NEWS_M, _REVIEW),
    Key(16, S, E.CLOSED_NO_REPLY): Plan(_END_C, _END_M, _REVIEWER),
    Key(17, P, E.REQUESTED_MORE_INFO): Plan({_AC: _TURN_C, _AM: _NEWS_C}, {_AM: _TURN_M, _AC: _NEWS_M}, _OWN),
    Key(18, P, E.DECIDED): Plan(_END_C, _END_M, _OWN),
    Key(19, C, E.APPEALED): Plan(_CONFIRM, _NEWS_M, _REVIEW),
    Key(20, M, E.APPEALED): Plan(_NEWS_C, _COLLEAGUE, _REVIEW),
    Key(21, C, E.WITHDREW): Plan(_CONFIRM_END, _END_M, _REVIEWER),
    Key(22, S, E.REVIEW_OVERDUE): Plan(_HIDDEN, _HIDDEN, _ADMINS),
    Key(23, S, E.DISPUTE_OPENED): Plan(_NEWS_C, _NEWS_M, _REVIEWER),
    Key(24, S, E.DISPUTE_CUSTOMER_WON): Plan(_END_C, _END_M, _REVIEWER),
    Key(24, S, E.DISPUTE_MERCHANT_WON): Plan(
        {_AM: _NEWS_C, _AC: _TURN_C, _UR: _NEWS_C, _CLOSED: _NEWS_C},
        {_AM: _TURN_M, _AC: _NEWS_M, _UR: _NEWS_M, _CLOSED: _NEWS_M},
        {_AM: _SIDES, _AC: _SIDES, _UR: _REVIEW, _CLOSED: _DONE},
    ),
    Key(25, S, E.REFUNDED_ELSEWHERE): Plan(_END_C, _END_M, _REVIEWER),
    Key(26, S, E.REFUND_SUCCEEDED): Plan(_END_C, _NEWS_M, _DONE),
    Key(26, S, E.REFUND_FAILED): Plan(_END_C, _NEWS_M, _ADMINS),
    Key(27, M, E.NOTED): Plan(_HIDDEN, _NOTES, _HIDDEN),
    Key(27, P, E.NOTED): Plan(_HIDDEN, _HIDDEN, _NOTES),
    Key(27, M, E.ASSIGNED): Plan(_HIDDEN, Tell(N.YOUR_TURN, Circle.NEW_ASSIGNEE), _HIDDEN),
    Key(27, P, E.ASSIGNED): Plan(_HIDDEN, _HIDDEN, Tell(N.PLATFORM, Circle.NEW_ASSIGNEE)),
}


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be told: of one party, with what they chose."""

    user_id: UUID
    pid: str
    party: Actor
    role: Role | StaffRole | None = None
    """None: the buyer."""
    has_address: bool = True
    choices: Mapping[NoticeKind, Choice] = {}


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the audience depends on besides the event: the case as it stands now, and its people."""

    people: Sequence[Person]
    status: Status
    is_paused: bool = False
    assignee_pid: str | None = None
    reviewer_pid: str | None = None

    def is_turn_of(self, party: Actor) -> bool:
        """Tell whether the case waits for a party now."""
        return not self.is_paused and self.status is _TURNS[party]


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """An event, as far as its audience goes."""

    key: Key
    status: Status
    """The case's, after it."""
    actor_pid: str | None
    given_to: str | None = None
    """Of an assignment."""
    acted_since: frozenset[str] = frozenset()
    """Who has acted on the case after it: they have seen it."""
    viewable_by_customer: bool = True
    viewable_by_merchant: bool = True


class Told(NamedTuple):
    """One person who is told, and as what."""

    person: Person
    kind: NoticeKind


_TURNS: Final = {C: _AC, M: _AM, P: _UR}


def telling_of(happening: Happening, party: Actor) -> Telling:
    """Return what a party is told of an event."""
    choice = PLANS[happening.key].of(party)
    return choice[happening.status] if isinstance(choice, Mapping) else choice


def audience(happening: Happening, around: Around) -> list[Told]:
    """Return who is told of an event, each once, in the order of the people."""
    told: list[Told] = []
    for party in PARTIES:
        telling = telling_of(happening, party)
        if isinstance(telling, Silent) or not _may_read(happening, party):
            continue
        kind = telling.kind
        if kind is N.YOUR_TURN and not around.is_turn_of(party):
            kind = N.PROGRESS
        told += [
            Told(person, kind)
            for person in circle(telling.to, around, party=party, kind=kind, given_to=happening.given_to)
            if not _knows(happening, telling, person)
        ]
    return told


def _may_read(happening: Happening, party: Actor) -> bool:
    match party:
        case Actor.CUSTOMER:
            return happening.viewable_by_customer
        case Actor.MERCHANT:
            return happening.viewable_by_merchant
        case _:
            return happening.key.kind not in {E.NOTED, E.ASSIGNED} or happening.key.actor is P


def _knows(happening: Happening, telling: Tell, person: Person) -> bool:
    """Tell whether somebody did it themselves, or has acted on the case since."""
    if person.pid == happening.actor_pid:
        return not telling.even_own
    return person.pid in happening.acted_since


def circle(
    which: Circle, around: Around, *, party: Actor, kind: NoticeKind, given_to: str | None = None
) -> list[Person]:
    """Return the people of a circle who have an address and want a kind of notice.

    A viewer who has chosen a kind belongs to the circles of the team; those of one person are never widened.
    """
    meant = _meant(which, around, given_to)
    return [
        person
        for person in around.people
        if person.has_address and person.party is party
        if (chosen := person.choices.get(kind)) is not Choice.OFF
        if person.pid in meant or (which in _OF_TEAM and person.role is Role.VIEWER and chosen is Choice.AT_ONCE)
    ]


_OF_TEAM: Final = {Circle.ANSWERING, Circle.FOLLOWING}


def _meant(circle: Circle, around: Around, given_to: str | None) -> set[str]:
    """Return the public ids of a circle's people, whatever they chose."""
    match circle:
        case Circle.BUYER:
            return _with(around, None)
        case Circle.ANSWERING:
            others = (Role.OWNER, Role.ADMIN) if around.assignee_pid else (Role.OWNER, Role.ADMIN, Role.SUPPORT)
            return {around.assignee_pid or "", *_with(around, *others)}
        case Circle.FOLLOWING:
            return {around.assignee_pid or "", *_with(around, Role.OWNER, Role.ADMIN)}
        case Circle.ASSIGNEE:
            return {around.assignee_pid or ""}
        case Circle.NEW_ASSIGNEE:
            return {given_to or ""}
        case Circle.REVIEWER:
            return {around.reviewer_pid or ""}
        case Circle.REVIEWING:
            if around.reviewer_pid:
                return {around.reviewer_pid}
            return _with(around, StaffRole.REVIEWER) or _with(around, StaffRole.ADMIN)
        case Circle.ADMINS:
            return _with(around, StaffRole.ADMIN)


def _with(around: Around, *roles: Role | StaffRole | None) -> set[str]:
    return {person.pid for person in around.people if person.role in roles}
