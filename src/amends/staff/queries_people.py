"""How a person wants to be written to. SQL and nothing else."""

from typing import Final

from amends.access.people import Person
from amends.access.sessions import read_preferences
from amends.db.pool import Connection, Pool
from amends.notifications.mails import Receiver
from amends.web.readers import locale_of, time_zone_of

HOW_TO_WRITE_SQL: Final = """
select
    u.email,
    u.name,
    u.locale,
    u.time_zone,
    coalesce(f.preferences, '{}') as preferences
from users u
left join user_preferences f
    on f.user_id = u.id
where u.id = $1
"""


async def receiver_of(where: Pool | Connection, person: Person) -> Receiver | None:
    """Return how to write to a person: as they chose or last read, else as the platform says; None: no address."""
    row = await where.fetchrow(HOW_TO_WRITE_SQL, person.id)
    if row is None or row["email"] is None:
        return None
    chosen = read_preferences(row["preferences"])
    return Receiver(
        email=row["email"],
        name=row["name"],
        locale=locale_of(chosen, row["locale"]),
        time_zone=time_zone_of(chosen, row["time_zone"]),
    )
