"""Liveness, readiness and numbers, for whoever runs this: no credential, nothing about customers."""

from typing import Any, Final

import asyncpg
from litestar import Request, get
from litestar.response import Response

from amends.db.pool import Pool
from amends.db.schema_state import HAS_REVISIONS_SQL, NEWEST_REVISION, REVISION_SQL
from amends.kit.errors import Unavailable
from amends.web.metrics import render

_PUBLIC: Final[dict[str, Any]] = {"public": True}

COUNT_JOBS_SQL: Final = """
select status::text as state, count(*) as n
from jobs.pgqueuer
group by status
"""

COUNT_UNSETTLED_REFUNDS_SQL: Final = """
select state, count(*) as n
from refunds
where state in ('pending', 'on_hold', 'failed')
group by state
"""


@get("/healthz", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Tell that this process answers."""
    return {"status": "ok"}


@get("/readyz", opt=_PUBLIC, include_in_schema=False)
async def readyz(pool: Pool) -> dict[str, str]:
    """Tell that the database answers and has the schema that this version needs; else 503."""
    try:
        revision = await pool.fetchval(REVISION_SQL) if await pool.fetchval(HAS_REVISIONS_SQL) else None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise Unavailable("database_unavailable", "The database does not answer.") from error
    if revision is None or revision != NEWEST_REVISION:
        raise Unavailable("schema_not_current", "The database has another schema: run `amends migrate`.")
    return {"status": "ok", "revision": revision}


@get("/metrics", opt=_PUBLIC, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any], pool: Pool) -> Response[bytes]:
    """Show the numbers in Prometheus's text format."""
    waiting = {
        "jobs": await _counts(pool, COUNT_JOBS_SQL),
        "refunds_unsettled": await _counts(pool, COUNT_UNSETTLED_REFUNDS_SQL),
    }
    text = render(request.app.state.metrics, waiting)
    return Response(text, media_type="text/plain; version=0.0.4")


async def _counts(pool: Pool, statement: str) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await pool.fetch(statement)}


routes: Final = [healthz, readyz, metrics]
