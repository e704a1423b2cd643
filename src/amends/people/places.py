"""Which account a request is about, and in which scope its caller sees it.

The account stands in the path, in `account_id`, in a public id of the path, or is the only one that the credential is
for. Unknown, foreign and malformed accounts are the same 404.
"""

import re
from typing import Any, Final
from uuid import UUID

from litestar import Request

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.db.pool import Connection, Pool
from amends.kit.errors import InvalidRequest, NotFound, Unprocessable
from amends.people.queries import ACCOUNT_PIDS_SQL, ACCOUNT_SQL
from amends.people.records import EXTERNAL_ID, Kind
from amends.people.references import as_public_id

MAX_ID_LENGTH: Final = 200
_EXTERNAL_ID = re.compile(EXTERNAL_ID)


class Place:
    """An account, in the scope in which the caller sees it; the scope has the permission that the route names.

    A plain class, because handlers are given it: msgspec would look into a dataclass, and stumble over the union.
    """

    def __init__(self, account_id: int, account_pid: str, scope: MerchantScope | PlatformScope) -> None:
        self.account_id = account_id
        self.account_pid = account_pid
        self.scope = scope

    @property
    def by_account(self) -> bool:
        """Tell whether the account itself calls, not the platform."""
        return isinstance(self.scope, MerchantScope)

    @property
    def sees_email(self) -> bool:
        """Tell whether e-mail addresses are shown."""
        return Permission.MEMBER_EMAIL_READ in self.scope.permissions


def is_external_id(text: str) -> bool:
    """Tell whether a text can be an integrator's own id."""
    return len(text) <= MAX_ID_LENGTH and _EXTERNAL_ID.search(text) is not None and _is_unicode(text)


def _is_unicode(text: str) -> bool:
    """Tell whether a text can be stored: bytes of a path that are not UTF-8 leave surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def checked_external_id(text: str) -> str:
    """Return the integrator's own id from a path.

    Raises:
        Unprocessable: `invalid_external_id`.
    """
    if not is_external_id(text):
        raise Unprocessable(
            "invalid_external_id",
            f"Your own id has 1 to {MAX_ID_LENGTH} characters, no spaces and no slashes.",
        )
    return text


async def find_account(connection: Connection | Pool, text: str) -> tuple[int, str]:
    """Return number and public id of the account that a public id or the integrator's id names.

    Raises:
        NotFound: there is none.
    """
    row = await connection.fetchrow(ACCOUNT_SQL, text) if is_external_id(text) else None
    if row is None:
        raise NotFound
    return row["id"], row["pid"]


async def provide_named_place(request: Request[Any, Caller, Any], pool: Pool, account_id: str) -> Place:
    """Return the account that the path names."""
    return await _place(request, pool, account_id)


async def provide_place(request: Request[Any, Caller, Any], pool: Pool, account_id: str | None = None) -> Place:
    """Return the account that is meant without being named in the path.

    Raises:
        InvalidRequest: `account_required`, the credential is for several accounts.
    """
    caller = request.auth
    if account_id is not None:
        return await _place(request, pool, account_id)
    number = _account_in(request.path_params)
    if number is not None:
        return await _numbered_place(request, pool, number)
    if caller.platform is None and len(caller.merchants) == 1:
        [merchant] = caller.merchants
        return _allowed(request, Place(merchant.account_id, merchant.account_pid, merchant))
    if caller.platform is None and not caller.merchants:
        raise NotFound
    raise InvalidRequest("account_required", "Say in `account_id` which account is meant.", param="account_id")


def _account_in(path_params: dict[str, Any]) -> int | None:
    """Return the account's number in a public id of the path."""
    for value in path_params.values():
        for kind in (Kind.PRODUCT, Kind.PLAN, Kind.MEMBER, Kind.PAYMENT, Kind.ACTIVITY):
            parsed = as_public_id(kind, value)
            if parsed is not None:
                return parsed.account
    return None


async def _place(request: Request[Any, Caller, Any], pool: Pool, text: str) -> Place:
    caller = request.auth
    for merchant in caller.merchants:
        if merchant.account_pid == text:
            return _allowed(request, Place(merchant.account_id, merchant.account_pid, merchant))
    number, pid = await find_account(pool, text)
    scope = caller.account(number)
    if scope is None:
        raise NotFound
    return _allowed(request, Place(number, pid, scope))


async def _numbered_place(request: Request[Any, Caller, Any], pool: Pool, number: int) -> Place:
    scope = request.auth.account(number)
    if scope is None:
        raise NotFound
    if isinstance(scope, MerchantScope):
        return _allowed(request, Place(number, scope.account_pid, scope))
    row = await pool.fetchrow(ACCOUNT_PIDS_SQL, [number])
    if row is None:
        raise NotFound
    return _allowed(request, Place(number, row["pid"], scope))


def _allowed(request: Request[Any, Caller, Any], place: Place) -> Place:
    """Return the place if its scope has the permission that the route names."""
    allow(place.scope, request.route_handler.opt["permission"])
    return place


def row_id_in(kind: Kind, account_id: int, text: str) -> UUID | None:
    """Return the row id in a public id of this account; None when the text is an integrator's own id.

    Raises:
        NotFound: neither, or of another account.
    """
    parsed = as_public_id(kind, text)
    if parsed is None:
        if not is_external_id(text):
            raise NotFound
        return None
    if parsed.account != account_id:
        raise NotFound
    return parsed.row_id
