"""The filters above the merchant's table as controls of one form: what can be chosen, and what is. Pure.

The form's fields are those that `table_address` reads, so that it works without JavaScript.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from amends.cases.states import Actor, Outcome, Reason, Status
from amends.cases.table import Assignee, Named
from amends.cases.table_dates import DateRange, Preset
from amends.cases.table_filters import DEFAULT_SIZE, ME, NOBODY, Filter, Tab, TableQuery
from amends.cases.table_heads import FILTER_WORDS, PRESETS, PRESETS_AHEAD, person_words
from amends.cases.table_lines import short_status
from amends.cases.words import method_word, outcome_word, reason_word
from amends.kit.money import exponent, major_text
from amends.web.text import _

CUSTOM: Final = "custom"


class Choice(msgspec.Struct, frozen=True):
    """A value that can be chosen."""

    value: str
    label: str
    is_chosen: bool


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A filter with a list of values; `is_single`: one of them at most, the first being none."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    is_single: bool = False

    @property
    def n_chosen(self) -> int:
        """Return how many values are chosen."""
        return sum(choice.is_chosen and choice.value != "" for choice in self.choices)


class DateControl(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for a range of days."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    start: str
    end: str
    """Days as `2026-11-23`; empty: open, or the range is no custom one."""

    @property
    def n_chosen(self) -> int:
        """Return whether a range is chosen."""
        return sum(choice.is_chosen and choice.value != "" for choice in self.choices)


class AmountControl(msgspec.Struct, frozen=True, kw_only=True):
    """The filter for currency and amount."""

    label: str
    currencies: tuple[Choice, ...]
    least: str
    most: str
    n_chosen: int


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """All filters, as the form has them."""

    search: str
    hidden: tuple[tuple[str, str], ...]
    """Names and values of what the form keeps: tab, order, size, view."""
    opened: DateControl
    due: DateControl
    closed: DateControl
    status: Control
    reason: Control
    outcome: Control
    method: Control
    product: Control
    assignee: Control
    escalated: Control
    amount: AmountControl

    @property
    def n_more(self) -> int:
        """Return how many of the filters that seldom serve are in force."""
        return sum(one.n_chosen for one in (self.closed, self.outcome, self.method, self.escalated))


def controls(
    query: TableQuery,
    *,
    viewer: Actor,
    methods: Sequence[str],
    currencies: Sequence[str],
    products: Sequence[Named],
    assignees: Sequence[Assignee],
) -> Controls:
    """Return the filters with what can be chosen at this account."""
    return Controls(
        search=query.search,
        hidden=_hidden(query),
        opened=_days(Filter.OPENED, query.opened, PRESETS),
        due=_days(Filter.DUE, query.due, PRESETS_AHEAD),
        closed=_days(Filter.CLOSED, query.closed, PRESETS),
        status=_status(query, viewer),
        reason=_list(Filter.REASON, [(one, reason_word(one)) for one in Reason], query.reasons),
        outcome=_list(Filter.OUTCOME, [(one, outcome_word(one)) for one in Outcome], query.outcomes),
        method=_list(Filter.METHOD, [(one, method_word(one)) for one in _with(methods, query.methods)], query.methods),
        product=product_control(products, query.products),
        assignee=_assignee(query.assignee, assignees),
        escalated=_escalated(query.escalated),
        amount=_amount(query, currencies),
    )


def product_control(products: Iterable[Named], chosen: Sequence[str]) -> Control:
    """Return the filter of products; the chosen ones are among `products`."""
    return _list(Filter.PRODUCT, [(one.pid, one.title or one.pid) for one in products], chosen)


def _hidden(query: TableQuery) -> tuple[tuple[str, str], ...]:
    sort = "" if query.sort is None else ("-" if query.direction == "desc" else "") + query.sort
    said = (
        ("tab", "" if query.tab is Tab.ALL else query.tab.value),
        ("view", query.view or ""),
        ("sort", sort),
        ("size", "" if query.size == DEFAULT_SIZE else str(query.size)),
    )
    return tuple((name, value) for name, value in said if value)


def _list(name: Filter, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> Control:
    choices = tuple(Choice(str(value), label, value in chosen) for value, label in options)
    return Control(name=name.value, label=str(FILTER_WORDS[name]), choices=choices)


def _status(query: TableQuery, viewer: Actor) -> Control:
    return _list(Filter.STATUS, [(one, short_status(one, viewer)) for one in Status], query.statuses)


def _with(known: Sequence[str], chosen: Sequence[str]) -> Sequence[str]:
    return [*known, *(one for one in chosen if one not in known)]


def _assignee(chosen: str | None, assignees: Sequence[Assignee]) -> Control:
    people = {one.pid: one.name for one in assignees}
    options = [("", _("Anyone")), *((one, person_words(one, people)) for one in (ME, NOBODY, *people))]
    return Control(
        name=Filter.ASSIGNEE.value,
        label=str(FILTER_WORDS[Filter.ASSIGNEE]),
        choices=tuple(Choice(value, label, value == (chosen or "")) for value, label in options),
        is_single=True,
    )


def _escalated(chosen: bool | None) -> Control:
    now = {None: "", True: "yes", False: "no"}[chosen]
    options = (("", _("Either")), ("yes", _("Yes")), ("no", _("No")))
    return Control(
        name=Filter.ESCALATED.value,
        label=str(FILTER_WORDS[Filter.ESCALATED]),
        choices=tuple(Choice(value, label, value == now) for value, label in options),
        is_single=True,
    )


def _days(name: Filter, days: DateRange | None, presets: Any) -> DateControl:
    is_custom = days is not None and days.preset is None
    now = "" if days is None else days.preset or CUSTOM
    options = [("", _("Any time")), *((one, str(presets[one])) for one in Preset), (CUSTOM, _("Custom"))]
    start, end = (days.start, days.end) if days is not None and is_custom else (None, None)
    return DateControl(
        name=name.value,
        label=str(FILTER_WORDS[name]),
        choices=tuple(Choice(str(value), label, value == now) for value, label in options),
        start="" if start is None else start.isoformat(),
        end="" if end is None else end.isoformat(),
    )


def _amount(query: TableQuery, currencies: Sequence[str]) -> AmountControl:
    chosen = query.currency
    bounds = [
        "" if bound is None or chosen is None else major_text(bound, exponent(chosen))
        for bound in (query.amount_from, query.amount_to)
    ]
    known = _with([one.lower() for one in currencies], [chosen] if chosen else [])
    return AmountControl(
        label=str(FILTER_WORDS[Filter.AMOUNT]),
        currencies=(
            Choice("", _("Any currency"), chosen is None),
            *(Choice(one, one.upper(), one == chosen) for one in known),
        ),
        least=bounds[0],
        most=bounds[1],
        n_chosen=0 if chosen is None else 1,
    )
