"""Saved views of the table: made from what it shows, brought up to it, renamed and deleted; each person's own."""

from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.cases.commands_views import change_view, drop_view, save_view
from amends.cases.queries_views import SavedView, saved_views
from amends.cases.table_address import parse_query
from amends.cases.table_filters import TableQuery
from amends.cases.table_heads import ChipLink, Names, chip_links, tab_word
from amends.cases.table_seen import AnyRequest, Seen, seen_by
from amends.cases.table_views import kept_of, query_of
from amends.db.transactions import transaction
from amends.kit.errors import Unprocessable
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.pages import Page, redirect, render
from amends.web.text import _

READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
VIEWS: Final = "/accounts/{biz_pid:str}/views"


class ViewForm(msgspec.Struct, frozen=True, kw_only=True):
    """A view's name, or what it is to show, or both."""

    name: str | None = None
    query: str | None = None


class ShownView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view in the list."""

    pid: str
    name: str
    tab: str
    chips: tuple[ChipLink, ...]
    url: str
    change_url: str
    delete_url: str


class ViewsPage(Page, frozen=True, kw_only=True):
    """All of a person's views at an account."""

    template: ClassVar[str] = "cases/views.html"

    views: tuple[ShownView, ...]
    filled: Filled[ViewForm] | None
    """A name that cannot be."""
    wrong: str | None
    """Of which view; None: of a new one."""
    query: str
    """What a new view is to show."""
    save_url: str
    table_url: str


@get(VIEWS, opt=READ, include_in_schema=False)
async def views_page(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """List the person's views."""
    return await _show(request, services, await seen_by(request, biz_pid))


@post(VIEWS, opt=READ, include_in_schema=False)
async def make_view(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """Keep what the table shows, under a name."""
    seen = await seen_by(request, biz_pid)
    filled = await read_form(request, ViewForm)
    form = filled.value or ViewForm()
    query = _kept(form.query or "")
    try:
        async with transaction(services.pool) as connection:
            view = await save_view(
                connection, seen.table, name=form.name or "", query=kept_of(query), now=services.clock.now()
            )
    except Unprocessable as problem:
        return await _show(request, services, seen, refused(filled, problem))
    return redirect(request, query_of(view).url(seen.path), message=_("The view “%(name)s” is saved.", name=view.name))


@post(f"{VIEWS}/{{view_pid:str}}", opt=READ, include_in_schema=False)
async def update_view(request: AnyRequest, services: Services, biz_pid: str, view_pid: str) -> Response[Any]:
    """Rename a view, or have it show what the table shows."""
    seen = await seen_by(request, biz_pid)
    filled = await read_form(request, ViewForm)
    form = filled.value or ViewForm()
    query = None if form.query is None else kept_of(_kept(form.query))
    name = (form.name or "") if "name" in filled.typed else None
    try:
        async with transaction(services.pool) as connection:
            view = await change_view(connection, seen.table, view_pid, name=name, query=query, now=services.clock.now())
    except Unprocessable as problem:
        return await _show(request, services, seen, refused(filled, problem), wrong=view_pid)
    if query is None:
        return redirect(request, _views_url(seen), message=_("Renamed to “%(name)s”.", name=view.name))
    return redirect(request, query_of(view).url(seen.path), message=_("“%(name)s” now shows this.", name=view.name))


@post(f"{VIEWS}/{{view_pid:str}}/delete", opt=READ, include_in_schema=False)
async def delete_view(request: AnyRequest, services: Services, biz_pid: str, view_pid: str) -> Response[Any]:
    """Delete a view; no case is touched by that."""
    seen = await seen_by(request, biz_pid)
    async with transaction(services.pool) as connection:
        await drop_view(connection, seen.table, view_pid)
    return redirect(request, _views_url(seen), message=_("The view is deleted. No case is touched by that."))


async def _show(
    request: AnyRequest,
    services: Services,
    seen: Seen,
    filled: Filled[ViewForm] | None = None,
    wrong: str | None = None,
) -> Response[Any]:
    views = await saved_views(services.pool, seen.table)
    page = ViewsPage(
        views=tuple(_shown(view, seen) for view in views),
        filled=filled,
        wrong=wrong,
        query=str(filled.typed.get("query", "")) if filled and wrong is None else "",
        save_url=_views_url(seen),
        table_url=seen.path,
    )
    status = 422 if filled else 200
    return render(request, page, account=seen.place.account, section="cases", status=status)


def _shown(view: SavedView, seen: Seen) -> ShownView:
    query = query_of(view)
    return ShownView(
        pid=view.pid,
        name=view.name,
        tab=tab_word(query.tab, seen.viewer),
        chips=chip_links(query, seen.path, seen.viewer, Names({}, {})),
        url=query.url(seen.path),
        change_url=f"{_views_url(seen)}/{view.pid}",
        delete_url=f"{_views_url(seen)}/{view.pid}/delete",
    )


def _kept(text: str) -> TableQuery:
    return parse_query(parse_qsl(text))


def _views_url(seen: Seen) -> str:
    return urls.account_url(seen.place.account.pid, "views")


routes: Final = [views_page, make_view, update_view, delete_view]
