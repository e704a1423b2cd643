"""What the list of accounts shows: who sells, how often customers complain, how it ends. Its state is its address."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from asyncpg import Record

from amends.kit.pages import PageInfo
from amends.platform.rates import COUNTED, DEFAULT_PERIOD, PERIODS, Counts
from amends.web import urls
from amends.web.pages import Page
from amends.web.text import lazy, ngettext

DEFAULT_SORT: Final = "cases"
_MAX_WORDS: Final = 200

COLUMNS: Final[Mapping[str, tuple[Any, Any]]] = {
    "payments": (lazy("Payments"), lazy("Paid in the period")),
    "cases": (lazy("Cases"), lazy("Opened in the period")),
    "case_rate": (lazy("Case rate"), lazy("Cases for each payment")),
    "dispute_rate": (lazy("Dispute rate"), lazy("Bank disputes for each payment")),
    "win_rate": (lazy("Win rate"), lazy("Of the cases with a winner, those that the merchant won")),
    "refund_rate": (lazy("Refunds"), lazy("Refunds that arrived for each payment")),
    "answer_time": (lazy("First answer"), lazy("How long customers waited for it, on average")),
}
"""By what can be sorted: heading and what it means."""


class Wanted(NamedTuple):
    """What the address asks for."""

    days: int
    sort: str
    descending: bool
    words: str
    locked: bool

    def url(self, **changed: Any) -> str:
        """Return the list's address with something changed; what is usual is left out."""
        new = self._replace(**changed)
        said = {
            "days": str(new.days) if new.days != DEFAULT_PERIOD else "",
            "sort": new.sort if new.sort != DEFAULT_SORT else "",
            "way": "" if new.descending else "asc",
            "q": new.words,
            "locked": "1" if new.locked else "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return urls.platform_url("accounts", query=query)


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Read an address; what it says wrongly counts as not said."""
    days, sort = query.get("days", ""), query.get("sort", "")
    return Wanted(
        days=int(days) if days in {str(one) for one in PERIODS} else DEFAULT_PERIOD,
        sort=sort if sort in COLUMNS or sort == "newest" else DEFAULT_SORT,
        descending=query.get("way") != "asc",
        words=query.get("q", "").strip()[:_MAX_WORDS],
        locked=query.get("locked") == "1",
    )


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account with what was counted in the period."""

    title: str
    url: str
    currency: str
    is_locked: bool
    counts: Counts


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A column's heading, which sorts by it."""

    name: str
    label: Any
    hint: Any
    url: str
    sorted: str | None
    """`descending`, `ascending`; None: by something else."""


class AccountsPage(Page, frozen=True, kw_only=True):
    """The accounts of the platform."""

    template: ClassVar[str] = "platform/accounts.html"
    wanted: Wanted
    periods: Sequence[tuple[str, str, bool]]
    """Words, address, whether it is the one shown."""
    headings: Sequence[Heading]
    lines: Sequence[AccountLine]
    locked_url: str
    clear_url: str
    counted_at: datetime | None
    """When the oldest of the numbers shown was counted."""
    newer_url: str | None
    older_url: str | None


def accounts_page(wanted: Wanted, rows: Sequence[Record], info: PageInfo) -> AccountsPage:
    """Return the page for what was found."""
    counted = [row["counted_at"] for row in rows if row["counted_at"] is not None]
    return AccountsPage(
        wanted=wanted,
        periods=[(period_words(days), wanted.url(days=days), days == wanted.days) for days in PERIODS],
        headings=[_heading(name, wanted) for name in COLUMNS],
        lines=[_line(row) for row in rows],
        locked_url=wanted.url(locked=not wanted.locked),
        clear_url=wanted.url(words="", locked=False),
        counted_at=min(counted, default=None),
        newer_url=_turned(wanted, "before", info.start_cursor) if info.has_previous_page else None,
        older_url=_turned(wanted, "after", info.end_cursor) if info.has_next_page else None,
    )


def period_words(days: int) -> str:
    """Return a period in words: `30 days`."""
    return ngettext("%(n)s day", "%(n)s days", days)


def _turned(wanted: Wanted, way: str, cursor: str | None) -> str:
    url = wanted.url()
    return f"{url}{'&' if '?' in url else '?'}{urlencode({way: cursor or ''})}"


def _heading(name: str, wanted: Wanted) -> Heading:
    label, hint = COLUMNS[name]
    is_sorted = wanted.sort == name
    way = "descending" if wanted.descending else "ascending"
    url = wanted.url(sort=name, descending=not (is_sorted and wanted.descending))
    return Heading(name=name, label=label, hint=hint, url=url, sorted=way if is_sorted else None)


def _line(row: Record) -> AccountLine:
    return AccountLine(
        title=row["title"],
        url=urls.platform_url("accounts", row["pid"]),
        currency=row["currency"].upper(),
        is_locked=row["auto_respond_locked"],
        counts=counts_of(row),
    )


def counts_of(row: Record) -> Counts:
    """Return what a row says was counted."""
    return Counts(**{name: row[name] for name in COUNTED})


RECENT: Final = timedelta(hours=2)
"""Numbers are not older than this while a worker runs."""
