"""How the command line names an account: by its public id, or by the integrator's own id."""

from amends.access.queries import find_account
from amends.cli.exits import Failure
from amends.db.pool import Pool
from amends.people.commands_accounts import fetch_accounts


async def account_number(pool: Pool, name: str) -> int:
    """Return the number of the account that somebody named.

    Raises:
        Failure: there is none.
    """
    number = await find_account(pool, name)
    if number is not None:
        return number
    async with pool.acquire() as connection:
        rows = await fetch_accounts(connection, 0, [name], [])
    if not rows:
        raise Failure(f"There is no account {name}. Name it by its biz_… id or by your own id for it.")
    return rows[0].id
