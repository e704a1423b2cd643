"""A list of cases for a caller: where to look, which keys to read, and one page out of several places.

The list is the union of what the caller's scopes see: customers their own, merchants their accounts, the platform
everything. Almost every request is one statement; a person on several teams costs one for each. The same places serve
the summary. Own cases at an account where one is on the team are seen once, as their customer.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from amends.access.permissions import Permission
from amends.access.scopes import Caller, Scope
from amends.cases.acting import actor_of
from amends.cases.filters import CLOSED_STAGES, OPEN_STAGES, CaseFilter, Direction, Order
from amends.cases.queries_case import View
from amends.cases.queries_list import (
    FIRST_ID,
    FIRST_TIME,
    HIGHEST,
    LAST_ID,
    LAST_TIME,
    LOWEST,
    NOTHING,
    Edge,
    Found,
    Range,
    Source,
    fetch_page,
)
from amends.cases.states import Actor
from amends.db.pool import Connection, Pool
from amends.kit.pages import PageRequest

CreatedKey = tuple[datetime, UUID]
DueKey = tuple[datetime | None, datetime, UUID]
EVERYTHING: Final = Range(LOWEST, HIGHEST)


class Place(NamedTuple):
    """Where to look, and how the viewer sees what is there. `account_ids` None: everywhere; `user_id`: one buyer's."""

    view: View
    account_ids: tuple[int, ...] | None
    user_id: UUID | None = None


class Listed(NamedTuple):
    """A page in the list's order: each case's JSON, the keys of the first and the last, and whether it goes on."""

    bodies: list[str]
    ends: list[tuple[Any, ...]]
    beyond_start: bool
    beyond_end: bool


def view_in(scope: Scope, own: UUID | None = None) -> View:
    """Return how a scope sees cases; `own`: the user whose own cases are seen as their customer's."""
    side, permissions = actor_of(scope), scope.permissions
    needed = Permission.CASE_DECIDE if side is Actor.PLATFORM else Permission.CASE_WRITE
    return View(side, Permission.MEMBER_EMAIL_READ in permissions, own, needed in permissions)


def places_of(caller: Caller, wanted: CaseFilter, *, buyer_accounts: Sequence[int] = ()) -> list[Place]:
    """Return where a caller's cases are, narrowed to the wanted account and buyer.

    `buyer_accounts` is the directory of the wanted buyer, for a platform that names no account.
    """
    own = caller.customer.user_id if caller.customer else None
    if caller.platform is not None and Permission.CASE_READ in caller.platform.permissions:
        view = view_in(caller.platform, own)
        if wanted.account_id is not None:
            return [Place(view, (wanted.account_id,), wanted.user_id)]
        return [Place(view, None if wanted.user_id is None else tuple(buyer_accounts), wanted.user_id)]
    places = [
        Place(view_in(merchant, own), (merchant.account_id,), wanted.user_id)
        for merchant in caller.merchants
        if Permission.CASE_READ in merchant.permissions and wanted.account_id in (None, merchant.account_id)
    ]
    if caller.customer is not None and wanted.user_id in (None, own):
        seen = {account for place in places for account in place.account_ids or ()}
        bought = [account for account in caller.customer.account_ids if account not in seen]
        accounts = tuple(account for account in bought if wanted.account_id in (None, account))
        if accounts:
            places.append(Place(view_in(caller.customer, own), accounts, own))
    return places


async def list_cases(
    pool: Pool | Connection,
    places: Sequence[Place],
    wanted: CaseFilter,
    *,
    order: Order,
    direction: Direction,
    page: PageRequest,
    now: datetime,
) -> Listed:
    """Read one page out of every place and put them in order."""
    if not wanted.stages:
        return Listed([], [], beyond_start=False, beyond_end=False)
    ranges = _ranges(wanted, order, direction, page)
    rows: list[tuple[Found, View]] = []
    start = end = False
    for place in places:
        source, asked = _source(place, wanted, order)
        fetched = await fetch_page(
            pool, (source, order, direction, page.from_end), place.view, now=now, limit=page.limit, ranges=ranges,
            asked=asked,
        )  # fmt: skip
        start, end = start or fetched.beyond_start, end or fetched.beyond_end
        rows += [(row, place.view) for row in fetched.rows]
    if len(places) > 1:
        rows.sort(key=_sort_key(order, direction), reverse=(direction is Direction.DESC) != page.from_end)
    more = len(rows) > page.size
    rows = rows[: page.size]
    if page.from_end:
        rows.reverse()
    return Listed(
        bodies=[f'{row.body},"available_actions":{view.actions(row.action_key)}}}' for row, view in rows],
        ends=[_key(row, order) for row, _ in (rows[0], rows[-1])] if rows else [],
        beyond_start=start or (more and page.from_end),
        beyond_end=end or (more and not page.from_end),
    )


def _key(row: Found, order: Order) -> CreatedKey | DueKey:
    if order is Order.CREATED_AT:
        return row.created_at, row.id
    return row.response_due_at, row.created_at, row.id


def _sort_key(order: Order, direction: Direction) -> Any:
    """Return the key by which rows of several places are merged; nulls last in the list's direction."""
    nulls_high = direction is Direction.ASC

    def key(found: tuple[Found, View]) -> tuple[bool, datetime, UUID]:
        row, _ = found
        due = row.response_due_at if order is Order.RESPONSE_DUE_AT else None
        return ((due is None) == nulls_high, due or row.created_at, row.id)

    return key


def _source(place: Place, wanted: CaseFilter, order: Order) -> tuple[Source, tuple[Any, ...]]:
    """Return the statement's source for a place, and its parameters as `queries_list` numbers them."""
    if place.user_id is None and place.account_ids is not None and not wanted.has_stage_or_reason:
        return Source.ACCOUNT, (place.account_ids[0],)
    stages, reasons = list(wanted.stages), list(wanted.reasons)
    is_due = order is Order.RESPONSE_DUE_AT
    runs = wanted.only(CLOSED_STAGES) if is_due else wanted
    if place.user_id is not None:
        return Source.BUYER, (list(place.account_ids or ()), place.user_id, stages, reasons)
    if place.account_ids is None:
        ended = [stage for stage in stages if not is_due or stage in CLOSED_STAGES]
        still = [stage for stage in stages if stage in OPEN_STAGES]
        return Source.EVERYWHERE, ((ended, reasons, stages, still) if is_due else (ended, reasons))
    account = place.account_ids[0]
    return Source.RUNS, ((account, *runs.runs(), stages, reasons) if is_due else (account, *runs.runs()))


def _before(edge: Edge) -> Edge:
    return Edge(edge.at, UUID(int=max(edge.id.int - 1, 0)))


def _after(edge: Edge) -> Edge:
    return Edge(edge.at, UUID(int=min(edge.id.int + 1, LAST_ID.int)))


def _ranges(wanted: CaseFilter, order: Order, direction: Direction, page: PageRequest) -> tuple[Any, ...]:
    """Return the range parameters of a page: of the page itself, of what lies before `after`, and past `before`."""
    low = Edge(wanted.created_after, LAST_ID) if wanted.created_after else LOWEST
    high = Edge(wanted.created_before, FIRST_ID) if wanted.created_before else HIGHEST
    outer = Range(low, high)
    rising = direction is Direction.ASC
    if order is Order.CREATED_AT:
        after = None if page.after is None else Edge(*page.after)
        before = None if page.before is None else Edge(*page.before)
        parts = (_within(outer, after, before, rising), *_beyond(outer, after, before, rising))
        return tuple(value for part in parts for value in part.values)
    parts = _due_ranges(outer, page, rising)
    return (
        *(value for part in parts for value in part.values),
        wanted.created_after or FIRST_TIME,
        wanted.created_before or LAST_TIME,
    )


def _within(outer: Range, after: Edge | None, before: Edge | None, rising: bool) -> Range:
    first, last = (after, before) if rising else (before, after)
    return Range(max(outer.low, first or outer.low), min(outer.high, last or outer.high))


def _beyond(
    outer: Range,
    after: Edge | None,
    before: Edge | None,
    rising: bool,
) -> tuple[Range, Range]:
    """Return the keys at or before `after`, and at or past `before`, in the list's direction."""
    if rising:
        start = NOTHING if after is None else Range(outer.low, min(outer.high, _after(after)))
        end = NOTHING if before is None else Range(max(outer.low, _before(before)), outer.high)
    else:
        start = NOTHING if after is None else Range(max(outer.low, _before(after)), outer.high)
        end = NOTHING if before is None else Range(outer.low, min(outer.high, _after(before)))
    return start, end


def _due_ranges(outer: Range, page: PageRequest, rising: bool) -> list[Range]:
    """Return the ranges of the cases with a due time and of those without, for the page and what is beyond it.

    The cases without come after all those with one, so an edge among one kind includes or excludes the other whole.
    """
    after, before = _due_edge(page.after), _due_edge(page.before)
    with_due = _within(EVERYTHING, after.due, before.due, rising)
    without = _within(outer, after.none, before.none, rising)
    start_due, end_due = _beyond(EVERYTHING, after.due, before.due, rising)
    start_none, end_none = _beyond(outer, after.none, before.none, rising)
    if after.none is not None:
        with_due, start_due = NOTHING, EVERYTHING
    if before.due is not None:
        without, end_none = NOTHING, outer
    return [with_due, without, start_due, start_none, end_due, end_none]


class _DueEdge(NamedTuple):
    """An edge in the order by due time: among the cases with one, or among those without."""

    due: Edge | None
    none: Edge | None


def _due_edge(key: tuple[Any, ...] | None) -> _DueEdge:
    if key is None:
        return _DueEdge(None, None)
    due, created, row_id = key
    return _DueEdge(None, Edge(created, row_id)) if due is None else _DueEdge(Edge(due, row_id), None)
