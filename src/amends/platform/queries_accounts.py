"""Accounts as the platform sees them: their rates in a period, sorted by any of them; one of them by day.

The list reads a row of sums for each account, so that it grows with the number of accounts and not with their age.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from asyncpg import Record

from amends.db.keyset import Listing, Order, by_number, statements
from amends.db.pool import Connection, Pool
from amends.platform.rates import COUNTED

_COUNTS: Final = ", ".join(f"coalesce(r.{name}, 0) as {name}" for name in COUNTED)
_NOTHING: Final = -1.0
"""Where an account without a rate stands: below all others."""

SORTS: Final[Mapping[str, str]] = {
    "payments": "coalesce(r.payments, 0)::float8",
    "cases": "coalesce(r.cases, 0)::float8",
    "case_rate": f"coalesce(r.cases / nullif(r.payments, 0)::float8, {_NOTHING})",
    "dispute_rate": f"coalesce(r.disputes / nullif(r.payments, 0)::float8, {_NOTHING})",
    "win_rate": f"coalesce(r.merchant_won / nullif(r.merchant_won + r.customer_won, 0)::float8, {_NOTHING})",
    "refund_rate": f"coalesce(r.refunds / nullif(r.payments, 0)::float8, {_NOTHING})",
    "answer_time": f"coalesce(r.answer_ms / nullif(r.answered, 0)::float8, {_NOTHING})",
}
"""What the list can be sorted by. Besides these: `newest`."""

_SHOWN: Final = f"id, pid, title, currency, auto_respond_locked, counted_at, {', '.join(COUNTED)}"
_MATCHING: Final = """(
    $2::text is null
    or title ilike $2
    or pid = $3
    or external_id = $3
)
    and (not $4::boolean or auto_respond_locked)"""


def _listing(name: str, expression: str | None, *, descending: bool) -> Listing:
    place = "" if expression is None else f", {expression} as place"
    table = f"""(
    select a.id, a.pid, a.external_id, a.title, a.currency, a.auto_respond_locked, r.counted_at, {_COUNTS}{place}
    from accounts a
    left join account_rates r
        on r.account_id = a.id
        and r.days = $1
) as found"""  # noqa: S608 (constant fragments)
    if expression is None:
        order, shown = by_number("id", descending=descending), _SHOWN
    else:
        ends = (-1e300, 0), (1e300, 2**63 - 1)
        order = Order(("place", "id"), ("float8", "bigint"), *ends, tuple[float, int], descending)
        shown = f"{_SHOWN}, place"
    way = "desc" if descending else "asc"
    return Listing(f"rated_accounts:{name}:{way}", order, statements(shown, table, _MATCHING, order, 5))


RATED_ACCOUNTS: Final[Mapping[tuple[str, bool], Listing]] = {
    (name, descending): _listing(name, expression, descending=descending)
    for name, expression in (*SORTS.items(), ("newest", None))
    for descending in (True, False)
}
"""By what they are sorted and whether the highest comes first. Parameters: the period in days, a pattern of titles or
null, a public id or the platform's own, whether only locked ones are wanted."""
RATED_ACCOUNTS_SQLS: Final = {key: listing.sqls for key, listing in RATED_ACCOUNTS.items()}

ACCOUNTS_TO_COUNT_EVERYWHERE_SQL: Final = """
select a.id
from accounts a
left join account_rates r
    on r.account_id = a.id
    and r.days = 30
where r.counted_at is null
    or r.counted_at <= $1
order by r.counted_at nulls first, a.id
limit $2
"""

RATES_OF_ACCOUNT_SQL: Final = f"""
select r.days, r.counted_at, {", ".join(f"r.{name}" for name in COUNTED)}
from account_rates r
where r.account_id = $1
order by r.days
"""  # noqa: S608 (the fields of a struct)

DAYS_OF_ACCOUNT_SQL: Final = f"""
select date_trunc('month', d.day)::date as month, {", ".join(f"sum(d.{name})::bigint as {name}" for name in COUNTED)}
from account_days d
where d.account_id = $1
    and d.day >= $2
group by 1
order by 1 desc
"""  # noqa: S608 (the fields of a struct)

ACCOUNT_OF_PLATFORM_SQL: Final = """
select
    a.id,
    a.pid,
    a.external_id,
    a.title,
    a.currency,
    a.time_zone,
    a.support_limits,
    a.auto_respond_locked,
    a.auto_respond_lock_reason,
    a.created_at
from accounts a
where a.pid = $1
"""

OPEN_CASES_SQL: Final = """
select n.status, sum(n.n)::bigint as n
from (
    select c.status, c.n
    from case_counts c
    where c.account_id = $1
        and c.status <> 'closed'
    union all
    select d.status, d.n
    from case_count_deltas d
    where d.account_id = $1
        and d.status <> 'closed'
) as n
group by n.status
"""


async def accounts_to_count(where: Pool | Connection, *, before: datetime, limit: int) -> Sequence[int]:
    """Return accounts that were last counted before a time, or never."""
    return [row["id"] for row in await where.fetch(ACCOUNTS_TO_COUNT_EVERYWHERE_SQL, before, limit)]


async def account_of_platform(where: Pool | Connection, pid: str) -> Record | None:
    """Return an account."""
    return await where.fetchrow(ACCOUNT_OF_PLATFORM_SQL, pid)


async def rates_of_account(where: Pool | Connection, account_id: int) -> Sequence[Record]:
    """Return what was counted of an account, the shortest period first."""
    return await where.fetch(RATES_OF_ACCOUNT_SQL, account_id)


async def months_of_account(where: Pool | Connection, account_id: int, *, since: date) -> Sequence[Record]:
    """Return what was counted of an account by month, the newest first."""
    return await where.fetch(DAYS_OF_ACCOUNT_SQL, account_id, since)


async def open_cases(where: Pool | Connection, account_id: int) -> dict[str, int]:
    """Return how many cases of an account are open, by status."""
    return {row["status"]: row["n"] for row in await where.fetch(OPEN_CASES_SQL, account_id)}
