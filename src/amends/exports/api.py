"""The JSON routes of exports, as the reference client calls them; cancel and retry are ours."""

from typing import Annotated, Any, Final, Literal

from litestar import Router, get, post
from litestar.di import Provide
from litestar.params import Parameter
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.pool import Pool
from amends.exports import commands
from amends.exports.asking import checked
from amends.exports.downloads import download
from amends.exports.queries import EXPORTS, export_row
from amends.exports.resources import State
from amends.exports.schemas import CreateExport, Export, ExportPage, export_shape
from amends.exports.visible import place_of, visible_export
from amends.kit.clock import parse_time
from amends.kit.errors import InvalidRequest
from amends.people.paging import Paging, provide_paging
from amends.services import Services

PATH: Final = "/api/v1/exports"
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.EXPORT_READ}
_TAGS: Final = ["Exports"]
_FROM: Final = "Only exports created at or after this ISO 8601 time."
_UNTIL: Final = "Only exports created at or before this ISO 8601 time."


@post(PATH, opt=_NEEDS, summary="Create an export", tags=_TAGS)
async def create(
    data: CreateExport, caller: Caller, idem: Idempotency, pool: Pool, services: Services
) -> Response[Export]:
    """Export an account's cases, payments (`receipts`) or disputes in the background; poll until it is completed.

    `filters` are those of the resource's list and of the table of cases, `columns` keys in the wanted order. A platform
    key must name the account. What may not be seen cannot be exported: e-mail addresses need `member:email:read`.
    """
    place = await place_of(pool, caller, data.account_id)
    wanted = await checked(
        pool,
        place,
        data.resource,
        format_=data.format,
        columns=data.columns,
        filters=data.filters,
        time_zone=data.timezone,
    )
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        now = services.clock.now()
        export = await commands.request_export(
            tx.connection, place.account_id, wanted, principal=caller.principal, now=now
        )
        return await tx.answer(201, export_shape(export, place.account_pid, services, now))


@get(PATH, opt=_NEEDS, summary="List exports", tags=_TAGS)
async def list_(
    caller: Caller,
    pool: Pool,
    services: Services,
    paging: Paging,
    account_id: str | None = None,
    resource: Annotated[str | None, Parameter(description="Only exports of this resource.")] = None,
    status: Annotated[State | None, Parameter(description="Only exports in this status.")] = None,
    created_after: Annotated[str | None, Parameter(description=_FROM)] = None,
    created_before: Annotated[str | None, Parameter(description=_UNTIL)] = None,
    order: Literal["created_at"] | None = None,  # noqa: ARG001 (the only one there is)
    direction: Literal["asc", "desc"] | None = None,
) -> ExportPage:
    """List an account's exports, newest first; the bounds of `created_after` and `created_before` are included."""
    place = await place_of(pool, caller, account_id)
    rows, info = await paging.read(
        EXPORTS[direction or "desc"],
        place.account_id,
        [known for known in place.resources if resource in {None, known}],
        place.sees_email,
        place.side,
        status,
        _time(created_after, "created_after"),
        _time(created_before, "created_before"),
    )
    now = services.clock.now()
    return ExportPage([export_shape(export_row(row), place.account_pid, services, now) for row in rows], info)


def _time(text: str | None, param: str) -> Any:
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise InvalidRequest("invalid_parameter", f"`{param}` is an ISO 8601 time.", param=param) from error


@get(PATH + "/{export_id:str}", opt=_NEEDS, summary="Retrieve an export", tags=_TAGS)
async def retrieve(export_id: str, caller: Caller, pool: Pool, services: Services) -> Export:
    """Return an export: how far it is and, once it is completed, a fresh address of its file."""
    export, place = await visible_export(pool, caller, export_id)
    return export_shape(export, place.account_pid, services, services.clock.now())


@post(PATH + "/{export_id:str}/cancel", opt=_NEEDS, status_code=200, summary="Cancel an export", tags=_TAGS)
async def cancel(export_id: str, caller: Caller, idem: Idempotency, pool: Pool, services: Services) -> Response[Export]:
    """End an export that waits or is being written: it fails with `error.code` `canceled`."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        now = services.clock.now()
        export, place = await visible_export(tx.connection, caller, export_id)
        export = await commands.cancel_export(tx.connection, export, principal=caller.principal, now=now)
        return await tx.answer(200, export_shape(export, place.account_pid, services, now))


@post(PATH + "/{export_id:str}/retry", opt=_NEEDS, status_code=200, summary="Retry an export", tags=_TAGS)
async def retry(export_id: str, caller: Caller, idem: Idempotency, pool: Pool, services: Services) -> Response[Export]:
    """Have a failed export written once more, with the rows of today."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        now = services.clock.now()
        export, place = await visible_export(tx.connection, caller, export_id)
        export = await commands.retry_export(tx.connection, export, principal=caller.principal, now=now)
        return await tx.answer(200, export_shape(export, place.account_pid, services, now))


routes: Final = [
    Router(
        "",
        route_handlers=[create, list_, retrieve, cancel, retry, download],
        dependencies={"paging": Provide(provide_paging, sync_to_thread=False)},
    ),
]
