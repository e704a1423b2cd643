"""What decides where a person arrives. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from amends.db.pool import Connection, Pool

ACCOUNT_PID_BY_NUMBER_SQL: Final = """
select pid
from accounts
where id = $1
"""

HAS_CASE_SQL: Final = """
select exists (
    select 1
    from cases c
    where c.account_id = any($1::bigint[])
        and c.user_id = $2
)
"""


async def account_pid_of(where: Pool | Connection, account_id: int) -> str | None:
    """Return the public id of the account with this number."""
    return await where.fetchval(ACCOUNT_PID_BY_NUMBER_SQL, account_id)


async def has_case(where: Pool | Connection, account_ids: Sequence[int], user_id: UUID) -> bool:
    """Tell whether a customer has opened a case at one of these accounts."""
    return await where.fetchval(HAS_CASE_SQL, account_ids, user_id)
