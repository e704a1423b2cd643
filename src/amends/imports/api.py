"""The JSON routes of imports: the body is the file, read as it arrives; the answer is the report.

Which kinds of records may be imported follows from the credential's permissions, as for a PUT of each.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.di import Provide
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, MerchantScope, PlatformScope, missing_permission
from amends.db.pool import Pool
from amends.imports import queries
from amends.imports.run import Reach, Source, run_import
from amends.imports.schemas import Import, RejectedLine, import_shape, rejection_shape
from amends.kit.clock import Clock
from amends.kit.errors import InvalidRequest, NotFound, UnsupportedMediaType
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.pages import Page
from amends.people.paging import Paging, provide_paging
from amends.people.places import find_account
from amends.people.records import Kind

PATH: Final = "/api/v1/imports"
BATCH_LINES: Final = 1_000
SHOWN_REJECTIONS: Final = 20
_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_TAGS: Final = ["Imports"]
WRITES: Final = {
    Kind.ACCOUNT: Permission.ACCOUNT_WRITE,
    Kind.USER: Permission.USER_WRITE,
    Kind.PRODUCT: Permission.PRODUCT_WRITE,
    Kind.PLAN: Permission.PRODUCT_WRITE,
    Kind.MEMBER: Permission.MEMBER_WRITE,
    Kind.PAYMENT: Permission.PAYMENT_WRITE,
    Kind.ACTIVITY: Permission.ACTIVITY_WRITE,
}
_OF_PLATFORM: Final = frozenset({Kind.ACCOUNT, Kind.USER})
_CSV: Final = "text/csv"
_JSON_LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json"})


@post(PATH, request_max_body_size=None, summary="Import records", tags=_TAGS)
async def create(
    request: Request[Any, Caller, Any],
    caller: Caller,
    pool: Pool,
    clock: Clock,
    kind: Kind | None = None,
    account_id: str | None = None,
) -> Response[Import]:
    """Import the JSON lines or the CSV file in the body: good lines land, bad ones are reported.

    Each JSON line says its `kind`; the rows of a CSV file are all of the `kind` in the query. `account_id` is the
    account of records that name none. Sending the same file again changes nothing, so an Idempotency-Key is not needed.
    """
    is_csv = _is_csv(request.headers.get("content-type"))
    if is_csv and kind is None:
        raise InvalidRequest("kind_required", "Say in `kind` what the rows of the CSV file are.", param="kind")
    scope, number = await _scope(pool, caller, account_id)
    by_account = isinstance(scope, MerchantScope)
    reach = Reach(number, _kinds(scope, number, kind), by_account=by_account, rights=scope.permissions)
    source = Source(chunks=request.stream(), kind=kind if is_csv else None)
    import_id = await run_import(
        pool, clock, source, principal=caller.principal, reach=reach, batch_lines=BATCH_LINES, lanes=1
    )
    return Response(await _report(pool, import_id, None), status_code=201)


def _is_csv(content_type: str | None) -> bool:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type != _CSV and media_type not in _JSON_LINES:
        raise UnsupportedMediaType(
            "unsupported_media_type", "Send JSON lines as Content-Type: application/x-ndjson, or CSV as text/csv."
        )
    return media_type == _CSV


async def _scope(pool: Pool, caller: Caller, account: str | None) -> tuple[MerchantScope | PlatformScope, int | None]:
    """Return in which scope the caller imports, and into which account; None: each line says."""
    if account is not None:
        number, _ = await find_account(pool, account)
        scope = caller.account(number)
        if scope is None:
            raise NotFound
        return scope, number
    if caller.platform is not None:
        return caller.platform, None
    match caller.merchants:
        case (merchant,):
            return merchant, merchant.account_id
        case ():
            raise missing_permission(Permission.PAYMENT_WRITE)
        case _:
            raise InvalidRequest("account_required", "Say in `account_id` which account is meant.", param="account_id")


def _kinds(scope: MerchantScope | PlatformScope, account_id: int | None, kind: Kind | None) -> frozenset[Kind]:
    """Return the kinds that may be imported: within an account not those of the platform.

    Raises:
        Forbidden: not the asked one, or none.
    """
    if kind is not None:
        allow(scope, WRITES[kind])
    wanted = frozenset(Kind) if kind is None else frozenset({kind})
    if account_id is not None and isinstance(scope, MerchantScope):
        wanted -= _OF_PLATFORM
    kinds = frozenset(kind for kind in wanted if WRITES[kind] in scope.permissions)
    if not kinds:
        raise missing_permission(WRITES[kind or Kind.PAYMENT])
    return kinds


@get(PATH, opt=_READ, summary="List imports", tags=_TAGS)
async def list_(caller: Caller, paging: Paging) -> Page[Import]:
    """List imports, newest first: an account's own, for the platform all. Rejected lines are left out."""
    rows, info = await paging.read(queries.IMPORTS, _visible(caller))
    return Page([import_shape(queries.ImportRow(**dict(row)), []) for row in rows], info)


@get(PATH + "/{import_id:str}", opt=_READ, summary="Retrieve an import", tags=_TAGS)
async def retrieve(import_id: str, caller: Caller, pool: Pool) -> Import:
    """Return the report of an import, which counts while it runs, with the first rejected lines."""
    return await _report(pool, _row_id(import_id), _visible(caller))


@get(PATH + "/{import_id:str}/rejections", opt=_READ, summary="List an import's rejected lines", tags=_TAGS)
async def list_rejections(import_id: str, caller: Caller, pool: Pool, paging: Paging) -> Page[RejectedLine]:
    """List rejected lines in the order of the file; the first 10 000 are kept."""
    row_id = _row_id(import_id)
    await _report(pool, row_id, _visible(caller))
    rows, info = await paging.read(queries.REJECTIONS, row_id)
    return Page([rejection_shape(row) for row in rows], info)


async def _report(pool: Pool, row_id: UUID, account_ids: Sequence[int] | None) -> Import:
    row = await queries.get_import(pool, row_id, account_ids)
    if row is None:
        raise NotFound
    return import_shape(row, await queries.first_rejections(pool, row_id, SHOWN_REJECTIONS))


def _visible(caller: Caller) -> list[int] | None:
    """Return the accounts whose imports the caller sees; None: all, and the platform's."""
    if caller.platform is not None and Permission.CASE_READ in caller.platform.permissions:
        return None
    return [scope.account_id for scope in caller.merchants if Permission.CASE_READ in scope.permissions]


def _row_id(text: str) -> UUID:
    try:
        return parse_public_id(Prefix.IMPORT, text).row_id
    except MalformedId as error:
        raise NotFound from error


routes: Final = [
    Router(
        "",
        route_handlers=[create, list_, retrieve, list_rejections],
        dependencies={"paging": Provide(provide_paging, sync_to_thread=False)},
    ),
]
