"""Fixtures of the platform's pages: a marketplace, an admin and a reviewer of the platform in their browsers."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from tests.cases.scene import Scene
from tests.running import Server, http, listener, server, services, settings, worker
from tests.staff import browser, make_staff_person

__all__ = ["http", "listener", "server", "services", "settings", "worker"]


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
async def admin_person(pool: Pool) -> UserRow:
    """Give an admin of the platform."""
    return await make_staff_person(pool, "admin")


@pytest.fixture
async def admin(
    server: Server, pool: Pool, admin_person: UserRow, clock: ManualClock
) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the browser of an admin of the platform."""
    async with browser(server.url, pool, admin_person, clock) as http:
        yield http


@pytest.fixture
async def reviewer(server: Server, pool: Pool, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the browser of a reviewer."""
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        yield http
