"""The plain page at `/`: that Amends runs here, whether its database answers, and where to go on."""

import asyncpg
from litestar import Response, get

import amends
from amends.web.pages import page

HEALTH_SQL = "select 1"


@get("/", opt={"public": True}, include_in_schema=False)
async def status_page(pool: asyncpg.Pool) -> Response[str]:
    """Show the state of this installation; 503 while the database does not answer."""
    answers = await database_answers(pool)
    return page(
        "status.html", {"version": amends.__version__, "database_answers": answers}, status=200 if answers else 503
    )


async def database_answers(pool: asyncpg.Pool) -> bool:
    """Return whether the database answers within two seconds."""
    try:
        return await pool.fetchval(HEALTH_SQL, timeout=2) == 1
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


routes = [status_page]
