"""Users as they are upserted. What changes about a user is copied to its member rows by one job for each account.

Who gets a person's mail gets their new password. So the address of somebody who signs in here (a password, a team, the
platform's staff) changes only for a sender who may decide on their place anyway; and with any change of address the
links that went to the old one are over, and whoever came by one is signed out.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from amends.access.commands_links import end_links
from amends.access.commands_sessions import revoke_link_sessions
from amends.access.guesses import whose
from amends.access.permissions import Permission
from amends.access.queries_team import HAS_PLACE
from amends.db.jobs import Job, enqueue_many
from amends.db.pool import Connection, Pool
from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.records import Kind, UserRecord
from amends.people.rows import UserRow
from amends.people.upserts import Entry, Group, Shelf, write_group
from amends.people.values import time_zone

FETCH_USERS_SQL: Final = """
select external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at
from users
where external_id = any($1::text[])
union all
select external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at
from users
where id = any($2::uuid[])
"""
UPSERT_USERS_SQL: Final = """
insert into users (external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at)
select external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at
from unnest(
    $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[]
) as given (external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at)
on conflict (external_id) do update
set name = excluded.name,
    username = excluded.username,
    email = excluded.email,
    time_zone = excluded.time_zone,
    locale = excluded.locale,
    updated_at = excluded.updated_at
returning id
"""
MEMBERSHIPS_SQL: Final = """
select account_id, array_agg(user_id order by user_id) as user_ids
from user_accounts
where user_id = any($1::uuid[])
group by account_id
order by account_id
"""
WHO_SIGNS_IN_HERE_SQL: Final = f"""
select
    u.id,
    exists (
        select 1
        from platform_staff s
        where s.user_id = u.id
    ) as is_staff
from users u
where u.id = any($1::uuid[])
    and (
        exists (
            select 1
            from passwords p
            where p.user_id = u.id
        )
        or {HAS_PLACE}
    )
"""  # noqa: S608 (constant fragments)
COPY_USERS = "people.copy_users"


class CopyUsers(msgspec.Struct, frozen=True):
    """Copy what changed about users to their member rows at one account."""

    account_id: int
    user_ids: list[UUID]


class _Addresses(msgspec.Struct):
    """Whose address is theirs alone, and what it takes to change it; and whose changes."""

    needs: dict[UUID, Permission]
    moved: set[UUID] = msgspec.field(default_factory=set[UUID])


async def _prepare(connection: Connection, group: Group) -> None:
    ids = [row.id for row in group.stored.values()]
    rows = await connection.fetch(WHO_SIGNS_IN_HERE_SQL, ids) if ids else []
    group.context = _Addresses(
        {row["id"]: Permission.POLICY_MANAGE if row["is_staff"] else Permission.TEAM_MANAGE for row in rows}
    )


def _move(group: Group, stored: UserRow) -> None:
    """Note that a user's address changes, if the sender may change it.

    Raises:
        Unprocessable: `address_is_theirs`.
    """
    addresses: _Addresses = group.context
    needs = addresses.needs.get(stored.id)
    if needs is not None and group.rights is not None and needs not in group.rights:
        raise Unprocessable(
            "address_is_theirs",
            f"This person signs in here, with their e-mail address. Changing it needs the permission `{needs}`.",
            param="email",
            details={"permission": needs.value},
        )
    addresses.moved.add(stored.id)


def _references(_record: UserRecord) -> Iterable[tuple[Kind, str]]:
    return ()


async def fetch_users(
    connection: Connection | Pool, _account_id: int, external_ids: Sequence[str], row_ids: Sequence[UUID]
) -> list[UserRow]:
    """Return users by the host's ids and by row id."""
    return [UserRow(*row) for row in await connection.fetch(FETCH_USERS_SQL, external_ids, row_ids)]


def _compose(group: Group, entry: Entry, stored: UserRow | None) -> UserRow:
    record: Any = entry.record
    if stored is not None and whose(record.email or "") != whose(stored.email or ""):
        _move(group, stored)
    row = _new(group, entry) if stored is None else stored
    changed = replace(
        row,
        name=record.name,
        username=record.username,
        email=record.email,
        time_zone=time_zone(record.time_zone),
        locale=record.locale,
    )
    return row if changed == stored else replace(changed, updated_at=group.now)


def _new(group: Group, entry: Entry) -> UserRow:
    row_id = uuid7(group.now)
    pid = public_id(Prefix.USER, row_id)
    return UserRow(entry.external_id, row_id, pid, None, None, None, "", "", group.now, group.now)


async def _write(connection: Connection, group: Group) -> None:
    await write_group(connection, group, "users", UPSERT_USERS_SQL)
    if moved := group.context.moved:
        await end_links(connection, sorted(moved), now=group.now)
        await revoke_link_sessions(connection, sorted(moved))
    changed = [row.id for row in group.changed.values()]
    if changed:
        memberships = await connection.fetch(MEMBERSHIPS_SQL, changed)
        jobs = [Job(COPY_USERS, CopyUsers(row["account_id"], row["user_ids"])) for row in memberships]
        await enqueue_many(connection, [(job, None) for job in jobs])


USERS: Final = Shelf(
    kind=Kind.USER, references=_references, fetch=fetch_users, compose=_compose, write=_write, prepare=_prepare
)
