"""What a stream has missed: the events of cases since a time, at one account or of one buyer there.

A case is found by its last activity, then its events by their key. At most `LIMIT` + 1 of them, oldest first.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.db.notices import CaseNotice
from amends.db.pool import Connection, Pool
from amends.stream.sight import Sight

LIMIT: Final = 200

_EVENTS: Final = """
select
    c.account_id, c.pid as id, c.user_id, e.pid as event_id, e.actor, e.action in ('note', 'assign') as internal,
    e.viewable_by_customer, e.viewable_by_merchant, c.version, c.status, e.created_at as at
from cases c
join case_events e
  on e.account_id = c.account_id
 and e.case_id = c.id
 and e.created_at > $2
where c.account_id = $1
  and c.last_activity_at > $2
  and ($4::text is null or c.pid = $4)"""

ACCOUNT_EVENTS_SINCE_SQL: Final = f"""{_EVENTS}
order by e.created_at, e.id
limit $3
"""
BUYER_EVENTS_SINCE_SQL: Final = f"""{_EVENTS}
  and c.user_id = $5
order by e.created_at, e.id
limit $3
"""
ACCOUNT_PID_SQL: Final = """
select a.pid
from accounts a
where a.id = $1
"""
PROBE_SQL: Final = """
select 1
"""


async def missed(where: Pool | Connection, sight: Sight, since: datetime) -> list[CaseNotice] | None:
    """Return what a sight has missed since a time, oldest first; None: more than is worth telling one by one.

    A boundless sight is answered with None: nothing is read across all accounts.
    """
    if sight.is_boundless:
        return None
    wanted = None if sight.account_id is None else (sight.account_id,)
    found: list[CaseNotice] = []
    for account in wanted or sight.sells_at:
        if sight.is_platform or account in sight.sells_at:
            found += await _read(where, ACCOUNT_EVENTS_SINCE_SQL, account, since, sight.case_id)
    if sight.user_id is not None:
        for account in wanted or sight.bought_at:
            if not (sight.is_platform or account in sight.sells_at):
                found += await _read(where, BUYER_EVENTS_SINCE_SQL, account, since, sight.case_id, sight.user_id)
    if len(found) > LIMIT:
        return None
    return sorted((notice for notice in found if sight.sees(notice)), key=lambda notice: notice.at)


async def _read(
    where: Pool | Connection, statement: str, account: int, since: datetime, *narrowed: UUID | str | None
) -> list[CaseNotice]:
    rows = await where.fetch(statement, account, since, LIMIT + 1, *narrowed)
    return [CaseNotice(**row) for row in rows]


async def account_pid(where: Pool | Connection, account_id: int) -> str:
    """Return an account's public id."""
    return await where.fetchval(ACCOUNT_PID_SQL, account_id)


async def probe(connection: Connection, *, timeout_s: float) -> None:
    """See that the database answers.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: it does not.
    """
    await connection.execute(PROBE_SQL, timeout=timeout_s)
