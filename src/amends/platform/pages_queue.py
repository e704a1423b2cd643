"""The review queue: what waits for a decision of the platform, the most urgent first."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from asyncpg import Record
from litestar import Response, get

from amends.access.permissions import Permission
from amends.access.queries import find_account_named, who_is_behind
from amends.access.scopes import PlatformScope
from amends.cases.queries_queue import Reader, listing_of, queue_counts, queue_lines, waiting_accounts
from amends.cases.queue import QueueQuery, Show, queue_query_of
from amends.db.keyset import read_page
from amends.kit.errors import NotFound
from amends.kit.pages import Cursors, PageInfo
from amends.platform.queue_page import EMPTY, Onlooker, QueuePage, line_of, tabs_of
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.layout import session_of
from amends.web.pages import redirect, render

SECTION: Final = "queue"
SIZE: Final = 50


@get(urls.PLATFORM, include_in_schema=False)
async def platform_page(request: AnyPage) -> Response[Any]:
    """Go on to the queue."""
    staff_of(request, Permission.CASE_READ)
    return redirect(request, urls.platform_url(SECTION))


@get(urls.platform_url(SECTION), include_in_schema=False)
async def queue_page(request: AnyPage, services: Services) -> Response[str]:
    """Show what waits for a decision."""
    scope = staff_of(request, Permission.CASE_READ)
    query = queue_query_of(request.query_params)
    account_id, account_title = await _account(services, query.account)
    reader = Reader(scope.principal.id, services.clock.now())
    keys, info = await _page(services, query, reader, account_id)
    rows = await queue_lines(services.pool, keys)
    onlooker = await _onlooker(request, services, scope, rows)
    lines = [line_of(row, onlooker, query) for row in rows]
    counts = await queue_counts(services.pool, reader, account_id=account_id)
    url = urls.platform_url(SECTION, query=query.query())
    page = QueuePage(
        tabs=tabs_of(query, counts),
        lines=tuple(lines),
        show=query.show,
        accounts=await waiting_accounts(services.pool),
        account=query.account,
        account_title=account_title,
        url=url,
        all_url=urls.platform_url(SECTION, query=msgspec.structs.replace(query, account=None).query()),
        newer_url=f"{url}&before={info.start_cursor}" if info.has_previous_page and info.start_cursor else None,
        older_url=f"{url}&after={info.end_cursor}" if info.has_next_page and info.end_cursor else None,
        empty=(str(EMPTY[query.show][0]), str(EMPTY[query.show][1])),
        is_narrowed=account_id is not None or query.show not in {Show.REVIEW, Show.ASKED},
    )
    return render(request, page, section=SECTION)


async def _account(services: Services, pid: str | None) -> tuple[int | None, str | None]:
    if pid is None:
        return None, None
    row = await find_account_named(services.pool, pid)
    if row is None:
        raise NotFound
    return row["id"], row["title"]


async def _page(
    services: Services, query: QueueQuery, reader: Reader, account_id: int | None
) -> tuple[list[Record], PageInfo]:
    """Return a page of keys; a cursor that is none begins at the beginning."""
    listing, parameters = listing_of(query.show, reader, account_id)
    cursors = Cursors(services.signer, listing.name, listing.order.key_type)
    page = cursors.asked({"after": query.after or "", "before": query.before or ""}, SIZE)
    return await read_page(services.pool, listing, page, cursors, *parameters)


async def _onlooker(request: AnyPage, services: Services, scope: PlatformScope, rows: Sequence[Record]) -> Onlooker:
    """Return who reads these lines."""
    session, pid = session_of(request), scope.principal.id
    first = {row["first_reviewer_id"] for row in rows if row["first_reviewer_id"] is not None}
    behind = await who_is_behind(services.pool, first)
    return Onlooker(
        pid=pid,
        user_id=scope.user_id,
        teams=frozenset(team.account_pid for team in session.teams) if session else frozenset(),
        keys=frozenset(key for key, of in behind.items() if pid in of and key != pid),
        now=services.clock.now(),
    )


routes: Final = [platform_page, queue_page]
