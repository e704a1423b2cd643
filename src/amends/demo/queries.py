"""What the demo reads beside the domains' own queries: its keys, its accounts, and what its buyers may still claim."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection

LIVING_KEYS_SQL: Final = """
select id
from api_keys
where created_by = $1
    and revoked_at is null
"""
ACCOUNTS_SQL: Final = """
select id, pid, external_id, title
from accounts
order by id
"""
USERS_SQL: Final = """
select id, pid, external_id, name
from users
where external_id = any($1::text[])
order by external_id
"""
STAFF_SQL: Final = """
select
    u.id,
    u.name,
    u.email,
    p.user_id is not null as has_password
from users u
left join passwords p
    on p.user_id = u.id
where u.external_id = $1
"""
CLAIMABLE_SQL: Final = """
select p.pid
from payments p
where p.account_id = $1
    and p.user_id = $2
    and p.status = 'paid'
    and p.paid_at > $3
    and p.refunded_minor + p.refund_reserved_minor + p.disputed_minor = 0
    and not exists (
        select 1
        from cases c
        where c.account_id = p.account_id
            and c.payment_id = p.id
    )
order by p.paid_at desc, p.id
"""
DEADLINE_SQL: Final = """
select deadline_at
from cases
where account_id = $1
    and id = $2
"""


class Account(msgspec.Struct, frozen=True):
    """One of the demo's merchants; `key` is the catalogue's word for it."""

    id: int
    pid: str
    key: str
    title: str


class User(msgspec.Struct, frozen=True):
    """One of the demo's people; `key` is the platform's own id."""

    id: UUID
    pid: str
    key: str
    name: str


class Colleague(msgspec.Struct, frozen=True):
    """Somebody of a team or of the platform's staff."""

    id: UUID
    name: str
    email: str
    has_password: bool


async def living_keys(connection: Connection, made_by: str) -> list[UUID]:
    """Return the keys that a principal has made and nobody has revoked."""
    return [row["id"] for row in await connection.fetch(LIVING_KEYS_SQL, made_by)]


async def all_accounts(connection: Connection) -> list[Account]:
    """Return every account of the installation."""
    return [Account(*row) for row in await connection.fetch(ACCOUNTS_SQL)]


async def users_by_key(connection: Connection, keys: list[str]) -> list[User]:
    """Return users by the platform's own ids."""
    return [User(*row) for row in await connection.fetch(USERS_SQL, keys)]


async def colleague(connection: Connection, key: str) -> Colleague:
    """Return one of the demo's staff by the platform's own id."""
    row = await connection.fetchrow(STAFF_SQL, key)
    if row is None:
        raise LookupError(f"the demo has no {key}")
    return Colleague(*row)


async def claimable(connection: Connection, account_id: int, user_id: UUID, *, paid_after: datetime) -> list[str]:
    """Return the public ids of a user's payments at an account on which a case can be opened, newest first."""
    return [row["pid"] for row in await connection.fetch(CLAIMABLE_SQL, account_id, user_id, paid_after)]


async def deadline_of(connection: Connection, account_id: int, case_id: UUID) -> datetime | None:
    """Return when the system must look at a case again."""
    return await connection.fetchval(DEADLINE_SQL, account_id, case_id)
