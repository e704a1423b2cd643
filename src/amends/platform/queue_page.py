"""What the review queue shows: its parts with their counts, and a line for each case that waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.cases.queries_queue import MOST_COUNTED
from amends.cases.queue import QueueQuery, Show
from amends.cases.states import Actor, EventKind
from amends.cases.words import actor_word, reason_word
from amends.web import urls
from amends.web.pages import Page
from amends.web.text import _, day_and_time, duration, lazy, number, relative

TITLES: Final[Mapping[Show, Any]] = {
    Show.REVIEW: lazy("All"),
    Show.OVERDUE: lazy("Overdue"),
    Show.APPEALS: lazy("Appeals"),
    Show.MINE: lazy("Mine"),
    Show.ASKED: lazy("Waiting for an answer"),
}
EMPTY: Final[Mapping[Show, tuple[Any, Any]]] = {
    Show.REVIEW: (
        lazy("Nothing waits for a decision"),
        lazy("A case comes here when a side asks for it, when a merchant stays silent, or by an appeal."),
    ),
    Show.OVERDUE: (lazy("No review is overdue"), lazy("Every case that waits is still within its target.")),
    Show.APPEALS: (
        lazy("No appeal waits for a decision"),
        lazy("Whoever loses a decision can appeal once. Another reviewer decides it then."),
    ),
    Show.MINE: (lazy("No case is assigned to you"), lazy("On a case’s page, choose yourself as the assignee.")),
    Show.ASKED: (
        lazy("The platform waits for nobody’s answer"),
        lazy("A case stands here while the customer or the merchant has a question of the platform to answer."),
    ),
}


class Tab(msgspec.Struct, frozen=True):
    """A part of the queue."""

    show: Show
    label: str
    count: str
    url: str
    is_current: bool


class QueueLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the queue."""

    pid: str
    version: int
    url: str
    amount_minor: int
    currency: str
    places: int
    home: str
    customer: str
    product: str | None
    reason: str
    account: str
    account_url: str
    """The queue of this account alone."""
    due: str
    due_at: datetime | None
    is_overdue: bool
    is_urgent: bool
    is_paused: bool
    waiting: str
    """For how long it has waited."""
    last: str
    """What was said last, and by whom."""
    appeal: str
    """Whose appeal it is; empty: none."""
    not_yours: str
    """Why the reader does not decide it; empty: they may."""
    is_closed: bool
    """The reader is on one of its sides, so that the queue says nothing of it but that it waits."""
    reviewer: str | None
    is_mine: bool


class QueuePage(Page, frozen=True, kw_only=True):
    """The review queue."""

    template: ClassVar[str] = "platform/queue.html"

    tabs: tuple[Tab, ...]
    lines: tuple[QueueLine, ...]
    show: Show
    accounts: Sequence[tuple[str, str]]
    """Those with cases that wait: public id and title."""
    account: str | None
    account_title: str | None
    url: str
    """This part of the queue, from its beginning."""
    all_url: str
    """The same part for all accounts."""
    newer_url: str | None
    older_url: str | None
    empty: tuple[str, str]
    is_narrowed: bool


class Onlooker(NamedTuple):
    """Who reads the queue, and what of it is not theirs to decide."""

    pid: str
    user_id: UUID | None
    teams: frozenset[str]
    """The public ids of accounts whose teams they are on."""
    keys: frozenset[str]
    """The public ids of API keys of theirs that decided first."""
    now: datetime


def line_of(row: Record, reader: Onlooker, query: QueueQuery) -> QueueLine:
    """Put a case into words."""
    due_at: datetime | None = row["review_due_at"] if query.show is not Show.ASKED else row["response_due_at"]
    is_overdue = query.show is not Show.ASKED and due_at is not None and due_at <= reader.now
    this_account = msgspec.structs.replace(query, account=row["account_pid"])
    return QueueLine(
        pid=row["pid"],
        version=row["version"],
        url=urls.case_url(row["account_pid"], row["pid"], query=_from(query)),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        places=row["currency_exponent"],
        home=row["account_currency"],
        customer=row["name"] or row["username"] or _("The customer"),
        product=row["product_title"],
        reason=reason_word(row["reason"]),
        account=row["account_title"],
        account_url=urls.platform_url("queue", query=this_account.query()),
        due=_due(due_at, reader.now, is_overdue=is_overdue),
        due_at=due_at,
        is_overdue=is_overdue,
        is_urgent=due_at is not None and not is_overdue and due_at - reader.now < timedelta(hours=8),
        is_paused=due_at is None,
        waiting=_waiting(row, reader.now),
        last=_last(row),
        appeal=_appeal(row),
        not_yours=_not_yours(row, reader),
        is_closed=_is_closed(row, reader),
        reviewer=row["reviewer_name"] or row["reviewer_id"],
        is_mine=row["reviewer_id"] == reader.pid,
    )


def _from(query: QueueQuery) -> str:
    """Return what a case's page is told about where one comes from."""
    return urlencode({"queue": query.query()})


def _due(due_at: datetime | None, now: datetime, *, is_overdue: bool) -> str:
    if due_at is None:
        return _("Paused: a bank dispute is open")
    if is_overdue:
        return _("%(time)s overdue", time=duration(now - due_at))
    return f"{day_and_time(due_at)} · {relative(due_at)}"


def _waiting(row: Record, now: datetime) -> str:
    since: datetime | None = row["review_since"] or row["last_at"]
    return "" if since is None else duration(now - since)


def _last(row: Record) -> str:
    """Say what was said last: a question, an answer, an appeal."""
    if row["last_kind"] is None:
        return ""
    kind, actor = EventKind(row["last_kind"]), Actor(row["last_actor"])
    who = actor_word(actor)
    match kind:
        case EventKind.ESCALATED if actor is Actor.SYSTEM:
            return _("Time ran out")
        case EventKind.ESCALATED:
            return _("%(who)s asked for a review", who=who)
        case EventKind.APPEALED:
            return _("%(who)s appealed", who=who)
        case EventKind.RESPONDED:
            return _("%(who)s answered", who=who)
        case EventKind.REQUESTED_MORE_INFO:
            return _("%(who)s asked a question", who=who)
        case _:
            return _("%(who)s wrote", who=who)


def _appeal(row: Record) -> str:
    if row["customer_appealed"]:
        return _("Customer’s appeal")
    return _("Merchant’s appeal") if row["merchant_appealed"] else ""


def _is_closed(row: Record, reader: Onlooker) -> bool:
    return row["user_id"] == reader.user_id or row["account_pid"] in reader.teams


def _not_yours(row: Record, reader: Onlooker) -> str:
    if row["user_id"] == reader.user_id:
        return _("Not yours: it is your own purchase")
    if row["account_pid"] in reader.teams:
        return _("Not yours: you are on its team")
    is_appeal = row["customer_appealed"] or row["merchant_appealed"]
    if is_appeal and row["first_reviewer_id"] == reader.pid:
        return _("Not yours: you decided first")
    if is_appeal and row["first_reviewer_id"] in reader.keys:
        return _("Not yours: an API key of yours decided first")
    return ""


def tabs_of(query: QueueQuery, counts: Mapping[Show, int]) -> tuple[Tab, ...]:
    """Return the parts of the queue with how many cases each has."""
    return tuple(
        Tab(
            show,
            str(TITLES[show]),
            count_words(counts[show]),
            urls.platform_url("queue", query=msgspec.structs.replace(query, show=show).query()),
            show is query.show,
        )
        for show in Show
    )


def count_words(n: int) -> str:
    """Write a count; beyond what is counted: `999+`."""
    return f"{number(MOST_COUNTED - 1)}+" if n >= MOST_COUNTED else number(n)
