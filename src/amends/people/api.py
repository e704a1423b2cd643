"""The JSON routes of accounts and users, and of what accounts own: mounted under `/api/v1` for an account's credential
and under `/api/v1/accounts/{account_id}` for the platform's.

A PUT upserts by the integrator's own id: 201 when that made it, 200 when it was there; repeating it changes nothing.
"""

from typing import Any, Final

from litestar import Router, get, put
from litestar.di import Provide
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, PlatformScope, missing_permission
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.errors import NotFound
from amends.kit.pages import Page
from amends.people import commands, queries_lists
from amends.people.api_catalog import owned_handlers as catalog_handlers
from amends.people.api_facts import routes as fact_routes
from amends.people.api_log import owned_handlers as log_handlers
from amends.people.api_payments import list_purchases
from amends.people.api_payments import owned_handlers as payment_handlers
from amends.people.commands_accounts import fetch_accounts
from amends.people.commands_users import fetch_users
from amends.people.paging import Paging, provide_paging
from amends.people.places import (
    checked_external_id,
    find_account,
    is_external_id,
    provide_named_place,
    provide_place,
)
from amends.people.records import AccountRecord, Kind, UserRecord
from amends.people.references import split
from amends.people.rows import AccountRow, UserRow
from amends.people.schemas import Account, User, account_shape, user_shape

V1: Final = "/api/v1"
_PAGING: Final = {"paging": Provide(provide_paging, sync_to_thread=False)}
_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}


@put("/accounts/{record_id:str}", opt={"permission": Permission.ACCOUNT_WRITE}, tags=["Accounts"])
async def put_account(
    record_id: str, data: AccountRecord, caller: Caller, pool: Pool, clock: Clock
) -> Response[Account]:
    """Create or change an account by your own id. Only the platform creates accounts."""
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        if caller.platform is None:
            number, _ = await find_account(connection, external_id)
            allow(caller.merchant(number) or _nowhere(), Permission.ACCOUNT_WRITE)
        else:
            allow(caller.platform, Permission.ACCOUNT_WRITE)
        result, row = await commands.put(connection, Kind.ACCOUNT, external_id, data, now=clock.now())
    return Response(account_shape(row), status_code=result.status)


def _nowhere() -> PlatformScope:
    raise NotFound


@get("/accounts/{record_id:str}", opt=_READ, tags=["Accounts"])
async def get_account(record_id: str, caller: Caller, pool: Pool) -> Account:
    """Return one account."""
    number, _ = await find_account(pool, record_id)
    scope = caller.account(number)
    if scope is None:
        raise NotFound
    allow(scope, Permission.CASE_READ)
    [row] = await fetch_accounts(pool, 0, [], [number])
    return account_shape(row)


@get("/accounts", opt=_READ, tags=["Accounts"])
async def list_accounts(caller: Caller, paging: Paging) -> Page[Account]:
    """List the accounts that you see, newest first."""
    numbers = None
    if caller.platform is None or Permission.CASE_READ not in caller.platform.permissions:
        numbers = [scope.account_id for scope in caller.merchants if Permission.CASE_READ in scope.permissions]
    rows, info = await paging.read(queries_lists.ACCOUNTS, numbers)
    return Page([account_shape(AccountRow(*row)) for row in rows], info)


@put("/users/{record_id:str}", opt={"permission": Permission.USER_WRITE}, tags=["Users"])
async def put_user(record_id: str, data: UserRecord, caller: Caller, pool: Pool, clock: Clock) -> Response[User]:
    """Create or change a user by your own id, which is the subject of the user's tokens. For the platform.

    The e-mail address of somebody who signs in here is theirs: changing it needs `team:manage` as well, that of the
    platform's staff `policy:manage`.
    """
    scope = _platform(caller, Permission.USER_WRITE)
    async with transaction(pool) as connection:
        external_id = checked_external_id(record_id)
        result, row = await commands.put(
            connection, Kind.USER, external_id, data, now=clock.now(), rights=scope.permissions
        )
    shape = user_shape(row, with_email=Permission.MEMBER_EMAIL_READ in scope.permissions)
    return Response(shape, status_code=result.status)


@get("/users/{record_id:str}", opt=_READ, tags=["Users"])
async def get_user(record_id: str, caller: Caller, pool: Pool) -> User:
    """Return one user: the platform any, a user oneself."""
    external_ids, row_ids = split(Kind.USER, 0, [record_id] if is_external_id(record_id) else [])
    rows = await fetch_users(pool, 0, external_ids, row_ids)
    is_self = caller.customer is not None and bool(rows) and rows[0].id == caller.customer.user_id
    if not rows or not (is_self or caller.platform is not None):
        raise NotFound
    scope = caller.platform
    return user_shape(
        rows[0], with_email=is_self or (scope is not None and Permission.MEMBER_EMAIL_READ in scope.permissions)
    )


@get("/users", opt=_READ, tags=["Users"])
async def list_users(caller: Caller, paging: Paging) -> Page[User]:
    """List all users, newest first. For the platform."""
    scope = _platform(caller, Permission.CASE_READ)
    rows, info = await paging.read(queries_lists.USERS)
    with_email = Permission.MEMBER_EMAIL_READ in scope.permissions
    return Page([user_shape(UserRow(*row), with_email=with_email) for row in rows], info)


def _platform(caller: Caller, permission: Permission) -> PlatformScope:
    if caller.platform is None:
        raise missing_permission(permission)
    allow(caller.platform, permission)
    return caller.platform


_OWNED: Final = [*catalog_handlers, *payment_handlers, *log_handlers]

routes: Final = [
    Router(V1, route_handlers=[put_account, get_account, put_user, get_user]),
    Router(V1, route_handlers=[list_accounts, list_users, list_purchases], dependencies=_PAGING),
    Router(V1, route_handlers=_OWNED, dependencies={"place": Provide(provide_place), **_PAGING}),
    Router(
        V1 + "/accounts/{account_id:str}",
        route_handlers=_OWNED,
        dependencies={"place": Provide(provide_named_place), **_PAGING},
    ),
    *fact_routes,
]
