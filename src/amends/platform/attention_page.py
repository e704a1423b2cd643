"""What the page "Needs attention" shows: one group for each source, in the order of SOURCES.

A source looks for what does not go on by itself. To add one: a function that returns its `Group`, its line in SOURCES,
and how the template shows its lines. A source without lines shows nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec
from asyncpg import Record

from amends.access.scopes import Caller
from amends.cases.closed_cases import closed_to
from amends.cases.words import reason_word
from amends.db.jobs import count_dead_jobs, dead_jobs
from amends.platform.job_words import JobWords, words_of_job
from amends.platform.money_lines import MoneyLine, credit_line, refund_line
from amends.platform.queries_attention import lost_mails, overdue_reviews, unsettled_credits, unsettled_refunds
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled
from amends.web.pages import Page
from amends.web.text import _, ngettext

SHOWN: Final = 50
"""How many lines a source shows at most: the rest moves up as these are seen to."""
MAILS_OF: Final = timedelta(days=7)


class ReviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case whose review has missed its target."""

    case_pid: str
    case_url: str
    decide_url: str
    """Where its panel to decide is open."""
    customer: str
    account: str
    reason: str
    amount_minor: int
    currency: str
    places: int
    is_appeal: bool
    is_closed: bool
    """The reader is on one of its sides, so that nothing is said of who reviews it, and they decide nothing."""
    reviewer: str | None
    missed: int
    """How many targets it has missed."""
    since: datetime
    """When the review began."""
    due_at: datetime


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """A job that failed as often as it may."""

    id: int
    words: JobWords
    failure: str | None
    attempts: int
    failed_at: datetime
    run_again_url: str
    forget_url: str


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """Mails that have not reached their receivers, all of one state."""

    words: str
    last_at: datetime
    url: str
    """The log of mails, narrowed to these."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What one source has found."""

    kind: str
    """How its lines look: `refunds`, `credits`, `reviews`, `jobs`, `mails`."""
    title: str
    hint: str
    icon: str
    n: int
    lines: Sequence[Any]

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return 0 if self.kind == "mails" else self.n - len(self.lines)


class ResolveForm(msgspec.Struct, frozen=True):
    """What a person did instead of the provider; no amount: all of it."""

    note: str
    amount: str | None = None


class CloseForm(msgspec.Struct, frozen=True):
    """Why nothing is owed any more."""

    note: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What the last form of the page was refused for, and what was typed into it."""

    about: str
    """The public id of what the form was about."""
    text: str
    filled: Filled[Any] | None = None
    closing: bool = False
    """The form was the one that closes a refund."""


class AttentionPage(Page, frozen=True, kw_only=True):
    """What needs a person's attention."""

    template: ClassVar[str] = "platform/attention.html"
    groups: Sequence[Group]
    problem: Problem | None

    @property
    def n(self) -> int:
        """Return how much there is to see to."""
        return sum(group.n for group in self.groups)

    @property
    def shown(self) -> frozenset[str]:
        """Return the public ids of what the page shows with forms, at which their refusal is said."""
        lines = (line for group in self.groups for line in group.lines)
        return frozenset(line.pid for line in lines if isinstance(line, MoneyLine) and not line.not_yours)


Source = Callable[[Services, Caller], Awaitable[Group]]


async def load_attention_page(services: Services, caller: Caller, *, problem: Problem | None = None) -> AttentionPage:
    """Ask every source."""
    groups = [await source(services, caller) for source in SOURCES]
    return AttentionPage(groups=[group for group in groups if group.n], problem=problem)


async def refunds(services: Services, caller: Caller) -> Group:
    """Find refunds that have failed, are held or are stuck."""
    now = services.clock.now()
    rows = await unsettled_refunds(services.pool, now=now, limit=SHOWN)
    return Group(
        kind="refunds",
        title=_("Refunds that have not arrived"),
        hint=_("The customers were promised this money. A failed one waits for you."),
        icon="hand-coins",
        n=_count(rows),
        lines=[refund_line(row, caller, now) for row in rows],
    )


async def merchant_credits(services: Services, caller: Caller) -> Group:
    """Find merchant credits that have failed or are stuck."""
    now = services.clock.now()
    rows = await unsettled_credits(services.pool, now=now, limit=SHOWN)
    return Group(
        kind="credits",
        title=_("Merchant credits that have not arrived"),
        hint=_("What the platform owes merchants after reversed decisions."),
        icon="banknote",
        n=_count(rows),
        lines=[credit_line(row, caller, now) for row in rows],
    )


async def reviews(services: Services, caller: Caller) -> Group:
    """Find cases whose review has missed its target."""
    rows = await overdue_reviews(services.pool, now=services.clock.now(), limit=SHOWN)
    closed = await closed_to(services.pool, caller, (row["pid"] for row in rows))
    return Group(
        kind="reviews",
        title=_("Overdue reviews"),
        hint=_("Customer and merchant wait for a decision for longer than the policy promises."),
        icon="gavel",
        n=_count(rows),
        lines=[_review_line(row, is_closed=row["pid"] in closed) for row in rows],
    )


def _review_line(row: Record, *, is_closed: bool) -> ReviewLine:
    return ReviewLine(
        case_pid=row["pid"],
        case_url=urls.case_url(row["account_pid"], row["pid"]),
        decide_url=urls.case_url(row["account_pid"], row["pid"], query="panel=decide"),
        customer=row["customer_name"] or _("The customer"),
        account=row["account_title"],
        reason=reason_word(row["reason"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        places=row["currency_exponent"],
        is_appeal=row["is_appeal"],
        is_closed=is_closed,
        reviewer=None if is_closed else row["reviewer_name"],
        missed=max(row["missed"], 1),
        since=row["began_at"],
        due_at=row["response_due_at"],
    )


async def jobs(services: Services, _caller: Caller) -> Group:
    """Find jobs that have failed as often as they may."""
    dead = await dead_jobs(services.pool, limit=SHOWN)
    lines = [
        JobLine(
            id=job.id,
            words=words_of_job(job.name, job.payload),
            failure=job.failure,
            attempts=job.attempts,
            failed_at=job.failed_at,
            run_again_url=urls.platform_url("attention", "jobs", str(job.id), "run-again"),
            forget_url=urls.platform_url("attention", "jobs", str(job.id), "forget"),
        )
        for job in dead
    ]
    return Group(
        kind="jobs",
        title=_("Background work that gave up"),
        hint=_("What it was about is not lost: most of it is found again by itself within a minute."),
        icon="refresh-cw",
        n=await count_dead_jobs(services.pool) if dead else 0,
        lines=lines,
    )


async def mails(services: Services, _caller: Caller) -> Group:
    """Find mails of late that the mail server has refused, or that were given up."""
    rows = await lost_mails(services.pool, since=services.clock.now() - MAILS_OF)
    return Group(
        kind="mails",
        title=_("E-mails that did not get through"),
        hint=_("Of the last 7 days. People may not know that it is their turn."),
        icon="mail",
        n=sum(row["n"] for row in rows),
        lines=[_mail_line(row) for row in rows],
    )


def _mail_line(row: Record) -> MailLine:
    if row["state"] == "refused":
        words = ngettext("%(n)s was refused by the mail server", "%(n)s were refused by the mail server", row["n"])
    else:
        words = ngettext("%(n)s was given up after many tries", "%(n)s were given up after many tries", row["n"])
    query = urlencode({"state": row["state"]})
    return MailLine(words=words, last_at=row["last_at"], url=urls.platform_url("mail", query=query))


def _count(rows: Sequence[Record]) -> int:
    return rows[0]["n"] if rows else 0


SOURCES: Final[tuple[Source, ...]] = (refunds, merchant_credits, reviews, jobs, mails)
