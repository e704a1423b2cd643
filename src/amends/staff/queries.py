"""What staff see before they have chosen an account: the list of them. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final

from asyncpg import Record

from amends.db.pool import Connection, Pool

ACCOUNTS_SQL: Final = """
select pid, title, currency
from accounts
where strpos(lower(title), lower($1)) > 0
    or pid = $1
    or external_id = $1
order by lower(title), id
limit $2
"""


async def list_accounts(where: Pool | Connection, words: str, *, limit: int) -> Sequence[Record]:
    """Return accounts whose title contains `words`, or whose id they are; empty: all."""
    return await where.fetch(ACCOUNTS_SQL, words, limit)
