"""Counting an account's days anew from what is stored, and summing them up by period.

Nothing here is the truth about anything: whatever is lost or late is counted again. Days are in UTC.
"""

from datetime import date, datetime, timedelta
from typing import Final

from amends.db.pool import Connection
from amends.platform.rates import COUNTED, PERIODS

ALL_DAYS: Final = max(PERIODS) + 1
LAST_DAYS: Final = 3
DAYS_AT_ONCE: Final = 31
"""How much one statement counts, so that it ends in time however much an account sells."""
FULL_EVERY: Final = timedelta(days=1)
"""How often every day is counted anew: records that come late, and answers to cases of earlier days."""

_SET: Final = ",\n    ".join(f"{name} = excluded.{name}" for name in COUNTED)
_SUMS: Final = ",\n    ".join(f"coalesce(sum(d.{name}), 0)" for name in COUNTED)

COUNT_DAYS_SQL: Final = f"""
insert into account_days (account_id, day, {", ".join(COUNTED)})
select
    $1,
    days.day,
    coalesce(paid.n, 0),
    coalesce(opened.n, 0),
    coalesce(closed.merchant_won, 0),
    coalesce(closed.customer_won, 0),
    coalesce(closed.settled, 0),
    coalesce(closed.withdrawn, 0),
    coalesce(disputed.n, 0),
    coalesce(refunded.n, 0),
    coalesce(opened.answered, 0),
    coalesce(opened.answer_ms, 0)
from (
    select ($2::date + n) as day
    from generate_series(0, $3::date - $2::date) as n
) as days
left join (
    select (p.paid_at at time zone 'UTC')::date as day, count(*) as n
    from payments p
    where p.account_id = $1
        and p.status = 'paid'
        and p.paid_at >= $4
        and p.paid_at < $5
    group by 1
) as paid
    on paid.day = days.day
left join (
    select
        (c.created_at at time zone 'UTC')::date as day,
        count(*) as n,
        count(first.at) as answered,
        (sum(extract(epoch from first.at - c.created_at)) * 1000)::bigint as answer_ms
    from cases c
    cross join lateral (
        select min(e.created_at) as at
        from case_events e
        where e.account_id = $1
            and e.case_id = c.id
            and e.actor = 'merchant'
            and e.viewable_by_customer
    ) as first
    where c.account_id = $1
        and c.created_at >= $4
        and c.created_at < $5
    group by 1
) as opened
    on opened.day = days.day
left join (
    select
        (c.closed_at at time zone 'UTC')::date as day,
        count(*) filter (where c.outcome = 'merchant_won') as merchant_won,
        count(*) filter (where c.outcome = 'customer_won') as customer_won,
        count(*) filter (where c.outcome = 'settled') as settled,
        count(*) filter (where c.outcome = 'withdrawn') as withdrawn
    from cases c
    where c.account_id = $1
        and c.closed_at >= $4
        and c.closed_at < $5
    group by 1
) as closed
    on closed.day = days.day
left join (
    select (d.opened_at at time zone 'UTC')::date as day, count(*) as n
    from disputes d
    where d.account_id = $1
        and d.opened_at >= $4
        and d.opened_at < $5
    group by 1
) as disputed
    on disputed.day = days.day
left join (
    select (r.succeeded_at at time zone 'UTC')::date as day, count(*) as n
    from refunds r
    where r.account_id = $1
        and r.succeeded_at >= $4
        and r.succeeded_at < $5
    group by 1
) as refunded
    on refunded.day = days.day
order by days.day
on conflict (account_id, day) do update
set {_SET}
"""  # noqa: S608 (the fields of a struct)

DROP_DAYS_SQL: Final = """
delete from account_days
where account_id = $1
    and day < $2
"""

COUNTED_IN_FULL_AT_SQL: Final = """
select counted_in_full_at
from account_rates
where account_id = $1
    and days = 30
"""

SUM_UP_SQL: Final = f"""
insert into account_rates (account_id, days, {", ".join(COUNTED)}, counted_at, counted_in_full_at)
select
    $1,
    p.days,
    {_SUMS},
    $4,
    $5
from unnest($2::smallint[]) as p (days)
left join account_days d
    on d.account_id = $1
    and d.day > $3::date - p.days
    and d.day <= $3
group by p.days
order by p.days
on conflict (account_id, days) do update
set {_SET},
    counted_at = excluded.counted_at,
    counted_in_full_at = excluded.counted_in_full_at
"""  # noqa: S608 (the fields of a struct)


async def count_account(connection: Connection, account_id: int, *, now: datetime) -> None:
    """Count an account's last days anew, all of them once a day, and sum them up."""
    today = now.date()
    full_at: datetime | None = await connection.fetchval(COUNTED_IN_FULL_AT_SQL, account_id)
    in_full = full_at is None or full_at <= now - FULL_EVERY
    first = today - timedelta(days=(ALL_DAYS if in_full else LAST_DAYS) - 1)
    while first <= today:
        last = min(first + timedelta(days=DAYS_AT_ONCE - 1), today)
        after = last + timedelta(days=1)
        await connection.execute(COUNT_DAYS_SQL, account_id, first, last, _midnight(first, now), _midnight(after, now))
        first = after
    if in_full:
        await connection.execute(DROP_DAYS_SQL, account_id, today - timedelta(days=ALL_DAYS))
    await connection.execute(SUM_UP_SQL, account_id, list(PERIODS), today, now, now if in_full else full_at)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
