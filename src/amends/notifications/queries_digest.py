"""What is read for the daily digest: who may be due for one, and what happened at an account. SQL and nothing else."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.db.pool import Connection, Pool
from amends.notifications.mails import Receiver
from amends.notifications.queries_notices import receiver_of

LISTED: Final = 10

_READERS: Final = """
select
    t.account_id, t.user_id, u.name, u.email, u.locale, u.time_zone, a.pid as account_pid, a.title,
    a.currency, a.time_zone as account_time_zone, coalesce(f.preferences, '{}') as preferences, d.day, d.until
from team_members t
join users u
  on u.id = t.user_id
join accounts a
  on a.id = t.account_id
left join user_preferences f
  on f.user_id = t.user_id
left join notice_choices c
  on c.user_id = t.user_id
 and c.kind = 'digest'
left join digests d
  on d.user_id = t.user_id
 and d.account_id = t.account_id
where u.email is not null
  and coalesce(c.choice, case when t.role in ('owner', 'admin') then 'at_once' else 'off' end) = 'at_once'
"""
DIGEST_READERS_SQL: Final = f"""
{_READERS}
  and (d.until is null or d.until < $1)
  and (t.account_id, t.user_id) > ($2, $3)
order by t.account_id, t.user_id
limit $4
"""
DIGEST_READER_SQL: Final = f"""
{_READERS}
  and t.account_id = $1
  and t.user_id = $2
"""
DIGEST_SQL: Final = """
select
    (
        select count(*)
        from cases c
        where c.account_id = $1
          and c.created_at >= $2
          and c.created_at < $3
    ) as opened,
    (
        select count(*)
        from cases c
        where c.account_id = $1
          and c.closed_at >= $2
          and c.closed_at < $3
    ) as closed,
    (
        select json_agg(json_build_array(x.minor, x.currency, x.places) order by x.currency)
        from (
            select sum(r.amount_minor)::bigint as minor, r.currency, r.currency_exponent as places
            from refunds r
            where r.account_id = $1
              and r.created_at >= $4
              and r.succeeded_at >= $2
              and r.succeeded_at < $3
            group by r.currency, r.currency_exponent
        ) x
    )::text as refunded,
    (
        select count(*)
        from cases c
        where c.account_id = $1
          and c.status = 'awaiting_merchant'
          and c.response_due_at is not null
    ) as waiting
"""
DIGEST_WAITING_SQL: Final = """
select
    c.response_due_at as due_at, c.amount_minor, c.currency, c.currency_exponent as places, m.name, m.username,
    p.title as product
from cases c
join members m
  on m.account_id = c.account_id
 and m.id = c.member_id
left join products p
  on p.account_id = c.account_id
 and p.id = c.product_id
where c.account_id = $1
  and c.status = 'awaiting_merchant'
  and c.response_due_at is not null
order by c.response_due_at, c.id
limit $2
"""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who gets an account's digest."""

    account_id: int
    user_id: UUID
    account_pid: str
    title: str
    receiver: Receiver
    day: date | None
    """Of the last digest that was looked at, in the reader's time zone."""
    until: datetime | None
    """Up to when the last one told."""


class Sum(NamedTuple):
    """Money of one currency, in minor units."""

    minor: int
    currency: str
    places: int


class WaitingCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that waits for the team."""

    due_at: datetime
    amount_minor: int
    currency: str
    places: int
    name: str | None
    username: str | None
    product: str | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at an account, and what waits there now."""

    opened: int
    closed: int
    refunded: list[Sum]
    waiting: int
    urgent: list[WaitingCase]
    """The most urgent of those that wait."""

    @property
    def say_something(self) -> bool:
        """Tell whether there is anything to tell."""
        return bool(self.opened or self.closed or self.refunded or self.waiting)


_SUMS: Final = msgspec.json.Decoder(list[Sum])
_NOBODY: Final = UUID(int=0)


def _reader(row: Record) -> Reader:
    return Reader(
        account_id=row["account_id"],
        user_id=row["user_id"],
        account_pid=row["account_pid"],
        title=row["title"],
        receiver=receiver_of(row),
        day=row["day"],
        until=row["until"],
    )


async def digest_readers(
    connection: Connection | Pool, *, untold_since: datetime, after: Reader | None, limit: int
) -> Sequence[Reader]:
    """Return people whose last digest told up to before a time, in order; `after` is the last of the page before."""
    place = (0, _NOBODY) if after is None else (after.account_id, after.user_id)
    return [_reader(row) for row in await connection.fetch(DIGEST_READERS_SQL, untold_since, *place, limit)]


async def digest_reader(connection: Connection, account_id: int, user_id: UUID) -> Reader | None:
    """Return somebody who gets an account's digest; None: they do not want it any more, or have left the team."""
    row = await connection.fetchrow(DIGEST_READER_SQL, account_id, user_id)
    return None if row is None else _reader(row)


async def read_figures(
    connection: Connection, account_id: int, *, since: datetime, now: datetime, refunds_from: datetime
) -> Figures:
    """Return what happened at an account; refunds made before `refunds_from` are not looked at any more."""
    row = await connection.fetchrow(DIGEST_SQL, account_id, since, now, refunds_from)
    waiting = await connection.fetch(DIGEST_WAITING_SQL, account_id, LISTED)
    if row is None:
        raise LookupError(account_id)
    return Figures(
        opened=row["opened"],
        closed=row["closed"],
        refunded=_SUMS.decode(row["refunded"] or "[]"),
        waiting=row["waiting"],
        urgent=[WaitingCase(**dict(one)) for one in waiting],
    )
