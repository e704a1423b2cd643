"""The JSON routes of saved views: those of the caller alone, at one account."""

from typing import Any, Final

import msgspec
from litestar import delete, get, post, put
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller
from amends.cases.commands_views import change_view, drop_view, save_view
from amends.cases.queries_places import account_exists
from amends.cases.queries_views import SavedView, saved_views
from amends.cases.table_values import TablePlace
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock, iso
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id

PATH: Final = "/api/v1/saved_views"
ONE: Final = PATH + "/{view_id:str}"
_NEEDS: Final[dict[str, Any]] = {"opt": {"permission": Permission.CASE_READ}, "tags": ["Saved views"]}


class ViewShape(msgspec.Struct, frozen=True, kw_only=True):
    """A named view of the table of cases."""

    id: str
    name: str
    query: str
    """The table's filters, search and order, as its address has them."""
    columns: tuple[str, ...]
    """In their order; empty: the person's own."""
    created_at: str


class Views(msgspec.Struct, frozen=True):
    """All of the caller's views at an account, by name."""

    data: list[ViewShape]


class NewView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to keep; `account_id` where the caller has more than one account."""

    name: str
    query: str = ""
    columns: tuple[str, ...] = ()
    account_id: str | None = None


class ViewChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a view; what is left out stays."""

    name: str | None = None
    query: str | None = None
    columns: tuple[str, ...] | None = None


@get(PATH, summary="List saved views", **_NEEDS)
async def list_views(caller: Caller, pool: Pool, account_id: str | None = None) -> Views:
    """List your own views of an account's table; a person with several accounts names one."""
    place = await _place(pool, caller, account_id)
    return Views([_shape(view) for view in await saved_views(pool, place)])


@post(PATH, summary="Save a view", **_NEEDS)
async def create_view(
    data: NewView, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock
) -> Response[ViewShape]:
    """Keep a view under a name. What of the query is not understood is left out."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        place = await _place(tx.connection, caller, data.account_id)
        view = await save_view(
            tx.connection, place, name=data.name, query=data.query, columns=data.columns, now=clock.now()
        )
        return await tx.answer(201, _shape(view))


@put(ONE, summary="Change a saved view", **_NEEDS)
async def update_view(view_id: str, data: ViewChange, caller: Caller, pool: Pool, clock: Clock) -> ViewShape:
    """Change a view of your own."""
    async with transaction(pool) as connection:
        return _shape(
            await change_view(
                connection, _place_of_view(caller, view_id), view_id,
                name=data.name, query=data.query, columns=data.columns, now=clock.now(),
            )
        )  # fmt: skip


@delete(ONE, status_code=200, summary="Delete a saved view", **_NEEDS)
async def delete_view(view_id: str, caller: Caller, pool: Pool) -> dict[str, str]:
    """Delete a view of your own."""
    async with transaction(pool) as connection:
        await drop_view(connection, _place_of_view(caller, view_id), view_id)
    return {"id": view_id}


async def _place(connection: Connection | Pool, caller: Caller, account_pid: str | None) -> TablePlace:
    """Return where a caller looks: at the account named, or at their only one.

    Raises:
        NotFound: not an account of the caller's. InvalidRequest: `account_required`.
    """
    if account_pid is None:
        if len(caller.merchants) != 1:
            raise InvalidRequest("account_required", "Say in `account_id` which account is meant.", param="account_id")
        return _allowed(TablePlace(caller.merchants[0], caller.merchants[0].account_id))
    number = _account_in(Prefix.ACCOUNT, account_pid)
    merchant = caller.merchant(number)
    if merchant is not None and merchant.account_pid == account_pid:
        return _allowed(TablePlace(merchant, number))
    if merchant is not None or caller.platform is None or not await account_exists(connection, account_pid):
        raise NotFound
    return _allowed(TablePlace(caller.platform, number))


def _place_of_view(caller: Caller, view_pid: str) -> TablePlace:
    number = _account_in(Prefix.SAVED_VIEW, view_pid)
    scope = caller.account(number)
    if scope is None:
        raise NotFound
    return _allowed(TablePlace(scope, number))


def _allowed(place: TablePlace) -> TablePlace:
    allow(place.scope, Permission.CASE_READ)
    return place


def _account_in(prefix: Prefix, pid: str) -> int:
    try:
        return parse_public_id(prefix, pid).account
    except MalformedId as error:
        raise NotFound from error


def _shape(view: SavedView) -> ViewShape:
    return ViewShape(
        id=view.pid, name=view.name, query=view.query, columns=view.columns, created_at=iso(view.created_at)
    )


routes: Final = [list_views, create_view, update_view, delete_view]
