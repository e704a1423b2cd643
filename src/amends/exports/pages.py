"""The pages of exports: the list, one line of it while it is written, and its download, cancel and retry.

A line renews itself while its export is not finished: when the stream tells of it, and every two seconds besides.
Without JavaScript the page has a link that loads it again.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.keyset import read_page
from amends.db.transactions import transaction
from amends.exports import commands
from amends.exports.lines import EXPORTS_PATH, NEEDS, ExportLine, line_of
from amends.exports.links import download_path
from amends.exports.queries import EXPORTS, ExportRow, export_row
from amends.exports.schemas import is_offered
from amends.exports.visible import Place, visible_export
from amends.kit.errors import Conflict, NotFound
from amends.kit.pages import Cursors
from amends.services import Services
from amends.web import places, urls
from amends.web.pages import Page, is_htmx, redirect, render
from amends.web.text import _

_ONE: Final = EXPORTS_PATH + "/{export_pid:str}"
SIZE: Final = 25
_NEWEST: Final = EXPORTS["desc"]

AnyPage = Request[Any, Caller, Any]


class ExportsPage(Page, frozen=True, kw_only=True):
    """The exports of an account."""

    template: ClassVar[str] = "exports/list.html"

    lines: Sequence[ExportLine]
    new_url: str
    url: str
    is_running: bool
    """Something is being written: the page is worth loading again."""
    newer_url: str | None
    older_url: str | None


class LinePart(Page, frozen=True, kw_only=True):
    """One export's line."""

    template: ClassVar[str] = "exports/_line.html"

    line: ExportLine


@get(EXPORTS_PATH, opt=NEEDS, include_in_schema=False)
async def exports_page(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """List the exports that the reader may see, newest first."""
    place = await places.place_of(request, biz_pid, Permission.EXPORT_READ)
    seen = Place(place.account_id, place.account.pid, place.scope)
    cursors = Cursors(services.signer, _NEWEST.name, _NEWEST.order.key_type)
    rows, info = await read_page(
        services.pool, _NEWEST, cursors.asked(request.query_params, SIZE), cursors,
        seen.account_id, seen.resources, seen.sees_email, seen.side, None, None, None,
    )  # fmt: skip
    now, url = services.clock.now(), urls.account_url(place.account.pid, "exports")
    lines = [line_of(export_row(row), place.account.pid, now) for row in rows]
    page = ExportsPage(
        lines=lines,
        new_url=f"{url}/new?choose=1",
        url=url,
        is_running=any(line.is_running for line in lines),
        newer_url=_page_url(url, "before", info.start_cursor) if info.has_previous_page else None,
        older_url=_page_url(url, "after", info.end_cursor) if info.has_next_page else None,
    )
    return render(request, page, account=place.account, section="exports")


def _page_url(url: str, way: str, cursor: str | None) -> str:
    return urls.with_query(url, urlencode({way: cursor or ""}))


@get(_ONE, opt=NEEDS, include_in_schema=False)
async def export_line(request: AnyPage, services: Services, biz_pid: str, export_pid: str) -> Response[Any]:
    """Show one export's line as it is now; a browser without JavaScript gets the list."""
    place, export = await _export(request, services, biz_pid, export_pid)
    if not is_htmx(request):
        return redirect(request, urls.account_url(place.account.pid, "exports"))
    line = line_of(export, place.account.pid, services.clock.now())
    return render(request, LinePart(line=line), account=place.account, section="exports")


@get(_ONE + "/download", opt=NEEDS, include_in_schema=False)
async def download_page(request: AnyPage, services: Services, biz_pid: str, export_pid: str) -> Response[Any]:
    """Go to the file, at an address that is good for ten minutes."""
    place, export = await _export(request, services, biz_pid, export_pid)
    now = services.clock.now()
    if not is_offered(export, now):
        message = _("This file is not there any more, or not yet.")
        return redirect(request, urls.account_url(place.account.pid, "exports"), message=message)
    return Redirect(download_path(services.signer, export.ref, now), status_code=303)


@post(_ONE + "/cancel", opt=NEEDS, include_in_schema=False, status_code=200)
async def cancel_page(request: AnyPage, services: Services, biz_pid: str, export_pid: str) -> Response[Any]:
    """Cancel an export."""
    place, export = await _export(request, services, biz_pid, export_pid)
    return await _changed(request, services, place, export, commands.cancel_export, _("The export is canceled."))


@post(_ONE + "/retry", opt=NEEDS, include_in_schema=False, status_code=200)
async def retry_page(request: AnyPage, services: Services, biz_pid: str, export_pid: str) -> Response[Any]:
    """Retry an export that has failed."""
    place, export = await _export(request, services, biz_pid, export_pid)
    message = _("The export is being written again, with the rows of now.")
    return await _changed(request, services, place, export, commands.retry_export, message)


async def _changed(
    request: AnyPage, services: Services, place: places.Place, export: ExportRow, command: Any, message: str
) -> Response[Any]:
    """Do something to an export and show what came of it; one that went on meanwhile is shown as it is."""
    now = services.clock.now()
    try:
        async with transaction(services.pool) as connection:
            export = await command(connection, export, principal=request.auth.principal, now=now)
    except Conflict:
        export, message = (await visible_export(services.pool, request.auth, export.pid))[0], ""
    if is_htmx(request):
        line = line_of(export, place.account.pid, now)
        return render(request, LinePart(line=line), account=place.account, section="exports")
    return redirect(request, urls.account_url(place.account.pid, "exports"), message=message or None)


async def _export(
    request: AnyPage, services: Services, biz_pid: str, export_pid: str
) -> tuple[places.Place, ExportRow]:
    place = await places.place_of(request, biz_pid, Permission.EXPORT_READ)
    export, _seen = await visible_export(services.pool, request.auth, export_pid)
    if export.account_id != place.account_id:
        raise NotFound
    return place, export


routes: Final = [exports_page, export_line, download_page, cancel_page, retry_page]
