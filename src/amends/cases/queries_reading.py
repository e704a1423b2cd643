"""How people read who are not looking: the customers of cases, and who reads for an account."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from asyncpg import Record

from amends.access.sessions import Preferences, read_preferences
from amends.db.pool import Connection, Pool
from amends.web.readers import locale_of, time_zone_of

READING_SQL: Final = """
select u.id, u.locale, coalesce(f.preferences, '{}') as preferences
from users u
left join user_preferences f
    on f.user_id = u.id
where u.id = any($1::uuid[])
"""

SIDES_READING_SQL: Final = """
with sides as (
    select true as is_customer, $2::uuid as user_id
    union all
    (
        select false, t.user_id
        from team_members t
        where t.account_id = $1
        order by array_position(array['owner', 'admin', 'support', 'viewer'], t.role), t.created_at, t.user_id
        limit 1
    )
)
select s.is_customer, u.locale, coalesce(f.preferences, '{}') as preferences
from sides s
join users u
    on u.id = s.user_id
left join user_preferences f
    on f.user_id = s.user_id
"""


class Reading(NamedTuple):
    """How somebody reads; None: not known."""

    locale: str | None
    preferences: Preferences = Preferences()
    member_time_zone: str | None = None
    """The zone of their member row at an account, where it was read with them."""

    def time_zone(self, known: str | None = None) -> str | None:
        """Return the zone that they chose or were last seen in; else the one that is known."""
        return time_zone_of(self.preferences, known, self.member_time_zone)


class SidesReading(NamedTuple):
    """How both sides of a case read: the customer, and the account's team."""

    customer: Reading
    merchant: Reading


UNREAD: Final = Reading(None)


async def how_they_read(where: Pool | Connection, user_ids: Sequence[UUID]) -> Mapping[UUID, Reading]:
    """Return how users read, as far as they exist."""
    return {row["id"]: _reading(row) for row in await where.fetch(READING_SQL, list(user_ids))}


async def how_customer_reads(where: Pool | Connection, user_id: UUID) -> Reading:
    """Return how one customer reads."""
    return (await how_they_read(where, [user_id])).get(user_id, UNREAD)


async def how_sides_read(where: Pool | Connection, account_id: int, customer_id: UUID) -> SidesReading:
    """Return how both sides of a case read; the team, to which one text is written, as its longest owner."""
    return sides_of(await where.fetch(SIDES_READING_SQL, account_id, customer_id))


def sides_of(rows: Sequence[Record | Mapping[str, Any]]) -> SidesReading:
    """Read the rows of both sides; who is not there reads in no known way."""
    by_side = {row["is_customer"]: _reading(row) for row in rows}
    return SidesReading(by_side.get(True, UNREAD), by_side.get(False, UNREAD))


def _reading(row: Record | Mapping[str, Any]) -> Reading:
    preferences = read_preferences(row["preferences"])
    return Reading(locale_of(preferences, row["locale"]), preferences)
