"""Accepting an invitation to a team or the platform's staff, by its link.

An invitation is for one e-mail address; whoever opens its link has shown that it is theirs. It never makes somebody
else's user theirs: the host platform may have customers under any address, so a newcomer is always a user of their own,
and who signs in here already joins as themselves.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.commands_staff import join_staff
from amends.access.commands_team import join_team
from amends.access.guesses import whose
from amends.access.passwords import check_new_password, set_password
from amends.access.people import Person
from amends.access.permissions import Role, StaffRole
from amends.access.queries_sign_in import people_of_staff, people_with_password
from amends.db.pool import Connection, Pool
from amends.kit.errors import Conflict, Unprocessable
from amends.people.commands import upsert_user
from amends.people.records import UserRecord
from amends.staff.queries_invitations import invitation_by_token
from amends.staff.words import THE_PLATFORM

_MAX_TOKEN: Final = 100

ACCEPT_INVITATION_SQL: Final = """
update invitations
set accepted_at = $2,
    accepted_by = $3
where id = $1
    and token_hash = $4
    and accepted_at is null
    and withdrawn_at is null
    and expires_at > $2
"""

LOCK_ADDRESS_SQL: Final = """
select pg_advisory_xact_lock($1)
"""


class State(StrEnum):
    """Whether an invitation can be accepted, or why not."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as its link shows it."""

    id: UUID
    pid: str
    account_id: int | None
    """None: to the platform's staff."""
    account_pid: str
    account_title: str
    email: str
    role: Role | StaffRole
    inviter: str | None
    expires_at: datetime
    state: State
    accepted_by: UUID | None


async def find_invitation(where: Pool | Connection, token: str, now: datetime) -> Invitation | None:
    """Return the invitation of a link, without accepting it; None: its link was replaced, or never made."""
    if not 0 < len(token) <= _MAX_TOKEN:
        return None
    row = await invitation_by_token(where, hash_of(token))
    if row is None:
        return None
    return Invitation(
        id=row["id"],
        pid=row["pid"],
        account_id=row["account_id"],
        account_pid=row["account_pid"] or "",
        account_title=row["account_title"] or str(THE_PLATFORM),
        email=row["email"],
        role=role_of(row),
        inviter=row["invited_by_name"],
        expires_at=row["expires_at"],
        state=_state(row, now),
        accepted_by=row["accepted_by"],
    )


def role_of(row: Record) -> Role | StaffRole:
    """Return the role of an invitation."""
    return StaffRole(row["role"]) if row["account_id"] is None else Role(row["role"])


def _state(row: Record, now: datetime) -> State:
    if row["accepted_at"] is not None:
        return State.ACCEPTED
    if row["withdrawn_at"] is not None:
        return State.WITHDRAWN
    return State.WAITING if row["expires_at"] > now else State.EXPIRED


async def can_sign_in(where: Pool | Connection, email: str) -> bool:
    """Tell whether somebody signs in here with an address already, or could."""
    return bool(await people_with_password(where, email) or await people_of_staff(where, email))


async def accept_as(connection: Connection, invitation: Invitation, token: str, person: Person, now: datetime) -> bool:
    """Put somebody who is signed in with the invited address on the team; False: it can be accepted no more."""
    if not is_for(invitation, person.email):
        return False
    took = await connection.execute(ACCEPT_INVITATION_SQL, invitation.id, now, person.id, hash_of(token))
    if took == "UPDATE 0":
        return False
    if invitation.account_id is None:
        await join_staff(connection, person, StaffRole(invitation.role), now=now)
        return True
    await join_team(
        connection,
        person,
        Role(invitation.role),
        account_id=invitation.account_id,
        account_pid=invitation.account_pid,
        now=now,
    )
    return True


def is_for(invitation: Invitation, email: str | None) -> bool:
    """Tell whether an invitation is for an address; upper and lower case are the same."""
    return email is not None and email.casefold() == invitation.email.casefold()


async def accept_as_newcomer(
    connection: Connection,
    invitation: Invitation,
    token: str,
    *,
    name: str,
    password: str | None,
    locale: str,
    now: datetime,
) -> Person | None:
    """Make a user with the invited address, who joins the team; None: it can be accepted no more.

    No `password`: they sign in another way.

    Raises:
        Unprocessable: see `check_new_password`, or `name_missing`.
        Conflict: `sign_in_first`, somebody signs in here with this address.
    """
    await connection.execute(LOCK_ADDRESS_SQL, _lock_number(invitation.email))  # of two at once, the second looks again
    found = await find_invitation(connection, token, now)
    if found is None or found.state is not State.WAITING:
        return None
    if await can_sign_in(connection, invitation.email):
        raise Conflict("sign_in_first", "Somebody signs in here with this e-mail address already. Sign in to join.")
    name = " ".join(name.split())[:200]
    if not name:
        raise Unprocessable("name_missing", "Say what you are called.", param="name")
    if password is not None:
        check_new_password(password, Person(invitation.id, "", name, invitation.email))
    record = UserRecord(name=name, email=invitation.email, locale=locale)
    user = await upsert_user(connection, f"invited:{invitation.pid}", record, now=now)
    person = Person(user.id, user.pid, user.name, user.email)
    if not await accept_as(connection, invitation, token, person, now):
        return None
    if password is not None:
        await set_password(connection, user.id, password, now=now)
    return person


def _lock_number(email: str) -> int:
    """Return the lock that everybody takes who makes a user for an address, whichever team invites them."""
    return int.from_bytes(
        hashlib.sha256(f"newcomer\x00{whose(email)}".encode("utf-8", "replace")).digest()[:8], signed=True
    )


def hash_of(token: str) -> bytes:
    """Return what is stored of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
