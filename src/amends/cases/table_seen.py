"""An account's table of cases as one viewer sees it: where it is, what they may do there, and which columns show."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Request

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.queries_views import SavedView
from amends.cases.states import Actor
from amends.cases.table import Column, columns_from
from amends.cases.table_filters import TableQuery
from amends.cases.table_lines import viewer_of
from amends.cases.table_values import TablePlace
from amends.web import urls
from amends.web.layout import session_of
from amends.web.places import Place, place_of

AnyRequest = Request[Any, Caller, Any]


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


def shown_view(views: Sequence[SavedView], query: TableQuery) -> SavedView | None:
    """Return the saved view that a table began as."""
    return next((view for view in views if view.pid == query.view), None)
