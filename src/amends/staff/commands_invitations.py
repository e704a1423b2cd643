"""The verbs on invitations to a team: invite, send again, withdraw, accept.

An invitation is for one e-mail address; whoever opens its link has shown that it is theirs. It never makes somebody
else's user theirs: the host platform may have customers under any address, so a newcomer is always a user of their own,
and who signs in here already joins as themselves. Only the hash of a link's token is stored; sending again replaces it.
"""

import hashlib
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from asyncpg import Record

from amends.access import audit
from amends.access.commands_sign_in import MAX_EMAIL
from amends.access.commands_staff import Staff, join_staff
from amends.access.commands_team import Team, join_team
from amends.access.guesses import Limit, count_guess, whose
from amends.access.passwords import check_new_password, set_password
from amends.access.people import Person
from amends.access.permissions import Permission, Role, StaffRole
from amends.access.queries_sign_in import people_of_staff, people_with_password
from amends.access.queries_staff import is_on_staff
from amends.access.queries_team import is_on_team
from amends.access.resolve import allow
from amends.access.scopes import Principal
from amends.db.pool import Connection, Pool
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.kit.signing import Signer
from amends.notifications.commands import queue_mail
from amends.notifications.links import carry
from amends.notifications.mails import LINK, About, CarriedLink, Receiver
from amends.people.commands import upsert_user
from amends.people.records import EMAIL, UserRecord
from amends.staff import letters
from amends.staff.queries_invitations import invitation_by_token, lock_invitation
from amends.staff.queries_people import receiver_of
from amends.staff.words import ROLES, STAFF_ROLES, THE_PLATFORM, somebody
from amends.web import urls

LIFETIME: Final = timedelta(days=7)
MAILS_OF_ACCOUNT: Final = Limit("invitations", 50, timedelta(hours=1))
_MAX_TOKEN: Final = 100
_EMAIL: Final = re.compile(EMAIL)

INSERT_INVITATION_SQL: Final = """
insert into invitations (
    id, pid, account_id, email, role, token_hash, locale, invited_by, invited_by_name, created_at, sent_at, expires_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
"""

RENEW_INVITATION_SQL: Final = """
update invitations
set token_hash = $2,
    sent_at = $3,
    expires_at = $4
where id = $1
"""

WITHDRAW_INVITATION_SQL: Final = """
update invitations
set withdrawn_at = $2
where id = $1
"""

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
    row = await invitation_by_token(where, _hash(token))
    if row is None:
        return None
    return Invitation(
        id=row["id"],
        pid=row["pid"],
        account_id=row["account_id"],
        account_pid=row["account_pid"] or "",
        account_title=row["account_title"] or str(THE_PLATFORM),
        email=row["email"],
        role=_role(row),
        inviter=row["invited_by_name"],
        expires_at=row["expires_at"],
        state=_state(row, now),
        accepted_by=row["accepted_by"],
    )


def _role(row: Record) -> Role | StaffRole:
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


async def invite(
    connection: Connection,
    team: Team | Staff,
    *,
    title: str,
    email: str,
    role: Role | StaffRole,
    locale: str,
    signer: Signer,
    now: datetime,
) -> str:
    """Invite an address to a team or the platform's staff, and queue the mail; returns the invitation's public id.

    `title` is the account's, of the staff unused; `locale` the language to write in to somebody who is not known.

    Raises:
        Forbidden: `missing_permission`.
        Unprocessable: `invalid_email`.
        Conflict: `already_on_team` or `already_invited`.
        RateLimited: `too_many_tries`, too many mails of the account.
    """
    allow(team.scope, Permission.TEAM_MANAGE)
    email = _address(email)
    if await _is_on(connection, team, email):
        raise Conflict("already_on_team", "Somebody with this e-mail address is on the team already.")
    await count_guess(connection, MAILS_OF_ACCOUNT, team.account_pid, now)
    invitation_id, link = uuid7(now), carry(signer, urls.invitation_url, now=now)
    pid = public_id(Prefix.INVITATION, invitation_id, team.account_id or 0)
    principal = team.scope.principal
    try:
        async with connection.transaction():
            await connection.execute(
                INSERT_INVITATION_SQL, invitation_id, pid, team.account_id, email, role.value, _hash(link.token),
                locale, principal.id, principal.name, now, now + LIFETIME,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as problem:
        raise Conflict("already_invited", "This address is invited already. Send the invitation again.") from problem
    await _mail(connection, link, team, email, role, locale, title, now)
    await _record(connection, team, _action(team, "invited"), pid, now, role)
    return pid


async def _is_on(connection: Connection, team: Team | Staff, email: str) -> bool:
    if team.account_id is None:
        return await is_on_staff(connection, email)
    return await is_on_team(connection, team.account_id, email)


def _action(team: Team | Staff, verb: str) -> str:
    return f"staff.{verb}" if team.account_id is None else f"team.{verb}"


def _address(text: str) -> str:
    email = text.strip()
    if len(email) > MAX_EMAIL or not _EMAIL.match(email):
        raise Unprocessable("invalid_email", "Write an e-mail address.", param="email")
    return email


async def resend_invitation(
    connection: Connection, team: Team | Staff, invitation_id: UUID, *, signer: Signer, now: datetime
) -> str:
    """Send an invitation again under a new link, for another seven days; returns its address.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not one of this account's.
        Conflict: `invitation_over`.
        RateLimited: `too_many_tries`, too many mails of the account.
    """
    row = await _waiting(connection, team, invitation_id)
    await count_guess(connection, MAILS_OF_ACCOUNT, team.account_pid, now)
    link, role = carry(signer, urls.invitation_url, now=now), _role(row)
    await connection.execute(RENEW_INVITATION_SQL, row["id"], _hash(link.token), now, now + LIFETIME)
    await _mail(connection, link, team, row["email"], role, row["locale"], row["account_title"], now)
    await _record(connection, team, _action(team, "invitation_sent_again"), row["pid"], now, role)
    return row["email"]


async def withdraw_invitation(connection: Connection, team: Team | Staff, invitation_id: UUID, *, now: datetime) -> str:
    """Make an invitation worthless; returns its address.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not one of this account's.
        Conflict: `invitation_over`.
    """
    row = await _waiting(connection, team, invitation_id)
    await connection.execute(WITHDRAW_INVITATION_SQL, row["id"], now)
    await _record(connection, team, _action(team, "invitation_withdrawn"), row["pid"], now, _role(row))
    return row["email"]


async def _waiting(connection: Connection, team: Team | Staff, invitation_id: UUID) -> Record:
    allow(team.scope, Permission.TEAM_MANAGE)
    row = await lock_invitation(connection, team.account_id, invitation_id)
    if row is None:
        raise NotFound
    if row["accepted_at"] is not None or row["withdrawn_at"] is not None:
        raise Conflict("invitation_over", "This invitation was accepted or withdrawn.")
    return row


async def accept_as(connection: Connection, invitation: Invitation, token: str, person: Person, now: datetime) -> bool:
    """Put somebody who is signed in with the invited address on the team; False: it can be accepted no more."""
    if not is_for(invitation, person.email):
        return False
    took = await connection.execute(ACCEPT_INVITATION_SQL, invitation.id, now, person.id, _hash(token))
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


async def _mail(
    connection: Connection, link: CarriedLink, team: Team | Staff, email: str, role: Role | StaffRole, locale: str,
    title: str | None, now: datetime,
) -> None:  # fmt: skip
    known = [await receiver_of(connection, person) for person in await people_of_staff(connection, email)]
    receiver = next((one for one in known if one is not None), Receiver(email=email, locale=locale))
    inviter, expires_at = team.scope.principal.name, now + LIFETIME
    await queue_mail(
        connection,
        receiver,
        lambda: (
            letters.invitation(
                inviter=somebody(inviter), account=title or "", role=ROLES[role], url=LINK, expires_at=expires_at
            )
            if isinstance(role, Role)
            else letters.staff_invitation(
                inviter=somebody(inviter), role=STAFF_ROLES[role], url=LINK, expires_at=expires_at
            )
        ),
        now=now,
        about=About(account_id=team.account_id),
        opens=link,
    )


async def _record(
    connection: Connection, team: Team | Staff, action: str, pid: str, now: datetime, role: Role | StaffRole
) -> None:
    principal: Principal = team.scope.principal
    await audit.record(
        connection,
        principal=principal,
        action=action,
        subject=pid,
        account_id=team.account_id,
        details={"role": role.value},
        now=now,
    )


def _lock_number(email: str) -> int:
    """Return the lock that everybody takes who makes a user for an address, whichever team invites them."""
    return int.from_bytes(
        hashlib.sha256(f"newcomer\x00{whose(email)}".encode("utf-8", "replace")).digest()[:8], signed=True
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
