"""Reads timelines whole, in order, for verification: streamed, within one account."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from amends.cases.timeline import EventRow
from amends.db.pool import Connection, Pool

HEADS_SQL: Final = """
select c.id, c.pid, c.event_count, c.head_hash, c.status, c.outcome, c.refund
from cases c
where c.account_id = $1
order by c.id
"""
CHAIN_SQL: Final = f"""
select {", ".join(f"e.{name}" for name in EventRow.__struct_fields__)}, e.previous_hash, e.hash, t.salt, t.texts
from case_events e
left join case_event_texts t
  on t.account_id = e.account_id
 and t.case_id = e.case_id
 and t.event_id = e.id
where e.account_id = $1
order by e.case_id, e.position, e.created_at
"""  # noqa: S608 (columns of the struct)
STRAY_TEXTS_SQL: Final = """
select c.pid, t.event_id
from case_event_texts t
join cases c
  on c.account_id = t.account_id
 and c.id = t.case_id
where t.account_id = $1
  and not exists (
      select from case_events e
      where e.account_id = t.account_id
        and e.case_id = t.case_id
        and e.id = t.event_id
  )
order by c.pid, t.event_id
"""
HEADS_AS_OF_SQL: Final = """
select distinct on (e.case_id) e.case_id, e.position, e.hash
from case_events e
where e.account_id = $1
  and e.created_at <= $2
order by e.case_id, e.position desc
"""
DIGESTS_SQL: Final = """
select d.day, d.heads_hash, d.cases, d.signature, d.created_at
from chain_digests d
where d.account_id = $1
order by d.day
"""
ACCOUNTS_SQL: Final = """
select a.id, a.pid
from accounts a
order by a.id
"""
PREFETCH: Final = 1_000


class Head(NamedTuple):
    """What a case says of its timeline."""

    id: UUID
    pid: str
    event_count: int
    head_hash: bytes
    status: str
    outcome: str | None
    refund: str | None


async def heads(connection: Connection, account_id: int) -> AsyncGenerator[Head]:
    """Stream the heads of an account's cases by id; inside a transaction."""
    async for row in connection.cursor(HEADS_SQL, account_id, prefetch=PREFETCH):
        yield Head(*row.values())


async def chain(connection: Connection, account_id: int) -> AsyncGenerator[asyncpg.Record]:
    """Stream an account's events by case and position, with their texts; inside a transaction."""
    async for row in connection.cursor(CHAIN_SQL, account_id, prefetch=PREFETCH):
        yield row


async def heads_as_of(
    connection: Connection, account_id: int, moment: datetime
) -> AsyncGenerator[tuple[UUID, int, bytes]]:
    """Stream case, position and hash of the last event of each timeline at a moment, by case."""
    async for row in connection.cursor(HEADS_AS_OF_SQL, account_id, moment, prefetch=PREFETCH):
        yield row["case_id"], row["position"], row["hash"]


async def stray_texts(connection: Connection, account_id: int) -> list[tuple[str, UUID]]:
    """Return texts that belong to no event, as the case's public id and the event that they name."""
    return [(row["pid"], row["event_id"]) for row in await connection.fetch(STRAY_TEXTS_SQL, account_id)]


async def digests(connection: Connection, account_id: int) -> list[asyncpg.Record]:
    """Return an account's daily digests, the oldest first."""
    return await connection.fetch(DIGESTS_SQL, account_id)


async def all_accounts(connection: Connection | Pool) -> list[tuple[int, str]]:
    """Return number and public id of every account."""
    return [(row["id"], row["pid"]) for row in await connection.fetch(ACCOUNTS_SQL)]
