"""Links that prove who somebody is, once: to sign in, to choose a new password, to join a team.

Only the hash of a link's token is stored. Looking at a link changes nothing, for mail scanners look; using it takes
it, and of two who press the button at once one comes too late.
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.access import audit
from amends.access.commands import hash_token
from amends.access.people import Person
from amends.access.queries_sign_in import read_link
from amends.db.pool import Connection, Pool

WHOLE_ACCOUNT: Final = timedelta(minutes=15)
"""How long a link into a whole account works (PRODUCT.md, section 8)."""
_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 100
_KEEP: Final = timedelta(days=1)

ISSUE_LINK_SQL: Final = """
insert into sign_in_links (token_hash, user_id, purpose, path, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""

USE_LINK_SQL: Final = """
update sign_in_links
set used_at = $3
where token_hash = $1
    and purpose = $2
    and used_at is null
    and expires_at > $3
returning user_id
"""

END_LINKS_SQL: Final = """
update sign_in_links
set used_at = $2
where user_id = $1
    and used_at is null
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


class Link(msgspec.Struct, frozen=True):
    """A link that can still be used."""

    person: Person
    path: str
    expires_at: datetime


async def issue_link(
    connection: Connection, user_id: UUID, *, purpose: Purpose, path: str, lifetime: timedelta, now: datetime
) -> str:
    """Make a link for a person and return its token; `path` is where it leads, on our own origin."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await connection.execute(ISSUE_LINK_SQL, hash_token(token), user_id, purpose.value, path, now, now + lifetime)
    return token


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
    return Link(Person(row["id"], row["pid"], row["name"], row["email"]), row["path"], row["expires_at"])


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
        details={"purpose": purpose.value},
        now=now,
    )
    return link


async def end_links(connection: Connection, user_id: UUID, *, now: datetime) -> None:
    """Make every link of a person worthless: after a change of password."""
    await connection.execute(END_LINKS_SQL, user_id, now)


async def delete_old_links(connection: Connection, *, now: datetime) -> None:
    """Forget links that are long over."""
    await connection.execute(DELETE_OLD_LINKS_SQL, now - _KEEP)
