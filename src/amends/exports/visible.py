"""Which exports a caller may make and see: those of its accounts, of what it may read itself.

An export with e-mail addresses is there only for those who may read addresses, and each side sees its own alone.
"""

from collections.abc import Sequence
from typing import Final

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.db.pool import Connection, Pool
from amends.exports.queries import ExportRef, ExportRow, get_export
from amends.exports.resources import READS, Resource, Side
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.people.places import find_account
from amends.people.queries import ACCOUNT_PIDS_SQL

NEEDED: Final = Permission.EXPORT_READ


class Place:
    """An account, in the scope in which the caller sees it, which may export."""

    def __init__(self, account_id: int, account_pid: str, scope: MerchantScope | PlatformScope) -> None:
        allow(scope, NEEDED)
        self.account_id = account_id
        self.account_pid = account_pid
        self.scope = scope

    @property
    def sees_email(self) -> bool:
        """Tell whether e-mail addresses are shown."""
        return Permission.MEMBER_EMAIL_READ in self.scope.permissions

    @property
    def side(self) -> Side:
        """Return for whom the caller acts."""
        return Side.MERCHANT if isinstance(self.scope, MerchantScope) else Side.PLATFORM

    @property
    def resources(self) -> Sequence[Resource]:
        """Return what the caller may read and so export."""
        return [resource for resource in Resource if READS[resource] in self.scope.permissions]

    def shows(self, export: ExportRow) -> bool:
        """Tell whether an export is there for the caller."""
        is_readable = export.resource in self.resources and (self.sees_email or not export.with_email)
        return is_readable and export.side is self.side


async def place_of(pool: Pool, caller: Caller, account: str | None) -> Place:
    """Return the account that a request names, or the only one that the credential is for.

    Raises:
        NotFound: no such account, or not one that the caller sees.
        InvalidRequest: `account_required`, the credential is for several.
        Forbidden: `missing_permission`.
    """
    if account is not None:
        mine = next((scope for scope in caller.merchants if scope.account_pid == account), None)
        if mine is not None:
            return Place(mine.account_id, mine.account_pid, mine)
        number, pid = await find_account(pool, account)
        scope = caller.account(number)
        if scope is None:
            raise NotFound
        return Place(number, pid, scope)
    if caller.platform is None and len(caller.merchants) == 1:
        [scope] = caller.merchants
        return Place(scope.account_id, scope.account_pid, scope)
    raise InvalidRequest("account_required", "Say in `account_id` which account is meant.", param="account_id")


async def visible_export(connection: Pool | Connection, caller: Caller, pid: str) -> tuple[ExportRow, Place]:
    """Return an export that the caller may see, and where.

    Raises:
        NotFound: there is none, or it is not visible.
        Forbidden: `missing_permission`.
    """
    try:
        ref = ExportRef(*parse_public_id(Prefix.EXPORT, pid))
    except MalformedId as error:
        raise NotFound from error
    scope = caller.account(ref.account_id)
    export = None if scope is None else await get_export(connection, ref)
    if scope is None or export is None:
        raise NotFound
    place = Place(ref.account_id, await _account_pid(connection, scope, ref.account_id), scope)
    if not place.shows(export):
        raise NotFound
    return export, place


async def _account_pid(connection: Pool | Connection, scope: MerchantScope | PlatformScope, account_id: int) -> str:
    if isinstance(scope, MerchantScope):
        return scope.account_pid
    rows = await connection.fetch(ACCOUNT_PIDS_SQL, [account_id])
    return rows[0]["pid"]
