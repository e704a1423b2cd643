"""What reviewers have decided in a period, how long it took, and what became of it on appeal. Read across accounts.

How long: from when the case came to the platform for the last time (escalated, appealed, or a question answered).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from asyncpg import Record

from amends.db.pool import Connection, Pool

DECISIONS_EVERYWHERE_SQL: Final = """
select
    d.reviewer_id,
    max(d.reviewer_name) as reviewer_name,
    count(*) as decisions,
    count(*) filter (where d.on_appeal) as on_appeal,
    percentile_cont(0.5) within group (
        order by extract(epoch from d.created_at - review.began_at)::float8
    ) as median_s,
    count(*) filter (where review.missed_at > review.began_at) as overdue,
    count(*) filter (where later.outcome is not null) as appealed,
    count(*) filter (where later.outcome <> d.outcome) as overturned
from case_decisions d
cross join lateral (
    select
        max(e.created_at) filter (where e.kind in ('escalated', 'appealed', 'responded')) as began_at,
        max(e.created_at) filter (where e.kind = 'review_overdue') as missed_at
    from case_events e
    where e.account_id = d.account_id
        and e.case_id = d.case_id
        and (e.created_at, e.id) < (d.created_at, d.event_id)
) as review
left join case_decisions later
    on later.account_id = d.account_id
    and later.case_id = d.case_id
    and later.on_appeal
    and not d.on_appeal
where d.created_at >= $1
group by d.reviewer_id
order by count(*) desc, d.reviewer_id
"""

UNDER_REVIEW_EVERYWHERE_SQL: Final = """
select c.reviewer_id, count(*) as n
from cases c
where coalesce(c.outcome, c.status) = 'under_review'
group by c.reviewer_id
"""


async def decisions_by_reviewer(where: Pool | Connection, *, since: datetime) -> Sequence[Record]:
    """Return what each reviewer has decided since a time, those with most first."""
    return await where.fetch(DECISIONS_EVERYWHERE_SQL, since)


async def under_review(where: Pool | Connection) -> dict[str | None, int]:
    """Return how many cases are under review, by the public id of whom they are assigned to; None: to nobody."""
    return {row["reviewer_id"]: row["n"] for row in await where.fetch(UNDER_REVIEW_EVERYWHERE_SQL)}
