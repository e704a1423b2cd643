"""The views of the merchant's table that a person has kept at an account: name, address, columns."""

from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from amends.cases.acting import owner_of
from amends.cases.table_values import TablePlace
from amends.db.pool import Connection, Pool

MOST_VIEWS: Final = 50
"""Per person and account."""

VIEWS_SQL: Final = f"""
select v.pid, v.name, v.query, v.columns, v.created_at
from saved_views v
where v.account_id = $1
  and v.owner = $2
order by v.name_key
limit {2 * MOST_VIEWS}
"""  # noqa: S608 (constant number)
COUNT_VIEWS_SQL: Final = """
select count(*)
from saved_views v
where v.account_id = $1
  and v.owner = $2
"""


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A named view."""

    pid: str
    name: str
    query: str
    """As the table's address has it, without cursors."""
    columns: tuple[str, ...]
    """In their order; empty: the person's own."""
    created_at: datetime


def saved_view(row: asyncpg.Record) -> SavedView:
    """Read a row."""
    return SavedView(
        pid=row["pid"],
        name=row["name"],
        query=row["query"],
        columns=tuple(row["columns"]),
        created_at=row["created_at"],
    )


async def saved_views(connection: Connection | Pool, place: TablePlace) -> list[SavedView]:
    """Return the viewer's own views, by name."""
    return [saved_view(row) for row in await connection.fetch(VIEWS_SQL, place.account_id, owner_of(place.scope))]


async def count_views(connection: Connection, place: TablePlace) -> int:
    """Return how many views the viewer has."""
    return await connection.fetchval(COUNT_VIEWS_SQL, place.account_id, owner_of(place.scope))
