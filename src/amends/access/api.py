"""The JSON routes of API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from litestar import delete, get, post
from litestar.response import Response

from amends.access import commands, queries
from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.schemas import ApiKey, CreateApiKey, CreatedApiKey, api_key_fields
from amends.access.scopes import Caller, MerchantScope, PlatformScope
from amends.db.keyset import read_page
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock, parse_time
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.pages import Cursors, Page
from amends.kit.signing import Signer

PATH: Final = "/api/v1/api_keys"
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.KEY_MANAGE}


@post(PATH, opt=_NEEDS, summary="Create an API key", tags=["API keys"])
async def create(
    data: CreateApiKey, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock
) -> Response[CreatedApiKey]:
    """Make a key and show its token, this once: a replay of this answer has `token` null."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        scope, account_id = await _maker(tx.connection, caller, data.account_id)
        key = await commands.create_api_key(
            tx.connection,
            scope=scope,
            account_id=account_id,
            name=data.name,
            scopes=data.scopes,
            expires_at=_time(data.expires_at),
            now=clock.now(),
        )
        row = await queries.get_key(tx.connection, key.id, account_ids=None)
        fields = api_key_fields(_present(row))
        return await tx.answer(
            201, CreatedApiKey(**fields, token=key.token), stored=CreatedApiKey(**fields, token=None)
        )


@get(PATH, opt=_NEEDS, summary="List API keys", tags=["API keys"])
async def list_(
    caller: Caller,
    pool: Pool,
    signer: Signer,
    account_id: str | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page[ApiKey]:
    """List the keys that you manage, newest first, revoked ones as well."""
    cursors = Cursors(signer, queries.KEYS.name, queries.KEYS.order.key_type)
    page = cursors.request(first=first, after=after, last=last, before=before)
    rows, info = await read_page(pool, queries.KEYS, page, cursors, await _managed(pool, caller, account_id))
    return Page([ApiKey(**api_key_fields(row)) for row in rows], info)


@get(PATH + "/{key_id:str}", opt=_NEEDS, summary="Retrieve an API key", tags=["API keys"])
async def retrieve(key_id: str, caller: Caller, pool: Pool) -> ApiKey:
    """Return one key."""
    row = await queries.get_key(pool, _row_id(key_id), account_ids=await _managed(pool, caller, None))
    return ApiKey(**api_key_fields(_present(row)))


@delete(PATH + "/{key_id:str}", opt=_NEEDS, status_code=200, summary="Revoke an API key", tags=["API keys"])
async def revoke(key_id: str, caller: Caller, pool: Pool, clock: Clock) -> ApiKey:
    """Revoke a key for good; doing it again changes nothing. It stops working within five seconds."""
    row_id, managed = _row_id(key_id), await _managed(pool, caller, None)
    async with transaction(pool) as connection:
        _present(await queries.get_key(connection, row_id, account_ids=managed))
        await commands.revoke_api_key(connection, key_id=row_id, principal=caller.principal, now=clock.now())
        return ApiKey(**api_key_fields(_present(await queries.get_key(connection, row_id, account_ids=managed))))


async def _maker(
    connection: Connection, caller: Caller, account_pid: str | None
) -> tuple[MerchantScope | PlatformScope, int | None]:
    """Return in which scope a key is made, and for which account; None: platform-wide."""
    if account_pid is not None:
        scope, account_id = await _account(connection, caller, account_pid)
    elif caller.platform is not None:
        scope, account_id = caller.platform, None
    else:
        scope = caller.only_account()
        if scope is None:
            raise InvalidRequest(
                "missing_parameter", "Say in `account_id` which account the key is for.", param="account_id"
            )
        account_id = scope.account_id
    allow(scope, Permission.KEY_MANAGE)
    return scope, account_id


async def _account(
    connection: Pool | Connection, caller: Caller, pid: str
) -> tuple[MerchantScope | PlatformScope, int]:
    for merchant in caller.merchants:
        if merchant.account_pid == pid:
            return merchant, merchant.account_id
    account_id = await queries.find_account(connection, pid) if caller.platform is not None else None
    if caller.platform is None or account_id is None:
        raise NotFound
    return caller.platform, account_id


async def _managed(pool: Pool, caller: Caller, account_pid: str | None) -> Sequence[int] | None:
    """Return the accounts whose keys the caller manages; None: all, and the platform's."""
    if account_pid is not None:
        scope, account_id = await _account(pool, caller, account_pid)
        allow(scope, Permission.KEY_MANAGE)
        return [account_id]
    if caller.platform is not None and Permission.KEY_MANAGE in caller.platform.permissions:
        return None
    return [scope.account_id for scope in caller.merchants if Permission.KEY_MANAGE in scope.permissions]


def _present(row: Record | None) -> Record:
    if row is None:
        raise NotFound
    return row


def _row_id(key_id: str) -> UUID:
    try:
        parsed = parse_public_id(Prefix.KEY, key_id)
    except MalformedId as error:
        raise NotFound from error
    if parsed.account:
        raise NotFound
    return parsed.row_id


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise InvalidRequest("invalid_parameter", "`expires_at` is an ISO 8601 time.", param="expires_at") from error


routes: Final = [create, list_, retrieve, revoke]
