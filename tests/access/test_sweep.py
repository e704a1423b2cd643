"""What is over is forgotten: sessions that nobody uses, links, counted guesses."""

from datetime import timedelta

from amends.access.commands_links import WHOLE_ACCOUNT, issue_sign_in_link
from amends.access.guesses import CODES_OF_USER, count_guess
from amends.access.sessions import IDLE
from amends.app import create_worker
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from tests.builders import make_user
from tests.running import Server, http, listener, server, settings
from tests.staff import sign_in

__all__ = ["http", "listener", "server", "settings"]


async def left(pool: Pool) -> tuple[int, int, int]:
    """Count sessions, links and guesses."""
    tables = ("sessions", "sign_in_links", "guesses")
    numbers = [await pool.fetchval(f"select count(*) from {table}") for table in tables]
    return numbers[0], numbers[1], numbers[2]


async def test_sessions_links_and_guesses(server: Server, pool: Pool, clock: ManualClock) -> None:
    user, worker = await make_user(pool), create_worker(server.services)
    await sign_in(pool, user, clock)
    async with transaction(pool) as connection:
        await issue_sign_in_link(connection, user.id, "/", WHOLE_ACCOUNT, clock.now())
    await count_guess(pool, CODES_OF_USER, str(user.id), clock.now())
    await worker.sweep()
    assert await left(pool) == (1, 1, 1)
    clock.advance(timedelta(hours=23))  # a limit by the day still counts it
    await worker.sweep()
    assert await left(pool) == (1, 1, 1)
    clock.advance(timedelta(days=2))
    await worker.sweep()
    assert await left(pool) == (1, 0, 0)
    clock.advance(IDLE)
    await worker.sweep()
    assert await left(pool) == (0, 0, 0)
