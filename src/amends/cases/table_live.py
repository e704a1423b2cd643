"""Cases of the table by their ids: as they are now, and which of them belong into what a table shows.

For rows that have changed under a reader's eyes, and for naming the cases that are acted on together.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from amends.cases.bulk import own_row_id
from amends.cases.table import Column, TableRow
from amends.cases.table_filters import SIZES, Tab, TableQuery
from amends.cases.table_page import Count, count_tabs, rows_of, search_table
from amends.cases.table_rows import table_row
from amends.cases.table_values import Asked, TablePlace
from amends.db.pool import Connection, Pool

MOST: Final = max(SIZES)


class LiveRows(msgspec.Struct, frozen=True, kw_only=True):
    """Cases as they are now."""

    rows: tuple[TableRow, ...]
    """Whatever the table's filters."""
    matching: frozenset[str]
    """The public ids of those that the table's filters let through."""
    counts: dict[Tab, Count]
    """How many cases each tab has under the filters."""


async def load_rows(
    pool: Pool | Connection,
    place: TablePlace,
    pids: Sequence[str],
    *,
    columns: Collection[Column],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[TableRow, ...]:
    """Read up to MOST cases by their public ids, in no order; those that are not of the account are passed over."""
    found = [row_id for pid in pids[:MOST] if (row_id := own_row_id(place, pid)) is not None]
    return await _among(pool, Asked(place, TableQuery(size=MOST), found, zone, now), columns)


async def load_live(
    pool: Pool | Connection,
    place: TablePlace,
    query: TableQuery,
    pids: Sequence[str],
    *,
    columns: Collection[Column],
    zone: ZoneInfo,
    now: datetime,
) -> LiveRows:
    """Read cases by their public ids, and what `query` makes of them."""
    rows = await load_rows(pool, place, pids, columns=columns, zone=zone, now=now)
    searched = await search_table(pool, place, query)
    found = None if searched is None else searched.case_ids
    ids = [row_id for row in rows if (row_id := own_row_id(place, row.pid)) is not None]
    sought = ids if found is None else [row_id for row_id in ids if row_id in set[UUID](found)]
    asked = Asked(place, query.changed(size=MOST), sought, zone, now)
    return LiveRows(
        rows=rows,
        matching=frozenset(row.pid for row in await _among(pool, asked, ())),
        counts=await count_tabs(pool, asked._replace(found=found)),
    )


async def _among(pool: Pool | Connection, asked: Asked, columns: Collection[Column]) -> tuple[TableRow, ...]:
    rows, _more = await rows_of(pool, asked, columns, after=None, before=None)
    view = asked.place.view
    return tuple(table_row(row, view) for row in rows)
