"""The verbs on sessions: begin one, note that it is used, end one or all others."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.access import audit
from amends.access.commands import hash_token
from amends.access.people import Person
from amends.access.sessions import IDLE, LONGEST, TOUCH_EVERY, Reach
from amends.db.pool import Connection, Pool
from amends.kit.ids import uuid7

_TOKEN_BYTES: Final = 32
_MAX_AGENT: Final = 400

START_SESSION_SQL: Final = """
insert into sessions
    (id, token_hash, user_id, signed_in_by, user_agent, ip, created_at, last_seen_at, expires_at, only_case, embedded)
values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
"""

TOUCH_SESSION_SQL: Final = """
update sessions
set last_seen_at = $2,
    ip = coalesce($4, ip)
where id = $1
    and last_seen_at <= $3
"""

REVOKE_SESSION_SQL: Final = """
delete from sessions
where id = $1
    and user_id = $2
"""

REVOKE_OTHERS_SQL: Final = """
delete from sessions
where user_id = $1
    and id is distinct from $2
"""

REVOKE_CASE_SESSIONS_SQL: Final = """
delete from sessions
where user_id = any($1::uuid[])
    and only_case is not null
"""

REVOKE_LINK_SESSIONS_SQL: Final = """
delete from sessions
where user_id = any($1::uuid[])
    and signed_in_by = 'link'
    and not embedded
"""

DELETE_OLD_SESSIONS_SQL: Final = """
delete from sessions
where last_seen_at <= $1
    or expires_at <= $2
"""


class SignedInBy(StrEnum):
    """How a person proved who they are."""

    PASSWORD = "password"  # noqa: S105
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    LINK = "link"
    RESET = "reset"
    INVITATION = "invitation"
    OIDC = "oidc"


class Device(msgspec.Struct, frozen=True):
    """Where a request comes from."""

    address: str | None
    user_agent: str | None


class NewSession(msgspec.Struct, frozen=True):
    """A session just begun, with the only copy of its token."""

    id: UUID
    token: str


async def start_session(
    connection: Connection, person: Person, *, by: SignedInBy, device: Device, now: datetime, reach: Reach | None = None
) -> NewSession:
    """Begin a session under a new token, never under one that the browser had before; no `reach`: to everything."""
    reach = reach or Reach()
    session = NewSession(uuid7(now), secrets.token_urlsafe(_TOKEN_BYTES))
    await connection.execute(
        START_SESSION_SQL,
        session.id,
        hash_token(session.token),
        person.id,
        by.value,
        _storable(device.user_agent),
        device.address,
        now,
        min(reach.until or now + LONGEST, now + LONGEST),
        reach.only_case,
        reach.embedded,
    )
    await audit.record(
        connection,
        principal=person.principal,
        action="session.started",
        subject=person.pid,
        account_id=None,
        details={"by": by.value, **_narrower(reach)},
        now=now,
    )
    return session


def _narrower(reach: Reach) -> dict[str, str | bool]:
    """Say how a session reaches less far than others, for the audit log."""
    only_case: dict[str, str | bool] = {"case": reach.only_case} if reach.only_case else {}
    return only_case | ({"embedded": True} if reach.embedded else {})


def _storable(user_agent: str | None) -> str | None:
    return user_agent[:_MAX_AGENT].replace("\x00", "") if user_agent else None


async def touch_session(pool: Pool, session_id: UUID, *, address: str | None, now: datetime) -> None:
    """Note that a session is used, at most once a minute."""
    await pool.execute(TOUCH_SESSION_SQL, session_id, now, now - TOUCH_EVERY, address)


async def revoke_session(connection: Connection, person: Person, session_id: UUID, *, now: datetime) -> bool:
    """End one of a person's sessions; returns whether there was such a one."""
    ended = _count(await connection.execute(REVOKE_SESSION_SQL, session_id, person.id))
    if ended:
        await _record_end(connection, person, ended, now)
    return bool(ended)


async def revoke_other_sessions(connection: Connection, person: Person, keep: UUID | None, *, now: datetime) -> int:
    """End all of a person's sessions but the one to keep, if any; returns how many."""
    ended = _count(await connection.execute(REVOKE_OTHERS_SQL, person.id, keep))
    if ended:
        await _record_end(connection, person, ended, now)
    return ended


async def revoke_case_sessions(connection: Connection, user_ids: Sequence[UUID]) -> None:
    """End what these people's links to a case have opened, with the links."""
    await connection.execute(REVOKE_CASE_SESSIONS_SQL, user_ids)


async def revoke_link_sessions(connection: Connection, user_ids: Sequence[UUID]) -> None:
    """End what links alone have opened for these people, but in frames, where the platform signs them in anew."""
    await connection.execute(REVOKE_LINK_SESSIONS_SQL, user_ids)


async def _record_end(connection: Connection, person: Person, ended: int, now: datetime) -> None:
    await audit.record(
        connection,
        principal=person.principal,
        action="session.ended",
        subject=person.pid,
        account_id=None,
        details={"count": ended},
        now=now,
    )


def _count(status: str) -> int:
    """Read `DELETE 3`."""
    return int(status.rpartition(" ")[2])


async def delete_old_sessions(connection: Connection, *, now: datetime) -> None:
    """Forget sessions that are over."""
    await connection.execute(DELETE_OLD_SESSIONS_SQL, now - IDLE, now)
