"""Members as they are upserted: a user at an account, with the copy of the user that the account may see.

The directory `user_accounts` names the account before the member is there: it says where to look, not what may be seen.
A credential of the account names a user by the public id, which cannot be guessed, or by the platform's own id if the
account knows the user already; else the user is as unknown as one who is not there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from amends.db.pool import Connection
from amends.kit.errors import Conflict
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.commands_users import FETCH_USERS_SQL
from amends.people.records import Kind, MemberRecord
from amends.people.references import as_public_id
from amends.people.rows import MemberRow, UserRow
from amends.people.upserts import Entry, Group, Shelf, unknown_reference, write_group
from amends.people.values import instant, optional_instant

FETCH_MEMBERS_SQL: Final = """
select external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at, created_at,
    updated_at
from members
where account_id = $1
    and external_id = any($2::text[])
union all
select external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at, created_at,
    updated_at
from members
where account_id = $1
    and id = any($3::uuid[])
"""
MEMBERS_BY_USER_SQL: Final = """
select user_id, external_id
from members
where account_id = $1
    and user_id = any($2::uuid[])
"""
KNOWN_USERS_SQL: Final = """
select user_id
from user_accounts
where user_id = any($1::uuid[])
    and account_id = $2
"""
SHARE_USERS_SQL: Final = """
select id, name, username, email, time_zone
from users
where id = any($1::uuid[])
order by id
for share
"""
UPSERT_MEMBERS_SQL: Final = """
insert into members (
    account_id, external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at,
    created_at, updated_at
)
select $1::bigint, external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at,
    created_at, updated_at
from unnest(
    $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[]
) as given (
    external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at, created_at,
    updated_at
)
on conflict (account_id, external_id) do update
set name = excluded.name,
    username = excluded.username,
    email = excluded.email,
    time_zone = excluded.time_zone,
    joined_at = excluded.joined_at,
    ended_at = excluded.ended_at,
    updated_at = excluded.updated_at
returning id
"""
NAME_ACCOUNTS_SQL: Final = """
insert into user_accounts (user_id, account_id)
select user_id, $2::bigint
from unnest($1::uuid[]) as given (user_id)
on conflict (user_id, account_id) do nothing
"""
COPY_USERS_SQL: Final = """
update members
set name = given.name,
    username = given.username,
    email = given.email,
    time_zone = given.time_zone,
    updated_at = $2
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
    as given (user_id, name, username, email, time_zone)
where members.account_id = $1
    and members.user_id = given.user_id
    and (members.name, members.username, members.email, members.time_zone)
        is distinct from (given.name, given.username, given.email, given.time_zone)
"""


def _references(record: MemberRecord) -> Iterable[tuple[Kind, str]]:
    return ((Kind.USER, record.user),)


async def fetch_members(
    connection: Connection, account_id: int, external_ids: Sequence[str], row_ids: Sequence[UUID]
) -> list[MemberRow]:
    """Return an account's members by the integrator's ids and by row id."""
    rows = await connection.fetch(FETCH_MEMBERS_SQL, account_id, external_ids, row_ids)
    return [MemberRow(*row) for row in rows]


class _Context(NamedTuple):
    """What holds for a group: as whom users are members already, and which users the account knows."""

    members: dict[UUID, str]
    known: set[UUID]


async def _prepare(connection: Connection, group: Group) -> None:
    """Find out which of the users are members already, and as whom, and which the account knows."""
    users = group.known.shelf(Kind.USER, 0)
    named = {users[text].id for entry in group.entries for _, text in _references(_record(entry)) if text in users}
    ids = sorted(named)
    members = await connection.fetch(MEMBERS_BY_USER_SQL, group.account_id, ids)
    known = await connection.fetch(KNOWN_USERS_SQL, ids, group.account_id) if group.by_account else []
    group.context = _Context({row["user_id"]: row["external_id"] for row in members}, {row["user_id"] for row in known})


def _record(entry: Entry) -> Any:
    return entry.record


def _compose(group: Group, entry: Entry, stored: MemberRow | None) -> MemberRow:
    record: Any = entry.record
    user = _find_user(group, record.user)
    _check_user(group, entry, user, stored)
    row = _new(group, entry, user) if stored is None else stored
    changed = replace(
        row,
        name=user.name,
        username=user.username,
        email=user.email,
        time_zone=user.time_zone,
        joined_at=row.joined_at if record.joined_at is UNSET else instant(record.joined_at, "joined_at"),
        ended_at=row.ended_at if record.ended_at is UNSET else optional_instant(record.ended_at, "ended_at"),
    )
    group.context.members[user.id] = entry.external_id
    group.context.known.add(user.id)
    return row if changed == stored else replace(changed, updated_at=group.now)


def _find_user(group: Group, reference: str) -> UserRow:
    user: UserRow = group.find(Kind.USER, reference, "user")
    is_public = as_public_id(Kind.USER, reference) is not None
    if group.by_account and not is_public and user.id not in group.context.known:
        raise unknown_reference(Kind.USER, reference, "user")
    return user


def _check_user(group: Group, entry: Entry, user: UserRow, stored: MemberRow | None) -> None:
    if stored is not None and stored.user_id != user.id:
        raise Conflict("member_is_another_user", "This member is another user, and stays it.", param="user")
    other = group.context.members.get(user.id)
    if other is not None and other != entry.external_id:
        raise Conflict("user_is_member", f"The user is a member of the account already, as {other!r}.", param="user")


def _new(group: Group, entry: Entry, user: UserRow) -> MemberRow:
    row_id, now = uuid7(group.now), group.now
    pid = public_id(Prefix.MEMBER, row_id, group.account_id)
    return MemberRow(entry.external_id, row_id, pid, user.id, user.pid, None, None, None, None, now, None, now, now)


async def _write(connection: Connection, group: Group) -> None:
    await _copy_latest(connection, group)
    new_users = sorted(row.user_id for row in group.created.values())
    if new_users:
        await connection.execute(NAME_ACCOUNTS_SQL, new_users, group.account_id)
    await write_group(connection, group, "members", UPSERT_MEMBERS_SQL, group.account_id)


async def _copy_latest(connection: Connection, group: Group) -> None:
    """Hold the users until the members are there, with what they are now: who changes one later sees the members."""
    ids = sorted({row.user_id for rows in (group.created, group.changed) for row in rows.values()})
    users = {row["id"]: row for row in await connection.fetch(SHARE_USERS_SQL, ids)}
    for rows in (group.created, group.changed):
        for external_id, row in rows.items():
            _, name, username, email, time_zone = users[row.user_id]
            rows[external_id] = replace(row, name=name, username=username, email=email, time_zone=time_zone)


async def copy_users(connection: Connection, account_id: int, user_ids: Sequence[UUID], now: datetime) -> None:
    """Copy what an account may see of users to their member rows; members that agree stay as they are."""
    users = [UserRow(*row) for row in await connection.fetch(FETCH_USERS_SQL, [], user_ids)]
    copies = [(user.id, user.name, user.username, user.email, user.time_zone) for user in users]
    if copies:
        await connection.execute(COPY_USERS_SQL, account_id, now, *zip(*copies, strict=True))


MEMBERS: Final = Shelf(
    kind=Kind.MEMBER,
    references=_references,
    fetch=fetch_members,
    prepare=_prepare,
    compose=_compose,
    write=_write,
)
