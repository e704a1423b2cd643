"""The case before and after one in the table that somebody comes from: looked up when they go there, not before.

A case that was answered has left its tab or has another due time: then the first of the list is the next to work on.
"""

from zoneinfo import ZoneInfo

import msgspec

from amends.cases.page_rows import CaseOutline
from amends.cases.table_filters import Sort, TableQuery
from amends.cases.table_page import rows_of, search_table
from amends.cases.table_values import Asked, Key, TablePlace, shown_stages
from amends.db.pool import Pool
from amends.kit.clock import Clock


async def neighbour_of(
    pool: Pool, clock: Clock, place: TablePlace, case: CaseOutline, query: TableQuery, *, zone: ZoneInfo, forwards: bool
) -> str | None:
    """Return the public id of the case that comes after, or before, another in a table; None: there is none."""
    found = await search_table(pool, place, query)
    one = msgspec.structs.replace(query, size=1, after=None, before=None)
    asked = Asked(place, one, None if found is None else found.case_ids, zone, clock.now())
    if (case.outcome or case.status) not in shown_stages(query):
        rows, _ = await rows_of(pool, asked, (), after=None, before=None) if forwards else ([], False)
        return rows[0]["pid"] if rows else None
    key = _key(case, query.order[0])
    rows, _ = await rows_of(pool, asked, (), after=key if forwards else None, before=None if forwards else key)
    return rows[0]["pid"] if rows else None


def _key(case: CaseOutline, sort: Sort) -> Key:
    match sort:
        case Sort.OPENED:
            return case.created_at, case.id
        case Sort.DUE:
            return case.response_due_at, case.created_at, case.id
        case Sort.LAST_ACTIVITY:
            return case.updated_at, case.id
        case Sort.AMOUNT:
            return case.amount_minor, case.id
