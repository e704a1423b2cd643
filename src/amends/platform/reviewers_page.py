"""What the page of reviewers shows: who is on the platform's staff, what they have decided, who is invited."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
from asyncpg import Record

from amends.access.permissions import Permission, StaffRole
from amends.access.queries_staff import read_staff
from amends.access.scopes import PlatformScope
from amends.kit.ids import Prefix, public_id
from amends.platform.accounts_page import period_words
from amends.platform.queries_reviewers import decisions_by_reviewer, under_review
from amends.platform.rates import PERIODS
from amends.services import Services
from amends.staff.queries_invitations import waiting_invitations
from amends.staff.words import STAFF_ROLE_HINTS, STAFF_ROLES
from amends.web import urls
from amends.web.forms import Filled
from amends.web.layout import initials
from amends.web.pages import Page

DEFAULT_DAYS: Final = 30


class StaffInviteForm(msgspec.Struct, frozen=True):
    """Who is invited, as what."""

    email: str
    role: StaffRole


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has decided in the period."""

    decisions: int = 0
    on_appeal: int = 0
    median: timedelta | None = None
    """Half of the decisions took no longer."""
    overdue: int = 0
    appealed: int = 0
    """First decisions whose appeal is decided."""
    overturned: int = 0
    open: int = 0
    """Under review and assigned to them now."""

    @property
    def overturned_rate(self) -> float | None:
        """Return the part of the appealed decisions that were overturned; None: none was appealed."""
        return self.overturned / self.appealed if self.appealed else None


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who decides, or has."""

    pid: str
    name: str
    email: str | None
    initials: str
    role: StaffRole | None
    """None: not on the staff any more, or an API key."""
    role_word: Any
    last_seen_at: datetime | None
    totp_enabled: bool
    is_me: bool
    can_go: bool
    statistics: Statistics
    role_url: str
    remove_url: str


class InvitedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is invited."""

    email: str
    role_word: Any
    inviter: str | None
    expires_at: datetime
    is_expired: bool
    resend_url: str
    withdraw_url: str


class ReviewersPage(Page, frozen=True, kw_only=True):
    """The platform's staff and its decisions."""

    template: ClassVar[str] = "platform/reviewers.html"
    url: str
    days: int
    periods: Sequence[tuple[str, str, bool]]
    people: Sequence[StaffLine]
    others: Sequence[StaffLine]
    """Who has decided in the period and is not on the staff."""
    unassigned: int
    """Cases under review that nobody has taken."""
    invited: Sequence[InvitedLine]
    roles: Sequence[tuple[str, Any, Any]]
    can_manage: bool
    invite: Filled[StaffInviteForm] | None
    problem: str | None


async def load_reviewers_page(
    services: Services,
    scope: PlatformScope,
    days: str,
    *,
    invite: Filled[StaffInviteForm] | None = None,
    problem: str | None = None,
) -> ReviewersPage:
    """Read everything that the page shows."""
    pool, now = services.pool, services.clock.now()
    period = int(days) if days in {str(one) for one in PERIODS} else DEFAULT_DAYS
    decided = {row["reviewer_id"]: row for row in await decisions_by_reviewer(pool, since=now - timedelta(days=period))}
    waiting = await under_review(pool)
    staff = await read_staff(pool)
    admins = sum(row["role"] == StaffRole.ADMIN for row in staff)
    known = {row["pid"] for row in staff}
    can_manage = Permission.TEAM_MANAGE in scope.permissions
    invited = await waiting_invitations(pool, None) if can_manage else ()
    return ReviewersPage(
        url=urls.platform_url("reviewers"),
        days=period,
        periods=[_period(one, period) for one in PERIODS],
        people=[_person(row, decided, waiting, scope.principal.id, admins) for row in staff],
        others=[_other(row, waiting) for pid, row in decided.items() if pid not in known],
        unassigned=waiting.get(None, 0),
        invited=[_invited(row, now) for row in invited],
        roles=[(role.value, STAFF_ROLES[role], STAFF_ROLE_HINTS[role]) for role in StaffRole],
        can_manage=can_manage,
        invite=invite,
        problem=problem,
    )


def _period(days: int, current: int) -> tuple[str, str, bool]:
    return period_words(days), urls.platform_url("reviewers", query=f"days={days}"), days == current


def _person(
    row: Record, decided: Mapping[str, Record], waiting: Mapping[str | None, int], me: str, admins: int
) -> StaffLine:
    name, role = row["name"] or row["email"] or row["pid"], StaffRole(row["role"])
    return StaffLine(
        pid=row["pid"],
        name=name,
        email=row["email"],
        initials=initials(name),
        role=role,
        role_word=STAFF_ROLES[role],
        last_seen_at=row["last_seen_at"],
        totp_enabled=row["totp_enabled"],
        is_me=row["pid"] == me,
        can_go=role is not StaffRole.ADMIN or admins > 1,
        statistics=_statistics(decided.get(row["pid"]), waiting.get(row["pid"], 0)),
        role_url=urls.platform_url("reviewers", row["pid"], "role"),
        remove_url=urls.platform_url("reviewers", row["pid"], "remove"),
    )


def _other(row: Record, waiting: Mapping[str | None, int]) -> StaffLine:
    name = row["reviewer_name"] or row["reviewer_id"]
    return StaffLine(
        pid=row["reviewer_id"],
        name=name,
        email=None,
        initials=initials(name),
        role=None,
        role_word="",
        last_seen_at=None,
        totp_enabled=False,
        is_me=False,
        can_go=False,
        statistics=_statistics(row, waiting.get(row["reviewer_id"], 0)),
        role_url="",
        remove_url="",
    )


def _statistics(row: Record | None, waiting: int) -> Statistics:
    if row is None:
        return Statistics(open=waiting)
    return Statistics(
        decisions=row["decisions"],
        on_appeal=row["on_appeal"],
        median=None if row["median_s"] is None else timedelta(seconds=row["median_s"]),
        overdue=row["overdue"],
        appealed=row["appealed"],
        overturned=row["overturned"],
        open=waiting,
    )


def _invited(row: Record, now: datetime) -> InvitedLine:
    url = urls.platform_url("reviewers", "invitations", public_id(Prefix.INVITATION, row["id"]))
    return InvitedLine(
        email=row["email"],
        role_word=STAFF_ROLES[StaffRole(row["role"])],
        inviter=row["invited_by_name"],
        expires_at=row["expires_at"],
        is_expired=row["expires_at"] <= now,
        resend_url=f"{url}/resend",
        withdraw_url=f"{url}/withdraw",
    )
