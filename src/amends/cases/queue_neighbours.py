"""The case before and after one in the review queue: looked up when somebody goes there, not before."""

from uuid import UUID

from amends.cases.queries_queue import Reader, place_in_queue, queue_keys, queue_lines
from amends.cases.queue import QueueQuery, Show
from amends.db.pool import Pool
from amends.kit.pages import PageRequest


async def next_in_queue(
    pool: Pool,
    reader: Reader,
    query: QueueQuery,
    *,
    at: tuple[int, UUID],
    is_waiting: bool,
    account_id: int | None,
    forwards: bool,
) -> tuple[str, str] | None:
    """Return account and case that come after, or before, another; from a case that waits no more, the first.

    None: there is none.
    """
    key = await place_in_queue(pool, *at, query.show) if is_waiting or query.show is Show.ASKED else None
    if key is None and not forwards:
        return None
    page = PageRequest(size=1, from_end=not forwards, after=key if forwards else None, before=None if forwards else key)
    rows = await queue_lines(pool, (await queue_keys(pool, query.show, reader, page, account_id=account_id))[:1])
    return (rows[0]["account_pid"], rows[0]["pid"]) if rows else None
