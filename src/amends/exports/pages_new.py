"""The form of a new export: from the table of cases in a dialog, or as a page. Then it is shown being written.

From the table it knows what is filtered and which columns are shown; the first row of the file is then in the reader's
language. Nothing else is asked than what, as what, and in which time zone.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Final, Literal
from urllib.parse import parse_qsl
from zoneinfo import available_timezones

import msgspec
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.queries_views import saved_views
from amends.cases.table import Column, columns_from
from amends.cases.table_address import parse_query
from amends.cases.table_filters import Tab, TableQuery
from amends.cases.table_page import Count, count_tabs, search_table
from amends.cases.table_values import Asked, TablePlace
from amends.db.transactions import transaction
from amends.exports import commands
from amends.exports.asking import checked
from amends.exports.asking_table import columns_of, filters_of
from amends.exports.lines import EXPORTS_PATH, NEEDS, ExportLine, line_of
from amends.exports.queries import ExportRow
from amends.exports.queries_columns import COLUMNS
from amends.exports.resources import Format, Resource
from amends.exports.visible import Place
from amends.exports.words import FORMAT_HINTS, FORMAT_WORDS, HEADINGS, RESOURCE_WORDS
from amends.kit.errors import Conflict, Unprocessable
from amends.services import Services
from amends.web import places, urls
from amends.web.forms import Filled, read_form
from amends.web.layout import session_of
from amends.web.pages import Page, is_htmx, redirect, render
from amends.web.readers import current_reader
from amends.web.text import _, ngettext, number

CHOOSE: Final = "choose"

AnyPage = Request[Any, Caller, Any]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """Something to choose."""

    value: str
    label: Any
    hint: Any = ""
    is_chosen: bool = False


class NewPart(Page, frozen=True, kw_only=True):
    """The form."""

    template: ClassVar[str] = "exports/_new.html"

    action: str
    table_query: str
    """What the table shows, as its address says it."""
    resources: Sequence[Option]
    """What to export; none: cases, as in the table."""
    rows: Sequence[Option]
    """What is filtered, or all; none: all."""
    columns: Sequence[Option]
    """Those that are shown, or all; none: all."""
    formats: Sequence[Option]
    time_zone: str
    time_zones: Sequence[str]
    back_url: str
    filled: Filled[Any] | None
    is_page: bool = False


class NewPage(NewPart, frozen=True, kw_only=True):
    """The form as a page."""

    template: ClassVar[str] = "exports/new.html"

    is_page: bool = True


class StartedPart(Page, frozen=True, kw_only=True):
    """What the dialog shows once the export is asked for."""

    template: ClassVar[str] = "exports/_started.html"

    line: ExportLine
    list_url: str


class ExportForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form sends."""

    resource: Resource = Resource.CASES
    rows: Literal["filtered", "all"] = "all"
    columns: Literal["shown", "all"] = "all"
    format: Format = Format.CSV
    time_zone: str = "UTC"
    table: str = ""


@get(EXPORTS_PATH + "/new", opt=NEEDS, include_in_schema=False)
async def new_export(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """Show the form; the address says what the table shows, or `choose` where no table is left."""
    place = await places.place_of(request, biz_pid, Permission.EXPORT_READ)
    table = request.scope["query_string"].decode("latin-1")
    return await _show(request, services, place, table, choose=CHOOSE in request.query_params)


@post(EXPORTS_PATH, opt=NEEDS, include_in_schema=False, status_code=200)
async def create_export(request: AnyPage, services: Services, biz_pid: str) -> Response[Any]:
    """Have an export written, and show how it goes."""
    place = await places.place_of(request, biz_pid, Permission.EXPORT_READ)
    filled, status = await read_form(request, ExportForm), 422
    try:
        if filled.value is not None:
            export = await _asked_for(request, services, place, filled.value)
            return _started(request, services, place, export)
    except Conflict:
        text = _("Ten exports are still being written. Wait until one is ready, or cancel one.")
        filled, status = msgspec.structs.replace(filled, value=None, errors={"": text}), 409
    except Unprocessable:
        text = _("This time zone is not known. Choose one of the list, such as Europe/Paris.")
        filled = msgspec.structs.replace(filled, value=None, errors={"time_zone": text})
    table = str(filled.typed.get("table", ""))
    choose = CHOOSE in filled.typed
    return await _show(request, services, place, table, choose=choose, filled=filled, status=status)


async def _asked_for(request: AnyPage, services: Services, place: places.Place, form: ExportForm) -> ExportRow:
    """Ask for what the form says.

    Raises:
        Unprocessable: `unknown_time_zone`.
        Conflict: `too_many_exports`.
    """
    reader, now = current_reader(), services.clock.now()
    seen, table = Place(place.account_id, place.account.pid, place.scope), TablePlace(place.scope, place.account_id)
    query = parse_query(parse_qsl(form.table))
    narrowed = form.resource is Resource.CASES and form.rows == "filtered"
    shown = form.resource is Resource.CASES and form.columns == "shown"
    columns = columns_of(await _shown_columns(request, services, table, query)) if shown else None
    wanted = await checked(
        services.pool,
        seen,
        form.resource,
        format_=form.format,
        columns=columns,
        filters=filters_of(query, table, reader.time_zone, now) if narrowed else None,
        time_zone=form.time_zone,
        headings={key: str(word) for key, word in HEADINGS.items()},
        table_query=query.query_string(cursors=False) if narrowed else None,
    )
    async with transaction(services.pool) as connection:
        return await commands.request_export(
            connection, place.account_id, wanted, principal=request.auth.principal, now=now
        )


async def _shown_columns(
    request: AnyPage, services: Services, table: TablePlace, query: TableQuery
) -> tuple[Column, ...]:
    """Return the columns that the table shows: those of its view, or the reader's own."""
    views = await saved_views(services.pool, table) if query.view else ()
    view = next((one for one in views if one.pid == query.view), None)
    session = session_of(request)
    own = session.preferences.columns if session else None
    with_email = Permission.MEMBER_EMAIL_READ in table.scope.permissions
    return columns_from((view and view.columns) or own, with_email=with_email)


def _started(request: AnyPage, services: Services, place: places.Place, export: ExportRow) -> Response[Any]:
    url = urls.account_url(place.account.pid, "exports")
    if not is_htmx(request):
        return redirect(request, url, message=_("The export is being written. It stays here for 30 days."))
    line = line_of(export, place.account.pid, services.clock.now())
    return render(request, StartedPart(line=line, list_url=url), account=place.account, section="exports")


async def _show(
    request: AnyPage,
    services: Services,
    place: places.Place,
    table_query: str,
    *,
    choose: bool,
    filled: Filled[ExportForm] | None = None,
    status: int = 200,
) -> Response[str]:
    table, query = TablePlace(place.scope, place.account_id), parse_query(parse_qsl(table_query))
    typed: dict[str, Any] = dict(filled.typed) if filled else {}
    seen = Place(place.account_id, place.account.pid, place.scope)
    part = (NewPart if is_htmx(request) else NewPage)(
        action=urls.account_url(place.account.pid, "exports"),
        table_query="" if choose else query.query_string(cursors=False),
        resources=_resources(seen, typed) if choose else (),
        rows=() if choose else await _rows(services, table, query, typed),
        columns=() if choose else await _columns(request, services, table, query, typed),
        formats=_chosen(
            [Option(value=one, label=FORMAT_WORDS[one], hint=FORMAT_HINTS[one]) for one in Format],
            typed.get("format", Format.CSV.value),
        ),
        time_zone=str(typed.get("time_zone", current_reader().time_zone.key)),
        time_zones=_time_zones(),
        back_url=urls.account_url(place.account.pid, "exports") if choose else query.url(_table_url(place)),
        filled=filled,
    )
    return render(request, part, account=place.account, section="exports" if choose else "cases", status=status)


def _table_url(place: places.Place) -> str:
    return urls.table_url(place.account.pid)


def _resources(seen: Place, typed: dict[str, Any]) -> Sequence[Option]:
    options = [Option(value=one, label=RESOURCE_WORDS[one]) for one in seen.resources]
    return _chosen(options, typed.get("resource", options[0].value if options else ""))


async def _rows(services: Services, table: TablePlace, query: TableQuery, typed: dict[str, Any]) -> Sequence[Option]:
    """Return the choice of rows with their number, where the table is narrowed."""
    if not query.is_filtered and query.tab is Tab.ALL:
        return ()
    reader = current_reader()
    found = await search_table(services.pool, table, query)
    case_ids = None if found is None else found.case_ids
    here = (await count_tabs(services.pool, Asked(table, query, case_ids, reader.time_zone, reader.now)))[query.tab]
    whole = (await count_tabs(services.pool, Asked(table, TableQuery(), None, reader.time_zone, reader.now)))[Tab.ALL]
    options = [
        Option(value="filtered", label=_("What the table shows"), hint=_cases(here)),
        Option(value="all", label=_("All cases of the account"), hint=_cases(whole)),
    ]
    return _chosen(options, typed.get("rows", "filtered"))


def _cases(count: Count) -> str:
    if count.is_capped:
        return _("more than %(n)s cases", n=number(count.n))
    return ngettext("%(n)s case", "%(n)s cases", count.n)


async def _columns(
    request: AnyPage, services: Services, table: TablePlace, query: TableQuery, typed: dict[str, Any]
) -> Sequence[Option]:
    shown = columns_of(await _shown_columns(request, services, table, query))
    with_email = Permission.MEMBER_EMAIL_READ in table.scope.permissions
    every = [column for column in COLUMNS[Resource.CASES].values() if with_email or not column.is_email]
    options = [
        Option(value="shown", label=_("The columns shown"), hint=_in_columns(len(shown))),
        Option(value="all", label=_("All columns"), hint=_in_columns(len(every))),
    ]
    return _chosen(options, typed.get("columns", "shown"))


def _in_columns(n: int) -> str:
    return ngettext("%(n)s column in the file", "%(n)s columns in the file", n)


def _chosen(options: Sequence[Option], value: str) -> Sequence[Option]:
    return [msgspec.structs.replace(one, is_chosen=one.value == value) for one in options]


@cache
def _time_zones() -> tuple[str, ...]:
    listed = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return ("UTC", *listed)


routes: Final = [new_export, create_export]
