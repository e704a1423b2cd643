"""The JSON routes of payments as records: upsert, read, list. `people.api` mounts them.

A user sees their own payments, at whichever accounts; everybody else sees those of an account.
"""

from typing import Any, Final
from uuid import UUID

from litestar import get, put
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.errors import NotFound
from amends.kit.pages import Page
from amends.people import commands, queries, queries_lists
from amends.people.commands_users import fetch_users
from amends.people.paging import Paging
from amends.people.places import Place, checked_external_id, is_external_id, row_id_in
from amends.people.records import Kind, PaymentRecord
from amends.people.references import split
from amends.people.schemas import Payment

_READ: Final[dict[str, Any]] = {"permission": Permission.PAYMENT_READ}


@put("/payments/{record_id:str}", opt={"permission": Permission.PAYMENT_WRITE}, tags=["Payments"])
async def put_payment(record_id: str, data: PaymentRecord, place: Place, pool: Pool, clock: Clock) -> Response[Payment]:
    """Create or change a payment by your own id. `amount` is in whole units of `currency`, exact.

    Once the payment has a case, a refund or a bank dispute, its member, status, currency, amount and provider stay.
    """
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        result, row = await commands.put(
            connection, Kind.PAYMENT, external_id, data, account_id=place.account_id, now=clock.now()
        )
        views = await queries.payment_views(connection, place.account_id, place.account_pid, [row.id])
    return Response(views[row.id], status_code=result.status)


@get("/payments/{record_id:str}", opt=_READ, tags=["Payments"])
async def get_payment(record_id: str, place: Place, pool: Pool) -> Payment:
    """Return one payment by its id, or by your own."""
    row_id = await find_row_id(pool, Kind.PAYMENT, place, record_id)
    views = await queries.payment_views(pool, place.account_id, place.account_pid, [row_id])
    if row_id not in views:
        raise NotFound
    return views[row_id]


@get("/payments", opt=_READ, tags=["Payments"])
async def list_payments(place: Place, paging: Paging, pool: Pool, member_id: str | None = None) -> Page[Payment]:
    """List an account's payments, or those of one member, newest first."""
    if member_id is None:
        rows, info = await paging.read(queries_lists.PAYMENTS, place.account_id)
    else:
        member = await find_row_id(pool, Kind.MEMBER, place, member_id)
        rows, info = await paging.read(queries_lists.MEMBER_PAYMENTS, place.account_id, member)
    ids = [row["id"] for row in rows]
    views = await queries.payment_views(pool, place.account_id, place.account_pid, ids)
    return Page([views[row_id] for row_id in ids], info)


async def find_row_id(connection: Connection | Pool, kind: Kind, place: Place, text: str) -> UUID:
    """Return the row id that a public id or an integrator's id of a payment or member names.

    Raises:
        NotFound: the text is no id of this account. A public id may still name no row.
    """
    row_id = row_id_in(kind, place.account_id, text)
    if row_id is None:
        statement = queries.PAYMENT_ID_SQL if kind is Kind.PAYMENT else queries.MEMBER_ID_SQL
        row_id = await connection.fetchval(statement, place.account_id, text)
    if row_id is None:
        raise NotFound
    return row_id


@get("/users/{record_id:str}/payments", opt=_READ, tags=["Users"])
async def list_purchases(record_id: str, caller: Caller, paging: Paging, pool: Pool) -> Page[Payment]:
    """List what a user has paid, at all accounts, newest first: for the user, and for the platform."""
    user_id = await _user(pool, caller, record_id)
    accounts = [row["account_id"] for row in await pool.fetch(queries.ACCOUNTS_OF_USER_SQL, user_id)]
    rows, info = await paging.read(queries_lists.USER_PAYMENTS, accounts, user_id)
    pids = {row["id"]: row["pid"] for row in await pool.fetch(queries.ACCOUNT_PIDS_SQL, accounts)}
    views: dict[UUID, Payment] = {}
    for account_id in sorted({row["account_id"] for row in rows}):
        ids = [row["id"] for row in rows if row["account_id"] == account_id]
        views |= await queries.payment_views(pool, account_id, pids[account_id], ids)
    return Page([views[row["id"]] for row in rows], info)


async def _user(pool: Pool, caller: Caller, text: str) -> UUID:
    external_ids, row_ids = split(Kind.USER, 0, [text] if is_external_id(text) else [])
    rows = await fetch_users(pool, 0, external_ids, row_ids)
    if not rows:
        raise NotFound
    if caller.customer is not None and caller.customer.user_id == rows[0].id:
        return rows[0].id
    if caller.platform is None:
        raise NotFound
    allow(caller.platform, Permission.PAYMENT_READ)
    return rows[0].id


owned_handlers: Final = [put_payment, get_payment, list_payments]
