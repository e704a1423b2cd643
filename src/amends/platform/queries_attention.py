"""What needs a person: money that has not moved, reviews past their target, mails that were lost.

Read across accounts, by small indexes.

Each reads what is unsettled now, which does not grow with age, and cuts at a number of lines.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from asyncpg import Record

from amends.db.pool import Connection, Pool

STUCK_AFTER: Final = timedelta(hours=1)
"""How long money may be on its way before somebody should know."""

UNSETTLED_REFUNDS_EVERYWHERE_SQL: Final = """
with unsettled as (
    select account_id, id, count(*) over () as n, state = 'failed' as is_failed, created_at
    from refunds
    where state in ('pending', 'on_hold', 'failed')
        and (state <> 'pending' or created_at <= $1)
    order by state = 'failed' desc, created_at, id
    limit $2
)
select
    u.n,
    t.account_id,
    t.pid,
    a.pid as account_pid,
    a.title as account_title,
    c.pid as case_pid,
    p.pid as payment_pid,
    p.user_id,
    m.name as customer_name,
    m.username as customer_username,
    t.amount_minor,
    t.currency,
    t.currency_exponent,
    p.amount_minor - p.refunded_minor - p.disputed_minor as left_minor,
    p.open_disputes,
    p.payment_method_type,
    p.card_brand,
    p.card_last4,
    t.payer,
    t.state,
    t.attempt,
    t.tries,
    t.provider,
    t.provider_refund_ref as provider_ref,
    t.failure_code,
    t.failure_message,
    t.next_try_at,
    t.created_at,
    t.updated_at
from unsettled u
join refunds t
    on t.account_id = u.account_id
    and t.id = u.id
join accounts a
    on a.id = t.account_id
join payments p
    on p.account_id = t.account_id
    and p.id = t.payment_id
join members m
    on m.account_id = p.account_id
    and m.id = p.member_id
left join cases c
    on c.account_id = t.account_id
    and c.id = t.case_id
order by u.is_failed desc, u.created_at, u.id
"""

UNSETTLED_CREDITS_EVERYWHERE_SQL: Final = """
with unsettled as (
    select account_id, id, count(*) over () as n, state = 'failed' as is_failed, created_at
    from merchant_credits
    where state in ('pending', 'on_hold', 'failed')
        and (state <> 'pending' or created_at <= $1)
    order by state = 'failed' desc, created_at, id
    limit $2
)
select
    u.n,
    t.account_id,
    t.pid,
    a.pid as account_pid,
    a.title as account_title,
    c.pid as case_pid,
    c.user_id,
    t.amount_minor,
    t.currency,
    t.currency_exponent,
    t.state,
    t.attempt,
    t.tries,
    t.provider,
    t.provider_credit_ref as provider_ref,
    t.failure_code,
    t.failure_message,
    t.next_try_at,
    t.created_at,
    t.updated_at
from unsettled u
join merchant_credits t
    on t.account_id = u.account_id
    and t.id = u.id
join accounts a
    on a.id = t.account_id
join cases c
    on c.account_id = t.account_id
    and c.id = t.case_id
order by u.is_failed desc, u.created_at, u.id
"""

OVERDUE_REVIEWS_EVERYWHERE_SQL: Final = """
with overdue as materialized (
    select count(*) over () as n, c.account_id, c.id, since.began_at, since.missed
    from cases c
    cross join lateral (
        select
            max(e.created_at) filter (where e.kind in ('escalated', 'appealed', 'responded')) as began_at,
            max(e.created_at) filter (where e.kind = 'review_overdue') as missed_at,
            count(*) filter (where e.kind = 'review_overdue') as missed
        from case_events e
        where e.account_id = c.account_id
            and e.case_id = c.id
    ) as since
    where coalesce(c.outcome, c.status) = 'under_review'
        and c.response_due_at is not null
        and (c.response_due_at <= $1 or since.missed_at >= since.began_at)
    order by since.began_at, c.account_id, c.id
    limit $2
)
select
    o.n,
    c.pid,
    a.pid as account_pid,
    a.title as account_title,
    (
        select coalesce(m.name, m.username)
        from members m
        where m.account_id = c.account_id
            and m.id = c.member_id
    ) as customer_name,
    c.amount_minor,
    c.currency,
    c.currency_exponent,
    c.reason,
    c.customer_appealed or c.merchant_appealed as is_appeal,
    c.reviewer_name,
    c.response_due_at,
    o.began_at,
    o.missed
from overdue o
join cases c
    on c.account_id = o.account_id
    and c.id = o.id
join accounts a
    on a.id = c.account_id
order by o.began_at, c.account_id, c.id
"""

LOST_MAILS_SQL: Final = """
select state, count(*) as n, max(created_at) as last_at
from mail
where state in ('refused', 'failed')
    and created_at > $1
group by state
order by state
"""


async def unsettled_refunds(where: Pool | Connection, *, now: datetime, limit: int) -> Sequence[Record]:
    """Return refunds that have failed, are held, or have been on their way for too long; `n` is of all of them."""
    return await where.fetch(UNSETTLED_REFUNDS_EVERYWHERE_SQL, now - STUCK_AFTER, limit)


async def unsettled_credits(where: Pool | Connection, *, now: datetime, limit: int) -> Sequence[Record]:
    """Return merchant credits that have failed or have been on their way for too long; `n` is of all of them."""
    return await where.fetch(UNSETTLED_CREDITS_EVERYWHERE_SQL, now - STUCK_AFTER, limit)


async def overdue_reviews(where: Pool | Connection, *, now: datetime, limit: int) -> Sequence[Record]:
    """Return cases whose present review has missed a target, the longest under review first."""
    return await where.fetch(OVERDUE_REVIEWS_EVERYWHERE_SQL, now, limit)


async def lost_mails(where: Pool | Connection, *, since: datetime) -> Sequence[Record]:
    """Return how many mails of late were refused by the mail server, and how many were given up."""
    return await where.fetch(LOST_MAILS_SQL, since)
