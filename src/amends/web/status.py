"""The plain page at `/` for who is not signed in: that Amends runs here, and whether its database answers."""

from typing import ClassVar

import asyncpg
from litestar import Response

import amends
from amends.web.layout import AnyRequest
from amends.web.pages import Page, render

HEALTH_SQL = "select 1"


class StatusPage(Page, frozen=True, kw_only=True):
    """The state of this installation."""

    template: ClassVar[str] = "status.html"
    version: str
    database_answers: bool


async def status_of(request: AnyRequest, pool: asyncpg.Pool) -> Response[str]:
    """Show the state of this installation; 503 while the database does not answer."""
    answers = await database_answers(pool)
    shown = StatusPage(version=amends.__version__, database_answers=answers)
    return render(request, shown, status=200 if answers else 503)


async def database_answers(pool: asyncpg.Pool) -> bool:
    """Return whether the database answers within two seconds."""
    try:
        return await pool.fetchval(HEALTH_SQL, timeout=2) == 1
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
