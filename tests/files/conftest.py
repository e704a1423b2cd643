"""The server that the tests of files call."""

import httpx
import pytest

from amends.db.pool import Pool
from tests.files.serving import Served, callers
from tests.running import Server


@pytest.fixture
async def served(pool: Pool, server: Server, http: httpx.AsyncClient) -> Served:
    """Give a running server with its callers."""
    return await callers(pool, server, http)
