"""The two statements behind the facts of a case (PRODUCT.md, section 3). Both read one member, by index."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection, Pool

PURCHASE_SQL: Final = """
with paid as (
    select id, pid, product_id, plan_id, amount_minor, currency, currency_exponent, refunded_minor, paid_at
    from payments
    where account_id = $1
        and member_id = $2
        and status = 'paid'
        and paid_at <= $4
)
select m.pid as member_pid, m.joined_at, m.ended_at, p.pid, p.user_id, p.product_id, p.paid_at, p.is_renewal,
    p.period_start, p.period_end, plan.cancel_before_hours,
    (
        select max(before.paid_at)
        from paid before
        where before.paid_at < p.paid_at
            and before.product_id is not distinct from p.product_id
            and before.plan_id is not distinct from p.plan_id
    ) as previous_paid_at,
    (
        select jsonb_build_object('source', double.pid, 'at', double.paid_at)
        from paid double
        where double.id <> p.id
            and double.product_id is not distinct from p.product_id
            and double.amount_minor = p.amount_minor
            and double.currency = p.currency
            and double.paid_at between p.paid_at - interval '24 hours' and p.paid_at + interval '24 hours'
        order by greatest(double.paid_at, p.paid_at) - least(double.paid_at, p.paid_at), double.id
        limit 1
    ) as double,
    (
        select first.pid
        from paid first
        order by first.paid_at, first.id
        limit 1
    ) as first_pid,
    (
        select refunded.pid
        from paid refunded
        where refunded.refunded_minor > 0
        order by refunded.paid_at desc, refunded.id desc
        limit 1
    ) as refunded_pid,
    (
        select coalesce(jsonb_agg(total order by total.currency), '[]')
        from (
            select currency, max(currency_exponent) as places, count(*) as payments, sum(amount_minor) as paid_minor,
                count(*) filter (where refunded_minor > 0) as refunds, sum(refunded_minor) as refunded_minor
            from paid
            group by currency
        ) total
    ) as totals,
    (
        select jsonb_build_object(
            'opened', count(*),
            'customer_won', count(*) filter (where c.outcome in ('customer_won', 'settled')),
            'source', (array_agg(c.pid order by c.created_at desc, c.id desc))[1],
            'at', max(c.created_at)
        )
        from cases c
        where c.account_id = $1
            and c.user_id = p.user_id
            and c.payment_id <> p.id
    ) as cases
from payments p
join members m on m.account_id = p.account_id
    and m.id = p.member_id
left join plans plan on plan.account_id = p.account_id
    and plan.id = p.plan_id
where p.account_id = $1
    and p.member_id = $2
    and p.id = $3
"""
LOG_SQL: Final = """
select kind,
    count(*) as times,
    count(*) filter (where occurred_at > $3) as times_after,
    min(occurred_at) as first_at,
    (array_agg(pid order by occurred_at, id))[1] as first_pid,
    max(occurred_at) as last_at,
    (array_agg(pid order by occurred_at desc, id desc))[1] as last_pid,
    max(occurred_at) filter (where occurred_at <= $3) as before_at,
    (array_agg(pid order by occurred_at desc, id desc) filter (where occurred_at <= $3))[1] as before_pid,
    min(occurred_at) filter (where occurred_at > $6) as since_at,
    (array_agg(pid order by occurred_at, id) filter (where occurred_at > $6))[1] as since_pid
from activity
where account_id = $1
    and member_id = $2
    and occurred_at <= $4
    and kind = any($7::text[])
    and (product_id is null or $5::uuid is null or product_id = $5)
group by kind
"""


class Total(msgspec.Struct, frozen=True):
    """What a member has paid in one currency, in minor units."""

    currency: str
    places: int
    payments: int
    paid_minor: int
    refunds: int
    refunded_minor: int


class Double(msgspec.Struct, frozen=True):
    """Another payment for the same thing, close by."""

    source: str
    at: datetime


class Cases(msgspec.Struct, frozen=True):
    """The member's cases on other payments."""

    opened: int
    customer_won: int
    source: str | None
    at: datetime | None


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A paid payment and the member who made it."""

    member_pid: str
    joined_at: datetime
    ended_at: datetime | None
    pid: str
    user_id: UUID
    product_id: UUID | None
    paid_at: datetime
    is_renewal: bool
    period_start: datetime | None
    period_end: datetime | None
    cancel_before_hours: int | None
    previous_paid_at: datetime | None
    double: Double | None
    first_pid: str | None
    refunded_pid: str | None
    totals: list[Total]
    cases: Cases


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of one kind: how often, and the records at its ends.

    `before_…`: the last not after the payment. `since_…`: the first after the moment that was asked about.
    """

    kind: str
    times: int
    times_after: int
    first_at: datetime
    first_pid: str
    last_at: datetime
    last_pid: str
    before_at: datetime | None
    before_pid: str | None
    since_at: datetime | None
    since_pid: str | None


async def get_purchase(
    connection: Connection | Pool, account_id: int, member_id: UUID, payment_id: UUID, now: datetime
) -> Purchase | None:
    """Return a member's paid payment with what the member has paid until now."""
    row = await connection.fetchrow(PURCHASE_SQL, account_id, member_id, payment_id, now)
    if row is None or row["paid_at"] is None:
        return None
    fields: dict[str, Any] = dict(row)
    return msgspec.convert(fields, Purchase)


async def get_log(
    connection: Connection | Pool,
    account_id: int,
    member_id: UUID,
    purchase: Purchase,
    *,
    kinds: list[str],
    since: datetime,
    now: datetime,
) -> dict[str, Logged]:
    """Return what the log says of each kind about the purchase's product, until now; kinds never logged are missing."""
    rows = await connection.fetch(
        LOG_SQL, account_id, member_id, purchase.paid_at, now, purchase.product_id, since, kinds
    )
    return {row["kind"]: Logged(**dict(row)) for row in rows}
