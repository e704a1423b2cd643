"""What a merchant's table of cases shows: tab, filters, search, order, place and size of the page. Pure, no SQL.

A `TableQuery` is what stands in the address, and what a saved view keeps. It is always in one canonical form: lists in
a fixed order without repetition, nothing said that would be so anyway, bounds of an amount only with a currency.
Reading an address is `table_address`. Ranges of days stay words here, so that a saved view moves with the day.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from amends.cases.filters import CLOSED_STAGES, OPEN_STAGES, STAGES, Direction
from amends.cases.states import Outcome, Reason, Status
from amends.cases.table_dates import DateRange
from amends.kit.money import exponent, major_text

SIZES: Final = (25, 50, 100)
DEFAULT_SIZE: Final = 50
ME: Final = "me"
NOBODY: Final = "nobody"


class Tab(StrEnum):
    """One of the tabs above the table."""

    ALL = "all"
    YOUR_TURN = "your_turn"
    AWAITING_CUSTOMER = "awaiting_customer"
    UNDER_REVIEW = "under_review"
    CLOSED = "closed"


STAGES_OF_TAB: Final = {
    Tab.ALL: STAGES,
    Tab.YOUR_TURN: (Status.AWAITING_MERCHANT.value,),
    Tab.AWAITING_CUSTOMER: (Status.AWAITING_CUSTOMER.value,),
    Tab.UNDER_REVIEW: (Status.UNDER_REVIEW.value,),
    Tab.CLOSED: CLOSED_STAGES,
}
"""The stages (see `filters`) of each tab."""


class Sort(StrEnum):
    """By what the table can be sorted."""

    OPENED = "opened"
    DUE = "due"
    LAST_ACTIVITY = "last_activity"
    AMOUNT = "amount"


class Filter(StrEnum):
    """What the table can be narrowed by; the words of the address."""

    SEARCH = "q"
    OPENED = "opened"
    DUE = "due"
    CLOSED = "closed"
    STATUS = "status"
    REASON = "reason"
    OUTCOME = "outcome"
    METHOD = "method"
    PRODUCT = "product"
    ASSIGNEE = "assignee"
    CURRENCY = "currency"
    AMOUNT = "amount"
    ESCALATED = "escalated"


NEWEST_FIRST: Final = (Sort.OPENED, Direction.DESC)
SOONEST_DUE: Final = (Sort.DUE, Direction.ASC)
_STARTS_WITH: Final = {
    Sort.OPENED: Direction.DESC,
    Sort.DUE: Direction.ASC,
    Sort.LAST_ACTIVITY: Direction.DESC,
    Sort.AMOUNT: Direction.DESC,
}


class Notice(msgspec.Struct, frozen=True):
    """Something in an address that was not understood and is left out."""

    param: str
    value: str


class AmountRange(msgspec.Struct, frozen=True):
    """Bounds of an amount in minor units of a currency, both included; None: open."""

    currency: str
    least_minor: int | None
    most_minor: int | None

    @property
    def text(self) -> str:
        """Return the bounds as the address has them: `10..50`, `10..`, `..49.50`."""
        places = exponent(self.currency)
        ends = (self.least_minor, self.most_minor)
        return "..".join(
            "" if end is None else major_text(end, places).removesuffix(f".{'0' * places}") for end in ends
        )


class TableQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the table shows. Make changes with `changed`, which keeps the canonical form."""

    tab: Tab = Tab.ALL
    search: str = ""
    opened: DateRange | None = None
    due: DateRange | None = None
    closed: DateRange | None = None
    statuses: tuple[Status, ...] = ()
    reasons: tuple[Reason, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    methods: tuple[str, ...] = ()
    """Kinds of payment methods: card, paypal, …"""
    products: tuple[str, ...] = ()
    """Public ids."""
    assignee: str | None = None
    """`me`, `nobody` or a user's public id."""
    currency: str | None = None
    """Lower-case; only then is there an order by amount."""
    amount_from: int | None = None
    """In minor units, included."""
    amount_to: int | None = None
    escalated: bool | None = None
    view: str | None = None
    """The saved view that this began as."""
    sort: Sort | None = None
    """None, as the direction then: the tab's own."""
    direction: Direction | None = None
    size: int = DEFAULT_SIZE
    after: str | None = None
    """The cursor after which the page begins, or `before` which it ends."""
    before: str | None = None
    notices: tuple[Notice, ...] = ()
    """What of the address was left out."""

    @property
    def order(self) -> tuple[Sort, Direction]:
        """Return by what the table is sorted, and which way."""
        if self.sort is None or self.direction is None:
            return own_order(self.tab)
        return self.sort, self.direction

    @property
    def amount(self) -> AmountRange | None:
        """Return the bounds of the amount, if there are any."""
        if self.currency is None or (self.amount_from is None and self.amount_to is None):
            return None
        return AmountRange(self.currency, self.amount_from, self.amount_to)

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages that meet tab, statuses and outcomes; none: no case can match."""
        return tuple(stage for stage in self.stages_of_filters if stage in STAGES_OF_TAB[self.tab])

    @property
    def stages_of_filters(self) -> tuple[str, ...]:
        """Return the stages that meet statuses and outcomes, whatever the tab."""
        stages = STAGES
        if self.statuses:
            closed = CLOSED_STAGES if Status.CLOSED in self.statuses else ()
            stages = tuple(stage for stage in OPEN_STAGES if stage in self.statuses) + closed
        return tuple(stage for stage in stages if not self.outcomes or stage in self.outcomes)

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the tab narrows the table."""
        return any(True for _ in _said(self))

    def changed(self, **fields: Any) -> "TableQuery":
        """Return the query with other fields, on its first page, in canonical form."""
        return settled(replace(self, **{"after": None, "before": None, "notices": (), **fields}))

    def without_filters(self) -> "TableQuery":
        """Return the tab as it is without filters and search, in the same order if it can be."""
        return TableQuery(tab=self.tab).changed(sort=self.sort, direction=self.direction, size=self.size)

    def may_sort(self, sort: Sort) -> bool:
        """Tell whether the table can be sorted so: by amount only within one currency."""
        return sort is not Sort.AMOUNT or self.currency is not None

    def sort_toggled(self, sort: Sort) -> "TableQuery":
        """Return the query sorted so, the other way round when it is already."""
        now, direction = self.order
        if now is not sort:
            return self.changed(sort=sort, direction=_STARTS_WITH[sort])
        turned = Direction.ASC if direction is Direction.DESC else Direction.DESC
        return self.changed(sort=sort, direction=turned)

    def query_string(self, *, cursors: bool = True) -> str:
        """Return the query as an address has it; what would be so anyway is not said."""
        return urlencode([*_said_of_tab(self), *_said(self), *_said_of_page(self, cursors=cursors)], safe=":.,")

    def url(self, path: str) -> str:
        """Return the address of the table so shown."""
        said = self.query_string()
        return f"{path}?{said}" if said else path


class Chip(msgspec.Struct, frozen=True):
    """One value of one filter, and the query without it."""

    filter: Filter
    value: str | bool | DateRange | AmountRange | Status | Reason | Outcome
    without: TableQuery


def own_order(tab: Tab) -> tuple[Sort, Direction]:
    """Return a tab's own order: what waits for the viewer by its due time, everything else newest first."""
    return SOONEST_DUE if tab is Tab.YOUR_TURN else NEWEST_FIRST


def settled(query: TableQuery) -> TableQuery:
    """Return a query in canonical form."""
    bounds = (query.amount_from, query.amount_to) if query.currency else (None, None)
    sort, direction = query.sort, query.direction
    unsorted = sort is None or direction is None or not query.may_sort(sort)
    if unsorted or (sort, direction) == own_order(query.tab):
        sort = direction = None
    return replace(query, amount_from=bounds[0], amount_to=bounds[1], sort=sort, direction=direction)


def chips(query: TableQuery) -> tuple[Chip, ...]:
    """Return what narrows the table, one chip a value, in the order of `Filter`."""
    return tuple(sorted(_chips(query), key=lambda chip: list(Filter).index(chip.filter)))


def _chips(query: TableQuery) -> Iterator[Chip]:
    if query.search:
        yield Chip(Filter.SEARCH, query.search, query.changed(search=""))
    for kind, field in ((Filter.OPENED, "opened"), (Filter.DUE, "due"), (Filter.CLOSED, "closed")):
        days: DateRange | None = getattr(query, field)
        if days is not None:
            yield Chip(kind, days, query.changed(**{field: None}))
    for kind, field in _LISTS:
        values: tuple[Any, ...] = getattr(query, field)
        for value in values:
            yield Chip(kind, value, query.changed(**{field: tuple(one for one in values if one != value)}))
    if query.assignee is not None:
        yield Chip(Filter.ASSIGNEE, query.assignee, query.changed(assignee=None))
    if query.currency is not None:
        yield Chip(Filter.CURRENCY, query.currency, query.changed(currency=None))
    if query.amount is not None:
        yield Chip(Filter.AMOUNT, query.amount, query.changed(amount_from=None, amount_to=None))
    if query.escalated is not None:
        yield Chip(Filter.ESCALATED, query.escalated, query.changed(escalated=None))


_LISTS: Final = (
    (Filter.STATUS, "statuses"),
    (Filter.REASON, "reasons"),
    (Filter.OUTCOME, "outcomes"),
    (Filter.METHOD, "methods"),
    (Filter.PRODUCT, "products"),
)


def _said_of_tab(query: TableQuery) -> Iterator[tuple[str, str]]:
    if query.tab is not Tab.ALL:
        yield "tab", query.tab.value


def _said(query: TableQuery) -> Iterator[tuple[str, str]]:
    """Yield the filters as names and values of an address."""
    for chip in chips(query):
        match chip.value:
            case DateRange() | AmountRange():
                yield chip.filter.value, chip.value.text
            case bool():
                yield chip.filter.value, "yes" if chip.value else "no"
            case _:
                yield chip.filter.value, str(chip.value)


def _said_of_page(query: TableQuery, *, cursors: bool) -> Iterator[tuple[str, str]]:
    if query.view is not None:
        yield "view", query.view
    if query.sort is not None:
        yield "sort", f"{'-' if query.direction is Direction.DESC else ''}{query.sort}"
    if query.size != DEFAULT_SIZE:
        yield "size", str(query.size)
    for name, cursor in (("after", query.after), ("before", query.before)):
        if cursors and cursor is not None:
            yield name, cursor
