"""How a credential looks at an account's table, without a server between."""

from amends.access.authenticate import Authenticator
from amends.cases.table_values import TablePlace
from amends.db.pool import Pool
from amends.kit.clock import Clock
from tests.credentials import ISSUER


async def place_of(pool: Pool, clock: Clock, token: str, account_id: int) -> TablePlace:
    """Return the place in which a token's caller sees an account."""
    caller = await Authenticator(pool, clock, (ISSUER,), memory_s=0).authenticate(
        f"Bearer {token}".encode(), "127.0.0.1", clock.now()
    )
    scope = caller.account(account_id)
    assert scope is not None
    return TablePlace(scope, account_id)
