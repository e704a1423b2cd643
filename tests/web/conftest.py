"""The probe server and a platform key to it."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.credentials import ISSUER, make_api_key
from tests.web.probe import probe_server


@pytest.fixture
def settings() -> Settings:
    return Settings(credential_memory_s=5, token_issuers=(ISSUER,))


@pytest.fixture
async def probe(pool: Pool, clock: ManualClock, settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a client without a credential."""
    async with probe_server(pool, clock, settings) as client:
        yield client


@pytest.fixture
async def key(probe: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> str:
    """Give the probe's client a platform key with every scope, and return it."""
    token = await make_api_key(pool, now=clock.now())
    probe.headers["Authorization"] = f"Bearer {token}"
    return token
