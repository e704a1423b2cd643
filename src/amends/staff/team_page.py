"""What the page of a team shows: who is on it, who is invited, what each role may, what support may refund."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from asyncpg import Record

from amends.access.permissions import Permission, Role
from amends.access.queries_team import auto_respond_lock, read_support_limits, read_team
from amends.db.pool import Pool
from amends.kit.ids import Prefix, public_id
from amends.kit.money import exponent, major_text
from amends.staff.queries_invitations import waiting_invitations
from amends.staff.words import ROLE_HINTS, ROLES, Right, rights
from amends.web import urls
from amends.web.forms import Filled
from amends.web.layout import initials
from amends.web.pages import Page
from amends.web.places import Place


class InviteForm(msgspec.Struct, frozen=True):
    """Who is invited, as what."""

    email: str
    role: Role


class LimitForm(msgspec.Struct, frozen=True):
    """What support may refund on one case in a currency; no amount: nothing."""

    currency: str
    amount: str | None = None


class Teammate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the team."""

    pid: str
    name: str
    email: str | None
    initials: str
    role: Role
    role_word: Any
    joined_at: datetime
    last_seen_at: datetime | None
    """None: signed in nowhere."""
    totp_enabled: bool
    is_me: bool
    can_go: bool
    """Not the only owner."""
    role_url: str
    remove_url: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is invited."""

    email: str
    role_word: Any
    inviter: str | None
    sent_at: datetime
    expires_at: datetime
    is_expired: bool
    resend_url: str
    withdraw_url: str


class LimitLine(msgspec.Struct, frozen=True, kw_only=True):
    """What support may refund on one case, in one currency."""

    currency: str
    amount_minor: int
    amount: str
    """In whole units, as it is typed."""


class TeamPage(Page, frozen=True, kw_only=True):
    """The team of an account."""

    template: ClassVar[str] = "staff/team.html"
    url: str
    can_manage: bool
    can_leave: bool
    """The reader is on this team, and not its only owner."""
    people: Sequence[Teammate]
    waiting: Sequence[Waiting]
    roles: Sequence[tuple[str, Any, Any]]
    """Value, word and hint of each role."""
    rights: Sequence[Right]
    limits: Sequence[LimitLine]
    currency: str
    """The account's, upper-case."""
    invite: Filled[InviteForm] | None
    limit: Filled[LimitForm] | None
    problem: str | None
    """Why the last change was refused."""
    outbox: bool
    """Mails can be seen at `/_outbox`."""
    lock_reason: str | None
    """Why the platform has locked auto-respond; None: it has not."""


async def load_team_page(
    pool: Pool,
    place: Place,
    *,
    now: datetime,
    outbox: bool,
    invite: Filled[InviteForm] | None = None,
    limit: Filled[LimitForm] | None = None,
    problem: str | None = None,
) -> TeamPage:
    """Read everything that the page shows."""
    can_manage = Permission.TEAM_MANAGE in place.scope.permissions
    rows = await read_team(pool, place.account_id)
    owners = sum(row["role"] == Role.OWNER for row in rows)
    me = place.scope.principal.id
    people = [_teammate(row, place.account.pid, me, owners) for row in rows]
    invited = await waiting_invitations(pool, place.account_id) if can_manage else ()
    return TeamPage(
        url=urls.account_url(place.account.pid, "team"),
        can_manage=can_manage,
        can_leave=any(person.is_me and person.can_go for person in people),
        people=people,
        waiting=[_waiting(row, place, now) for row in invited],
        roles=[(role.value, ROLES[role], ROLE_HINTS[role]) for role in Role],
        rights=rights(),
        limits=_limits(await read_support_limits(pool, place.account_id)),
        currency=place.account.currency.upper(),
        invite=invite,
        limit=limit,
        problem=problem,
        outbox=outbox,
        lock_reason=await auto_respond_lock(pool, place.account_id),
    )


def _teammate(row: Record, account_pid: str, me: str, owners: int) -> Teammate:
    name, role = row["name"] or row["email"] or row["pid"], Role(row["role"])
    return Teammate(
        pid=row["pid"],
        name=name,
        email=row["email"],
        initials=initials(name),
        role=role,
        role_word=ROLES[role],
        joined_at=row["joined_at"],
        last_seen_at=row["last_seen_at"],
        totp_enabled=row["totp_enabled"],
        is_me=row["pid"] == me,
        can_go=role is not Role.OWNER or owners > 1,
        role_url=urls.teammate_url(account_pid, row["pid"], "role"),
        remove_url=urls.teammate_url(account_pid, row["pid"], "remove"),
    )


def _waiting(row: Record, place: Place, now: datetime) -> Waiting:
    pid = public_id(Prefix.INVITATION, row["id"], place.account_id)
    return Waiting(
        email=row["email"],
        role_word=ROLES[Role(row["role"])],
        inviter=row["invited_by_name"],
        sent_at=row["sent_at"],
        expires_at=row["expires_at"],
        is_expired=row["expires_at"] <= now,
        resend_url=urls.invited_url(place.account.pid, pid, "resend"),
        withdraw_url=urls.invited_url(place.account.pid, pid, "withdraw"),
    )


def _limits(stored: Mapping[str, int]) -> list[LimitLine]:
    return [
        LimitLine(currency=code.upper(), amount_minor=minor, amount=major_text(minor, exponent(code)))
        for code, minor in sorted(stored.items())
    ]
