"""What stands above the rows of the merchant's table, in words: tabs, column heads, chips, notices. Pure.

Every address is made by the query's own `url`, so that links and forms lead to the same canonical ones.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from amends.cases.filters import Direction
from amends.cases.states import Actor, Outcome, Reason, Status
from amends.cases.table import COLUMNS, Column
from amends.cases.table_dates import DateRange, Preset
from amends.cases.table_filters import ME, NOBODY, AmountRange, Chip, Filter, Notice, Tab, TableQuery, chips
from amends.cases.table_lines import short_status
from amends.cases.words import method_word, outcome_word, reason_word
from amends.web.text import _, day, lazy, money, number

COLUMN_WORDS: Final[Mapping[Column, Any]] = {
    Column.CASE: lazy("Case"),
    Column.CUSTOMER: lazy("Customer"),
    Column.EMAIL: lazy("E-mail"),
    Column.PRODUCT: lazy("Product"),
    Column.PLAN: lazy("Plan"),
    Column.REASON: lazy("Reason"),
    Column.STATUS: lazy("Status"),
    Column.AMOUNT: lazy("Amount"),
    Column.REFUNDED: lazy("Refunded"),
    Column.METHOD: lazy("Payment method"),
    Column.PAYMENT: lazy("Payment"),
    Column.PAID_AT: lazy("Paid at"),
    Column.OPENED: lazy("Opened"),
    Column.DUE: lazy("Response due"),
    Column.LAST_ACTIVITY: lazy("Last activity"),
    Column.CLOSED: lazy("Closed"),
    Column.OUTCOME: lazy("Outcome"),
    Column.REFUND: lazy("Refund"),
    Column.ESCALATED: lazy("Escalated"),
    Column.ASSIGNEE: lazy("Assignee"),
    Column.CUSTOMER_SINCE: lazy("Customer since"),
    Column.CUSTOMER_CASES: lazy("Customer’s cases"),
    Column.CUSTOMER_SPEND: lazy("Lifetime spend"),
}
FILTER_WORDS: Final[Mapping[Filter, Any]] = {
    Filter.SEARCH: lazy("Search"),
    Filter.OPENED: lazy("Opened"),
    Filter.DUE: lazy("Response due"),
    Filter.CLOSED: lazy("Closed"),
    Filter.STATUS: lazy("Status"),
    Filter.REASON: lazy("Reason"),
    Filter.OUTCOME: lazy("Outcome"),
    Filter.METHOD: lazy("Payment method"),
    Filter.PRODUCT: lazy("Product"),
    Filter.ASSIGNEE: lazy("Assignee"),
    Filter.CURRENCY: lazy("Currency"),
    Filter.AMOUNT: lazy("Amount"),
    Filter.ESCALATED: lazy("Escalated"),
}
PRESETS: Final[Mapping[Preset, Any]] = {
    Preset.TODAY: lazy("Today"),
    Preset.DAYS_7: lazy("Last 7 days"),
    Preset.DAYS_30: lazy("Last 30 days"),
    Preset.THIS_MONTH: lazy("This month"),
}
PRESETS_AHEAD: Final[Mapping[Preset, Any]] = {
    **PRESETS,
    Preset.DAYS_7: lazy("Next 7 days"),
    Preset.DAYS_30: lazy("Next 30 days"),
}
_ARIA_SORT: Final = {Direction.ASC: "ascending", Direction.DESC: "descending"}
_STATUS_OF_TAB: Final = {
    Tab.YOUR_TURN: Status.AWAITING_MERCHANT,
    Tab.AWAITING_CUSTOMER: Status.AWAITING_CUSTOMER,
    Tab.UNDER_REVIEW: Status.UNDER_REVIEW,
}


class Counted(Protocol):
    """How many cases a tab has; past a limit only that there are more."""

    @property
    def n(self) -> int: ...
    @property
    def is_capped(self) -> bool: ...


class TabLink(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tabs."""

    tab: Tab
    label: str
    count: str
    url: str
    is_current: bool


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a column."""

    column: Column
    label: str
    is_numeric: bool
    sort_url: str | None
    """None: the table cannot be sorted by it, or not now."""
    aria_sort: str | None
    hint: str | None
    """Why it cannot be sorted by it now."""


class ChipLink(msgspec.Struct, frozen=True):
    """A filter in force, and the address without it."""

    label: str
    value: str
    url: str


class Names(NamedTuple):
    """What the public ids in filters are called."""

    products: Mapping[str, str | None]
    people: Mapping[str, str | None]


def tab_word(tab: Tab, viewer: Actor) -> str:
    """Return a tab's name."""
    match tab:
        case Tab.ALL:
            return _("All")
        case Tab.CLOSED:
            return _("Closed")
        case _:
            return short_status(_STATUS_OF_TAB[tab], viewer)


def count_words(count: Counted | None) -> str:
    """Return how many: `431`, `10,000+`."""
    if count is None:
        return ""
    return f"{number(count.n)}+" if count.is_capped else number(count.n)


def tab_links(query: TableQuery, counts: Mapping[Tab, Counted], path: str, viewer: Actor) -> tuple[TabLink, ...]:
    """Return the tabs with their counts; each keeps the filters."""
    return tuple(
        TabLink(
            tab=tab,
            label=tab_word(tab, viewer),
            count=count_words(counts.get(tab)),
            url=query.changed(tab=tab, sort=None, direction=None).url(path),
            is_current=tab is query.tab,
        )
        for tab in Tab
    )


def heads(query: TableQuery, columns: Sequence[Column], path: str) -> tuple[Head, ...]:
    """Return the heads of the columns that are shown."""
    return tuple(_head(query, column, path) for column in columns)


def _head(query: TableQuery, column: Column, path: str) -> Head:
    spec = COLUMNS[column]
    sort, direction = query.order
    may = spec.sort is not None and query.may_sort(spec.sort)
    return Head(
        column=column,
        label=str(COLUMN_WORDS[column]),
        is_numeric=spec.numeric,
        sort_url=query.sort_toggled(spec.sort).url(path) if spec.sort is not None and may else None,
        aria_sort=(_ARIA_SORT[direction] if spec.sort is sort else "none") if may else None,
        hint=None if may or spec.sort is None else _("Choose one currency to sort by amount"),
    )


def chip_links(query: TableQuery, path: str, viewer: Actor, names: Names) -> tuple[ChipLink, ...]:
    """Return the filters in force, one chip a value; an amount says its currency itself."""
    shown = [chip for chip in chips(query) if not (chip.filter is Filter.CURRENCY and query.amount is not None)]
    return tuple(
        ChipLink(str(FILTER_WORDS[chip.filter]), chip_words(chip, viewer, names), chip.without.url(path))
        for chip in shown
    )


def chip_words(chip: Chip, viewer: Actor, names: Names) -> str:
    """Return the value of a filter in words."""
    match chip.filter, chip.value:
        case Filter.DUE, DateRange() as days:
            return range_words(days, ahead=True)
        case _, DateRange() as days:
            return range_words(days)
        case _, AmountRange() as amount:
            return amount_words(amount)
        case _, bool() as said:
            return _("Yes") if said else _("No")
        case _, Status() as status:
            return short_status(status, viewer)
        case _, Reason() as reason:
            return reason_word(reason)
        case _, Outcome() as outcome:
            return outcome_word(outcome)
        case Filter.SEARCH, text:
            return f"“{text}”"
        case Filter.METHOD, kind:
            return method_word(str(kind))
        case Filter.PRODUCT, pid:
            return names.products.get(str(pid)) or str(pid)
        case Filter.ASSIGNEE, pid:
            return person_words(str(pid), names.people)
        case _, text:
            return str(text).upper()


def person_words(pid: str, people: Mapping[str, str | None]) -> str:
    """Return whom a case is given to."""
    if pid == ME:
        return _("Me")
    return _("Nobody") if pid == NOBODY else people.get(pid) or pid


def range_words(days: DateRange, *, ahead: bool = False) -> str:
    """Return a range of days: `Last 30 days`, `1 Nov – 20 Nov`, `from 1 Nov`."""
    if days.preset is not None:
        return str((PRESETS_AHEAD if ahead else PRESETS)[days.preset])
    match days.start, days.end:
        case date() as start, date() as end:
            return day(start) if start == end else f"{day(start)} – {day(end)}"
        case date() as start, _:
            return _("from %(day)s", day=day(start))
        case _, date() as end:
            return _("until %(day)s", day=day(end))
        case _:
            return ""


def amount_words(amount: AmountRange) -> str:
    """Return the bounds of an amount: `$10.00 – $50.00`, `from $10.00`."""
    least, most = (
        None if bound is None else money(bound, amount.currency) for bound in (amount.least_minor, amount.most_minor)
    )
    if least and most:
        return least if least == most else f"{least} – {most}"
    return _("from %(amount)s", amount=least) if least else _("up to %(amount)s", amount=most)


def notice_words(notice: Notice) -> str:
    """Say what of an address was left out."""
    param = notice.param.partition("_")[0]  # `opened_from` is a field of `opened`
    words = next((words for one, words in FILTER_WORDS.items() if one.value == param), None)
    if words is None:
        return _("The address asks for “%(name)s”, which this table cannot do. It was left out.", name=notice.param)
    if param == "amount":
        return _("Amounts are compared in one currency. Choose it together with an amount such as 20.")
    return _("“%(filter)s” cannot be “%(value)s”. It was left out.", filter=str(words), value=notice.value)
