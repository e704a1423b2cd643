"""The limit of the case list: a bare ASGI application whose one query lets PostgreSQL build the page's JSON.

No routing, no authentication, no parameters, no limits: what any application on this stack pays at least.
Run as a process: `python -m bench.limit_app PORT`, with AMENDS_DATABASE_URL and BENCH_ACCOUNT set.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import uvicorn

from amends.cases.queries_shapes import CASE_BODY, CASE_JOINS

PAGE_SIZE: Final = 25
_CURSOR: Final = "x" * 96  # as long as a signed cursor
_PAGE_INFO: Final = (
    f'{{"start_cursor":"{_CURSOR}","end_cursor":"{_CURSOR}","has_next_page":true,"has_previous_page":false}}'
)
LIMIT_SQL: Final = f"""
select '{{"data":[' || string_agg(r.body || ',"available_actions":["accept","deny","request_info"]}}', ',')
    || '],"page_info":{_PAGE_INFO}}}'
from (
    select {CASE_BODY} as body
    from (
        select k.*
        from cases k
        where k.account_id = $6
          and $1::timestamptz is not null
        order by k.created_at desc, k.id desc
        limit {PAGE_SIZE}
    ) c{CASE_JOINS}
    order by c.created_at desc, c.id desc
) r
"""


class Bare:
    """The application."""

    def __init__(self, url: str, account_id: int) -> None:
        self._url = url
        self._account_id = account_id

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        text = await self._pool.fetchval(LIMIT_SQL, datetime.now(UTC), False, "merchant", None, "{}", self._account_id)
        body = text.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=10, max_size=10)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve until SIGTERM, on the same server and event loop as Amends."""
    app = Bare(os.environ["AMENDS_DATABASE_URL"], int(os.environ["BENCH_ACCOUNT"]))
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
