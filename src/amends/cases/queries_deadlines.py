"""What is due across accounts: reads by key and by time only; jobs do the writing, a case or an account each."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from amends.cases.rows import CaseRef
from amends.db.pool import Connection, Pool

DUE_CASES_SQL: Final = """
select c.account_id, c.id
from cases c
where c.deadline_at <= $1
order by c.deadline_at
limit $2
"""
ACCOUNTS_TO_FOLD_SQL: Final = """
select d.account_id
from case_count_deltas d
group by d.account_id
order by count(*) desc
limit $1
"""
ACCOUNTS_WITHOUT_DIGEST_SQL: Final = """
select a.id
from accounts a
where not exists (
    select from chain_digests d
    where d.account_id = a.id
      and d.day = $1
)
order by a.id
limit $2
"""


async def due_cases(connection: Connection | Pool, *, now: datetime, limit: int) -> Sequence[CaseRef]:
    """Return cases of which a clock has run out, the longest ago first."""
    return [CaseRef(row["account_id"], row["id"]) for row in await connection.fetch(DUE_CASES_SQL, now, limit)]


async def accounts_to_fold(connection: Connection | Pool, *, limit: int) -> Sequence[int]:
    """Return accounts that have counter deltas, those with most first."""
    return [row["account_id"] for row in await connection.fetch(ACCOUNTS_TO_FOLD_SQL, limit)]


async def accounts_without_digest(connection: Connection | Pool, *, day: date, limit: int) -> Sequence[int]:
    """Return accounts whose timelines have no digest of a day yet."""
    return [row["id"] for row in await connection.fetch(ACCOUNTS_WITHOUT_DIGEST_SQL, day, limit)]
