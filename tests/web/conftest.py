"""The probe server and a platform key to it."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.access.commands import issue_api_key
from amends.access.permissions import Permission
from amends.access.scopes import system_scope
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.web.probe import probe_server


@pytest.fixture
def settings() -> Settings:
    return Settings(credential_memory_s=5)


@pytest.fixture
async def probe(pool: Pool, clock: ManualClock, settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a client without a credential."""
    async with probe_server(pool, clock, settings) as client:
        yield client


async def make_key(pool: Pool, clock: ManualClock, account_id: int | None = None, *scopes: Permission) -> str:
    """Return the token of a new key; without `scopes` it has all of them."""
    async with pool.acquire() as connection:
        key = await issue_api_key(
            connection,
            principal=system_scope().principal,
            account_id=account_id,
            name="test",
            scopes=scopes or tuple(Permission),
            expires_at=None,
            now=clock.now(),
        )
    return key.token


@pytest.fixture
async def key(probe: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> str:
    """Give the probe's client a platform key with every scope, and return it."""
    token = await make_key(pool, clock)
    probe.headers["Authorization"] = f"Bearer {token}"
    return token
