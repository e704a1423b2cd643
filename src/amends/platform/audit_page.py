"""What the audit log's page shows: lines in words, each word leading to others like it. Its state is its address."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from asyncpg import Record

from amends.access.queries import find_account
from amends.access.scopes import Caller
from amends.cases.closed_cases import closed_to
from amends.kit.pages import PageInfo
from amends.platform.audit_words import ACTIONS, action_words, detail_words
from amends.platform.queries_audit import Narrowing, person_with_address
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page
from amends.web.readers import current_reader
from amends.web.text import _

_LONGEST: Final = 200
NAMES: Final = ("who", "action", "subject", "account", "since", "until")


class Asked(NamedTuple):
    """What the address asks for, as it was typed."""

    who: str = ""
    action: str = ""
    subject: str = ""
    account: str = ""
    since: str = ""
    until: str = ""

    def url(self, path: str = "audit", **changed: str) -> str:
        """Return the page's address with something changed; what is empty is left out."""
        said = {name: value for name, value in self._replace(**changed)._asdict().items() if value}
        return urls.platform_url(path, query=urlencode(said))


def asked_of(query: Mapping[str, str]) -> Asked:
    """Read an address."""
    return Asked(*(query.get(name, "").strip()[:_LONGEST] for name in NAMES))


async def narrowing_of(services: Services, asked: Asked) -> Narrowing | None:
    """Return what the log is narrowed by; None: nothing can match, or a date is none."""
    account_id = None if not asked.account else await find_account(services.pool, asked.account)
    who: str | None = asked.who or None
    if who is not None and "@" in who:
        who = await person_with_address(services.pool, who)
    if (asked.account and account_id is None) or (asked.who and who is None):
        return None
    try:
        since = _midnight(asked.since, days=0)
        before = _midnight(asked.until, days=1)
    except ValueError:
        return None
    return Narrowing(
        subject=asked.subject or None,
        principal=who,
        account_id=account_id,
        action=asked.action or None,
        since=since,
        before=before,
    )


def _midnight(text: str, *, days: int) -> datetime | None:
    """Return when a day begins for the reader, or ends."""
    if not text:
        return None
    day = date.fromisoformat(text)
    if not date(1970, 1, 1) <= day <= date(9000, 1, 1):
        raise ValueError(text)
    return datetime.combine(day + timedelta(days=days), time(), tzinfo=current_reader().time_zone)


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log, in words."""

    at: datetime
    who: str
    who_pid: str
    who_url: str
    did: str
    did_url: str
    subject: str | None
    subject_url: str | None
    """To what else was done to it."""
    account: str | None
    account_url: str | None
    details: str
    is_closed: bool
    """It is about a case of the reader's own: what was done is said, and nothing else."""
    ip: str | None


class AuditPage(Page, frozen=True, kw_only=True):
    """What was changed by hand about access, policy and money."""

    template: ClassVar[str] = "platform/audit.html"
    url: str
    csv_url: str
    asked: Asked
    is_narrowed: bool
    actions: Sequence[tuple[str, str]]
    lines: Sequence[AuditLine]
    newer_url: str | None
    older_url: str | None


async def closed_subjects(services: Services, caller: Caller, rows: Sequence[Record]) -> frozenset[str]:
    """Return the subjects of some lines that are cases of the reader's own, or of an account whose team they are on."""
    return await closed_to(services.pool, caller, (row["subject"] for row in rows))


def audit_page(
    asked: Asked, rows: Sequence[Record], info: PageInfo | None, *, closed: frozenset[str] = frozenset()
) -> AuditPage:
    """Return the page for what was found; of `closed` subjects only what was done is said, and not by whom."""
    actions = sorted(((name, str(words)) for name, words in ACTIONS.items()), key=lambda pair: pair[1].casefold())
    return AuditPage(
        url=urls.platform_url("audit"),
        csv_url=asked.url("audit.csv"),
        asked=asked,
        is_narrowed=any(asked),
        actions=actions,
        lines=[
            line_of(row, asked, is_closed=row["subject"] in closed)
            for row in rows
            if not (asked.who and row["subject"] in closed)
        ],
        newer_url=_turned(asked, "before", info.start_cursor) if info and info.has_previous_page else None,
        older_url=_turned(asked, "after", info.end_cursor) if info and info.has_next_page else None,
    )


def _turned(asked: Asked, way: str, cursor: str | None) -> str:
    url = asked.url()
    return f"{url}{'&' if '?' in url else '?'}{urlencode({way: cursor or ''})}"


def line_of(row: Record, asked: Asked, *, is_closed: bool) -> AuditLine:
    """Return a line in words."""
    subject = None if row["subject"] == row["principal"] else row["subject"]
    account = row["account_pid"]
    return AuditLine(
        at=row["created_at"],
        who=_("Somebody") if is_closed else row["principal_name"] or row["principal"],
        who_pid="" if is_closed else row["principal"],
        who_url="" if is_closed else asked.url(who=row["principal"]),
        did=action_words(row["action"]),
        did_url=asked.url(action=row["action"]),
        subject=subject,
        subject_url=asked.url(subject=subject) if subject else None,
        account=row["account_title"],
        account_url=urls.platform_url("accounts", account) if account else None,
        details="" if is_closed else detail_words(row["details"]),
        is_closed=is_closed,
        ip=None if is_closed else row["ip"],
    )
