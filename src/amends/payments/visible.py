"""Which refunds, credits and disputes a caller may see and act on, and how a list of them is asked for.

A merchant sees its accounts' rows, a customer the refunds of their own payments, the platform all. Acting by hand is
the platform's, and nobody's on a purchase of their own or for an account on whose team they are.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from asyncpg import Record

from amends.access.permissions import CUSTOMER_PERMISSIONS, Permission
from amends.access.resolve import allow, case_scope, refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, MerchantScope, PlatformScope, Scope
from amends.db.pool import Connection, Pool
from amends.kit.errors import Forbidden, InvalidRequest, NotFound
from amends.kit.ids import MalformedId, ParsedId, Prefix, parse_public_id
from amends.kit.pages import Cursors, Page, cut
from amends.kit.signing import Signer
from amends.payments.queries import Listing, Selection, Wanted, beyond, find_account, get_row, list_rows

Shape = TypeVar("Shape")
Key = tuple[datetime, UUID]


class Edges(NamedTuple):
    """The four paging parameters of a list request."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None


class Filters:
    """What a list request selects: an account, one case, one payment, one state."""

    def __init__(
        self,
        *,
        account_id: str | None = None,
        case_id: str | None = None,
        payment_id: str | None = None,
        state: str | None = None,
    ) -> None:
        if case_id is not None and payment_id is not None:
            raise InvalidRequest("too_many_filters", "Send `case_id` or `payment_id`, not both.", param="payment_id")
        self.account_id: Final = account_id
        self.case_id: Final = case_id
        self.payment_id: Final = payment_id
        self.state: Final = state


async def wanted_rows(
    pool: Pool, caller: Caller, permission: Permission, filters: Filters, *, for_customers: bool = False
) -> Wanted | None:
    """Return what a list request selects of what the caller may see; None: nothing that could be there.

    A person sees the rows of the accounts they work for; one who works for none, or names a case or payment of none,
    sees their own, where the list is for customers at all.

    Raises:
        NotFound: the account named is not one of the caller's.
    """
    selection, named = _selected(filters)
    accounts = await _accounts(pool, caller, permission, filters.account_id)
    user_id = None
    as_customer = caller.customer if for_customers and permission in CUSTOMER_PERMISSIONS else None
    if as_customer is not None and accounts is not None and (named.account not in accounts if named else not accounts):
        accounts, user_id = list(as_customer.account_ids), as_customer.user_id
    if named is None:
        where = _where(accounts, as_buyer=user_id is not None)
        return Wanted(selection=where, accounts=accounts, state=filters.state, user_id=user_id)
    if named.account == 0 or (accounts is not None and named.account not in accounts):
        return None
    return Wanted(selection=selection, accounts=[named.account], one=named.row_id, state=filters.state, user_id=user_id)


def _where(accounts: list[int] | None, *, as_buyer: bool) -> Selection:
    if accounts is None:
        return Selection.EVERYWHERE
    if as_buyer:
        return Selection.BUYER
    return Selection.ACCOUNT if len(accounts) == 1 else Selection.ACCOUNTS


def _selected(filters: Filters) -> tuple[Selection, ParsedId | None]:
    try:
        if filters.case_id is not None:
            return Selection.CASE, parse_public_id(Prefix.CASE, filters.case_id)
        if filters.payment_id is not None:
            return Selection.PAYMENT, parse_public_id(Prefix.PAYMENT, filters.payment_id)
    except MalformedId:
        return Selection.CASE, ParsedId(0, UUID(int=0))
    return Selection.ACCOUNTS, None


async def _accounts(pool: Pool, caller: Caller, permission: Permission, account_pid: str | None) -> list[int] | None:
    """Return the accounts to look in; None: all."""
    if account_pid is not None:
        mine = next((scope for scope in caller.merchants if scope.account_pid == account_pid), None)
        if mine is not None:
            allow(mine, permission)
            return [mine.account_id]
        account_id = await find_account(pool, account_pid) if caller.platform is not None else None
        if caller.platform is None or account_id is None:
            raise NotFound
        allow(caller.platform, permission)
        return [account_id]
    if caller.platform is not None and permission in caller.platform.permissions:
        return None
    return [scope.account_id for scope in caller.merchants if permission in scope.permissions]


async def page_of(
    pool: Pool,
    signer: Signer,
    listing: Listing,
    wanted: Wanted | None,
    name: str,
    shape: Callable[[Record], Shape],
    edges: Edges,
) -> Page[Shape]:
    """Read one page of a list, newest first."""
    cursors = Cursors(signer, name, Key)
    page = cursors.request(first=edges.first, after=edges.after, last=edges.last, before=edges.before)
    fetched = [] if wanted is None else await list_rows(pool, listing, wanted, page)
    rows, _ = cut(page, fetched)
    ends = (False, False) if wanted is None else await beyond(pool, listing, wanted, page, rows)
    info = cursors.page_info(rows, _key, beyond_start=ends[0], beyond_end=ends[1])
    return Page([shape(row) for row in rows], info)


def _key(row: Record) -> Key:
    return (row["created_at"], row["id"])


async def visible_row(
    connection: Pool | Connection,
    caller: Caller,
    permission: Permission | None,
    listing: Listing,
    prefix: Prefix,
    pid: str,
) -> tuple[Record, Scope]:
    """Return a row that the caller may see, and in which scope. `permission` None: `platform_scope` comes after.

    Raises:
        NotFound: there is none, or it is not visible.
        Forbidden: `missing_permission`.
    """
    try:
        parsed = parse_public_id(prefix, pid)
    except MalformedId as error:
        raise NotFound from error
    row = await get_row(connection, listing, parsed.account, parsed.row_id)
    scope = None if row is None else case_scope(caller, parsed.account, row["user_id"])
    if row is None or scope is None:
        raise NotFound
    if permission is not None:
        allow(scope, permission)
    return row, scope


def platform_scope(caller: Caller, scope: Scope, permission: Permission) -> PlatformScope:
    """Return the platform's scope on a row, for what only the platform does.

    Raises:
        Forbidden: `platform_only`, `missing_permission`, `own_payment` or `own_account`.
    """
    if isinstance(scope, CustomerScope) and (caller.platform is not None or caller.merchants):
        refuse_own_payment()
    if isinstance(scope, MerchantScope) and caller.platform is not None:
        raise Forbidden(
            "own_account",
            "You are on the team of this account, so you cannot act for the platform on its money. Ask a colleague.",
        )
    if caller.platform is None:
        raise Forbidden("platform_only", "Only the platform's staff and keys may do this.")
    allow(caller.platform, permission)
    return caller.platform
