"""From what a table shows to the parameters of its statements: filters, the keys of a page, and which source to read.

Pure: words and days of a `TableQuery` become values and instants, for one viewer in one time zone. What is open is
read by its stage, of which there is little however old the account; else by the filter likely to name fewest.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from amends.access.scopes import MerchantScope, PlatformScope
from amends.cases.acting import actor_of
from amends.cases.filters import CLOSED_STAGES, OPEN_STAGES, REASONS, STAGES, Direction
from amends.cases.listing import view_in
from amends.cases.queries_case import View
from amends.cases.queries_list import FIRST_ID, FIRST_TIME, LAST_ID, LAST_TIME
from amends.cases.queries_table_filters import NAMES, Source
from amends.cases.queries_table_search import Sought
from amends.cases.states import Actor
from amends.cases.table_filters import ME, NOBODY, Sort, TableQuery
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.money import MAX_MINOR

Runs = tuple[list[str], list[str]]
Key = tuple[Any, ...]
_SEPARATORS: Final = re.compile(r"[\s,;()\"-]+")
_SHORTEST_PREFIX: Final = 2


class TablePlace(NamedTuple):
    """Who looks at which account's table."""

    scope: MerchantScope | PlatformScope
    account_id: int

    @property
    def view(self) -> View:
        """Return how the viewer sees cases; one of their own they see as its customer."""
        return view_in(self.scope, self.scope.user_id)

    @property
    def side(self) -> Actor:
        """Return the viewer's side."""
        return actor_of(self.scope)


def shown_stages(query: TableQuery, *, of_tab: bool = True) -> tuple[str, ...]:
    """Return the stages that can pass: what is due is open, what was closed is closed."""
    stages = query.stages if of_tab else query.stages_of_filters
    if query.due is not None:
        stages = tuple(stage for stage in stages if stage in OPEN_STAGES)
    if query.closed is not None:
        stages = tuple(stage for stage in stages if stage in CLOSED_STAGES)
    return stages


class Asked(NamedTuple):
    """Everything that the statements of a table are asked with."""

    place: TablePlace
    query: TableQuery
    found: list[UUID] | None
    """What the search box found; None: nothing is searched for."""
    zone: ZoneInfo
    """Where the viewer's days begin."""
    now: datetime


def filter_values(asked: Asked, stages: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the filters by their names, in order, among some stages."""
    place, query, found, zone, now = asked
    open_ended = (None, None)
    opened = query.opened.instants(zone, now) if query.opened else open_ended
    due = query.due.instants(zone, now, ahead=True) if query.due else open_ended
    closed = query.closed.instants(zone, now) if query.closed else open_ended
    values = {
        "stages": list(stages),
        "reasons": list(query.reasons) or None,
        "opened_from": opened[0],
        "opened_to": opened[1],
        "due_from": due[0],
        "due_to": due[1],
        "closed_from": closed[0],
        "closed_to": closed[1],
        "methods": list(query.methods) or None,
        "products": product_ids(place, query) if query.products else None,
        "assignee": _assignee(place, query.assignee),
        "currency": query.currency,
        "amount_from": query.amount_from,
        "amount_to": query.amount_to,
        "escalated": query.escalated,
        "found": found,
    }
    return {name: values[name] for name in NAMES}


def product_ids(place: TablePlace, query: TableQuery) -> list[UUID]:
    """Return the rows of the chosen products that are the account's."""
    parsed = (parse_public_id(Prefix.PRODUCT, pid) for pid in query.products)
    return [one.row_id for one in parsed if one.account == place.account_id]


def _assignee(place: TablePlace, chosen: str | None) -> str | None:
    if chosen == ME:
        return place.scope.principal.id
    return "" if chosen == NOBODY else chosen


def runs_of(query: TableQuery, stages: Sequence[str]) -> Runs:
    """Return the runs of the stage index to merge, as two lists of equal length: stages and reasons."""
    pairs = [(stage, reason) for stage in stages for reason in query.reasons or REASONS]
    return [stage for stage, _ in pairs], [str(reason) for _, reason in pairs]


_ORDERED: Final = (Source.ASSIGNEE, Source.ESCALATED, Source.PRODUCTS, Source.METHODS)


def naming(place: TablePlace, query: TableQuery) -> Source | None:
    """Return the filter that is likely to name fewest cases, other than what the order's index has by itself."""
    sort, _ = query.order
    asked = (
        (Source.ASSIGNEE, query.assignee not in (None, NOBODY) and place.side is Actor.MERCHANT),
        (Source.ESCALATED, bool(query.escalated)),
        (Source.AMOUNT, query.amount is not None and sort is not Sort.AMOUNT),
        (Source.CLOSED, query.closed is not None),
        (Source.PRODUCTS, bool(query.products)),
        (Source.METHODS, bool(query.methods)),
        (Source.REASONS, bool(query.reasons) and sort is not Sort.OPENED),
        (Source.OPENED, query.opened is not None and sort is not Sort.OPENED),
        (Source.AMOUNT, query.currency is not None and sort is not Sort.AMOUNT),
    )
    return next((source for source, is_asked in asked if is_asked), None)


def newest_first(query: TableQuery) -> TableQuery:
    """Return the query in the order that has no index of its own filters but the stages'."""
    return query.changed(sort=Sort.OPENED, direction=Direction.DESC)


def source_of(place: TablePlace, query: TableQuery, *, stages: Sequence[str], is_search: bool) -> Source:
    """Return where a page is read from."""
    sort, _ = query.order
    if is_search:
        return Source.FOUND
    if all(stage in OPEN_STAGES for stage in stages):
        return Source.OPEN if sort is Sort.AMOUNT else Source.STAGES
    named = naming(place, query)
    if named is not None:
        return named if sort is Sort.OPENED and named in _ORDERED else Source(f"few_{named}")
    if sort is Sort.AMOUNT:
        return Source.ACCOUNT
    is_narrow = bool(query.reasons) or tuple(stages) != STAGES
    return Source.STAGES if is_narrow or sort is Sort.LAST_ACTIVITY else Source.ACCOUNT


def count_source_of(place: TablePlace, query: TableQuery, *, stages: Sequence[str], is_search: bool) -> Source:
    """Return where the closed cases are counted."""
    if is_search:
        return Source.FOUND
    named = naming(place, newest_first(query))
    if named is not None:
        return named
    return Source.STAGES if query.reasons or tuple(stages) != STAGES else Source.ACCOUNT


class _Range(NamedTuple):
    low: Key
    high: Key


_TIMES: Final = _Range((FIRST_TIME, FIRST_ID), (LAST_TIME, LAST_ID))


def page_ranges(query: TableQuery, values: Mapping[str, Any], *, after: Key | None, before: Key | None) -> list[Any]:
    """Return the parameters of a page's ranges; `values` are those of the filters."""
    sort, direction = query.order
    opened = _period(values["opened_from"], min(values["opened_to"] or LAST_TIME, values["closed_to"] or LAST_TIME))
    if sort is Sort.DUE:
        due = None if query.due is None else _period(values["due_from"], values["due_to"])
        return _due_ranges(direction, after, before, opened=opened, due=due)
    # Nothing is closed before it was opened, and closing is an activity.
    active = _period(max(values["opened_from"] or FIRST_TIME, values["closed_from"] or FIRST_TIME), None)
    amounts = _Range((values["amount_from"] or 0, FIRST_ID), (_most(values["amount_to"]), LAST_ID))
    outer = {Sort.AMOUNT: amounts, Sort.OPENED: opened}.get(sort, active)
    return _flat(_within(outer, after, before, direction))


def _most(amount_minor: int | None) -> int:
    return MAX_MINOR if amount_minor is None else amount_minor


def _period(first: datetime | None, end: datetime | None) -> _Range:
    """Return the keys of a half-open period."""
    return _Range((first or FIRST_TIME, FIRST_ID), (end or LAST_TIME, FIRST_ID))


def _within(outer: _Range, after: Key | None, before: Key | None, direction: Direction) -> _Range:
    first, last = (after, before) if direction is Direction.ASC else (before, after)
    return _Range(max(outer.low, first or outer.low), min(outer.high, last or outer.high))


def _due_ranges(
    direction: Direction, after: Key | None, before: Key | None, *, opened: _Range, due: _Range | None
) -> list[Any]:
    """Return the ranges of the cases with a due time and of those without, which come last, newest first.

    An edge among one kind takes in, or leaves out, the other as a whole.
    """
    nothing = _Range(_TIMES.high, _TIMES.low)
    with_due = _within(due or _TIMES, _with_due(after), _with_due(before), direction)
    without = _within(opened, _without_due(after), _without_due(before), Direction.DESC)
    if after is not None and after[0] is None:
        with_due = nothing
    if due is not None or (before is not None and before[0] is not None):
        without = nothing
    return _flat(with_due, without)


def _with_due(key: Key | None) -> Key | None:
    return None if key is None or key[0] is None else (key[0], key[2])


def _without_due(key: Key | None) -> Key | None:
    return None if key is None or key[0] is not None else key[1:]


def _flat(*ranges: _Range) -> list[Any]:
    return [value for one in ranges for edge in one for value in edge]


def sought_in(account_id: int, text: str) -> Sought:
    """Return what a search may mean: ids, also when they were pasted with spaces, else beginnings of words."""
    joined = "".join(text.split())
    case_id = _row_id(Prefix.CASE, joined, account_id)
    payment_id = _row_id(Prefix.PAYMENT, joined, account_id)
    if case_id or payment_id:
        return Sought(None, None, case_id, payment_id, None)
    return Sought(
        words=_words(account_id, text),
        email=text.lstrip("@") if " " not in text and len(text) >= _SHORTEST_PREFIX else None,
        case_id=None,
        payment_id=None,
        payment_external_id=text,
    )


def _words(account_id: int, text: str) -> str | None:
    """Return the words as a text-search query: each is the beginning of one; a letter all alone is a whole one."""
    words = [word for part in _SEPARATORS.split(text) if (word := part.lstrip("@"))]
    ending = ":*" if any(len(word) > 1 for word in words) else ""
    escaped = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return " & ".join(f"'{account_id}:{word}'{ending}" for word in escaped) or None


def _row_id(prefix: Prefix, text: str, account_id: int) -> UUID | None:
    try:
        parsed = parse_public_id(prefix, text)
    except MalformedId:
        return None
    return parsed.row_id if parsed.account == account_id else None
