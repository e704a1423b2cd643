"""The page of what a customer bought: months, purchases, and what can be done about each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import ClassVar
from uuid import UUID

import msgspec
from babel.dates import format_skeleton

from amends.cases.eligibility import claimable_until
from amends.cases.page_text import plain_name
from amends.cases.policy import Policy
from amends.cases.words import payment_method
from amends.customers.purchase_words import Hindrance, hindrance, what_went_back
from amends.customers.queries_purchases import Merchant, Purchase
from amends.customers.standing import standing_of
from amends.web import urls
from amends.web.layout import initials
from amends.web.pages import Page
from amends.web.readers import current_reader
from amends.web.text import _, day


class CaseLink(msgspec.Struct, frozen=True, kw_only=True):
    """The case on a purchase, in short."""

    url: str
    word: str
    when: str
    """Until when, or since when; may be empty."""
    icon: str
    is_turn: bool
    """It waits for the customer."""


class PurchaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase."""

    pid: str
    title: str
    plan: str
    """May be empty."""
    merchant: str
    initials: str
    bought_at: datetime
    amount_minor: int
    currency: str
    places: int
    method: str
    is_renewal: bool
    period: str
    """The time that was paid for; may be empty."""
    went_back: str
    """How much went back; may be empty."""
    case: CaseLink | None
    hindrance: Hindrance | None
    """Why no problem can be reported; None: it can."""
    claimable_until: datetime
    report_url: str
    has_draft: bool
    """A report was begun and not sent."""
    withdrawal_until: datetime | None
    """Until when the customer can withdraw from the contract; None: not at all."""
    withdrawal_url: str


class Month(msgspec.Struct, frozen=True):
    """Purchases of one month."""

    title: str
    lines: tuple[PurchaseLine, ...]


class PurchasesPage(Page, frozen=True, kw_only=True):
    """What a customer bought, newest first."""

    template: ClassVar[str] = "customers/purchases.html"

    months: tuple[Month, ...]
    merchants: Sequence[Merchant]
    merchant: str
    """The merchant that is looked at alone; may be empty."""
    words: str
    """What was searched for; may be empty."""
    can_search: bool
    """There is enough to search in."""
    newer_url: str | None
    older_url: str | None

    @property
    def is_filtered(self) -> bool:
        """Tell whether some purchases may be left out."""
        return bool(self.words or self.merchant)


def months_of(lines: Sequence[PurchaseLine]) -> tuple[Month, ...]:
    """Put purchases under their months, in the reader's time zone."""
    reader = current_reader()

    def month(line: PurchaseLine) -> str:
        title = format_skeleton("yMMMM", reader.local(line.bought_at).date(), locale=reader.locale)
        return title[:1].upper() + title[1:]

    return tuple(Month(title, tuple(group)) for title, group in groupby(lines, month))


def line_of(
    purchase: Purchase,
    *,
    policy: Policy,
    drafts: frozenset[str],
    withdrawable: Mapping[UUID, datetime],
    now: datetime,
) -> PurchaseLine:
    """Return a purchase as its line shows it."""
    return PurchaseLine(
        pid=purchase.pid,
        title=plain_name(purchase.product or purchase.plan or purchase.merchant),
        plan=plain_name(purchase.plan) if purchase.plan and purchase.product else "",
        merchant=plain_name(purchase.merchant),
        initials=initials(purchase.merchant),
        bought_at=purchase.bought_at,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        places=purchase.places,
        method=payment_method(purchase.method, purchase.card_brand, purchase.card_last4) if purchase.method else "",
        is_renewal=purchase.is_renewal,
        period=_period(purchase),
        went_back=what_went_back(purchase),
        case=case_link(purchase, now=now),
        hindrance=hindrance(purchase, policy=policy, now=now),
        claimable_until=claimable_until(purchase.paid_at or purchase.bought_at, policy),
        report_url=urls.purchase_url(purchase.pid, "report"),
        has_draft=purchase.pid in drafts,
        withdrawal_until=withdrawable.get(purchase.id),
        withdrawal_url=urls.purchase_url(purchase.pid, "withdrawal"),
    )


def _period(purchase: Purchase) -> str:
    if purchase.period_start is None or purchase.period_end is None:
        return ""
    return _("%(from)s to %(to)s", **{"from": day(purchase.period_start), "to": day(purchase.period_end)})


def case_link(purchase: Purchase, *, now: datetime) -> CaseLink | None:
    """Return the case on a purchase as a link says it."""
    case = purchase.case
    if case is None:
        return None
    stands = standing_of(case, now)
    return CaseLink(
        url=urls.my_case_url(case.pid),
        word=stands.title,
        when=stands.due,
        icon=stands.icon,
        is_turn=stands.is_turn,
    )
