"""How many cases there are by stage and reason: the counts behind tabs and filters.

Whole accounts are read from the folded counters and the deltas not folded yet; with a date or a buyer the cases are
counted on an index. Every answer is at most one row for each stage and reason.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from amends.db.pool import Connection, Pool

COUNTED_ACCOUNTS_SQL: Final = """
select n.status, n.reason, n.outcome, sum(n.n)::bigint as n
from (
    select c.status, c.reason, c.outcome, c.n
    from case_counts c
    where c.account_id = any($1::bigint[])
    union all
    select d.status, d.reason, d.outcome, d.n::bigint
    from case_count_deltas d
    where d.account_id = any($1::bigint[])
) n
group by n.status, n.reason, n.outcome
"""
COUNTED_EVERYWHERE_SQL: Final = """
select n.status, n.reason, n.outcome, sum(n.n)::bigint as n
from (
    select c.status, c.reason, c.outcome, sum(c.n) as n
    from case_counts c
    group by c.status, c.reason, c.outcome
    union all
    select d.status, d.reason, d.outcome, sum(d.n)
    from case_count_deltas d
    group by d.status, d.reason, d.outcome
) n
group by n.status, n.reason, n.outcome
"""
COUNT_RUNS_SQL: Final = """
select w.stage, w.reason, n.n
from unnest($4::text[], $5::text[]) as w (stage, reason)
cross join lateral (
    select count(*) as n
    from cases c
    where c.account_id = $1
      and coalesce(c.outcome, c.status) = w.stage
      and c.reason = w.reason
      and c.created_at > $2
      and c.created_at < $3
) n
"""
COUNT_BUYER_SQL: Final = """
select coalesce(c.outcome, c.status) as stage, c.reason, count(*) as n
from cases c
where c.account_id = any($1::bigint[])
  and c.user_id = $2
  and c.created_at > $3
  and c.created_at < $4
group by 1, 2
"""
COUNT_EVERYWHERE_SQL: Final = """
select w.stage, n.reason, n.n
from unnest($3::text[]) as w (stage)
cross join lateral (
    select c.reason, count(*) as n
    from cases c
    where coalesce(c.outcome, c.status) = w.stage
      and c.created_at > $1
      and c.created_at < $2
    group by c.reason
) n
"""

Counts = dict[tuple[str, str], int]
"""How many, by stage and reason."""


def _by_stage(rows: Sequence[asyncpg.Record]) -> Counts:
    return {(row["outcome"] or row["status"], row["reason"]): row["n"] for row in rows}


def _counted(rows: Sequence[asyncpg.Record]) -> Counts:
    return {(row["stage"], row["reason"]): row["n"] for row in rows}


async def counts_of_accounts(pool: Pool | Connection, account_ids: Sequence[int] | None) -> Counts:
    """Return the counts of whole accounts; None: of all."""
    if account_ids is None:
        return _by_stage(await pool.fetch(COUNTED_EVERYWHERE_SQL))
    return _by_stage(await pool.fetch(COUNTED_ACCOUNTS_SQL, account_ids))


async def counts_between(
    pool: Pool | Connection,
    account_id: int | None,
    *,
    after: datetime,
    before: datetime,
    runs: tuple[list[str], list[str]],
    stages: Sequence[str],
) -> Counts:
    """Count the cases of an account (None: of all) created between two times, both excluded."""
    if account_id is None:
        return _counted(await pool.fetch(COUNT_EVERYWHERE_SQL, after, before, stages))
    return _counted(await pool.fetch(COUNT_RUNS_SQL, account_id, after, before, *runs))


async def counts_of_buyer(
    pool: Pool | Connection, account_ids: Sequence[int], user_id: UUID, *, after: datetime, before: datetime
) -> Counts:
    """Count one buyer's cases at some accounts created between two times, both excluded."""
    return _counted(await pool.fetch(COUNT_BUYER_SQL, account_ids, user_id, after, before))
