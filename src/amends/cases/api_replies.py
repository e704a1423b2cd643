"""The JSON routes of saved replies."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record
from litestar import delete, get, patch, post
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.cases.api_reading import ref_of
from amends.cases.commands_replies import NEEDS, change_reply, delete_reply, save_reply
from amends.cases.queries_places import account_exists
from amends.cases.queries_replies import REPLIES, find_reply
from amends.cases.replies import LONGEST_BODY, LONGEST_TITLE, placeholders_in
from amends.db.keyset import read_page
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock, iso
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import Prefix
from amends.kit.pages import Cursors, Page
from amends.kit.signing import Signer

PATH: Final = "/api/v1/saved_replies"
_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_MANAGE: Final[dict[str, Any]] = {"permission": NEEDS}
_TAGS: Final = ["Saved replies"]

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_BODY)]
Scope = MerchantScope | PlatformScope


class SaveReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reply to keep. `body` may have placeholders, such as `{customer_name}`."""

    title: Title
    body: Body
    account_id: str | None = None


class ChangeReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to change; a field that is absent stays as it is."""

    title: Title | None = None
    body: Body | None = None


class SavedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A text that an account keeps to answer with."""

    id: str
    title: str
    body: str
    placeholders: list[str]
    """Which ones `body` has, without their braces."""
    updated_by: str
    updated_by_name: str | None
    created_at: str
    updated_at: str


@post(PATH, opt=_MANAGE, summary="Save a reply", tags=_TAGS)
async def create(data: SaveReply, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock) -> Response[SavedReply]:
    """Keep a reply."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        scope, account_id = await _account(tx.connection, caller, data.account_id, NEEDS)
        row = await save_reply(tx.connection, scope, account_id, title=data.title, body=data.body, now=clock.now())
        return await tx.answer(201, _shape(row))


@get(PATH, opt=_READ, summary="List saved replies", tags=_TAGS)
async def list_(
    caller: Caller,
    pool: Pool,
    signer: Signer,
    account_id: str | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page[SavedReply]:
    """List an account's saved replies, newest first."""
    _scope, number = await _account(pool, caller, account_id, Permission.CASE_READ)
    cursors = Cursors(signer, REPLIES.name, REPLIES.order.key_type)
    page = cursors.request(first=first, after=after, last=last, before=before)
    rows, info = await read_page(pool, REPLIES, page, cursors, number)
    return Page([_shape(row) for row in rows], info)


@get(PATH + "/{reply_id:str}", opt=_READ, summary="Retrieve a saved reply", tags=_TAGS)
async def retrieve(reply_id: str, caller: Caller, pool: Pool) -> SavedReply:
    """Return one saved reply."""
    _scope, account_id, row_id = _named(caller, reply_id, Permission.CASE_READ)
    row = await find_reply(pool, account_id, row_id)
    if row is None:
        raise NotFound
    return _shape(row)


@patch(PATH + "/{reply_id:str}", opt=_MANAGE, summary="Change a saved reply", tags=_TAGS)
async def update(reply_id: str, data: ChangeReply, caller: Caller, pool: Pool, clock: Clock) -> SavedReply:
    """Change a reply's title, or its text, or both."""
    scope, account_id, row_id = _named(caller, reply_id, NEEDS)
    async with transaction(pool) as connection:
        row = await change_reply(
            connection, scope, account_id, row_id, title=data.title, body=data.body, now=clock.now()
        )
    return _shape(row)


@delete(PATH + "/{reply_id:str}", opt=_MANAGE, status_code=200, summary="Delete a saved reply", tags=_TAGS)
async def remove(reply_id: str, caller: Caller, pool: Pool, clock: Clock) -> SavedReply:
    """Delete a reply for good; the answer is what it was."""
    scope, account_id, row_id = _named(caller, reply_id, NEEDS)
    async with transaction(pool) as connection:
        row = await delete_reply(connection, scope, account_id, row_id, now=clock.now())
    return _shape(row)


async def _account(
    where: Pool | Connection, caller: Caller, account_pid: str | None, permission: Permission
) -> tuple[Scope, int]:
    """Return the account that is meant, and in which scope."""
    if account_pid is None:
        return _only_account(caller, permission)
    number = ref_of(Prefix.ACCOUNT, account_pid).account_id
    scope = caller.account(number)
    if isinstance(scope, MerchantScope):
        known = scope.account_pid == account_pid
    else:
        known = scope is not None and await account_exists(where, account_pid)
    if scope is None or not known:
        raise NotFound
    allow(scope, permission)
    return scope, number


def _only_account(caller: Caller, permission: Permission) -> tuple[Scope, int]:
    if caller.platform is None and len(caller.merchants) == 1:
        [merchant] = caller.merchants
        allow(merchant, permission)
        return merchant, merchant.account_id
    if caller.platform is None and not caller.merchants:
        raise NotFound
    raise InvalidRequest("account_required", "Say in `account_id` which account is meant.", param="account_id")


def _named(caller: Caller, reply_id: str, permission: Permission) -> tuple[Scope, int, UUID]:
    ref = ref_of(Prefix.SAVED_REPLY, reply_id)
    scope = caller.account(ref.account_id)
    if scope is None:
        raise NotFound
    allow(scope, permission)
    return scope, ref.account_id, ref.case_id


def _shape(row: Record) -> SavedReply:
    return SavedReply(
        id=row["pid"],
        title=row["title"],
        body=row["body"],
        placeholders=[placeholder.value for placeholder in placeholders_in(row["body"])],
        updated_by=row["updated_by"],
        updated_by_name=row["updated_by_name"],
        created_at=iso(row["created_at"]),
        updated_at=iso(row["updated_at"]),
    )


routes: Final = [create, list_, retrieve, update, remove]
