"""Keeping, changing and dropping the views of the merchant's table. A view is its owner's alone.

What is kept is the canonical address without cursors, so that a view never holds anything that a page does not know.
Names are unique for a person at an account, whatever their case.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg

from amends.cases.acting import owner_of
from amends.cases.queries_views import MOST_VIEWS, SavedView, count_views, saved_view
from amends.cases.table import Column
from amends.cases.table_address import parse_query
from amends.cases.table_dates import word_of
from amends.cases.table_values import TablePlace
from amends.db.pool import Connection
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id, public_id, uuid7

LONGEST_NAME: Final = 80
LONGEST_QUERY: Final = 4_000

ADD_VIEW_SQL: Final = """
insert into saved_views (account_id, id, pid, owner, name, name_key, query, columns, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict do nothing
returning pid, name, query, columns, created_at
"""
CHANGE_VIEW_SQL: Final = """
update saved_views
set name = coalesce($4::text, name),
    name_key = coalesce($5::text, name_key),
    query = coalesce($6::text, query),
    columns = coalesce($7::text[], columns),
    updated_at = $8
where account_id = $1
  and id = $2
  and owner = $3
returning pid, name, query, columns, created_at
"""
DROP_VIEW_SQL: Final = """
delete from saved_views
where account_id = $1
  and id = $2
  and owner = $3
returning pid
"""


async def save_view(
    connection: Connection, place: TablePlace, *, name: str, query: str, columns: Sequence[str] = (), now: datetime
) -> SavedView:
    """Keep a view.

    Raises:
        Unprocessable: `view_name_invalid`, `view_name_taken`, `too_many_views`.
    """
    if await count_views(connection, place) >= MOST_VIEWS:
        raise Unprocessable(
            "too_many_views", f"You have {MOST_VIEWS} saved views here, which is the most. Delete one first."
        )
    kept, view_id = _name(name), uuid7(now)
    pid = public_id(Prefix.SAVED_VIEW, view_id, place.account_id)
    row = await connection.fetchrow(
        ADD_VIEW_SQL, place.account_id, view_id, pid, owner_of(place.scope), kept, _key(kept), _query(query),
        _columns(columns), now,
    )  # fmt: skip
    if row is None:
        raise _taken(kept)
    return saved_view(row)


async def change_view(
    connection: Connection,
    place: TablePlace,
    pid: str,
    *,
    name: str | None = None,
    query: str | None = None,
    columns: Sequence[str] | None = None,
    now: datetime,
) -> SavedView:
    """Change what is given of a view of one's own.

    Raises:
        NotFound: no such view, or somebody else's. Unprocessable: as in `save_view`.
    """
    kept = None if name is None else _name(name)
    changes: tuple[Any, ...] = (
        kept,
        None if kept is None else _key(kept),
        None if query is None else _query(query),
        None if columns is None else _columns(columns),
    )
    try:
        row = await connection.fetchrow(CHANGE_VIEW_SQL, *_which(place, pid), *changes, now)
    except asyncpg.UniqueViolationError as error:
        raise _taken(kept or "") from error
    if row is None:
        raise NotFound
    return saved_view(row)


async def drop_view(connection: Connection, place: TablePlace, pid: str) -> None:
    """Delete a view of one's own.

    Raises:
        NotFound: no such view, or somebody else's.
    """
    if await connection.fetchval(DROP_VIEW_SQL, *_which(place, pid)) is None:
        raise NotFound


def _which(place: TablePlace, pid: str) -> tuple[int, UUID, str]:
    try:
        parsed = parse_public_id(Prefix.SAVED_VIEW, pid)
    except MalformedId as error:
        raise NotFound from error
    if parsed.account != place.account_id:
        raise NotFound
    return place.account_id, parsed.row_id, owner_of(place.scope)


def _name(name: str) -> str:
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(kept) <= LONGEST_NAME or not kept.isprintable():
        raise Unprocessable("view_name_invalid", f"A view has a name of 1 to {LONGEST_NAME} letters.", param="name")
    return kept


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _query(query: str) -> str:
    """Return the canonical address of what is kept; what is not understood of it is left out."""
    pairs = parse_qsl(query[:LONGEST_QUERY].removeprefix("?"), keep_blank_values=True)
    return parse_query(pairs).changed(view=None).query_string()


def _columns(columns: Sequence[str]) -> list[str]:
    return [word for word in dict.fromkeys(columns) if word_of(Column, word)]


def _taken(name: str) -> Unprocessable:
    return Unprocessable(
        "view_name_taken", f"You have a view called “{name}” already. Choose another name.", param="name"
    )
