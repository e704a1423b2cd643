"""The review queue, read across accounts: a page by one small index, what its lines show, counts up to a limit.

The indexes hold what is open now, so nothing here grows with the age of the platform.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from asyncpg import Record

from amends.cases.queue import Show
from amends.db.keyset import Listing, by_time, read_rows, statements
from amends.db.pool import Connection, Pool
from amends.kit.pages import PageRequest

MOST_COUNTED: Final = 1_000
"""A tab says that there are more, and not how many."""

_LATEST: Final = "timestamptz '9999-12-30 00:00:00+00'"
_REVIEW: Final = f"coalesce(review_due_at, {_LATEST})"
_ASKED: Final = f"coalesce(response_due_at, {_LATEST})"
_WAITS: Final = "status = 'under_review'"
_IS_ASKED: Final = "escalated and status in ('awaiting_merchant', 'awaiting_customer')"
_APPEALED: Final = f"{_WAITS} and (customer_appealed or merchant_appealed)"

# $1 the reader, $2 now; with an account: $3.
_WHICH: Final[Mapping[Show, str]] = {
    Show.REVIEW: f"{_WAITS} and $1::text is not null and $2::timestamptz is not null",
    Show.OVERDUE: f"{_WAITS} and $1::text is not null and {_REVIEW} <= $2::timestamptz",
    Show.APPEALS: f"{_APPEALED} and $1::text is not null and $2::timestamptz is not null",
    Show.MINE: f"{_WAITS} and reviewer_id = $1::text and reviewer_id is not null and $2::timestamptz is not null",
    Show.ASKED: f"{_IS_ASKED} and $1::text is not null and $2::timestamptz is not null",
}
_BY_PLACE: Final = by_time("place", descending=False)


def _sqls(show: Show, *, of_account: bool) -> Mapping[str, str]:
    place = _ASKED if show is Show.ASKED else _REVIEW
    account = " and account_id = $3::bigint" if of_account else ""
    table = f"(select account_id, id, {place} as place from cases where {_WHICH[show]}{account}) q"  # noqa: S608
    return statements("account_id, id, place", table, "true", _BY_PLACE, 4 if of_account else 3)


QUEUE_EVERYWHERE_SQLS: Final[Mapping[str, Mapping[str, str]]] = {
    f"{show}{' of account' if of_account else ''}": _sqls(show, of_account=of_account)
    for show in Show
    for of_account in (False, True)
}
LISTINGS: Final[Mapping[tuple[Show, bool], Listing]] = {
    (show, of_account): Listing(
        f"queue {show}", _BY_PLACE, QUEUE_EVERYWHERE_SQLS[f"{show}{' of account' if of_account else ''}"]
    )
    for show in Show
    for of_account in (False, True)
}

QUEUE_LINES_EVERYWHERE_SQL: Final = """
select
    c.pid, c.user_id, c.reason, c.amount_minor, c.currency, c.currency_exponent, c.status, c.customer_appealed,
    c.merchant_appealed, c.response_due_at, c.review_since, c.review_due_at, c.dispute, c.version,
    c.reviewer_id, c.reviewer_name, c.first_reviewer_id,
    a.pid as account_pid, a.title as account_title, a.currency as account_currency,
    m.name, m.username, p.title as product_title,
    e.kind as last_kind, e.actor as last_actor, e.created_at as last_at
from unnest($1::bigint[], $2::uuid[]) with ordinality as w (account_id, id, n)
join cases c
  on c.account_id = w.account_id
 and c.id = w.id
join accounts a
  on a.id = c.account_id
join members m
  on m.account_id = c.account_id
 and m.id = c.member_id
left join products p
  on p.account_id = c.account_id
 and p.id = c.product_id
left join lateral (
    select e.kind, e.actor, e.created_at
    from case_events e
    where e.account_id = c.account_id
      and e.case_id = c.id
      and e.kind in ('escalated', 'appealed', 'responded', 'requested_more_info', 'commented')
    order by e.created_at desc, e.id desc
    limit 1
) e on true
order by w.n
"""


def _counted(condition: str, account: str) -> str:
    return f"(select count(*) from (select from cases where {condition}{account} limit {MOST_COUNTED}) q)"  # noqa: S608


def _counts(account: str) -> str:
    which = {show: _WHICH[show] for show in Show}
    return "select\n    " + ",\n    ".join(f"{_counted(which[show], account)} as {show}" for show in Show) + "\n"


QUEUE_COUNTS_EVERYWHERE_SQLS: Final[Mapping[bool, str]] = {
    False: _counts(""),
    True: _counts(" and account_id = $3::bigint"),
}

WAITING_ACCOUNTS_EVERYWHERE_SQL: Final = f"""
select a.pid, a.title
from (
    select distinct w.account_id
    from (
        select account_id
        from cases
        where {_WAITS}
        order by {_REVIEW}, id
        limit {MOST_COUNTED}
    ) w
) w
join accounts a
  on a.id = w.account_id
order by lower(a.title), a.pid
limit 100
"""  # noqa: S608 (constant fragments)

PLACE_SQL: Final = f"""
select {_REVIEW} as review, {_ASKED} as asked
from cases
where account_id = $1
  and id = $2
"""  # noqa: S608 (constant fragments)


class Reader(NamedTuple):
    """For whom the queue is read, and when."""

    pid: str
    now: datetime


async def queue_keys(
    where: Pool | Connection, show: Show, reader: Reader, page: PageRequest, *, account_id: int | None
) -> list[Record]:
    """Return the rows of a part of the queue from the asked end, in the order in which they were read."""
    listing, parameters = listing_of(show, reader, account_id)
    return await read_rows(where, listing, page, *parameters)


def listing_of(show: Show, reader: Reader, account_id: int | None) -> tuple[Listing, tuple[Any, ...]]:
    """Return a part of the queue as a list, with its parameters."""
    more = () if account_id is None else (account_id,)
    return LISTINGS[show, account_id is not None], (reader.pid, reader.now, *more)


async def queue_lines(where: Pool | Connection, keys: Sequence[Record]) -> list[Record]:
    """Return what the lines of some cases show, in the order of `keys`."""
    if not keys:
        return []
    accounts, ids = [key["account_id"] for key in keys], [key["id"] for key in keys]
    return await where.fetch(QUEUE_LINES_EVERYWHERE_SQL, accounts, ids)


async def queue_counts(where: Pool | Connection, reader: Reader, *, account_id: int | None) -> Mapping[Show, int]:
    """Return how many cases each part of the queue has, up to `MOST_COUNTED`."""
    more = () if account_id is None else (account_id,)
    (row,) = await where.fetch(QUEUE_COUNTS_EVERYWHERE_SQLS[account_id is not None], reader.pid, reader.now, *more)
    return {show: row[show.value] for show in Show}


async def waiting_accounts(where: Pool | Connection) -> Sequence[tuple[str, str]]:
    """Return the public id and title of accounts with cases that wait for a decision."""
    return [(row["pid"], row["title"]) for row in await where.fetch(WAITING_ACCOUNTS_EVERYWHERE_SQL)]


async def place_in_queue(
    where: Pool | Connection, account_id: int, case_id: UUID, show: Show
) -> tuple[datetime, UUID] | None:
    """Return where a case stands, or would stand, in a part of the queue."""
    row = await where.fetchrow(PLACE_SQL, account_id, case_id)
    return None if row is None else (row["asked" if show is Show.ASKED else "review"], case_id)
