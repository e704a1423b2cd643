"""Which account a page is about, and in which scope its reader sees it.

Unknown, foreign and malformed accounts are the same 404. An account of one's own that one may not do this with is a
403.
"""

from typing import Any, NamedTuple

from litestar import Request

from amends.access.permissions import Permission
from amends.access.queries import find_account_named
from amends.access.resolve import allow
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.kit.errors import NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.web.layout import AccountPlace, session_of

AnyPage = Request[Any, Caller, Any]


class Place(NamedTuple):
    """An account, as a page needs it: the proof for commands and queries, its number, and what the layout shows."""

    scope: MerchantScope | PlatformScope
    account_id: int
    account: AccountPlace


async def account_of(request: AnyPage, biz_pid: str, permission: Permission) -> MerchantScope | PlatformScope:
    """Return the scope in which the reader may do something at an account.

    Raises:
        NotFound: no such account, or not one that the reader sees.
        Forbidden: `missing_permission`.
    """
    return (await place_of(request, biz_pid, permission)).scope


async def place_of(request: AnyPage, biz_pid: str, permission: Permission) -> Place:
    """Return an account at which the reader may do something; costs a query for the platform's staff alone.

    Raises:
        NotFound: no such account, or not one that the reader sees.
        Forbidden: `missing_permission`.
    """
    scope = request.auth.account(_number(biz_pid))
    if scope is None:
        raise NotFound
    place = await _place(request, biz_pid, scope)
    allow(scope, permission)
    return place


def _number(biz_pid: str) -> int:
    try:
        return parse_public_id(Prefix.ACCOUNT, biz_pid).account
    except MalformedId as problem:
        raise NotFound from problem


async def _place(request: AnyPage, biz_pid: str, scope: MerchantScope | PlatformScope) -> Place:
    session = session_of(request)
    for team in session.teams if session else ():
        if team.account_pid == biz_pid:
            return Place(scope, team.account_id, _shown(biz_pid, team.title, team.currency, team.time_zone))
    if isinstance(scope, MerchantScope) and scope.account_pid != biz_pid:
        raise NotFound
    row = await find_account_named(request.app.state.services.pool, biz_pid)
    if row is None:
        raise NotFound
    return Place(scope, row["id"], _shown(biz_pid, row["title"], row["currency"], row["time_zone"]))


def _shown(pid: str, title: str, currency: str, time_zone: str) -> AccountPlace:
    return AccountPlace(pid=pid, title=title, currency=currency, time_zone=time_zone)
