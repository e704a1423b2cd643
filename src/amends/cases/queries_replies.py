"""What is read about saved replies: an account's list, and one. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool

_REPLY = "id, pid, title, body, updated_by, updated_by_name, created_at, updated_at"
_NEWEST_FIRST = by_time("created_at")

REPLIES_PAGE_SQLS: Final = statements(_REPLY, "saved_replies", "account_id = $1", _NEWEST_FIRST, 2)
REPLIES: Final = Listing("saved_replies", _NEWEST_FIRST, REPLIES_PAGE_SQLS)
"""$1: of this account."""

REPLIES_BY_TITLE_SQL: Final = """
select id, pid, title, body, updated_by, updated_by_name, created_at, updated_at
from saved_replies
where account_id = $1
order by title_key, id
"""

REPLY_SQL: Final = """
select id, pid, title, body, updated_by, updated_by_name, created_at, updated_at
from saved_replies
where account_id = $1
    and id = $2
"""

COUNT_REPLIES_SQL: Final = """
select count(*)
from saved_replies
where account_id = $1
"""


async def replies_for(where: Pool | Connection, account_id: int) -> Sequence[Record]:
    """Return an account's saved replies by title; there are at most `commands_replies.MOST_REPLIES`."""
    return await where.fetch(REPLIES_BY_TITLE_SQL, account_id)


async def find_reply(where: Pool | Connection, account_id: int, reply_id: UUID) -> Record | None:
    """Return one of an account's saved replies."""
    return await where.fetchrow(REPLY_SQL, account_id, reply_id)


async def count_replies(where: Pool | Connection, account_id: int) -> int:
    """Return how many replies an account has saved."""
    return await where.fetchval(COUNT_REPLIES_SQL, account_id)
