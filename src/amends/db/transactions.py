"""Transactions: one for each command, read committed, short.

Nothing that leaves the process happens inside one (DESIGN.md, "Money and the outside world"). Two requests on the
same case are told apart by the row lock that the command takes first, not by the isolation level. What a command
tells (`notices.tell`) is sent after its commit.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from amends.db.notices import announce, gathering
from amends.db.pool import Connection, Pool


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncGenerator[Connection]:
    """Give a connection inside a transaction, which commits at the end of the block and rolls back on any error."""
    async with pool.acquire() as connection:
        with gathering(connection) as told:
            async with connection.transaction():
                yield connection
        announce(pool, told)


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncGenerator[Connection]:
    """Give a read-only connection whose statements all see the same moment: for exports and verification."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield connection
