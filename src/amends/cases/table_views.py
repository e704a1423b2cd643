"""What the table's page says of saved views: which there are, which one is shown, whether it has been changed. Pure."""

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import parse_qsl

import msgspec

from amends.cases.table_address import parse_query
from amends.cases.table_filters import TableQuery
from amends.web import urls


class Kept(Protocol):
    """A saved view, as far as it is shown."""

    @property
    def pid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def query(self) -> str: ...


class ViewLink(msgspec.Struct, frozen=True):
    """A saved view that can be chosen."""

    name: str
    url: str
    is_current: bool


class ViewMenu(msgspec.Struct, frozen=True, kw_only=True):
    """The menu of saved views."""

    links: tuple[ViewLink, ...]
    current_name: str | None
    """None: no view is shown."""
    save_url: str
    manage_url: str
    update_url: str | None
    """Where to send what the shown view is to become; None: nothing was changed."""


def view_menu(views: Sequence[Kept], query: TableQuery, *, account_pid: str) -> ViewMenu:
    """Return the menu for a table that shows `query`."""
    path, manage = urls.table_url(account_pid), urls.account_url(account_pid, "views")
    current = next((view for view in views if view.pid == query.view), None)
    return ViewMenu(
        links=tuple(ViewLink(view.name, query_of(view).url(path), view is current) for view in views),
        current_name=None if current is None else current.name,
        save_url=manage,
        manage_url=manage,
        update_url=f"{manage}/{current.pid}" if current is not None and kept_of(query) != current.query else None,
    )


def query_of(view: Kept) -> TableQuery:
    """Return what a saved view shows."""
    return parse_query(parse_qsl(view.query)).changed(view=view.pid)


def kept_of(query: TableQuery) -> str:
    """Return what a view keeps of a query: all but which view it is, and the place in the list."""
    return query.changed(view=None).query_string(cursors=False)
