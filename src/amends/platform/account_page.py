"""What the platform's page of one account shows: its rates by period and by month, open cases, team, lock, limits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
from asyncpg import Record

from amends.access.permissions import Permission, Role
from amends.access.queries_team import read_team
from amends.access.scopes import Caller, PlatformScope
from amends.cases.words import plain_word
from amends.kit.errors import NotFound
from amends.platform.accounts_page import counts_of, period_words
from amends.platform.money_lines import why_closed
from amends.platform.queries_accounts import account_of_platform, months_of_account, open_cases, rates_of_account
from amends.platform.queries_money import credits_of_account
from amends.platform.rates import Counts
from amends.services import Services
from amends.staff.words import ROLES
from amends.web import urls
from amends.web.forms import Filled
from amends.web.layout import AccountPlace
from amends.web.pages import Page
from amends.web.text import _

YEAR: Final = timedelta(days=365)
CREDITS: Final = 5


class LockForm(msgspec.Struct, frozen=True):
    """Why auto-respond is locked."""

    reason: str


class PeriodColumn(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted in a period."""

    words: str
    counts: Counts


class MonthLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted in a month."""

    month: date
    counts: Counts


class TeamLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the account's team."""

    name: str
    email: str | None
    role: Any
    last_seen_at: datetime | None


class OpenLine(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases are open in a status."""

    words: str
    n: int
    url: str


class CreditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One of the newest merchant credits."""

    is_closed: bool
    """The reader is on one of the sides of its case."""
    pid: str
    amount_minor: int
    currency: str
    places: int
    state: str
    created_at: datetime
    case_url: str


class AccountPage(Page, frozen=True, kw_only=True):
    """One account, as the platform sees it."""

    template: ClassVar[str] = "platform/account.html"
    pid: str
    title: str
    external_id: str
    currency: str
    since: datetime
    table_url: str
    team_url: str
    credits_url: str
    lock_url: str
    unlock_url: str
    can_lock: bool
    is_locked: bool
    lock_reason: str | None
    filled: Filled[LockForm] | None
    problem: str | None
    counted_at: datetime | None
    periods: Sequence[PeriodColumn]
    months: Sequence[MonthLine]
    open_cases: Sequence[OpenLine]
    team: Sequence[TeamLine]
    limits: Sequence[tuple[int, str]]
    """What support may refund on one case: minor units and currency."""
    credits: Sequence[CreditLine]


class Shown(msgspec.Struct, frozen=True):
    """The page and the account that it is about."""

    page: AccountPage
    account: AccountPlace


async def find(services: Services, pid: str) -> Record:
    """Return an account.

    Raises:
        NotFound: there is none.
    """
    row = await account_of_platform(services.pool, pid)
    if row is None:
        raise NotFound
    return row


async def load_account_page(
    services: Services,
    caller: Caller,
    scope: PlatformScope,
    row: Record,
    *,
    filled: Filled[LockForm] | None = None,
    problem: str | None = None,
) -> AccountPage:
    """Read everything that the page shows about an account."""
    pool, account_id, pid = services.pool, row["id"], row["pid"]
    rates = await rates_of_account(pool, account_id)
    since = (services.clock.now() - YEAR).date().replace(day=1)
    return AccountPage(
        pid=pid,
        title=row["title"],
        external_id=row["external_id"],
        currency=row["currency"].upper(),
        since=row["created_at"],
        table_url=urls.table_url(pid),
        team_url=urls.account_url(pid, "team"),
        credits_url=urls.platform_url("credits", query=f"account={pid}"),
        lock_url=urls.platform_url("accounts", pid, "lock"),
        unlock_url=urls.platform_url("accounts", pid, "unlock"),
        can_lock=Permission.POLICY_MANAGE in scope.permissions,
        is_locked=row["auto_respond_locked"],
        lock_reason=row["auto_respond_lock_reason"],
        filled=filled,
        problem=problem,
        counted_at=rates[0]["counted_at"] if rates else None,
        periods=[PeriodColumn(words=period_words(one["days"]), counts=counts_of(one)) for one in rates],
        months=[
            MonthLine(month=one["month"], counts=counts_of(one))
            for one in await months_of_account(pool, account_id, since=since)
        ],
        open_cases=_open(await open_cases(pool, account_id), pid),
        team=[_teammate(one) for one in await read_team(pool, account_id)],
        limits=[(minor, code) for code, minor in sorted(row["support_limits"].items())],
        credits=[_credit(one, caller) for one in await credits_of_account(pool, account_id, limit=CREDITS)],
    )


def _open(found: dict[str, int], pid: str) -> list[OpenLine]:
    words = {
        "awaiting_merchant": _("Waiting for the merchant"),
        "awaiting_customer": _("Waiting for the customer"),
        "under_review": _("Under review by the platform"),
    }
    return [
        OpenLine(words=text, n=found.get(status, 0), url=urls.table_url(pid, f"status={status}"))
        for status, text in words.items()
    ]


def _teammate(row: Record) -> TeamLine:
    return TeamLine(
        name=row["name"] or row["email"] or row["pid"],
        email=row["email"],
        role=ROLES[Role(row["role"])],
        last_seen_at=row["last_seen_at"],
    )


def _credit(row: Record, caller: Caller) -> CreditLine:
    return CreditLine(
        is_closed=bool(why_closed(row, caller)),
        pid=row["pid"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        places=row["currency_exponent"],
        state=plain_word(row["state"]),
        created_at=row["created_at"],
        case_url=urls.case_url(row["account_pid"], row["case_pid"]),
    )
