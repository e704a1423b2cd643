"""From what the table of cases shows to what is asked for: its filters, its columns. Pure.

Days become instants in the reader's time zone now, and stay so when the export is retried. The rows are those of the
table, all of them: a search is not cut off where the table cuts it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from amends.cases.filters import CLOSED_STAGES
from amends.cases.states import Status
from amends.cases.table import Column
from amends.cases.table_dates import DateRange
from amends.cases.table_filters import ME, TableQuery
from amends.cases.table_values import TablePlace, shown_stages
from amends.exports.words import OF_TABLE
from amends.kit.clock import iso
from amends.kit.money import exponent, major_text

_MS: Final = timedelta(milliseconds=1)


def filters_of(query: TableQuery, place: TablePlace, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return the filters of an export of the rows that a table shows."""
    given: dict[str, Any] = {
        **_stages(query),
        "reason": [reason.value for reason in query.reasons],
        "product_id": list(query.products),
        "payment_method": list(query.methods),
        "assignee_id": place.scope.principal.id if query.assignee == ME else query.assignee,
        "escalated": query.escalated,
        "currency": query.currency,
        **_amounts(query),
        "search": query.search or None,
        **_days("created", query.opened, zone, now),
        **_days("due", query.due, zone, now, ahead=True),
        **_days("closed", query.closed, zone, now),
    }
    return {name: value for name, value in given.items() if value not in (None, [])}


def _stages(query: TableQuery) -> dict[str, list[str]]:
    """Return the statuses and outcomes of a table; an impossible pair of them where no case can match."""
    stages = shown_stages(query)
    if not stages:
        return {"status": [Status.AWAITING_MERCHANT.value], "outcome": [CLOSED_STAGES[0]]}
    statuses = [status.value for status in Status if status in stages or (status is Status.CLOSED and _ended(stages))]
    some_outcomes = set(_ended(stages)) not in (set(), set(CLOSED_STAGES))
    return {
        **({} if len(statuses) == len(Status) else {"status": statuses}),
        **({"outcome": _ended(stages)} if some_outcomes else {}),
    }


def _ended(stages: Iterable[str]) -> list[str]:
    return [stage for stage in stages if stage in CLOSED_STAGES]


def _amounts(query: TableQuery) -> dict[str, str | None]:
    if query.currency is None:
        return {}
    places = exponent(query.currency)
    return {
        name: None if minor is None else major_text(minor, places)
        for name, minor in (("amount_min", query.amount_from), ("amount_max", query.amount_to))
    }


def _days(
    name: str, days: DateRange | None, zone: ZoneInfo, now: datetime, *, ahead: bool = False
) -> dict[str, str | None]:
    """Return a range of days as the times that exclude their bounds; times are whole milliseconds."""
    if days is None:
        return {}
    first, end = days.instants(zone, now, ahead=ahead)
    return {
        f"{name}_after": None if first is None else iso(first - _MS),
        f"{name}_before": None if end is None else iso(end),
    }


def columns_of(shown: Iterable[Column]) -> list[str]:
    """Return the columns of an export of the columns that a table shows, in its order, each once."""
    return list(dict.fromkeys(key for column in shown for key in OF_TABLE[column]))
