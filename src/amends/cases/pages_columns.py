"""Which columns a person's table has, in which order, and how dense it is: a form, in a dialog or as a page.

Without JavaScript the arrows send the form, and it comes back in the new order; nothing is kept until it is saved.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Response, get, post

from amends.access.commands_preferences import set_preferences
from amends.access.permissions import Permission
from amends.access.sessions import Density
from amends.cases.commands_views import change_view
from amends.cases.pages_table import TABLE
from amends.cases.queries_views import saved_views
from amends.cases.table import COLUMNS, DEFAULT_COLUMNS, Column
from amends.cases.table_address import parse_query
from amends.cases.table_heads import COLUMN_WORDS
from amends.cases.table_seen import AnyRequest, Seen, seen_by, shown_view
from amends.db.transactions import transaction
from amends.services import Services
from amends.web.forms import read_form
from amends.web.layout import session_of
from amends.web.pages import Page, is_htmx, redirect, render

READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
UP, DOWN = "up", "down"


class ColumnChoice(msgspec.Struct, frozen=True):
    """A column that can be shown."""

    column: Column
    label: str
    is_shown: bool
    is_default: bool


class ColumnsPart(Page, frozen=True, kw_only=True):
    """The column editor."""

    template: ClassVar[str] = "cases/_columns.html"

    choices: tuple[ColumnChoice, ...]
    """In order, without the case itself, which always comes first."""
    action: str
    back: str
    """What the table shows meanwhile, as its address says it."""
    back_url: str
    is_page: bool = False


class ColumnsPage(ColumnsPart, frozen=True, kw_only=True):
    """The column editor as a page."""

    template: ClassVar[str] = "cases/columns.html"

    is_page: bool = True


class ColumnsForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the editor sends; one of `move`, `reset` and `density` says that it is not to be saved as it is."""

    order: tuple[str, ...] = ()
    """All columns."""
    columns: tuple[str, ...] = ()
    """Those that are to be shown."""
    move: str | None = None
    """`email:up`"""
    reset: str | None = None
    density: Density | None = None
    back: str = ""


@get(f"{TABLE}/columns", opt=READ, include_in_schema=False)
async def columns_form(request: AnyRequest, services: Services, biz_pid: str) -> Response[str]:
    """Show the columns that there are."""
    seen = await seen_by(request, biz_pid)
    query = parse_query(list(request.query_params.multi_items()))
    shown = seen.columns(request, shown_view(await saved_views(services.pool, seen.table), query))
    return _show(request, seen, _in_order(shown), shown, query.query_string(cursors=False))


@post(f"{TABLE}/columns", opt=READ, include_in_schema=False, status_code=200)
async def save_columns(request: AnyRequest, services: Services, biz_pid: str) -> Response[Any]:
    """Keep what was chosen, or show the form again with a column in another place."""
    seen = await seen_by(request, biz_pid)
    form = (await read_form(request, ColumnsForm)).value or ColumnsForm()
    if form.move is not None:
        return _show(request, seen, moved(_in_order(form.order), form.move), form.columns, form.back)
    session = session_of(request)
    if session is not None and form.density is not None:
        await set_preferences(services.pool, session.user_id, density=form.density, now=services.clock.now())
    elif session is not None:
        await _keep(services, seen, session.user_id, form)
    return redirect(request, _back_url(seen, form.back))


async def _keep(services: Services, seen: Seen, user_id: UUID, form: ColumnsForm) -> None:
    """Keep columns for the person, or for the view that is shown where that has columns of its own."""
    chosen, now = _chosen(form), services.clock.now()
    view = shown_view(await saved_views(services.pool, seen.table), parse_query(parse_qsl(form.back)))
    if view is None or not view.columns:
        await set_preferences(services.pool, user_id, columns=chosen, now=now)
        return
    async with transaction(services.pool) as connection:
        await change_view(connection, seen.table, view.pid, columns=chosen or (), now=now)


def _chosen(form: ColumnsForm) -> list[str] | None:
    """Return the columns to keep; None: those of everybody."""
    if form.reset is not None:
        return None
    chosen = [Column.CASE, *(column for column in _in_order(form.order) if column in form.columns)]
    return None if tuple(chosen) == DEFAULT_COLUMNS else [column.value for column in chosen]


def _in_order(first: Sequence[str]) -> list[Column]:
    """Return every column but the case, those of `first` before all others."""
    by_word = {column.value: column for column in Column}
    known = [by_word[word] for word in first if word in by_word]
    return [column for column in dict.fromkeys((*known, *Column)) if column is not Column.CASE]


def moved(columns: Sequence[Column], move: str) -> list[Column]:
    """Return columns with one of them a place further up or down."""
    name, _colon, way = move.partition(":")
    order = list(columns)
    if name in order:
        place = order.index(Column(name))
        column = order.pop(place)
        order.insert(max(place - 1, 0) if way == UP else place + 1, column)
    return order


def _show(request: AnyRequest, seen: Seen, order: Sequence[Column], shown: Sequence[str], back: str) -> Response[str]:
    choices = tuple(
        ColumnChoice(column, str(COLUMN_WORDS[column]), column in shown, column in DEFAULT_COLUMNS)
        for column in order
        if seen.with_email or not COLUMNS[column].needs_email
    )
    kind = ColumnsPart if is_htmx(request) else ColumnsPage
    part = kind(choices=choices, action=f"{seen.path}/columns", back=back, back_url=_back_url(seen, back))
    return render(request, part, account=seen.place.account, section="cases")


def _back_url(seen: Seen, back: str) -> str:
    return parse_query(parse_qsl(back)).url(seen.path)


routes: Final = [columns_form, save_columns]
