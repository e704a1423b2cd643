"""The scene of the cases' tests, for what customers see."""

import httpx
import msgspec
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.cases.scene import Scene
from tests.running import http, listener, server, services, worker
from tests.running import settings as usual_settings

__all__ = ["http", "listener", "server", "services", "usual_settings", "worker"]


@pytest.fixture
def settings(usual_settings: Settings) -> Settings:
    """Give the settings of a server whose streams are checked every second."""
    return msgspec.structs.replace(usual_settings, stream_check_s=1)


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()
