"""The parts of a process that payments need, over the test's database, with a case side that only listens."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.files.store import FileStore
from amends.kit.clock import ManualClock
from amends.kit.signing import Signer
from amends.payments.jobs import registry
from amends.payments.providers.sandbox import SandboxProvider
from amends.services import Services
from amends.settings import Settings
from tests.conftest import Database
from tests.payments.seed import Heard


@pytest.fixture
async def sandbox(database: Database, clock: ManualClock, pool: Pool) -> AsyncGenerator[SandboxProvider]:
    async with SandboxProvider.open(
        database.url, clock=clock, signer=Signer(b"0123456789abcdef"), timeout_s=0.5
    ) as provider:
        yield provider


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def services(pool: Pool, clock: ManualClock, sandbox: SandboxProvider, heard: Heard, tmp_path: Path) -> Services:
    return Services(
        settings=Settings(),
        pool=pool,
        clock=clock,
        signer=Signer(b"0123456789abcdef"),
        providers={"sandbox": sandbox},
        case_notices=heard,
        file_store=FileStore.open(f"file://{tmp_path}"),
        mailer=None,
    )


@pytest.fixture
def worker(services: Services, database: Database) -> Worker[Services]:
    return Worker(services, registry, url=database.url)
