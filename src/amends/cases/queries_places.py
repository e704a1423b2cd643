"""Where cases can be: which accounts there are, and at which a user is a member. Read across accounts, by key only."""

from typing import Final
from uuid import UUID

from amends.db.pool import Connection, Pool

ACCOUNT_EXISTS_SQL: Final = """
select exists (
    select from accounts a
    where a.pid = $1
)
"""
ACCOUNTS_OF_USER_SQL: Final = """
select u.account_id
from user_accounts u
where u.user_id = $1
"""


async def account_exists(pool: Pool | Connection, account_pid: str) -> bool:
    """Tell whether there is an account with a public id."""
    return await pool.fetchval(ACCOUNT_EXISTS_SQL, account_pid)


async def accounts_of_user(pool: Pool | Connection, user_id: UUID) -> tuple[int, ...]:
    """Return the accounts at which a user is a member, as the directory has them."""
    return tuple(row["account_id"] for row in await pool.fetch(ACCOUNTS_OF_USER_SQL, user_id))
