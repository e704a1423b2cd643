"""The platform's pages of accounts: the list with their rates, one account, and the lock on its auto-respond.

Everybody on the platform's staff reads them; admins lock.
"""

from typing import Any, Final

from asyncpg import Record
from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import PlatformScope
from amends.db.transactions import transaction
from amends.kit.errors import Conflict
from amends.platform.account_page import LockForm, find, load_account_page
from amends.platform.accounts_page import accounts_page, wanted_of
from amends.platform.commands_lock import lock_auto_respond, unlock_auto_respond
from amends.platform.lists import read_here
from amends.platform.queries_accounts import RATED_ACCOUNTS
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.staff.queries_accounts import pattern_of
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.pages import redirect, render
from amends.web.text import _

SECTION: Final = "accounts"
_PATH: Final = urls.platform_url(SECTION)
_ACCOUNT: Final = urls.platform_url(SECTION, "{account_pid:str}")
_READS: Final = Permission.CASE_READ
_LOCKS: Final = Permission.POLICY_MANAGE
_REASON_MAX: Final = 500


@get(_PATH, include_in_schema=False)
async def list_accounts(request: AnyPage, services: Services) -> Response[str]:
    """List accounts with their rates."""
    staff_of(request, _READS)
    wanted = wanted_of(request.query_params)
    listing = RATED_ACCOUNTS[wanted.sort, wanted.descending]
    pattern = pattern_of(wanted.words) if wanted.words else None
    rows, info = await read_here(request, services, listing, wanted.days, pattern, wanted.words, wanted.locked)
    return render(request, accounts_page(wanted, rows, info), section=SECTION)


@get(_ACCOUNT, include_in_schema=False)
async def show_account(request: AnyPage, services: Services, account_pid: str) -> Response[str]:
    """Show one account."""
    scope = staff_of(request, _READS)
    return await _show(request, services, scope, await find(services, account_pid))


@post(_ACCOUNT + "/lock", include_in_schema=False, status_code=200)
async def lock(request: AnyPage, services: Services, account_pid: str) -> Response[Any]:
    """Lock an account's auto-respond."""
    scope, row = staff_of(request, _LOCKS), await find(services, account_pid)
    filled = await read_form(request, LockForm)
    reason = "" if filled.value is None else filled.value.reason.strip()
    if not reason or len(reason) > _REASON_MAX:
        wrong = {"reason": _("Say why, in at most 500 characters: the merchant reads it.")}
        filled = Filled[LockForm](value=None, errors=wrong, typed=filled.typed)
        return await _show(request, services, scope, row, filled=filled, status=422)
    try:
        async with transaction(services.pool) as connection:
            await lock_auto_respond(connection, scope, row["id"], account_pid, reason=reason, now=services.clock.now())
    except Conflict:
        problem = _("Somebody was quicker: auto-respond is locked already. Nothing was changed.")
        return await _show(request, services, scope, await find(services, account_pid), problem=problem, status=409)
    return _back(request, account_pid, _("Auto-respond is locked for %(account)s.", account=row["title"]))


@post(_ACCOUNT + "/unlock", include_in_schema=False, status_code=200)
async def unlock(request: AnyPage, services: Services, account_pid: str) -> Response[Any]:
    """Unlock an account's auto-respond."""
    scope, row = staff_of(request, _LOCKS), await find(services, account_pid)
    try:
        async with transaction(services.pool) as connection:
            await unlock_auto_respond(connection, scope, row["id"], account_pid, now=services.clock.now())
    except Conflict:
        problem = _("Somebody was quicker: auto-respond is not locked any more. Nothing was changed.")
        return await _show(request, services, scope, await find(services, account_pid), problem=problem, status=409)
    return _back(request, account_pid, _("Auto-respond is unlocked for %(account)s.", account=row["title"]))


async def _show(
    request: AnyPage,
    services: Services,
    scope: PlatformScope,
    row: Record,
    *,
    filled: Filled[LockForm] | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response[str]:
    page = await load_account_page(services, request.auth, scope, row, filled=filled, problem=problem)
    return render(request, page, section=SECTION, status=status)


def _back(request: AnyPage, account_pid: str, message: str) -> Response[Any]:
    return redirect(request, urls.platform_url(SECTION, account_pid), message=message)


routes: Final = [list_accounts, show_account, lock, unlock]
