"""Keyset lists: the statements of a list, built once at import, and how a page of it is read.

A list has an order whose key is unique; its statements take the list's own parameters, then a low and a high key
(exclusive), then the limit. No statement counts or skips. Pages and cursors themselves: `amends.kit.pages`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.kit.pages import Cursors, PageInfo, PageRequest, cut

_MIN_ID, _MAX_ID = UUID(int=0), UUID(int=2**128 - 1)
_MIN_TIME, _MAX_TIME = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)

Key = tuple[Any, ...]


class Order(NamedTuple):
    """By what a list is sorted: columns with their types in SQL, keys below and above all others, which way."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    lowest: Key
    highest: Key
    key_type: Any
    descending: bool = True


def by_number(column: str, *, descending: bool = True) -> Order:
    """Return the order by a positive whole number."""
    return Order((column,), ("bigint",), (0,), (2**63 - 1,), tuple[int], descending)


def by_time(column: str, *, descending: bool = True) -> Order:
    """Return the order by a time, and the uuid within one millisecond."""
    lowest, highest = (_MIN_TIME, _MIN_ID), (_MAX_TIME, _MAX_ID)
    return Order((column, "id"), ("timestamptz", "uuid"), lowest, highest, tuple[datetime, UUID], descending)


BY_ID: Final = Order(("id",), ("uuid",), (_MIN_ID,), (_MAX_ID,), tuple[UUID])
"""Newest first: a uuid begins with the time it was made."""


def statements(columns: str, table: str, where: str, order: Order, at: int) -> dict[str, str]:
    """Build a list's statements; `at` is the number of the low key's first parameter."""
    width = len(order.columns)
    place = ", ".join(order.columns)
    low, high = (", ".join(f"${n}::{kind}" for n, kind in enumerate(order.types, start)) for start in (at, at + width))
    part = f"from {table}\nwhere {where}"
    rows = f"select {columns}\n{part}\n    and ({place}) > ({low})\n    and ({place}) < ({high})\norder by "
    upwards, downwards = place, ", ".join(f"{column} desc" for column in order.columns)
    first, last = (downwards, upwards) if order.descending else (upwards, downwards)
    above, below = (f"select 1\n{part}\n    and ({place}) {sign} ({key})" for sign, key in ((">", high), ("<", low)))
    return {
        "first": f"{rows}{first}\nlimit ${at + 2 * width}\n",
        "last": f"{rows}{last}\nlimit ${at + 2 * width}\n",
        "beyond": f"select exists (\n{above}\n) as is_above, exists (\n{below}\n) as is_below\n",
    }


class Listing(NamedTuple):
    """A list: its name in cursors, its order and its statements."""

    name: str
    order: Order
    sqls: Mapping[str, str]

    def key(self, row: Record) -> Key:
        """Return a row's place."""
        return tuple(row[column] for column in self.order.columns)


async def read_rows(
    connection: Connection | Pool, listing: Listing, page: PageRequest, *parameters: Any
) -> list[Record]:
    """Return up to `page.limit` rows from the asked end, in the order they were read."""
    order = listing.order
    low, high = _bounds(order, page)
    return await connection.fetch(
        listing.sqls["last" if page.from_end else "first"],
        *parameters,
        *(low or order.lowest),
        *(high or order.highest),
        page.limit,
    )


def _bounds(order: Order, page: PageRequest) -> tuple[Key | None, Key | None]:
    """Return the keys above and below which rows are wanted."""
    return (page.before, page.after) if order.descending else (page.after, page.before)


async def read_page(
    connection: Connection | Pool, listing: Listing, page: PageRequest, cursors: Cursors, *parameters: Any
) -> tuple[list[Record], PageInfo]:
    """Return a page of a list with its ends; `parameters` are the list's own."""
    rows, _ = cut(page, await read_rows(connection, listing, page, *parameters))
    lowest, highest = _ends(listing, rows, *_bounds(listing.order, page))
    found = await connection.fetchrow(listing.sqls["beyond"], *parameters, *lowest, *highest)
    above, below = (found["is_above"], found["is_below"]) if found else (False, False)
    start, end = (above, below) if listing.order.descending else (below, above)
    return rows, cursors.page_info(rows, listing.key, beyond_start=start, beyond_end=end)


def _ends(listing: Listing, rows: Sequence[Record], low: Key | None, high: Key | None) -> tuple[Key, Key]:
    """Return beyond which keys other rows lie: of an empty page, those at its cursors and beyond."""
    if rows:
        ends = listing.key(rows[0]), listing.key(rows[-1])
        return (ends[1], ends[0]) if listing.order.descending else ends
    below = _moved(low, 1) if low else listing.order.lowest
    above = _moved(high, -1) if high else listing.order.highest
    return below, above


def _moved(key: Key, by: int) -> Key:
    """Return the key just above or below another."""
    last = key[-1]
    moved = UUID(int=min(max(last.int + by, 0), _MAX_ID.int)) if isinstance(last, UUID) else last + by
    return (*key[:-1], moved)
