"""What the case routes share: ids from paths, the scope for one case, cursors, timelines with addresses of files."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.resolve import allow, case_scope
from amends.access.scopes import Caller, Scope
from amends.cases.acting import actor_of
from amends.cases.filters import Direction, Order
from amends.cases.listing import CreatedKey, DueKey
from amends.cases.queries_case import buyer_of
from amends.cases.queries_events import events_page
from amends.cases.rows import CaseRef
from amends.db.pool import Connection, Pool
from amends.files.links import Links
from amends.kit.clock import parse_time
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.kit.pages import Cursors, PageInfo, PageRequest
from amends.kit.signing import Signer

JSON: Final = "application/json"


def ref_of(prefix: Prefix, text: str) -> CaseRef:
    """Return the account and row that a public id of an account's row names.

    Raises:
        NotFound: malformed, as if it were not there.
    """
    try:
        parsed = parse_public_id(prefix, text)
    except MalformedId as error:
        raise NotFound from error
    return CaseRef(parsed.account, parsed.row_id)


def time_of(text: str | None, param: str) -> datetime | None:
    """Read a time from the query.

    Raises:
        InvalidRequest: it is none.
    """
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise InvalidRequest("invalid_parameter", f"`{param}` is an ISO 8601 time.", param=param) from error


async def scope_of(connection: Connection | Pool, caller: Caller, ref: CaseRef) -> Scope:
    """Return the scope in which the caller sees a case.

    Raises:
        NotFound: not at all.
    """
    buyer = await buyer_of(connection, ref)
    scope = None if buyer is None else case_scope(caller, ref.account_id, buyer)
    if scope is None:
        raise NotFound
    return scope


async def readable(connection: Connection | Pool, caller: Caller, ref: CaseRef) -> Scope:
    """Return the scope in which the caller reads a case.

    Raises:
        NotFound: not visible. Forbidden: `missing_permission`.
    """
    scope = await scope_of(connection, caller, ref)
    allow(scope, Permission.CASE_READ)
    return scope


@lru_cache(maxsize=64)
def case_cursors(signer: Signer, order: Order, direction: Direction) -> Cursors:
    """Return the cursors of a list of cases in one order."""
    key_type = CreatedKey if order is Order.CREATED_AT else DueKey
    return Cursors(signer, f"cases:{order}:{direction}", key_type)


def event_cursors(signer: Signer, case_id: UUID) -> Cursors:
    """Return the cursors of one case's timeline: an event's own id, which its public id tells anyway."""
    return Cursors(signer, f"events:{case_id}", tuple[UUID])


def event_json(row: asyncpg.Record, links: Links, now: datetime) -> str:
    """Return an event with the addresses of its files."""
    files: list[dict[str, Any]] = row["files"] or []
    for file in files:
        file["url"] = links.attachment_url(UUID(file.pop("file_id")), now)
    return f'{row["body"]},"attachments":{msgspec.json.encode(files).decode()}}}'


async def timeline_page(
    connection: Connection | Pool, scope: Scope, ref: CaseRef, *, cursors: Cursors, page: PageRequest, links: Links,
    now: datetime,
) -> tuple[list[str], PageInfo]:  # fmt: skip
    """Return a page of a timeline, newest first."""
    fetched = await events_page(
        connection,
        ref,
        viewer=actor_of(scope),
        after=None if page.after is None else page.after[0],
        before=None if page.before is None else page.before[0],
        limit=page.limit,
        from_end=page.from_end,
    )
    beyond_start, beyond_end = fetched[0]["beyond_start"], fetched[0]["beyond_end"]
    rows = [row for row in fetched if row["id"] is not None]
    more = len(rows) > page.size
    rows = rows[: page.size]
    if page.from_end:
        rows.reverse()
    info = cursors.page_info(
        rows,
        lambda row: (row["id"],),
        beyond_start=beyond_start or (more and page.from_end),
        beyond_end=beyond_end or (more and not page.from_end),
    )
    return [event_json(row, links, now) for row in rows], info


def page_answer(bodies: list[str], info: PageInfo) -> Response[Any]:
    """Answer with a page of rows that are JSON already."""
    return json_answer(b'{"data":[%b],"page_info":%b}' % (",".join(bodies).encode(), msgspec.json.encode(info)))


def json_answer(content: bytes) -> Response[Any]:
    """Answer with what is JSON already."""
    return Response(content, media_type=JSON)
