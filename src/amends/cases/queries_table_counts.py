"""How many cases each tab of a merchant's table has under its filters, in one statement, and never more than `MOST`.

Open cases are counted by their stage, so that no more are looked at than are open. Closed ones are counted on the index
of the filter that is likely to name few, and only until there are `MOST`. Without filters that the counters do not
know, the counters answer: `queries_summary`.
"""

from collections.abc import Mapping
from typing import Any, Final

from amends.cases.queries_table_filters import FILTERS, NAMES, SCANS, STAGE, Scan, Source, numbered
from amends.db.pool import Connection, Pool

MOST: Final = 1_000
"""What is counted at most for each open stage, and for all that are closed together."""

# $1 account, $2 side, from $3 the filters, then the runs.
_FILTERS_AT: Final = 3
_RUNS_AT: Final = _FILTERS_AT + len(NAMES)
_OPENED: Final = (
    "c.created_at >= coalesce({opened_from}::timestamptz, '-infinity')"
    " and c.created_at < coalesce({opened_to}::timestamptz, 'infinity')"
)
_CLOSED: Final[Mapping[Source, Scan]] = {
    Source.ACCOUNT: Scan(_OPENED, ""),
    Source.STAGES: Scan(
        f"{STAGE} = w.stage and c.reason = w.reason and {_OPENED}",
        "",
        f"unnest(${_RUNS_AT}::text[], ${_RUNS_AT + 1}::text[]) as w (stage, reason)",
    ),
    Source.FOUND: Scan("c.id = any({found}::uuid[])", ""),
    **SCANS,
}


def _statement(scan: Scan) -> str:
    closed = f"""
        select true
        from cases c
        where c.account_id = {{account}}
          and c.outcome is not null
          and {scan.condition}
          and {FILTERS}
        limit {MOST}"""  # noqa: S608 (constant fragments)
    if scan.runs:
        closed = f"""
        select true
        from {scan.runs}
        cross join lateral ({closed}
        ) r
        limit {MOST}"""  # noqa: S608 (constant fragments)
    statement = f"""
select w.stage, n.n
from unnest(array['awaiting_merchant', 'awaiting_customer', 'under_review']) as w (stage)
cross join lateral (
    select count(*) as n
    from (
        select true
        from cases c
        where c.account_id = {{account}}
          and {STAGE} = w.stage
          and {FILTERS}
        limit {MOST}
    ) k
) n
union all
select 'closed', count(*)
from ({closed}
) k
"""  # noqa: S608 (constant fragments)
    return numbered(statement, account=1, side=2, filters_at=_FILTERS_AT)


COUNT_SQLS: Final[dict[Source, str]] = {source: _statement(scan) for source, scan in _CLOSED.items()}


async def count_stages(connection: Connection | Pool, source: Source, *parameters: Any) -> dict[str, int]:
    """Return how many cases pass the filters, by open stage, and of all that are closed; `MOST` is that or more."""
    rows = await connection.fetch(COUNT_SQLS[source], *parameters)
    return {row["stage"]: row["n"] for row in rows}
