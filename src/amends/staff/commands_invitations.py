"""The verbs on invitations to a team or the platform's staff: invite, send again, withdraw.

How one is accepted: `commands_joining.py`. Only the hash of a link's token is stored; sending again replaces it.
"""

import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from asyncpg import Record

from amends.access import audit
from amends.access.commands_sign_in import MAX_EMAIL
from amends.access.commands_staff import Staff
from amends.access.commands_team import Team
from amends.access.guesses import Limit, count_guess
from amends.access.permissions import Permission, Role, StaffRole
from amends.access.queries_sign_in import people_of_staff
from amends.access.queries_staff import is_on_staff
from amends.access.queries_team import is_on_team
from amends.access.resolve import allow
from amends.access.scopes import Principal
from amends.db.pool import Connection
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.kit.signing import Signer
from amends.notifications.commands import queue_mail
from amends.notifications.links import carry
from amends.notifications.mails import LINK, About, CarriedLink, Receiver
from amends.people.records import EMAIL
from amends.staff import letters
from amends.staff.commands_joining import hash_of, role_of
from amends.staff.queries_invitations import lock_invitation
from amends.staff.queries_people import receiver_of
from amends.staff.words import ROLES, STAFF_ROLES, somebody
from amends.web import urls

LIFETIME: Final = timedelta(days=7)
MAILS_OF_ACCOUNT: Final = Limit("invitations", 50, timedelta(hours=1))
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
                INSERT_INVITATION_SQL, invitation_id, pid, team.account_id, email, role.value, hash_of(link.token),
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
    link, role = carry(signer, urls.invitation_url, now=now), role_of(row)
    await connection.execute(RENEW_INVITATION_SQL, row["id"], hash_of(link.token), now, now + LIFETIME)
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
    await _record(connection, team, _action(team, "invitation_withdrawn"), row["pid"], now, role_of(row))
    return row["email"]


async def _waiting(connection: Connection, team: Team | Staff, invitation_id: UUID) -> Record:
    allow(team.scope, Permission.TEAM_MANAGE)
    row = await lock_invitation(connection, team.account_id, invitation_id)
    if row is None:
        raise NotFound
    if row["accepted_at"] is not None or row["withdrawn_at"] is not None:
        raise Conflict("invitation_over", "This invitation was accepted or withdrawn.")
    return row


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
