"""The plain page at `/`: that Amends runs here, whether its database answers, and where to go on.

Who is signed in goes on to their own pages at once.
"""

from typing import Any, ClassVar, Final

import asyncpg
from litestar import Response, get

import amends
from amends.web import urls
from amends.web.layout import AnyRequest, session_of
from amends.web.pages import Page, redirect, render

HEALTH_SQL = "select 1"


class StatusPage(Page, frozen=True, kw_only=True):
    """The state of this installation."""

    template: ClassVar[str] = "status.html"
    version: str
    database_answers: bool


@get("/", opt={"public": True}, include_in_schema=False)
async def status_page(request: AnyRequest, pool: asyncpg.Pool) -> Response[Any]:
    """Show the state of this installation; 503 while the database does not answer."""
    session = session_of(request)
    if session is not None:
        only = session.teams[0] if len(session.teams) == 1 and session.staff_role is None else None
        return redirect(request, urls.table_url(only.account_pid) if only else urls.ACCOUNTS)
    answers = await database_answers(pool)
    shown = StatusPage(version=amends.__version__, database_answers=answers)
    return render(request, shown, status=200 if answers else 503)


async def database_answers(pool: asyncpg.Pool) -> bool:
    """Return whether the database answers within two seconds."""
    try:
        return await pool.fetchval(HEALTH_SQL, timeout=2) == 1
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


routes: Final = [status_page]
