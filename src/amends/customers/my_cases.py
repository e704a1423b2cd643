"""The page of a customer's cases: what is open, and what is over, each with how it stands and what happened last."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from amends.cases.page_text import plain_name
from amends.customers.queries_my_cases import MyCaseRow
from amends.customers.standing import Standing, standing_of
from amends.customers.words_events import Told, own_sentence
from amends.web import urls
from amends.web.layout import initials
from amends.web.pages import Page
from amends.web.text import _, money


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One case in the list."""

    pid: str
    url: str
    product: str
    merchant: str
    initials: str
    amount_minor: int
    currency: str
    places: int
    standing: Standing
    is_closed: bool
    last: str
    """What happened last; empty where the case has ended with it."""
    last_at: datetime


class MyCasesPage(Page, frozen=True, kw_only=True):
    """A customer's own cases."""

    template: ClassVar[str] = "customers/cases.html"

    open: tuple[Line, ...]
    """The customer's turn first."""
    closed: tuple[Line, ...]
    url: str
    is_first: bool
    newer_url: str | None
    older_url: str | None


def lines_of_cases(rows: Sequence[MyCaseRow], now: datetime, *, are_open: bool) -> tuple[Line, ...]:
    """Return the lines of the open cases among the rows, or of the closed ones."""
    return tuple(_line(row, now) for row in rows if (row.turn > 0) is are_open)


def _line(row: MyCaseRow, now: datetime) -> Line:
    product, merchant = plain_name(row.product_title or ""), plain_name(row.account_title)
    return Line(
        pid=row.pid,
        url=urls.my_case_url(row.pid),
        product=product or _("Purchase from %(merchant)s", merchant=merchant),
        merchant=merchant,
        initials=initials(merchant),
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.places,
        standing=standing_of(row, now),
        is_closed=row.turn == 0,
        last=_last(row, merchant),
        last_at=row.last.at,
    )


def _last(row: MyCaseRow, merchant: str) -> str:
    def written(minor: int) -> str:
        return money(minor, row.currency, row.places)

    last = row.last
    if row.turn == 0 and last.kind is row.ending:
        return ""
    return own_sentence(Told(kind=last.kind, actor=last.actor, data=last.data, merchant=merchant, money=written))
