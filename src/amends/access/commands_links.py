"""Links that prove who somebody is: to sign in, to choose a new password, and those of notices, which open one case.

Only the hash of a link's token is stored. Looking at a link changes nothing, for mail scanners look; using it takes
it, and of two who press the button at once one comes too late. A notice's link works again until it is over: people
come back to the same mail. It is worth less (ADR 16), and ends with all others when the password or the e-mail address
changes.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.access import audit
from amends.access.commands import hash_token
from amends.access.commands_sessions import revoke_case_sessions
from amends.access.people import Person
from amends.access.queries_sign_in import read_link
from amends.db.pool import Connection, Pool

WHOLE_ACCOUNT: Final = timedelta(minutes=15)
"""How long a link into a whole account works (PRODUCT.md, section 8)."""
CASE_LINK: Final = timedelta(days=7)
"""How long a link to one case works, and a session that it begins."""
_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 100
_KEEP: Final = timedelta(days=1)

ISSUE_LINK_SQL: Final = """
insert into sign_in_links (token_hash, user_id, purpose, path, case_pid, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (token_hash) do nothing
"""

USE_LINK_SQL: Final = """
update sign_in_links
set used_at = coalesce(used_at, $3)
where token_hash = $1
    and purpose = $2
    and ended_at is null
    and (used_at is null or purpose = 'notice')
    and expires_at > $3
returning user_id
"""

END_LINKS_SQL: Final = """
update sign_in_links
set ended_at = $2
where user_id = any($1::uuid[])
    and ended_at is null
"""

DELETE_OLD_LINKS_SQL: Final = """
delete from sign_in_links
where expires_at < $1
"""


class Purpose(StrEnum):
    """What a link is for; a link of one purpose never passes for another's."""

    SIGN_IN = "sign_in"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    INVITATION = "invitation"
    NOTICE = "notice"
    """Opens one case, until it is over."""
    EMBED = "embed"
    """Signs in inside a frame of the platform's site."""


class Link(msgspec.Struct, frozen=True):
    """A link that can still be used."""

    person: Person
    path: str
    expires_at: datetime
    case_pid: str | None = None
    """The only case that it opens."""


async def issue_link(
    connection: Connection,
    user_id: UUID,
    *,
    purpose: Purpose,
    path: str,
    lifetime: timedelta,
    now: datetime,
    token: str | None = None,
    case_pid: str | None = None,
) -> str:
    """Make a link for a person and return its token; `path` is where it leads, on our own origin.

    `token` is the one of a mail that carries the link; None: a new one. With `case_pid` it opens that case alone.
    """
    token = token or secrets.token_urlsafe(_TOKEN_BYTES)
    await _store(connection, token, user_id, purpose, path, case_pid, now, now + lifetime)
    return token


async def _store(
    connection: Connection, token: str, user_id: UUID, purpose: Purpose, path: str, case_pid: str | None,
    now: datetime, expires_at: datetime,
) -> None:  # fmt: skip
    await connection.execute(ISSUE_LINK_SQL, hash_token(token), user_id, purpose.value, path, case_pid, now, expires_at)


async def issue_case_link(
    connection: Connection,
    user_id: UUID,
    *,
    token: str,
    path: str,
    case_pid: str,
    lifetime: timedelta,
    now: datetime,
) -> None:
    """Have `token` open one case for a person, at `/open/{token}`, as often as it is opened within its lifetime.

    `path` is the case's page. The token has 128 random bits or more. Making the same one again changes nothing.
    """
    await _store(connection, token, user_id, Purpose.NOTICE, path, case_pid, now, now + lifetime)


async def issue_sign_in_link(
    connection: Connection, user_id: UUID, path: str, lifetime: timedelta, now: datetime
) -> str:
    """Make a link that signs a person in, once, and return its token: it opens at `/sign-in/{token}`."""
    return await issue_link(connection, user_id, purpose=Purpose.SIGN_IN, path=path, lifetime=lifetime, now=now)


async def find_link(where: Pool | Connection, token: str, purpose: Purpose, now: datetime) -> Link | None:
    """Return a link that can still be used, without using it."""
    if not 0 < len(token) <= _MAX_TOKEN:
        return None
    row = await read_link(where, hash_token(token), purpose.value, now)
    if row is None:
        return None
    person = Person(row["id"], row["pid"], row["name"], row["email"])
    return Link(person, row["path"], row["expires_at"], row["case_pid"])


async def use_link(connection: Connection, token: str, purpose: Purpose, now: datetime) -> Link | None:
    """Take a link and return it; None: used already, too old, or never made."""
    link = await find_link(connection, token, purpose, now)
    if link is None or await connection.fetchval(USE_LINK_SQL, hash_token(token), purpose.value, now) is None:
        return None
    await audit.record(
        connection,
        principal=link.person.principal,
        action="sign_in_link.used",
        subject=link.person.pid,
        account_id=None,
        details={"purpose": purpose.value} | ({"case": link.case_pid} if link.case_pid else {}),
        now=now,
    )
    return link


async def end_links(connection: Connection, user_ids: Sequence[UUID], *, now: datetime) -> None:
    """Make every link of these people worthless, and sign out who came by one to a case.

    After a change of password or e-mail address: what was sent to the old one must open nothing more.
    """
    await connection.execute(END_LINKS_SQL, user_ids, now)
    await revoke_case_sessions(connection, user_ids)


async def delete_old_links(connection: Connection, *, now: datetime) -> None:
    """Forget links that are long over."""
    await connection.execute(DELETE_OLD_LINKS_SQL, now - _KEEP)
