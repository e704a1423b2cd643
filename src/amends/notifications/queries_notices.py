"""What is read to tell people of cases: what is still to be told, and who is around a case. SQL and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.permissions import Role, StaffRole
from amends.access.sessions import read_preferences
from amends.cases.rows import CaseRef
from amends.cases.states import Actor, Status
from amends.db.pool import Connection, Pool
from amends.notifications.audience import Around, Person
from amends.notifications.kinds import Choice, NoticeKind
from amends.notifications.mails import Receiver
from amends.web.readers import locale_of, time_zone_of

WAITING_NOTICES_SQL: Final = """
select n.account_id, n.case_id
from case_notices n
where n.created_at <= $1
group by n.account_id, n.case_id
order by min(n.created_at)
limit $2
"""
DUE_REMINDERS_SQL: Final = """
select c.account_id, c.id
from cases c
where c.remind_at <= $1
order by c.remind_at
limit $2
"""
CASE_NOW_SQL: Final = """
select c.pid, c.user_id, c.status, c.dispute = 'open' as is_paused, c.assignee_id, c.reviewer_id
from cases c
where c.account_id = $1
  and c.id = $2
"""
PEOPLE_SQL: Final = """
with around as (
    select $1::uuid as user_id, 'customer' as party, null as role, 1 as rank
    union all
    select t.user_id, 'merchant', t.role, 2
    from team_members t
    where t.account_id = $2
    union all
    select s.user_id, 'platform', s.role, 3
    from platform_staff s
)
select distinct on (u.id)
    u.id, u.pid, u.name, u.email, u.locale, u.time_zone, r.party, r.role, a.time_zone as account_time_zone,
    coalesce(f.preferences, '{}') as preferences,
    (
        select json_object_agg(c.kind, c.choice)
        from notice_choices c
        where c.user_id = u.id
    )::text as choices
from around r
join users u
  on u.id = r.user_id
join accounts a
  on a.id = $2
left join user_preferences f
  on f.user_id = u.id
order by u.id, r.rank
"""

_CHOICES: Final = msgspec.json.Decoder(dict[NoticeKind, Choice])
_UNKNOWN_ZONE: Final = "UTC"
"""What a user's time zone is where nobody said."""


class Company(NamedTuple):
    """A case's people, and how to write to each."""

    case_pid: str
    around: Around
    receivers: Mapping[UUID, Receiver]


async def waiting_notices(connection: Connection | Pool, *, until: datetime, limit: int) -> Sequence[CaseRef]:
    """Return cases with events from before `until` that nobody was told of, the longest ago first."""
    rows = await connection.fetch(WAITING_NOTICES_SQL, until, limit)
    return [CaseRef(row["account_id"], row["case_id"]) for row in rows]


async def due_reminders(connection: Connection | Pool, *, now: datetime, limit: int) -> Sequence[CaseRef]:
    """Return cases of which somebody is to be reminded, the longest due first."""
    return [CaseRef(row["account_id"], row["id"]) for row in await connection.fetch(DUE_REMINDERS_SQL, now, limit)]


async def company_of(connection: Connection, ref: CaseRef) -> Company:
    """Return who is around a case as it stands: the buyer, the account's team, the platform's staff."""
    case = await connection.fetchrow(CASE_NOW_SQL, *ref)
    if case is None:
        raise LookupError(f"case {ref.case_id} of account {ref.account_id}")
    rows = await connection.fetch(PEOPLE_SQL, case["user_id"], ref.account_id)
    around = Around(
        people=[_person(row) for row in rows],
        status=Status(case["status"]),
        is_paused=case["is_paused"],
        assignee_pid=case["assignee_id"],
        reviewer_pid=case["reviewer_id"],
    )
    return Company(case["pid"], around, {row["id"]: receiver_of(row) for row in rows if row["email"]})


def _person(row: Record) -> Person:
    party = Actor(row["party"])
    role = None if row["role"] is None else Role(row["role"]) if party is Actor.MERCHANT else StaffRole(row["role"])
    return Person(
        user_id=row["id"],
        pid=row["pid"],
        party=party,
        role=role,
        has_address=row["email"] is not None,
        choices=_CHOICES.decode(row["choices"]) if row["choices"] else {},
    )


def receiver_of(row: Record) -> Receiver:
    """Return how to write to somebody: as they chose or last read, else as the platform says, or the account is."""
    chosen = read_preferences(row["preferences"])
    known = row["time_zone"] if row["time_zone"] != _UNKNOWN_ZONE else None
    return Receiver(
        email=row["email"],
        name=row["name"],
        locale=locale_of(chosen, row["locale"]),
        time_zone=time_zone_of(chosen, known, row["account_time_zone"]),
    )
