"""The merchant's table of cases: the whole page, rows that have changed, and products for its filter.

A page takes at most eight statements. A change of filter, order or tab is a whole page, of which the browser shows
the table alone; so the table works the same without JavaScript.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple

from litestar import Request, Response, get
from litestar.response import Redirect

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.access.sessions import Density
from amends.cases.queries_views import SavedView, saved_views
from amends.cases.states import Actor
from amends.cases.table import Column, Named, columns_from
from amends.cases.table_address import parse_query
from amends.cases.table_controls import Choice, Control, Controls, controls, product_control
from amends.cases.table_filters import SIZES, Tab, TableQuery
from amends.cases.table_heads import (
    ChipLink,
    Head,
    Names,
    TabLink,
    chip_links,
    count_words,
    heads,
    notice_words,
    tab_links,
    tab_word,
)
from amends.cases.table_lines import Line, lines, viewer_of
from amends.cases.table_live import load_live
from amends.cases.table_page import (
    TablePageData,
    find_products,
    load_options,
    load_table,
)
from amends.cases.table_values import TablePlace
from amends.cases.table_views import ViewMenu, view_menu
from amends.services import Services
from amends.web import urls
from amends.web.layout import session_of
from amends.web.pages import Page, render
from amends.web.places import Place, place_of
from amends.web.readers import current_reader
from amends.web.text import _, ngettext, number

READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
TABLE: Final = "/accounts/{biz_pid:str}/cases"
MOST_LIVE_ROWS: Final = 50
_FORM_FIELDS: Final = ("_from", "_to", "_min", "_max")

AnyRequest = Request[Any, Caller, Any]


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


class Seen(NamedTuple):
    """An account's table, as one viewer sees it."""

    place: Place
    path: str
    viewer: Actor
    may_act: bool
    with_email: bool

    @property
    def table(self) -> TablePlace:
        """Return what queries need."""
        return TablePlace(self.place.scope, self.place.account_id)

    def columns(self, request: AnyRequest, view: SavedView | None = None) -> tuple[Column, ...]:
        """Return the columns to show: the view's, where it has some of its own, else those that the person wants."""
        session = session_of(request)
        own = session.preferences.columns if session else None
        return columns_from((view and view.columns) or own, with_email=self.with_email)


async def seen_by(request: AnyRequest, biz_pid: str, permission: Permission = Permission.CASE_READ) -> Seen:
    """Return the table of an account for the request's person.

    Raises:
        NotFound, Forbidden: as `place_of`.
    """
    place = await place_of(request, biz_pid, permission)
    permissions = place.scope.permissions
    return Seen(
        place=place,
        path=urls.table_url(place.account.pid),
        viewer=viewer_of(place.scope),
        may_act=Permission.CASE_WRITE in permissions,
        with_email=Permission.MEMBER_EMAIL_READ in permissions,
    )


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


def shown_view(views: Sequence[SavedView], query: TableQuery) -> SavedView | None:
    """Return the saved view that a table began as."""
    return next((view for view in views if view.pid == query.view), None)


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
    return TablePage(
        title=_title(query, seen, view),
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
        notices=_notices(data),
        views=view_menu(views, query, account_pid=seen.place.account.pid),
        heads=heads(query, columns, seen.path),
        lines=lines(data.rows, seen.place.scope, account_pid=seen.place.account.pid, query=kept, now=reader.now),
        density=_density(request),
        may_act=seen.may_act,
        shown=_shown(len(data.rows), count_words(data.counts.get(query.tab))),
        sizes=tuple(Choice(query.changed(size=n).url(seen.path), number(n), n == query.size) for n in SIZES),
        newer_url=None if data.previous is None else data.previous.url(seen.path),
        older_url=None if data.next is None else data.next.url(seen.path),
        first_url=query.changed().url(seen.path),
        is_filtered=query.is_filtered,
        is_past_end=query.after is not None or query.before is not None,
        is_empty_account=not query.is_filtered and not any(one.n for one in data.counts.values()),
        **_empty(query.tab, seen.viewer),
        **_addresses(seen, kept),
    )


def _first(chosen: Sequence[Named], others: Sequence[Named]) -> list[Named]:
    """Return what is chosen and then the others, each once."""
    return list({one.pid: one for one in (*chosen, *others)}.values())


def _title(query: TableQuery, seen: Seen, view: SavedView | None) -> str:
    name = view.name if view is not None else "" if query.tab is Tab.ALL else tab_word(query.tab, seen.viewer)
    return f"{name} · {_('Resolution center')}" if name else _("Resolution center")


def _notices(data: TablePageData) -> tuple[str, ...]:
    words = [notice_words(notice) for notice in data.notices]
    if data.is_search_capped:
        words.append(_("The search found more than can be shown. Write more of what you look for."))
    return tuple(dict.fromkeys(words))


def _shown(rows: int, total: str) -> str:
    if not total:
        return ngettext("%(n)s case", "%(n)s cases", rows)
    return _("%(rows)s of %(total)s cases", rows=number(rows), total=total)


def _density(request: AnyRequest) -> Density:
    session = session_of(request)
    return (session.preferences.density if session else None) or "comfortable"


def _empty(tab: Tab, viewer: Actor) -> dict[str, str]:
    """Return what a tab without cases says."""
    title, text = _("No cases here"), _("Cases appear here as soon as there are any.")
    match tab:
        case Tab.YOUR_TURN if viewer is Actor.MERCHANT:
            title, text = _("Nothing waits for you"), _("You have answered every case. New ones appear here at once.")
        case Tab.AWAITING_CUSTOMER:
            text = _("No customer owes you an answer at the moment.")
        case Tab.UNDER_REVIEW:
            text = _("The platform has no case of this account to decide.")
        case Tab.CLOSED:
            text = _("Cases appear here once they are decided, settled or withdrawn.")
        case _:
            pass
    return {"empty_title": title, "empty_text": text}


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
