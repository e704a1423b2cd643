"""What is written to tell people of cases. Taking a notice deletes it, so that of two workers only one tells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.cases.rows import CaseRef
from amends.cases.states import Actor, CaseState, EventKind, Status
from amends.db.pool import Connection
from amends.notifications.audience import Happening, Key

TAKE_NOTICES_SQL: Final = """
with taken as (
    delete from case_notices n
    where n.account_id = $1
      and n.case_id = $2
      and exists (
          select
          from case_notices f
          where f.account_id = $1
            and f.case_id = $2
            and f.created_at <= $3
      )
    returning n.event_id, n.transition, n.created_at
)
select
    e.id, e.pid, e.kind, e.actor, e.actor_id, e.data ->> 'status' as status, e.data ->> 'assignee' as given_to,
    e.viewable_by_customer, e.viewable_by_merchant, e.created_at, t.transition,
    array(
        select distinct x.actor_id
        from case_events x
        where x.account_id = $1
          and x.case_id = $2
          and x.position > e.position
          and x.actor_id is not null
    ) as acted_since
from taken t
join case_events e
  on e.account_id = $1
 and e.case_id = $2
 and e.created_at = t.created_at
 and e.id = t.event_id
order by e.position
"""
NOTE_LETTER_SQL: Final = """
insert into case_letters (account_id, case_id, event_id, user_id, mail_id, created_at)
select $1, $2, t.event_id, $4, $5, $6
from unnest($3::uuid[]) as t (event_id)
on conflict (account_id, case_id, event_id, user_id) do nothing
"""
FORGET_NOTICES_SQL: Final = """
delete from case_notices
where account_id = $1
  and created_at < $2
"""
TAKE_REMINDER_SQL: Final = """
update cases
set remind_at = null
where account_id = $1
  and id = $2
  and remind_at <= $3
returning status, outcome, amount_minor, response_due_at, appeal_due_at, auto_accept_at, settled_with_remedy
"""
SET_REMINDER_SQL: Final = """
update cases
set remind_at = $3
where account_id = $1
  and id = $2
"""
NOTE_REMINDER_SQL: Final = """
insert into case_reminders (account_id, case_id, user_id, due_at, lead_hours, mail_id, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (account_id, case_id, user_id, due_at, lead_hours) do nothing
"""
REMINDED_SQL: Final = """
select r.user_id
from case_reminders r
where r.account_id = $1
  and r.case_id = $2
  and r.due_at = $3
  and r.lead_hours = $4
"""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is being told now."""

    event_id: UUID
    event_pid: str
    created_at: datetime
    happening: Happening


async def take_notices(connection: Connection, ref: CaseRef, *, until: datetime, status: Status) -> list[Taken]:
    """Take everything that is to be told of a case, in order, if any of it is from before `until`.

    It is told when the connection's transaction commits, and not otherwise.
    """
    return [_taken(row, status) for row in await connection.fetch(TAKE_NOTICES_SQL, *ref, until)]


def _taken(row: Record, status: Status) -> Taken:
    happening = Happening(
        key=Key(row["transition"], Actor(row["actor"]), EventKind(row["kind"])),
        status=Status(row["status"]) if row["status"] else status,
        actor_pid=row["actor_id"],
        given_to=row["given_to"],
        acted_since=frozenset(row["acted_since"]),
        viewable_by_customer=row["viewable_by_customer"],
        viewable_by_merchant=row["viewable_by_merchant"],
    )
    return Taken(event_id=row["id"], event_pid=row["pid"], created_at=row["created_at"], happening=happening)


async def note_letter(
    connection: Connection, ref: CaseRef, events: Sequence[UUID], user_id: UUID, *, mail_id: UUID, now: datetime
) -> None:
    """Note that somebody is told of events by a mail."""
    await connection.execute(NOTE_LETTER_SQL, *ref, list(events), user_id, mail_id, now)


async def forget_notices(connection: Connection, account_id: int, *, before: datetime) -> None:
    """Tell nobody of what happened at an account before a time: for history that is loaded."""
    await connection.execute(FORGET_NOTICES_SQL, account_id, before)


async def take_reminder(connection: Connection, ref: CaseRef, *, now: datetime) -> CaseState | None:
    """Take a case's due reminder and hold the case until the transaction ends; None: there is none any more.

    Only what reminders depend on is in the state.
    """
    row = await connection.fetchrow(TAKE_REMINDER_SQL, *ref, now)
    return None if row is None else msgspec.convert(dict(row), CaseState)


async def set_reminder(connection: Connection, ref: CaseRef, remind_at: datetime) -> None:
    """Set the moment of a case's next reminder."""
    await connection.execute(SET_REMINDER_SQL, *ref, remind_at)


async def reminded(connection: Connection, ref: CaseRef, *, due_at: datetime, lead_hours: int) -> set[UUID]:
    """Return who was reminded of a due time this long before."""
    return {row["user_id"] for row in await connection.fetch(REMINDED_SQL, *ref, due_at, lead_hours)}


async def note_reminder(
    connection: Connection,
    ref: CaseRef,
    user_id: UUID,
    *,
    due_at: datetime,
    lead_hours: int,
    mail_id: UUID,
    now: datetime,
) -> None:
    """Note that somebody is reminded of a due time."""
    await connection.execute(NOTE_REMINDER_SQL, *ref, user_id, due_at, lead_hours, mail_id, now)
