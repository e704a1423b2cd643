"""Reminds whoever's turn it is of a due time that comes near: within one transaction that holds the case.

So nothing can change between looking and queueing. What a reminder says is `case_letters.reminder_letter`.
"""

from datetime import datetime, timedelta

from amends.cases.actions import actions_of
from amends.cases.page_rows import CaseRow
from amends.cases.reminding import nearest_lead, next_reminder, reminded_of
from amends.cases.rows import CaseRef
from amends.cases.states import Action, Actor, Status
from amends.db.pool import Connection
from amends.notifications.audience import Circle, circle
from amends.notifications.case_letters import page_of, reminder_letter
from amends.notifications.case_notices import Views
from amends.notifications.commands import queue_mail
from amends.notifications.commands_notices import note_reminder, reminded, set_reminder, take_reminder
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, CaseLink
from amends.notifications.queries_notices import Company, company_of

WHOSE = {
    Status.AWAITING_MERCHANT: (Actor.MERCHANT, Circle.ANSWERING),
    Status.AWAITING_CUSTOMER: (Actor.CUSTOMER, Circle.BUYER),
    Status.UNDER_REVIEW: (Actor.PLATFORM, Circle.REVIEWING),
    Status.CLOSED: (Actor.CUSTOMER, Circle.BUYER),  # of the end of the time to appeal
}


async def remind(connection: Connection, ref: CaseRef, *, base_url: str, now: datetime) -> int:
    """Remind of a case's due time if it is time; return how many mails were queued."""
    state = await take_reminder(connection, ref, now=now)
    if state is None:
        return 0
    following = next_reminder(state, now=now)
    if following is not None:
        await set_reminder(connection, ref, following)
    lead, (due_at, _) = nearest_lead(state, now=now), reminded_of(state)
    if lead is None or due_at is None:
        return 0
    party, which = WHOSE[state.status]
    company = await company_of(connection, ref)
    case = await Views(connection, ref, now).of(party)
    if company.around.is_paused or not _is_useful(case):
        return 0
    return await _write(connection, ref, company, case, party, which, due_at, lead, base_url=base_url, now=now)


def _is_useful(case: CaseRow) -> bool:
    """Tell whether there is anything to do: a closed case may not be open to an appeal any more."""
    return case.status is not Status.CLOSED or Action.APPEAL in actions_of(case.action_key)


async def _write(
    connection: Connection, ref: CaseRef, company: Company, case: CaseRow, party: Actor, which: Circle,
    due_at: datetime, lead: timedelta, *, base_url: str, now: datetime,
) -> int:  # fmt: skip
    hours, queued = int(lead / timedelta(hours=1)), 0
    done = await reminded(connection, ref, due_at=due_at, lead_hours=hours)
    for person in circle(which, company.around, party=party, kind=NoticeKind.REMINDER):
        if person.user_id in done:
            continue
        mail_id = await queue_mail(
            connection,
            company.receivers[person.user_id],
            lambda: reminder_letter(case, party, lead=lead, base_url=base_url),
            now=now,
            about=About(user_id=person.user_id, account_id=ref.account_id, case_pid=case.pid),
            opens=None if party is Actor.PLATFORM else CaseLink(path=page_of(case, party), case_pid=case.pid),
            unsubscribe=NoticeKind.REMINDER,
        )
        if mail_id is not None:
            await note_reminder(
                connection, ref, person.user_id, due_at=due_at, lead_hours=hours, mail_id=mail_id, now=now
            )
            queued += 1
    return queued
