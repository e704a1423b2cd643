"""What is read to sign somebody in: people by address, passwords, second steps, links. SQL and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.access.people import Person
from amends.access.queries_team import HAS_PLACE
from amends.db.pool import Connection, Pool

WHO_SIGNS_IN_SQL: Final = """
select
    u.id,
    u.pid,
    u.name,
    u.email,
    p.argon2
from users u
join passwords p
    on p.user_id = u.id
where lower(u.email) = lower($1)
order by u.created_at, u.id
limit 3
"""

ARGON2_SQL: Final = """
select argon2
from passwords
where user_id = $1
"""

PERSON_SQL: Final = """
select id, pid, name, email
from users
where id = $1
"""

PEOPLE_BY_EMAIL_SQL: Final = f"""
select
    u.id,
    u.pid,
    u.name,
    u.email
from users u
where lower(u.email) = lower($1)
    and {HAS_PLACE}
order by u.created_at, u.id
"""  # noqa: S608 (constant fragments)

PEOPLE_BY_ADDRESS_SQL: Final = """
select
    u.id,
    u.pid,
    u.name,
    u.email
from users u
left join lateral (
    select s.last_seen_at
    from sessions s
    where s.user_id = u.id
    order by s.last_seen_at desc
    limit 1
) seen on true
where lower(u.email) = lower($1)
order by coalesce(seen.last_seen_at, u.created_at) desc, u.id desc
limit $2
"""

BOUGHT_AT_SQL: Final = """
select a.title
from user_accounts d
join accounts a
    on a.id = d.account_id
where d.user_id = $1
order by a.title
limit $2
"""

TOTP_SQL: Final = """
select sealed, confirmed_at, last_step
from totp_secrets
where user_id = $1
"""

RECOVERY_CODES_LEFT_SQL: Final = """
select count(*)
from recovery_codes
where user_id = $1
    and used_at is null
"""

LINK_SQL: Final = """
select
    l.path,
    l.purpose,
    l.expires_at,
    l.case_pid,
    u.id,
    u.pid,
    u.name,
    u.email
from sign_in_links l
join users u
    on u.id = l.user_id
where l.token_hash = $1
    and l.purpose = $2
    and l.ended_at is null
    and (l.used_at is null or l.purpose = 'notice')
    and l.expires_at > $3
"""


def _person(row: Record) -> Person:
    return Person(row["id"], row["pid"], row["name"], row["email"])


async def find_person(where: Pool | Connection, user_id: UUID) -> Person | None:
    """Return a user."""
    row = await where.fetchrow(PERSON_SQL, user_id)
    return None if row is None else _person(row)


async def people_with_password(where: Pool | Connection, email: str) -> Sequence[tuple[Person, str]]:
    """Return who has a password under an address, with its hash; upper and lower case are the same."""
    return [(_person(row), row["argon2"]) for row in await where.fetch(WHO_SIGNS_IN_SQL, email)]


async def people_of_staff(where: Pool | Connection, email: str) -> Sequence[Person]:
    """Return who is on a team or on the platform's staff under an address; upper and lower case are the same."""
    return [_person(row) for row in await where.fetch(PEOPLE_BY_EMAIL_SQL, email)]


async def people_by_address(where: Pool | Connection, email: str, *, limit: int) -> Sequence[Person]:
    """Return who has an address, who was here or came to be last first; upper and lower case are the same."""
    return [_person(row) for row in await where.fetch(PEOPLE_BY_ADDRESS_SQL, email, limit)]


async def bought_at(where: Pool | Connection, user_id: UUID, *, limit: int) -> Sequence[str]:
    """Return the names of accounts that a person has bought from."""
    return [row["title"] for row in await where.fetch(BOUGHT_AT_SQL, user_id, limit)]


async def read_password(where: Pool | Connection, user_id: UUID) -> str | None:
    """Return the hash of a person's password."""
    return await where.fetchval(ARGON2_SQL, user_id)


async def read_totp(where: Pool | Connection, user_id: UUID) -> Record | None:
    """Return a person's sealed secret, confirmed or not."""
    return await where.fetchrow(TOTP_SQL, user_id)


async def recovery_codes_left(where: Pool | Connection, user_id: UUID) -> int:
    """Return how many recovery codes can still be used."""
    return await where.fetchval(RECOVERY_CODES_LEFT_SQL, user_id)


async def read_link(where: Pool | Connection, token_hash: bytes, purpose: str, now: datetime) -> Record | None:
    """Return a link that can still be used, and whose it is."""
    return await where.fetchrow(LINK_SQL, token_hash, purpose, now)
