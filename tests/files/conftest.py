"""The server that the tests of files call."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.conftest import Database
from tests.files.serving import Served, serve


@pytest.fixture
async def served(pool: Pool, clock: ManualClock, tmp_path: Path, database: Database) -> AsyncGenerator[Served]:
    """Run a server with the routes of files."""
    async with serve(pool, clock, tmp_path, database) as served:
        yield served
