"""How many cases each tab of a merchant's table has under its filters, in one statement that looks at `MOST` a part.

What one filter names is looked at whole when it is few; else open cases by their stage, and closed ones on the index
of that filter. So numbers are exact unless very many could pass. Without filters that the counters do not know, the
counters answer: `queries_summary`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from amends.cases.filters import OPEN_STAGES
from amends.cases.queries_table_filters import FILTERS, NAMES, SCANS, STAGE, TESTED, Scan, Source, numbered
from amends.db.pool import Connection, Pool

MOST: Final = 2_000
"""How many cases of each open stage, and of all that are closed, are looked at."""

# $1 account, $2 side, from $3 the filters, then the runs.
_FILTERS_AT: Final = 3
_RUNS_AT: Final = _FILTERS_AT + len(NAMES)
_OPENED: Final = (
    "c.created_at >= coalesce({opened_from}::timestamptz, '-infinity')"
    " and c.created_at < coalesce({opened_to}::timestamptz, 'infinity')"
)
_SCANS: Final[Mapping[Source, Scan]] = {
    Source.ACCOUNT: Scan(_OPENED, ""),
    Source.STAGES: Scan(
        f"{STAGE} = w.stage and c.reason = w.reason and {_OPENED}",
        "",
        f"unnest(${_RUNS_AT}::text[], ${_RUNS_AT + 1}::text[]) as w (stage, reason)",
    ),
    Source.FOUND: Scan("c.id = any({found}::uuid[])", ""),
    **SCANS,
}


def _rows(scan: Scan, condition: str) -> str:
    """Return SQL of as many rows of an index as are looked at."""
    rows = f"""
        select {TESTED}
        from cases c
        where c.account_id = {{account}}
          and {condition}
          and {scan.condition}
        limit {MOST}"""  # noqa: S608 (constant fragments)
    if not scan.runs:
        return rows
    return f"""
        select r.*
        from {scan.runs}
        cross join lateral ({rows}
        ) r
        limit {MOST}"""  # noqa: S608 (constant fragments)


def _parts(scan: Scan, gate: str) -> str:
    """Return SQL that counts what is open by its stage, and what is closed on the index of a filter."""
    return f"""
select w.stage, n.n, n.looked = {MOST} as is_capped
from unnest(array['awaiting_merchant', 'awaiting_customer', 'under_review']) as w (stage)
cross join lateral (
    select count(*) filter (where {FILTERS}) as n, count(*) as looked
    from (
        select {TESTED}
        from cases c
        where c.account_id = {{account}}
          and {STAGE} = w.stage
          and {gate}
        limit {MOST}
    ) c
) n
union all
select 'closed', count(*) filter (where {FILTERS}), count(*) = {MOST}
from ({_rows(scan, f"c.outcome is not null and {gate}")}
) c"""  # noqa: S608 (constant fragments)


def _statement(source: Source, scan: Scan) -> str:
    """Build the statement of one source. Where a filter names few, whether open or closed, they are counted whole."""
    if source in (Source.ACCOUNT, Source.STAGES):
        statement = _parts(scan, "true")
    else:
        statement = f"""
with few as materialized ({_rows(scan, "true")}
),
measured as materialized (
    select count(*) < {MOST} as is_whole
    from few
)
select case when c.outcome is null then c.status else 'closed' end as stage, count(*) as n, false as is_capped
from few c
where (select f.is_whole from measured f)
  and {FILTERS}
group by 1
union all ({_parts(scan, "not (select f.is_whole from measured f)")}
)"""  # noqa: S608 (constant fragments)
    return numbered(statement, account=1, side=2, filters_at=_FILTERS_AT)


COUNT_SQLS: Final[dict[Source, str]] = {source: _statement(source, scan) for source, scan in _SCANS.items()}


class Counted(NamedTuple):
    """How many of those looked at pass the filters, and whether there are others that were not looked at."""

    n: int
    is_capped: bool


async def count_stages(connection: Connection | Pool, source: Source, *parameters: Any) -> dict[str, Counted]:
    """Return how many cases pass the filters, by open stage, and of all that are closed as `closed`."""
    counted = dict.fromkeys((*OPEN_STAGES, "closed"), Counted(0, is_capped=False))
    for row in await connection.fetch(COUNT_SQLS[source], *parameters):
        before = counted[row["stage"]]
        counted[row["stage"]] = Counted(before.n + row["n"], before.is_capped or row["is_capped"])
    return counted
