"""The scene of the cases' tests, for what customers see."""

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.cases.scene import Scene
from tests.running import http, listener, server, services, settings, worker

__all__ = ["http", "listener", "server", "services", "settings", "worker"]


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()
