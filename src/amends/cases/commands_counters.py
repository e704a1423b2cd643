"""Folds counter deltas into the totals behind the tabs, an account at a time.

A change writes its own delta row, so that an account's writes do not queue behind one total; what is deleted here and
what is added are the same rows, in one transaction, so that folding twice at once counts nothing twice.
"""

from collections import Counter
from typing import Final

from amends.db.pool import Connection

DELTAS_SQL: Final = """
select d.id
from case_count_deltas d
where d.account_id = $1
order by d.id
limit $2
"""
TAKE_DELTAS_SQL: Final = """
delete from case_count_deltas d
where d.account_id = $1
  and d.id = any($2::uuid[])
returning d.status, d.reason, d.outcome, d.n
"""
ADD_COUNTS_SQL: Final = """
insert into case_counts as c (account_id, status, reason, outcome, n)
select $1, f.status, f.reason, f.outcome, f.n
from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as f (status, reason, outcome, n)
on conflict (account_id, status, reason, outcome) do update
set n = c.n + excluded.n
"""
BATCH: Final = 10_000


async def fold_counts(connection: Connection, account_id: int) -> int:
    """Fold up to `BATCH` deltas of an account; return how many."""
    ids = [row["id"] for row in await connection.fetch(DELTAS_SQL, account_id, BATCH)]
    taken = await connection.fetch(TAKE_DELTAS_SQL, account_id, ids)
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in taken:
        sums[row["status"], row["reason"], row["outcome"]] += row["n"]
    # In one order for everybody: two folders of one account wait for each other and do not deadlock.
    places = sorted(place for place, n in sums.items() if n)
    await connection.execute(
        ADD_COUNTS_SQL,
        account_id,
        [place[0] for place in places],
        [place[1] for place in places],
        [place[2] for place in places],
        [sums[place] for place in places],
    )
    return len(taken)
