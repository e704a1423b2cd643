"""What every test of exports has: a running server, its worker, an account that exports."""

import httpx
import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from tests.cases.scene import Scene
from tests.exports.place import Exporting
from tests.running import http, listener, server, services, settings, worker

__all__ = ["http", "listener", "server", "services", "settings", "worker"]


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
def exporting(scene: Scene, worker: Worker[Services]) -> Exporting:
    """Give the merchant who exports."""
    return Exporting(scene, worker, scene.merchant.token)
