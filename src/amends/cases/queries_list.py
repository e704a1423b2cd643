"""One page of cases: SQL, keyset ranges and the facts about what lies beyond the page's ends.

A page reads at most its size plus one from each run of an index and never counts or skips. The statement depends on
where to look (a whole account, runs of stage and reason, one buyer, everywhere), on the order and on the end from
which the page is cut; all of them are built here, once. In the order by due time, cases without one come last in
either direction, ordered by creation.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import repeat
from typing import Any, Final, NamedTuple
from uuid import UUID

from amends.cases.filters import Direction, Order
from amends.cases.queries_case import View, display_decimals
from amends.cases.queries_shapes import ACTION_KEY, CASE_BODY, CASE_JOINS
from amends.db.pool import Connection, Pool
from amends.kit.pages import MAX_SIZE

FIRST_TIME: Final = datetime(1, 1, 2, tzinfo=UTC)
LAST_TIME: Final = datetime(9999, 12, 30, tzinfo=UTC)
FIRST_ID: Final = UUID(int=0)
LAST_ID: Final = UUID(int=2**128 - 1)


class Source(StrEnum):
    """Where a page is read from."""

    ACCOUNT = "account"
    RUNS = "runs"
    BUYER = "buyer"
    EVERYWHERE = "everywhere"


class Edge(NamedTuple):
    """A place in an order: a row's key, or between two rows."""

    at: datetime
    id: UUID


class Range(NamedTuple):
    """The keys strictly between two edges."""

    low: Edge
    high: Edge

    @property
    def values(self) -> tuple[datetime, UUID, datetime, UUID]:
        """Return the four parameters of one range."""
        return self.low.at, self.low.id, self.high.at, self.high.id


LOWEST: Final = Edge(FIRST_TIME, FIRST_ID)
HIGHEST: Final = Edge(LAST_TIME, LAST_ID)
NOTHING: Final = Range(HIGHEST, LOWEST)

# $1 to $5 belong to CASE_BODY; $6 is how many rows, then the ranges, then what the source asks.
_FIRST_RANGE: Final = 7
_STAGE: Final = "coalesce(c.outcome, c.status)"


class Runs(StrEnum):
    """Which runs of a stage's index a part of an order is merged from, where its source has such runs."""

    NONE = "none"
    OPEN = "open"
    ENDED = "ended"  # in the order by creation: all of them


# Rows of the source in one scan, and in one scan for each run of an index.
_FLAT: Final[Mapping[Source, str]] = {
    Source.ACCOUNT: "c.account_id = ${s}",
    Source.RUNS: f"c.account_id = ${{s}} and {_STAGE} = any(${{s3}}::text[]) and c.reason = any(${{s4}}::text[])",
    Source.BUYER: (
        "c.account_id = any(${s}::bigint[]) and c.user_id = ${s1}"
        f" and {_STAGE} = any(${{s2}}::text[]) and c.reason = any(${{s3}}::text[])"
    ),
    Source.EVERYWHERE: f"{_STAGE} = any(${{s2}}::text[]) and c.reason = any(${{s1}}::text[])",
}
_BY_RUN: Final[Mapping[Source, str]] = {
    Source.RUNS: f"c.account_id = ${{s}} and {_STAGE} = w.stage and c.reason = w.reason",
    Source.EVERYWHERE: f"{_STAGE} = w.stage and c.reason = any(${{s1}}::text[])",
}
_RUNS_OF: Final[Mapping[tuple[Source, Runs], str]] = {
    (Source.RUNS, Runs.ENDED): "unnest(${s1}::text[], ${s2}::text[]) as w (stage, reason)",
    (Source.EVERYWHERE, Runs.ENDED): "unnest(${s}::text[]) as w (stage)",
    (Source.EVERYWHERE, Runs.OPEN): "unnest(${s3}::text[]) as w (stage)",
}


class _Part(NamedTuple):
    """One stretch of an order: which rows, by what they are sorted, in which runs, and its range's parameter."""

    condition: str
    key: str
    runs: Runs
    range_at: int


def _numbered(text: str, source_at: int) -> str:
    """Write the numbers of the source's parameters, the first of which is `source_at`."""
    return text.format(s=source_at, **{f"s{n}": source_at + n for n in range(1, 5)})


def _between(key: str, at: int) -> str:
    low, high = f"(${at}::timestamptz, ${at + 1}::uuid)", f"(${at + 2}::timestamptz, ${at + 3}::uuid)"
    return f"({key}, c.id) > {low} and ({key}, c.id) < {high}"


def _rows(source: Source, part: _Part, way: str, source_at: int) -> str:
    """Return SQL of up to a page of keys of one part, in its order; `way` is asc or desc.

    The constant limit tells the planner how little this is; $6 alone would let it expect a tenth of the table.
    """
    runs = _RUNS_OF.get((source, part.runs))
    rows = f"""
        select k.account_id, k.id, k.created_at, k.response_due_at
        from (
            select c.account_id, c.id, c.created_at, c.response_due_at
            from cases c
            where {_numbered((_BY_RUN if runs else _FLAT)[source], source_at)}
              and {part.condition}
              and {_between(part.key, part.range_at)}
            order by {part.key} {way}, c.id {way}
            limit {MAX_SIZE + 1}
        ) k
        limit $6"""  # noqa: S608 (constant fragments)
    if runs is None:
        return f"({rows})"
    return f"""(
        select r.account_id, r.id, r.created_at, r.response_due_at
        from {_numbered(runs, source_at)}
        cross join lateral ({rows}) r
        order by r.{part.key.removeprefix("c.")} {way}, r.id {way}
        limit $6
    )"""  # noqa: S608 (constant fragments)


def _exists(source: Source, part: _Part, source_at: int) -> str:
    """Return SQL that tells whether any row of one part is in its range.

    The sort makes the planner take the index of that order, which an `exists` would be free not to.
    """
    runs = _RUNS_OF.get((source, part.runs))
    first = f"""(
        select true
        from cases c
        where {_numbered((_BY_RUN if runs else _FLAT)[source], source_at)}
          and {part.condition}
          and {_between(part.key, part.range_at)}
        order by {part.key}, c.id
        limit 1
    )"""  # noqa: S608 (constant fragments)
    if runs is None:
        return f"coalesce({first}, false)"
    return f"exists (select from {_numbered(runs, source_at)} where {first})"


_RANGES: Final[Mapping[Order, int]] = {order: 2 if order is Order.RESPONSE_DUE_AT else 1 for order in Order}
"""How many ranges of keys an order's parts need."""

# condition, key, by runs, which range. Those without a due time are the closed and, few, the paused.
_CREATED_PARTS: Final = (("true", "c.created_at", Runs.ENDED, 0),)
_DUE_PARTS: Final = (
    (
        "c.response_due_at is not null and (c.created_at > ${a} and c.created_at < ${b}) is true",
        "c.response_due_at",
        Runs.OPEN,
        0,
    ),
    ("c.response_due_at is null and c.outcome is not null", "c.created_at", Runs.ENDED, 1),
    ("c.response_due_at is null and c.outcome is null", "c.created_at", Runs.NONE, 1),
)


def _parts(order: Order, group: int) -> list[_Part]:
    """Return an order's parts with the ranges of a group: 0 of the page itself, 1 of what is before it, 2 after it."""
    written = _DUE_PARTS if order is Order.RESPONSE_DUE_AT else _CREATED_PARTS
    ranges, created_at = _RANGES[order], _after_ranges(order)
    return [
        _Part(condition.format(a=created_at, b=created_at + 1), key, runs, _FIRST_RANGE + 4 * (group * ranges + n))
        for condition, key, runs, n in written
    ]


def _after_ranges(order: Order) -> int:
    """Return the number of the first parameter after the ranges of all three groups."""
    return _FIRST_RANGE + 3 * 4 * _RANGES[order]


def _sorted_by(order: Order, way: Direction, *, from_end: bool) -> str:
    """Return SQL of what the rows of all parts are sorted by: without a due time last, whatever the direction."""
    if order is not Order.RESPONSE_DUE_AT:
        return f"k.created_at {way}, k.id {way}"
    nulls = f"(k.response_due_at is null) {'desc' if from_end else 'asc'}, k.response_due_at {way}"
    return f"{nulls}, case when k.response_due_at is null then k.created_at end {way}, k.id {way}"


def _statement(source: Source, order: Order, direction: Direction, *, from_end: bool) -> str:
    """Build the statement of one source, order and end."""
    is_due = order is Order.RESPONSE_DUE_AT
    source_at = _after_ranges(order) + (2 if is_due else 0)  # the order by due time is also bounded by creation
    page, before, after = (_parts(order, group) for group in range(3))
    way = direction if not from_end else Direction.ASC if direction is Direction.DESC else Direction.DESC
    by = _sorted_by(order, way, from_end=from_end)
    return f"""
with page as (
    select k.account_id, k.id, k.created_at, k.response_due_at
    from ({" union all ".join(_rows(source, part, way, source_at) for part in page)}) k
    order by {by}
    limit $6
)
select b.beyond_start, b.beyond_end, r.created, r.ids, r.dues, r.action_keys, r.bodies
from (
    select
        {" or ".join(_exists(source, part, source_at) for part in before)} as beyond_start,
        {" or ".join(_exists(source, part, source_at) for part in after)} as beyond_end
) b
cross join (
    select
        array_agg(k.created_at) as created,
        array_agg(k.id) as ids,
        {"array_agg(k.response_due_at)" if is_due else "null::timestamptz[]"} as dues,
        array_agg(k.action_key) as action_keys,
        array_agg(k.body) as bodies
    from (
        select k.created_at, k.id, k.response_due_at, {ACTION_KEY} as action_key, {CASE_BODY} as body
        from page k
        join cases c
          on c.account_id = k.account_id
         and c.id = k.id{CASE_JOINS}
        order by {by}
    ) k
) r
"""  # noqa: S608 (constant fragments)


LIST_SQLS: Final[dict[tuple[Source, Order, Direction, bool], str]] = {
    (source, order, direction, from_end): _statement(source, order, direction, from_end=from_end)
    for source in Source
    for order in Order
    for direction in Direction
    for from_end in (False, True)
}


class Found(NamedTuple):
    """A row of a page: what it is sorted by, what its viewer may do, and its JSON without the closing brace."""

    created_at: datetime
    id: UUID
    response_due_at: datetime | None  # None also in the order by creation, where nobody asks
    action_key: str
    body: str


class Fetched(NamedTuple):
    """Rows from the end from which a page is cut, and whether there are rows beyond its range's ends."""

    beyond_start: bool
    beyond_end: bool
    rows: list[Found]


async def fetch_page(
    connection: Connection | Pool,
    statement: tuple[Source, Order, Direction, bool],
    view: View,
    *,
    now: datetime,
    limit: int,
    ranges: Sequence[Any],
    asked: Sequence[Any],
) -> Fetched:
    """Return up to `limit` rows; they come as columns, which costs the process less than as many records.

    `ranges` and `asked` are the parameters of the ranges and of the source, in the order of the statement.
    """
    row = await connection.fetchrow(
        LIST_SQLS[statement],
        now,
        view.with_email,
        view.side.value,
        view.user_id,
        display_decimals(),
        limit,
        *ranges,
        *asked,
    )
    if row is None:
        raise LookupError("a statement without a row")
    beyond_start, beyond_end, created, ids, dues, keys, bodies = row
    if ids is None:
        return Fetched(beyond_start, beyond_end, [])
    return Fetched(beyond_start, beyond_end, list(map(Found, created, ids, dues or repeat(None), keys, bodies)))
