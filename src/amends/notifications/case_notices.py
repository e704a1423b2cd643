"""Tells the people around a case what has happened: takes what is still to be told, and queues a mail for each person.

What happens on a case within a minute becomes one mail for each person who is told of any of it. Runs within one
transaction, and may run twice or by two workers at once: what one has taken, the other does not find.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from amends.cases.page_rows import CaseRow, EventRow
from amends.cases.queries_page import get_case_row
from amends.cases.rows import CaseRef
from amends.cases.states import Actor
from amends.db.pool import Connection
from amends.notifications.audience import Person, audience
from amends.notifications.case_letters import Entry, case_letter, leading, page_of
from amends.notifications.commands import queue_mail
from amends.notifications.commands_notices import Taken, note_letter, take_notices
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, CaseLink
from amends.notifications.queries_notices import Company, company_of

HOLD: Final = timedelta(seconds=60)
"""So long a case's first event waits for others. Whoever declines an offer, proposes another and adds a file does that
within a minute; longer would make those wait who watch for the answer."""

TOO_OLD: Final = timedelta(days=7)
"""Nobody is told of what happened longer ago: the worker was away, and what is open is told by reminders."""


class Views:
    """A case as each party may see it, read when it is first needed."""

    def __init__(self, connection: Connection, ref: CaseRef, now: datetime) -> None:
        self._connection, self._ref, self._now = connection, ref, now
        self._read: dict[Actor, CaseRow] = {}

    async def of(self, party: Actor) -> CaseRow:
        """Return what a party may see; nobody's e-mail address is in it."""
        if party not in self._read:
            row = await get_case_row(self._connection, self._ref, viewer=party, with_email=False, now=self._now)
            if row is None:
                raise LookupError(f"case {self._ref.case_id} of account {self._ref.account_id}")
            self._read[party] = row
        return self._read[party]


async def tell_case(connection: Connection, ref: CaseRef, *, base_url: str, now: datetime) -> int:
    """Tell everybody what there is to tell of a case; return how many mails were queued."""
    company = await company_of(connection, ref)
    taken = await take_notices(connection, ref, until=now - HOLD, status=company.around.status)
    told = _by_person([one for one in taken if one.created_at >= now - TOO_OLD], company)
    views, queued = Views(connection, ref, now), 0
    for person, news in told:
        case = await views.of(person.party)
        entries = _entries(news, {event.id: event for event in case.events})
        if entries and await _write(connection, ref, company, person, case, entries, base_url=base_url, now=now):
            queued += 1
    return queued


News = Sequence[tuple[Taken, NoticeKind]]


def _by_person(taken: Sequence[Taken], company: Company) -> list[tuple[Person, News]]:
    """Return who is told what, each person once and what they are told in order."""
    news: dict[UUID, list[tuple[Taken, NoticeKind]]] = {}
    people: dict[UUID, Person] = {}
    for one in taken:
        for told in audience(one.happening, company.around):
            people[told.person.user_id] = told.person
            news.setdefault(told.person.user_id, []).append((one, told.kind))
    return [(people[user_id], found) for user_id, found in news.items()]


def _entries(news: News, events: Mapping[UUID, EventRow]) -> list[Entry]:
    """Return what a letter tells of; an event that its reader may not see is not there."""
    return [Entry(one.happening.key, events[one.event_id], kind) for one, kind in news if one.event_id in events]


async def _write(
    connection: Connection, ref: CaseRef, company: Company, person: Person, case: CaseRow, entries: Sequence[Entry],
    *, base_url: str, now: datetime,
) -> bool:  # fmt: skip
    first, is_staff = leading(entries), person.party is Actor.PLATFORM
    mail_id = await queue_mail(
        connection,
        company.receivers[person.user_id],
        lambda: case_letter(case, person.party, entries, base_url=base_url),
        now=now,
        about=About(user_id=person.user_id, account_id=ref.account_id, case_pid=case.pid, event_pid=first.event.pid),
        opens=None if is_staff else CaseLink(path=page_of(case, person.party), case_pid=case.pid),
        unsubscribe=first.kind,
    )
    if mail_id is None:
        return False
    events = [entry.event.id for entry in entries]
    await note_letter(connection, ref, events, person.user_id, mail_id=mail_id, now=now)
    return True
