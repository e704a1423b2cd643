"""One page of a merchant's table of cases: the statements, built once at import, and how a page is read.

A statement belongs to a *source* (which index the rows come from), an order and the way it is read; the other filters
are tested on the rows. Where one filter names few rows they are read whole; when they turn out to be more than `FEW`
the order's own index is read instead, where rows that pass are then not far apart. In the order by due time cases
without one come last, newest first. The plans, and what they read: docs/explanation/the-table.md.
"""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from amends.cases.filters import Direction
from amends.cases.queries_shapes import ACTION_KEY, VIEWER
from amends.cases.queries_table_filters import FILTERS, NAMES, SCANS, STAGE, TESTED, Scan, Source, numbered
from amends.cases.table_filters import Sort
from amends.db.pool import Connection, Pool

FEW: Final = 5_000
MOST_ROWS: Final = 101  # the largest page, and one more

# Every statement: $1 now, $2 with e-mail, $3 side, $4 the viewer's user id (as in queries_shapes), $5 account, $6 how
# many, $7 with the customer's cases, $8 with their spend, from $9 the filters, then the ranges, then the runs.
_FILTERS_AT: Final = 9
_RANGE_AT: Final = _FILTERS_AT + len(NAMES)

_KEY_COLUMNS: Final = "c.account_id, c.id, c.created_at, c.updated_at, c.response_due_at, c.amount_minor"
_OF_FEW: Final[Mapping[Source, Source]] = {
    Source.FEW_PRODUCTS: Source.PRODUCTS,
    Source.FEW_METHODS: Source.METHODS,
    Source.FEW_ASSIGNEE: Source.ASSIGNEE,
    Source.FEW_ESCALATED: Source.ESCALATED,
    Source.FEW_OPENED: Source.OPENED,
    Source.FEW_CLOSED: Source.CLOSED,
    Source.FEW_AMOUNT: Source.AMOUNT,
    Source.FEW_REASONS: Source.REASONS,
}
_KEYS: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.OPENED: ("created_at", "timestamptz"),
    Sort.DUE: ("response_due_at", "timestamptz"),
    Sort.LAST_ACTIVITY: ("updated_at", "timestamptz"),
    Sort.AMOUNT: ("amount_minor", "bigint"),
}
_OF_RUN: Final = f"{STAGE} = w.stage and c.reason = w.reason"
_OF_STAGE: Final = "unnest({stages}::text[]) as w (stage)"


def _other(way: Direction) -> Direction:
    return Direction.ASC if way is Direction.DESC else Direction.DESC


def _between(sort: Sort, at: int) -> str:
    """Return the condition that a key lies between two edges, whose four parameters begin at `at`."""
    key, kind = _KEYS[sort]
    low, high = f"(${at}::{kind}, ${at + 1}::uuid)", f"(${at + 2}::{kind}, ${at + 3}::uuid)"
    return f"(c.{key}, c.id) > {low} and (c.{key}, c.id) < {high}"


def _scan(condition: str, sort: Sort, way: Direction, at: int, *, runs: str = "") -> str:
    """Return SQL of up to a page of one ordered scan, or of one such scan for each row of `runs`, merged.

    The constant limit tells the planner how little is wanted; $6 alone would let it expect a tenth of the table.
    """
    key = _KEYS[sort][0]
    rows = f"""
        select k.*
        from (
            select {_KEY_COLUMNS}
            from cases c
            where c.account_id = {{account}}
              and {condition}
              and {_between(sort, at)}
              and {FILTERS}
            order by c.{key} {way}, c.id {way}
            limit {MOST_ROWS}
        ) k
        limit $6"""  # noqa: S608 (constant fragments)
    if not runs:
        return f"({rows})"
    return f"""(
        select r.*
        from {runs}
        cross join lateral ({rows}) r
        order by r.{key} {way}, r.id {way}
        limit $6
    )"""  # noqa: S608 (constant fragments)


def _stage_runs(at: int) -> str:
    return f"unnest(${at}::text[], ${at + 1}::text[]) as w (stage, reason)"


def _ordered(source: Source, sort: Sort, way: Direction) -> str:
    """Return SQL of the rows of a source that an index has in the order, unless it is that by due time."""
    if sort is Sort.LAST_ACTIVITY:
        return _scan(f"{STAGE} = w.stage", sort, way, _RANGE_AT, runs=_OF_STAGE)
    if sort is Sort.AMOUNT:
        return _scan("c.currency = {currency}::char(3)", sort, way, _RANGE_AT)
    if source is Source.STAGES:
        return _scan(_OF_RUN, sort, way, _RANGE_AT, runs=_stage_runs(_RANGE_AT + 4))
    scan = SCANS.get(source)
    return _scan("true", sort, way, _RANGE_AT) if scan is None else _scan(
        scan.condition, sort, way, _RANGE_AT, runs=scan.runs
    )  # fmt: skip


def _by_due(source: Source, way: Direction, *, from_end: bool) -> str:
    """Return SQL of the rows of a source in the order by due time; the second range is of those without."""
    without_at, runs_at = _RANGE_AT + 4, _RANGE_AT + 8
    late = Direction.ASC if from_end else Direction.DESC
    if source is not Source.STAGES:
        parts = (
            _scan("c.response_due_at is not null", Sort.DUE, way, _RANGE_AT),
            _scan("c.response_due_at is null", Sort.OPENED, late, without_at),
        )
    else:
        due, none = "c.response_due_at is not null", "c.response_due_at is null"
        parts = (
            _scan(f"{due} and c.status = w.stage", Sort.DUE, way, _RANGE_AT, runs=_OF_STAGE),
            _scan(f"{none} and {_OF_RUN}", Sort.OPENED, late, without_at, runs=_stage_runs(runs_at)),
            _scan(f"{none} and c.outcome is null", Sort.OPENED, late, without_at),
        )
    return f"({' union all '.join(parts)})"


def _whole(rows: str, sort: Sort, order: str, gate: str = "true") -> str:
    """Return SQL of a page out of rows that are few, which are all looked at."""
    between = _between(sort, _RANGE_AT)
    if sort is Sort.DUE:
        without = _between(Sort.OPENED, _RANGE_AT + 4)
        between = f"case when c.response_due_at is null then {without} else {between} end"
    return f"""(
        select {_KEY_COLUMNS}
        from {rows} c
        where c.account_id = {{account}}
          and {gate}
          and {between}
          and {FILTERS}
        order by {order}
        limit $6
    )"""  # noqa: S608 (constant fragments)


def _found(condition: str) -> str:
    """Return SQL of rows to be looked at whole."""
    return f"""(
            select {TESTED}
            from cases c
            where c.account_id = {{account}}
              and {condition}
        )"""  # noqa: S608 (constant fragments)


def _few(scan: Scan) -> str:
    """Return SQL of the rows that one filter names, as far as one more than are few."""
    rows = f"""
        select {TESTED}
        from cases c
        where c.account_id = {{account}}
          and {scan.condition}
        order by {scan.order}
        limit {FEW + 1}"""  # noqa: S608 (constant fragments)
    if not scan.runs:
        return rows
    return f"""
        select r.*
        from {scan.runs}
        cross join lateral ({rows}) r
        limit {FEW + 1}"""  # noqa: S608 (constant fragments)


def _order(sort: Sort, way: Direction, *, from_end: bool, alias: str) -> str:
    """Return the order in which rows are read: from the end it is the list's order backwards."""
    if sort is not Sort.DUE:
        return f"{alias}.{_KEYS[sort][0]} {way}, {alias}.id {way}"
    late = Direction.ASC if from_end else Direction.DESC
    due = f"{alias}.response_due_at"
    nulls = f"({due} is null) {'desc' if from_end else 'asc'}"
    created = f"case when {due} is null then {alias}.created_at end {late}"
    ids = f"case when {due} is null then {alias}.id end {late}, case when {due} is not null then {alias}.id end {way}"
    return f"{nulls}, {due} {way}, {created}, {ids}"


def _page(source: Source, sort: Sort, way: Direction, *, from_end: bool) -> tuple[str, str]:
    """Return the common table expressions before a page, and the SQL of its keys."""
    order = _order(sort, way, from_end=from_end, alias="c")
    if source is Source.FOUND:
        return "", _whole(_found("c.id = any({found}::uuid[])"), sort, order)
    if source is Source.OPEN:
        return "", _whole(_found(f"{STAGE} = any({{stages}}::text[])"), sort, order)
    few = _OF_FEW.get(source)
    base = _by_due(source, way, from_end=from_end) if sort is Sort.DUE else _ordered(source, sort, way)
    if few is None:
        return "", base
    before = f"""few as materialized ({_few(SCANS[few])}
),
measured as materialized (
    select count(*) <= {FEW} as is_few
    from few
),
"""  # noqa: S608 (constant fragments)
    read = _whole("few", sort, order, "(select f.is_few from measured f)")
    return before, f"({read} union all (select b.* from {base} b where not (select f.is_few from measured f)))"  # noqa: S608


_CASES_OF_CUSTOMER: Final = """
        select count(*)
        from cases o
        where o.account_id = c.account_id
          and o.user_id = c.user_id"""
_SPEND_OF_CUSTOMER: Final = """
        select coalesce(json_agg(
            json_build_array(s.currency, s.exponent, s.minor) order by s.minor desc, s.currency
        ), '[]')
        from (
            select y.currency, y.currency_exponent as exponent, sum(y.amount_minor - y.refunded_minor)::bigint as minor
            from payments y
            where y.account_id = c.account_id
              and y.member_id = c.member_id
              and y.status = 'paid'
            group by y.currency, y.currency_exponent
        ) s"""
_ROW: Final = f"""
    c.id, c.pid, c.version, c.reason, c.status, c.outcome, c.refund, c.settlement, c.amount_minor, c.currency,
    c.currency_exponent, c.created_at, c.updated_at, c.response_due_at, c.appeal_due_at, c.closed_at, c.escalated,
    c.payment_method_type,
    case {VIEWER} when 'merchant' then c.assignee_id when 'platform' then c.reviewer_id end as assignee_pid,
    case {VIEWER} when 'merchant' then c.assignee_name when 'platform' then c.reviewer_name end as assignee_name,
    p.pid as payment_pid, p.paid_at, p.refunded_minor, p.card_brand, p.card_last4,
    m.pid as member_pid, m.user_pid, m.name, m.username, m.joined_at,
    case when $2::boolean and {VIEWER} <> 'customer' then m.email end as email,
    r.pid as product_pid, r.title as product_title,
    l.pid as plan_pid, l.title as plan_title,
    {ACTION_KEY} as action_key,
    case when $7::boolean then ({_CASES_OF_CUSTOMER}
    ) end as customer_cases,
    case when $8::boolean then ({_SPEND_OF_CUSTOMER}
    ) end as customer_spend"""


_ROWS: Final = f"""
select {_ROW}
from page k
join cases c
  on c.account_id = $5
 and c.id = k.id
join payments p
  on p.account_id = c.account_id
 and p.id = c.payment_id
join members m
  on m.account_id = c.account_id
 and m.id = c.member_id
join policy_versions v
  on v.version = c.policy_version
left join products r
  on r.account_id = c.account_id
 and r.id = c.product_id
left join plans l
  on l.account_id = c.account_id
 and l.id = c.plan_id
"""  # noqa: S608 (constant fragments)


def _statement(source: Source, sort: Sort, direction: Direction, *, from_end: bool) -> str:
    """Build the statement of one source, order and end."""
    way = _other(direction) if from_end else direction
    before, keys = _page(source, sort, way, from_end=from_end)
    order = _order(sort, way, from_end=from_end, alias="k")
    page = f"""
with {before}page as (
    select k.account_id, k.id, k.created_at, k.updated_at, k.response_due_at, k.amount_minor
    from {keys} k
    order by {order}
    limit $6
)"""  # noqa: S608 (constant fragments)
    return numbered(page, account=5, side=3, filters_at=_FILTERS_AT) + _ROWS + f"order by {order}\n"


_BY_VALUE: Final = (Source.PRODUCTS, Source.METHODS, Source.ASSIGNEE, Source.ESCALATED)
_SOURCES: Final[Mapping[Sort, tuple[Source, ...]]] = {
    Sort.OPENED: (Source.ACCOUNT, Source.STAGES, Source.FOUND, *_BY_VALUE, Source.FEW_CLOSED, Source.FEW_AMOUNT),
    Sort.DUE: (Source.ACCOUNT, Source.STAGES, Source.FOUND, *_OF_FEW),
    Sort.LAST_ACTIVITY: (Source.STAGES, Source.FOUND, *_OF_FEW),
    Sort.AMOUNT: (Source.ACCOUNT, Source.OPEN, Source.FOUND, *(few for few in _OF_FEW if few is not Source.FEW_AMOUNT)),
}
TABLE_SQLS: Final[dict[tuple[Source, Sort, Direction, bool], str]] = {
    (source, sort, direction, from_end): _statement(source, sort, direction, from_end=from_end)
    for sort, sources in _SOURCES.items()
    for source in sources
    for direction in Direction
    for from_end in (False, True)
}


async def fetch_table(
    connection: Connection | Pool, statement: tuple[Source, Sort, Direction, bool], *parameters: Any
) -> list[asyncpg.Record]:
    """Return up to `limit` rows, in the order in which the statement reads them."""
    return await connection.fetch(TABLE_SQLS[statement], *parameters)
