"""The merchant's table of cases: the whole page, rows that have changed, and products for its filter.

A page takes at most eight statements. A change of filter, order or tab is a whole page, of which the browser shows
the table alone; so the table works the same without JavaScript.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from litestar import Response, get
from litestar.response import Redirect

from amends.access.permissions import Permission
from amends.access.sessions import Density
from amends.cases.queries_views import saved_views
from amends.cases.table import Named
from amends.cases.table_address import parse_query
from amends.cases.table_controls import Choice, Control, Controls, controls, product_control
from amends.cases.table_filters import SIZES, TableQuery
from amends.cases.table_heads import (
    ChipLink,
    Head,
    Names,
    TabLink,
    chip_links,
    count_words,
    heads,
    tab_links,
)
from amends.cases.table_lines import Line, lines
from amends.cases.table_live import load_live
from amends.cases.table_page import find_products, load_options, load_table
from amends.cases.table_seen import AnyRequest, Seen, seen_by, shown_view
from amends.cases.table_views import ViewMenu, view_menu
from amends.cases.table_words import empty_words, notices_of, shown_words, title_words
from amends.services import Services
from amends.web import urls
from amends.web.layout import session_of
from amends.web.pages import Page, render
from amends.web.readers import current_reader
from amends.web.text import number

READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
TABLE: Final = "/accounts/{biz_pid:str}/cases"
MOST_LIVE_ROWS: Final = 50
_FORM_FIELDS: Final = ("_from", "_to", "_min", "_max")


class TablePage(Page, frozen=True, kw_only=True):
    """The table of an account's cases."""

    template: ClassVar[str] = "cases/table.html"

    title: str
    path: str
    """The table's address without parameters."""
    query: str
    """What is shown, as the address says it, without the place in the list."""
    tabs: tuple[TabLink, ...]
    controls: Controls
    chips: tuple[ChipLink, ...]
    clear_url: str
    notices: tuple[str, ...]
    views: ViewMenu
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    density: Density
    may_act: bool
    """The viewer may do more than read."""
    shown: str
    """`50 of 431 cases`."""
    sizes: tuple[Choice, ...]
    """How many rows a page has; values are addresses."""
    newer_url: str | None
    older_url: str | None
    first_url: str
    is_filtered: bool
    is_past_end: bool
    is_empty_account: bool
    empty_title: str
    empty_text: str
    columns_url: str
    columns_form_url: str
    export_url: str | None
    bulk_url: str
    live_url: str
    products_url: str


class LivePart(Page, frozen=True, kw_only=True):
    """Rows that have changed, and the tabs, each to take the place of what the browser shows."""

    template: ClassVar[str] = "cases/_table_live.html"

    lines: tuple[Line, ...]
    heads: tuple[Head, ...]
    tabs: tuple[TabLink, ...]
    may_act: bool
    matching: str
    """Which of the rows that were asked for belong into the table, their ids after one another."""


class ProductsPart(Page, frozen=True, kw_only=True):
    """What the filter of products offers for what was typed."""

    template: ClassVar[str] = "cases/_table_products.html"

    control: Control


@get(TABLE, opt=READ, include_in_schema=False)
async def table_page(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """Show the table; what a form has sent is first brought into an address's own form."""
    seen = await seen_by(request, biz_pid)
    params = list(request.query_params.multi_items())
    query = parse_query(params)
    if not query.notices and is_from_form(params):
        return Redirect(query.url(seen.path), status_code=303)
    page = await _load(request, services, seen, query)
    return render(request, page, account=seen.place.account, section="cases")


def is_from_form(params: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a form has sent this: with fields that an address does not have, or has only when they say much."""
    return any(not value.strip() or value == "custom" or name.endswith(_FORM_FIELDS) for name, value in params)


async def _load(request: AnyRequest, services: Services, seen: Seen, query: TableQuery) -> TablePage:
    reader = current_reader()
    pool, place = services.pool, seen.table
    views = await saved_views(pool, place)
    view = shown_view(views, query)
    columns = seen.columns(request, view)
    data = await load_table(
        pool, place, query, columns=columns, zone=reader.time_zone, now=reader.now, signer=services.signer
    )
    options = await load_options(pool, place, query)
    products = _first(options.chosen_products, options.products)
    names = Names({one.pid: one.title for one in products}, {one.pid: one.name for one in options.assignees})
    kept = query.query_string(cursors=False)
    empty_title, empty_text = empty_words(query.tab, seen.viewer)
    return TablePage(
        title=title_words(query.tab, seen.viewer, view.name if view else None),
        path=seen.path,
        query=kept,
        tabs=tab_links(query, data.counts, seen.path, seen.viewer),
        controls=controls(
            query,
            viewer=seen.viewer,
            methods=options.methods,
            currencies=options.currencies,
            products=products,
            assignees=options.assignees,
        ),
        chips=chip_links(query, seen.path, seen.viewer, names),
        clear_url=query.without_filters().url(seen.path),
        notices=notices_of(data),
        views=view_menu(views, query, account_pid=seen.place.account.pid),
        heads=heads(query, columns, seen.path),
        lines=lines(data.rows, seen.place.scope, account_pid=seen.place.account.pid, query=kept, now=reader.now),
        density=_density(request),
        may_act=seen.may_act,
        shown=shown_words(len(data.rows), count_words(data.counts.get(query.tab))),
        sizes=tuple(Choice(query.changed(size=n).url(seen.path), number(n), n == query.size) for n in SIZES),
        newer_url=None if data.previous is None else data.previous.url(seen.path),
        older_url=None if data.next is None else data.next.url(seen.path),
        first_url=query.changed().url(seen.path),
        is_filtered=query.is_filtered,
        is_past_end=query.after is not None or query.before is not None,
        is_empty_account=not query.is_filtered and not any(one.n for one in data.counts.values()),
        empty_title=empty_title,
        empty_text=empty_text,
        **_addresses(seen, kept),
    )


def _first(chosen: Sequence[Named], others: Sequence[Named]) -> list[Named]:
    """Return what is chosen and then the others, each once."""
    return list({one.pid: one for one in (*chosen, *others)}.values())


def _density(request: AnyRequest) -> Density:
    session = session_of(request)
    return (session.preferences.density if session else None) or "comfortable"


def _addresses(seen: Seen, kept: str) -> dict[str, Any]:
    exports = urls.account_url(seen.place.account.pid, "exports/new")
    may_export = Permission.EXPORT_READ in seen.place.scope.permissions
    return {
        "columns_url": f"{seen.path}/columns",
        "columns_form_url": urls.with_query(f"{seen.path}/columns", kept),
        "export_url": urls.with_query(exports, kept) if may_export else None,
        "bulk_url": f"{seen.path}/bulk",
        "live_url": f"{seen.path}/live",
        "products_url": f"{seen.path}/products",
    }


@get(f"{TABLE}/live", opt=READ, include_in_schema=False)
async def table_rows(request: AnyRequest, services: Services, biz_pid: str) -> Response[str]:
    """Show rows as they are now, by `case`, for the table that the rest of the address describes."""
    seen = await seen_by(request, biz_pid)
    params = list(request.query_params.multi_items())
    query = parse_query([(name, value) for name, value in params if name != "case"])
    pids = [value for name, value in params if name == "case"][:MOST_LIVE_ROWS]
    reader = current_reader()
    columns = seen.columns(request, shown_view(await saved_views(services.pool, seen.table), query))
    found = await load_live(
        services.pool, seen.table, query, pids, columns=columns, zone=reader.time_zone, now=reader.now
    )
    kept = query.query_string(cursors=False)
    part = LivePart(
        lines=lines(found.rows, seen.place.scope, account_pid=seen.place.account.pid, query=kept, now=reader.now),
        heads=heads(query, columns, seen.path),
        tabs=tab_links(query, found.counts, seen.path, seen.viewer),
        may_act=seen.may_act,
        matching=" ".join(sorted(found.matching)),
    )
    return render(request, part, account=seen.place.account)


@get(f"{TABLE}/products", opt=READ, include_in_schema=False)
async def table_products(request: AnyRequest, services: Services, biz_pid: str) -> Response[str]:
    """Offer products whose title has what was typed in `find`, after those that are chosen already."""
    seen = await seen_by(request, biz_pid)
    query = parse_query([(name, value) for name, value in request.query_params.multi_items() if name == "product"])
    chosen = (await load_options(services.pool, seen.table, query)).chosen_products if query.products else ()
    found = await find_products(services.pool, seen.table, request.query_params.get("find", ""))
    part = ProductsPart(control=product_control(_first(chosen, found), query.products))
    return render(request, part, account=seen.place.account)


routes: Final = [table_page, table_rows, table_products]
