"""The scene of these tests, on a real server: Ada has bought something that she may withdraw from."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import PaymentRow
from tests.builders import make_product
from tests.cases.scene import Scene
from tests.running import Server, http, listener, server, services, settings, worker
from tests.staff import browser

__all__ = ["http", "listener", "server", "services", "settings", "worker"]


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace whose product has the right."""
    scene = await Scene(pool, http, clock).set_up()
    scene.product = await make_product(
        pool, scene.account, external_id=scene.product.external_id, withdrawal_right=True, now=clock.now()
    )
    return scene


@pytest.fixture
async def payment(scene: Scene) -> PaymentRow:
    """Give Ada's purchase of yesterday, a Sunday."""
    return await scene.payment()


@pytest.fixture
async def ada(server: Server, scene: Scene, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give Ada's browser."""
    async with browser(server.url, scene.pool, scene.ada, clock) as client:
        yield client
