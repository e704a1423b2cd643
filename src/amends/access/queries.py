"""What is read about credentials: who a key or a subject is, and the list of keys. SQL and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.keyset import Listing, by_time, read_rows, statements
from amends.db.pool import Connection, Pool
from amends.kit.ids import Prefix
from amends.kit.pages import PageRequest

KEY_BY_HASH_SQL: Final = """
select
    k.id,
    k.pid,
    k.account_id,
    k.name,
    k.scopes,
    k.expires_at,
    k.last_used_at,
    a.pid as account_pid
from api_keys k
left join accounts a
    on a.id = k.account_id
where k.token_hash = $1
    and k.revoked_at is null
"""

MAKERS_OF_KEYS_SQL: Final = """
with recursive made as (
    select k.pid as key, k.created_by as maker
    from api_keys k
    where k.pid = any($1::text[])
    union
    select m.key, k.created_by
    from made m
    join api_keys k
        on k.pid = m.maker
)
select key, maker
from made
"""

_SOMEBODY: Final = (f"{Prefix.USER}_", f"{Prefix.KEY}_")
"""How the ids of makers begin who are known: `command_line`, for one, says nothing of who sat there."""

USER_BY_SUBJECT_SQL: Final = """
select
    u.id,
    u.pid,
    u.name,
    s.role as staff_role,
    array(
        select d.account_id
        from user_accounts d
        where d.user_id = u.id
        order by d.account_id
    ) as account_ids
from users u
left join platform_staff s
    on s.user_id = u.id
where u.external_id = $1
    or u.pid = $1
order by (u.external_id = $1) desc
limit 1
"""

TEAMS_OF_USER_SQL: Final = """
select
    t.account_id,
    t.role,
    a.pid as account_pid,
    a.support_limits
from team_members t
join accounts a
    on a.id = t.account_id
where t.user_id = $1
order by t.account_id
"""

ACCOUNT_BY_PID_SQL: Final = """
select id
from accounts
where pid = $1
"""

ACCOUNT_NAMED_SQL: Final = """
select id, title, currency, time_zone
from accounts
where pid = $1
"""

GET_KEY_ROW_SQL: Final = """
select
    k.id,
    k.pid,
    k.account_id,
    a.pid as account_pid,
    k.name,
    k.scopes,
    k.token_hint,
    k.created_by,
    k.created_at,
    k.expires_at,
    k.last_used_at,
    k.revoked_at
from api_keys k
left join accounts a
    on a.id = k.account_id
where k.id = $1
    and ($2::bigint[] is null or k.account_id = any($2))
"""

_KEY = """id, pid, account_id, name, scopes, token_hint, created_by, created_at, expires_at, last_used_at, revoked_at,
    (
        select a.pid
        from accounts a
        where a.id = api_keys.account_id
    ) as account_pid"""
_NEWEST_FIRST = by_time("created_at")

KEYS_SQLS: Final = statements(_KEY, "api_keys", "($1::bigint[] is null or account_id = any($1))", _NEWEST_FIRST, 2)
KEYS: Final = Listing("api_keys", _NEWEST_FIRST, KEYS_SQLS)
"""Keys, revoked ones as well. $1: of these accounts; null: of any, and the platform's."""


async def who_is_behind(where: Pool | Connection, principals: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return by the public id of whoever acted who is behind that: themselves, and who made a key, or made its maker.

    A key made on the command line has nobody behind it but itself.
    """
    behind = {one: {one} for one in principals}
    keys = [one for one in behind if one.startswith(f"{Prefix.KEY}_")]
    for row in await where.fetch(MAKERS_OF_KEYS_SQL, keys) if keys else ():
        if row["maker"].startswith(_SOMEBODY):
            behind[row["key"]].add(row["maker"])
    return {one: frozenset(of) for one, of in behind.items()}


async def find_key(pool: Pool, token_hash: bytes) -> Record | None:
    """Return the key with this hash unless it was revoked; expiry is the caller's to check."""
    return await pool.fetchrow(KEY_BY_HASH_SQL, token_hash)


async def find_user(pool: Pool, subject: str) -> tuple[Record, Sequence[Record]] | None:
    """Return a token's user, and the teams the user is on. The subject is the external id, else the public id."""
    user = await pool.fetchrow(USER_BY_SUBJECT_SQL, subject)
    return None if user is None else (user, await pool.fetch(TEAMS_OF_USER_SQL, user["id"]))


async def find_account(connection: Pool | Connection, pid: str) -> int | None:
    """Return the number of the account with this public id."""
    return await connection.fetchval(ACCOUNT_BY_PID_SQL, pid)


async def find_account_named(connection: Pool | Connection, pid: str) -> Record | None:
    """Return number and name of the account with this public id, and how it counts money and time."""
    return await connection.fetchrow(ACCOUNT_NAMED_SQL, pid)


async def get_key(connection: Pool | Connection, key_id: UUID, *, account_ids: Sequence[int] | None) -> Record | None:
    """Return one key of these accounts; None for `account_ids`: of any, and the platform's."""
    return await connection.fetchrow(GET_KEY_ROW_SQL, key_id, account_ids)


async def list_keys(
    connection: Pool | Connection, *, account_ids: Sequence[int] | None, page: PageRequest
) -> Sequence[Record]:
    """Return up to `page.limit` keys from the asked end, revoked ones as well."""
    return await read_rows(connection, KEYS, page, account_ids)
