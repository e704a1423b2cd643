"""One page of a merchant's table for a viewer: what a search finds, the rows, the tabs' counts, what filters offer.

At most three statements a page, and two more for what the filters offer.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from amends.access.permissions import Permission
from amends.cases.filters import CLOSED_STAGES, OPEN_STAGES, REASONS
from amends.cases.queries_summary import counts_of_accounts
from amends.cases.queries_table import fetch_table
from amends.cases.queries_table_counts import Counted, count_stages
from amends.cases.queries_table_filters import Source
from amends.cases.queries_table_search import (
    Found,
    choices_of,
    colleagues,
    products_like,
    search_cases,
)
from amends.cases.states import Actor
from amends.cases.table import Assignee, Column, Named, TableRow
from amends.cases.table_filters import STAGES_OF_TAB, Notice, Sort, Tab, TableQuery
from amends.cases.table_rows import table_row
from amends.cases.table_values import (
    Asked,
    Key,
    TablePlace,
    count_source_of,
    filter_values,
    naming,
    newest_first,
    page_ranges,
    product_ids,
    runs_of,
    shown_stages,
    sought_in,
    source_of,
)
from amends.db.pool import Connection, Pool
from amends.kit.errors import InvalidRequest
from amends.kit.pages import Cursors
from amends.kit.signing import Signer

FIRST_PRODUCTS: Final = 20
_KEY_TYPES: Final[dict[Sort, Any]] = {
    Sort.OPENED: tuple[datetime, UUID],
    Sort.DUE: tuple[datetime | None, datetime, UUID],
    Sort.LAST_ACTIVITY: tuple[datetime, UUID],
    Sort.AMOUNT: tuple[int, UUID],
}


class Count(msgspec.Struct, frozen=True):
    """How many cases a tab has."""

    n: int
    is_capped: bool
    """There may be more: so many were counted, and then it was enough."""


class TablePageData(msgspec.Struct, frozen=True, kw_only=True):
    """What the table's page shows."""

    rows: tuple[TableRow, ...]
    counts: dict[Tab, Count]
    next: TableQuery | None
    """The page after this one; None: this is the last."""
    previous: TableQuery | None
    notices: tuple[Notice, ...]
    """What of the address was left out."""
    is_search_capped: bool
    """The search found more than is looked at; more letters would help."""


class TableOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the filters can be chosen from."""

    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    products: tuple[Named, ...]
    """The first ones by title."""
    chosen_products: tuple[Named, ...]
    assignees: tuple[Assignee, ...]


async def load_table(
    pool: Pool | Connection,
    place: TablePlace,
    query: TableQuery,
    *,
    columns: Collection[Column],
    zone: ZoneInfo,
    now: datetime,
    signer: Signer,
) -> TablePageData:
    """Read one page of an account's table. `zone` is where the viewer's days begin."""
    found = await search_table(pool, place, query)
    cursors = table_cursors(signer, place.account_id, *query.order)
    query, after, before = _cursors_of(query, cursors)
    asked = Asked(place, query, None if found is None else found.case_ids, zone, now)
    rows, more = await rows_of(pool, asked, columns, after=after, before=before)
    if before is not None and not more:  # the start of the list: show its first page, and that whole
        query, after, before = query.changed(), None, None
        rows, more = await rows_of(pool, asked, columns, after=None, before=None)
    forwards = before is None
    plain = query.changed()
    ends = [cursors.write(_key(row, query.order[0])) for row in (rows[0], rows[-1])] if rows else []
    goes_on, goes_back = (more, after is not None) if forwards else (True, more)
    following = msgspec.structs.replace(plain, after=ends[1]) if ends and goes_on else None
    preceding = msgspec.structs.replace(plain, before=ends[0]) if ends else plain
    view = place.view
    return TablePageData(
        rows=tuple(table_row(row, view) for row in rows),
        counts=await count_tabs(pool, asked),
        next=following,
        previous=preceding if goes_back else None,
        notices=query.notices,
        is_search_capped=found is not None and found.is_capped,
    )


async def search_table(pool: Pool | Connection, place: TablePlace, query: TableQuery) -> Found | None:
    """Return the cases that the search box finds; None: nothing is searched for."""
    if not query.search:
        return None
    sought = sought_in(place.account_id, query.search)
    if Permission.MEMBER_EMAIL_READ not in place.scope.permissions:
        sought = sought._replace(email=None)
    return await search_cases(pool, place.account_id, sought)


async def load_options(pool: Pool | Connection, place: TablePlace, query: TableQuery) -> TableOptions:
    """Read what the filters of a table can be chosen from."""
    choices = await choices_of(pool, place.account_id, product_ids(place, query), FIRST_PRODUCTS)
    team = await colleagues(pool, place.account_id if place.side is Actor.MERCHANT else None)
    return TableOptions(
        methods=choices.methods,
        currencies=choices.currencies,
        products=choices.products,
        chosen_products=choices.chosen,
        assignees=team,
    )


async def find_products(
    pool: Pool | Connection, place: TablePlace, text: str, *, limit: int = FIRST_PRODUCTS
) -> tuple[Named, ...]:
    """Return products whose title holds a text."""
    return await products_like(pool, place.account_id, text, limit)


def table_cursors(signer: Signer, account_id: int, sort: Sort, direction: str) -> Cursors:
    """Return the cursors of an account's table in one order."""
    return Cursors(signer, f"table:{account_id}:{sort}:{direction}", _KEY_TYPES[sort])


def _cursors_of(query: TableQuery, cursors: Cursors) -> tuple[TableQuery, Key | None, Key | None]:
    """Return the keys in a query's cursors; one that is none is left out with a notice."""
    keys: list[Key | None] = []
    for param in ("after", "before"):
        cursor: str | None = getattr(query, param)
        try:
            keys.append(None if cursor is None else cursors.read(cursor, param))
        except InvalidRequest:
            notices = (*query.notices, Notice(param, ""))
            query = msgspec.structs.replace(query.changed(), notices=notices)
            keys.append(None)
    return query, keys[0], keys[1]


async def rows_of(
    pool: Pool | Connection, asked: Asked, columns: Collection[Column], *, after: Key | None, before: Key | None
) -> tuple[list[asyncpg.Record], bool]:
    """Return a page's rows in the list's order, and whether there are more past the end from which it was not cut."""
    query, place = asked.query, asked.place
    stages = shown_stages(query)
    if not stages or asked.found == []:
        return [], False
    source = source_of(place, query, stages=stages, is_search=asked.found is not None)
    values, view = filter_values(asked, stages), place.view
    parameters = [
        asked.now, view.with_email, view.side.value, view.user_id, place.account_id, query.size + 1,
        Column.CUSTOMER_CASES in columns, Column.CUSTOMER_SPEND in columns,
        *values.values(), *page_ranges(query, values, after=after, before=before),
    ]  # fmt: skip
    sort, direction = query.order
    if source is Source.STAGES and sort in (Sort.OPENED, Sort.DUE):
        ended = stages if sort is Sort.OPENED else [stage for stage in stages if stage in CLOSED_STAGES]
        parameters += runs_of(query, ended)
    rows = await fetch_table(pool, (source, sort, direction, before is not None), *parameters)
    shown = rows[: query.size]
    return (shown[::-1] if before is not None else shown), len(rows) > query.size


async def count_tabs(pool: Pool | Connection, asked: Asked) -> dict[Tab, Count]:
    """Count what each tab has under the filters."""
    place, query, found = asked.place, asked.query, asked.found
    stages = shown_stages(query, of_tab=False)
    if found == [] or not stages:
        return dict.fromkeys(Tab, Count(0, is_capped=False))
    if found is None and _counters_know(place, query):
        counted = await _from_counters(pool, asked, stages)
        return {tab: Count(sum(counted[stage] for stage in STAGES_OF_TAB[tab]), is_capped=False) for tab in Tab}
    source = count_source_of(place, query, stages=stages, is_search=found is not None)
    parameters = [place.account_id, place.side.value, *filter_values(asked, stages).values()]
    if source is Source.STAGES:
        parameters += runs_of(query, [stage for stage in stages if stage in CLOSED_STAGES])
    counts = await count_stages(pool, source, *parameters)
    return {tab: _of_tab(tab, counts) for tab in Tab}


def _of_tab(tab: Tab, counts: dict[str, Counted]) -> Count:
    parts = [counts[stage] for stage in OPEN_STAGES if stage in STAGES_OF_TAB[tab]]
    parts += [counts["closed"]] if CLOSED_STAGES[0] in STAGES_OF_TAB[tab] else []
    return Count(sum(part.n for part in parts), any(part.is_capped for part in parts))


def _counters_know(place: TablePlace, query: TableQuery) -> bool:
    """Tell whether the filters are only statuses, reasons and outcomes."""
    days = (query.opened, query.due, query.closed)
    nobodys = query.assignee is None and query.escalated is None
    return nobodys and naming(place, newest_first(query)) is None and days == (None, None, None)


async def _from_counters(pool: Pool | Connection, asked: Asked, stages: Sequence[str]) -> Counter[str]:
    wanted = asked.query.reasons or REASONS
    counted: Counter[str] = Counter()
    for (stage, reason), n in (await counts_of_accounts(pool, [asked.place.account_id])).items():
        if stage in stages and reason in wanted:
            counted[stage] += n
    return counted


def _key(row: asyncpg.Record, sort: Sort) -> Key:
    match sort:
        case Sort.OPENED:
            return row["created_at"], row["id"]
        case Sort.DUE:
            return row["response_due_at"], row["created_at"], row["id"]
        case Sort.LAST_ACTIVITY:
            return row["updated_at"], row["id"]
        case Sort.AMOUNT:
            return row["amount_minor"], row["id"]
