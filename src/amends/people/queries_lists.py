"""Keyset lists of people and what they bought: for each list one statement an end, and one for what lies beyond.

Lists are newest first. A key is a row's place: its uuid (which begins with the time it was made), or a time and the
uuid. Every statement takes the list's own parameters, then two keys (exclusive), then the limit.
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
_MAX_NUMBER: Final = 2**63 - 1

Key = tuple[Any, ...]


class Order(NamedTuple):
    """By what a list is sorted: columns, their types in SQL, and keys below and above all others."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    lowest: Key
    highest: Key
    key_type: Any


BY_NUMBER: Final = Order(("id",), ("bigint",), (0,), (_MAX_NUMBER,), tuple[int])
BY_ID: Final = Order(("id",), ("uuid",), (_MIN_ID,), (_MAX_ID,), tuple[UUID])
BY_CREATION: Final = Order(
    ("created_at", "id"),
    ("timestamptz", "uuid"),
    (_MIN_TIME, _MIN_ID),
    (_MAX_TIME, _MAX_ID),
    tuple[datetime, UUID],
)
BY_OCCURRENCE: Final = BY_CREATION._replace(columns=("occurred_at", "id"))


class Listing(NamedTuple):
    """A list: its name in cursors, its order and its statements (`first`, `last`, `beyond`)."""

    name: str
    order: Order
    sqls: Mapping[str, str]

    def key(self, row: Record) -> Key:
        """Return a row's place."""
        return tuple(row[column] for column in self.order.columns)


def _statements(columns: str, table: str, where: str, order: Order, at: int) -> dict[str, str]:
    """Build a list's statements; `at` is the number of the first key's first parameter."""
    width = len(order.columns)
    place = ", ".join(order.columns)
    low, high = (", ".join(f"${n}::{kind}" for n, kind in enumerate(order.types, start)) for start in (at, at + width))
    part = f"from {table}\nwhere {where}"
    rows = f"select {columns}\n{part}\n    and ({place}) > ({low})\n    and ({place}) < ({high})\norder by "
    first, last = ", ".join(f"{column} desc" for column in order.columns), place
    newer = f"select 1\n{part}\n    and ({place}) > ({high})"
    older = f"select 1\n{part}\n    and ({place}) < ({low})"
    return {
        "first": f"{rows}{first}\nlimit ${at + 2 * width}\n",
        "last": f"{rows}{last}\nlimit ${at + 2 * width}\n",
        "beyond": f"select exists (\n{newer}\n) as is_newer, exists (\n{older}\n) as is_older\n",
    }


_ACCOUNT = "external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at"
_USER = "external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at"
_PRODUCT = "external_id, id, pid, title, created_at, updated_at"
_PLAN = "external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at, updated_at"
_MEMBER = """external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at, created_at,
    updated_at"""
_ACTIVITY = "external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at"
_OF_MEMBER = "account_id = $1\n    and member_id = $2"
_OF_KINDS = "\n    and ($3::text[] is null or kind = any($3))"

ACCOUNTS_SQLS: Final = _statements(_ACCOUNT, "accounts", "($1::bigint[] is null or id = any($1))", BY_NUMBER, 2)
USERS_SQLS: Final = _statements(_USER, "users", "true", BY_ID, 1)
PRODUCTS_SQLS: Final = _statements(_PRODUCT, "products", "account_id = $1", BY_ID, 2)
PLANS_SQLS: Final = _statements(_PLAN, "plans", "account_id = $1", BY_ID, 2)
MEMBERS_SQLS: Final = _statements(_MEMBER, "members", "account_id = $1", BY_ID, 2)
ACTIVITY_SQLS: Final = _statements(
    _ACTIVITY, "activity", "account_id = $1\n    and ($2::text[] is null or kind = any($2))", BY_OCCURRENCE, 3
)
MEMBER_ACTIVITY_SQLS: Final = _statements(_ACTIVITY, "activity", _OF_MEMBER + _OF_KINDS, BY_OCCURRENCE, 4)
PAYMENT_KEYS_SQLS: Final = _statements("created_at, id", "payments", "account_id = $1", BY_CREATION, 2)
MEMBER_PAYMENT_KEYS_SQLS: Final = _statements("created_at, id", "payments", _OF_MEMBER, BY_CREATION, 3)
USER_PAYMENT_KEYS_SQLS: Final = _statements(
    "account_id, created_at, id", "payments", "account_id = any($1::bigint[])\n    and user_id = $2", BY_CREATION, 3
)

ACCOUNTS: Final = Listing("accounts", BY_NUMBER, ACCOUNTS_SQLS)
USERS: Final = Listing("users", BY_ID, USERS_SQLS)
PRODUCTS: Final = Listing("products", BY_ID, PRODUCTS_SQLS)
PLANS: Final = Listing("plans", BY_ID, PLANS_SQLS)
MEMBERS: Final = Listing("members", BY_ID, MEMBERS_SQLS)
ACTIVITY: Final = Listing("activity", BY_OCCURRENCE, ACTIVITY_SQLS)
MEMBER_ACTIVITY: Final = Listing("activity", BY_OCCURRENCE, MEMBER_ACTIVITY_SQLS)
PAYMENTS: Final = Listing("payments", BY_CREATION, PAYMENT_KEYS_SQLS)
MEMBER_PAYMENTS: Final = Listing("payments", BY_CREATION, MEMBER_PAYMENT_KEYS_SQLS)
USER_PAYMENTS: Final = Listing("payments", BY_CREATION, USER_PAYMENT_KEYS_SQLS)


async def read_page(
    connection: Connection | Pool, listing: Listing, page: PageRequest, cursors: Cursors, *parameters: Any
) -> tuple[list[Record], PageInfo]:
    """Return a page of a list with its ends; `parameters` are the list's own.

    A cursor is a place: `after` leaves older rows, `before` newer ones.
    """
    order = listing.order
    low, high = page.before or order.lowest, page.after or order.highest
    fetched = await connection.fetch(
        listing.sqls["last" if page.from_end else "first"], *parameters, *low, *high, page.limit
    )
    rows, _ = cut(page, fetched)
    newest, oldest = _ends(listing, page, rows)
    found = await connection.fetchrow(listing.sqls["beyond"], *parameters, *oldest, *newest)
    is_newer, is_older = (found["is_newer"], found["is_older"]) if found else (False, False)
    return rows, cursors.page_info(rows, listing.key, beyond_start=is_newer, beyond_end=is_older)


def _ends(listing: Listing, page: PageRequest, rows: Sequence[Record]) -> tuple[Key, Key]:
    """Return beyond which keys other rows lie: of an empty page, those at its cursors and beyond."""
    if rows:
        return listing.key(rows[0]), listing.key(rows[-1])
    highest, lowest = listing.order.highest, listing.order.lowest
    newest = _just_before(page.after) if page.after else highest
    oldest = _just_after(page.before) if page.before else lowest
    return newest, oldest


def _just_before(key: Key) -> Key:
    return (*key[:-1], _moved(key[-1], -1))


def _just_after(key: Key) -> Key:
    return (*key[:-1], _moved(key[-1], 1))


def _moved(value: Any, by: int) -> Any:
    return UUID(int=min(max(value.int + by, 0), _MAX_ID.int)) if isinstance(value, UUID) else value + by
