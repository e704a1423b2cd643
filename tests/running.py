"""A whole Amends on loopback for tests: the real server and worker on the test's database and clock.

Callers are made by `tests.credentials`, whose issuer the server trusts.
"""

import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn
from litestar import Litestar

from amends.app import build_app, create_worker, end_streams, open_services
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from amends.settings import Settings
from amends.stream.hub import Hub
from tests.conftest import Database
from tests.credentials import ISSUER

START_WITHIN_S = 120
SECRET_KEY = "a secret of the tests, long enough for anything"
KEEP_ALIVE_S = 3600
"""No client is to find a connection closed at the moment at which it uses it again."""
GRACE_S = 2
"""How long what is being answered may go on when a test ends."""


@pytest.fixture
def listener() -> Generator[socket.socket]:
    """Give a socket that listens on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextmanager
def reserved_port() -> Generator[int]:
    """Give a port of loopback that nobody listens on, and that the machine gives to nobody; who names it may listen."""
    with socket.socket() as reserving:
        reserving.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserving.bind(("127.0.0.1", 0))
        yield reserving.getsockname()[1]


@pytest.fixture
def settings(database: Database, listener: socket.socket, tmp_path: Path) -> Settings:
    """Give the server's settings; a test that needs others overrides this."""
    return Settings(
        database_url=database.url,
        database_pool_size=5,
        data_dir=tmp_path,
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        secret_key=SECRET_KEY,
        rate_limit_per_minute=1_000_000,
        credential_memory_s=0,
        token_issuers=(ISSUER,),
    )


class _Built:
    """An application that is built once and runs for one test after the other: building it takes longer than a test."""

    def __init__(self, *, development: bool, outbox: bool) -> None:
        self._settings: Settings
        self._clock: ManualClock
        self.app = build_app(self._open, development=development, outbox=outbox)

    def _open(self) -> AbstractAsyncContextManager[Services]:
        return open_services(self._settings, clock=self._clock)

    def for_test(self, settings: Settings, clock: ManualClock) -> Litestar:
        """Have it run next with a test's settings and clock."""
        self._settings, self._clock = settings, clock
        return self.app


@cache
def _built(*, development: bool, outbox: bool) -> _Built:
    return _Built(development=development, outbox=outbox)


class _Server(uvicorn.Server):
    """Says when it answers; begins and ends without the pauses between two looks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = anyio.Event()
        self.leaves = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leaves.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with anyio.move_on_after(GRACE_S) as grace:
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 (uvicorn has no event)
                await anyio.sleep(0.002)
        if grace.cancelled_caught:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()


@dataclass(frozen=True)
class Server:
    """A running server: its address and the parts that it works with."""

    url: str
    services: Services
    hub: Hub


@pytest.fixture
async def server(
    pool: Pool,
    settings: Settings,
    clock: ManualClock,
    listener: socket.socket,
) -> AsyncGenerator[Server]:
    """Run the server."""
    built = _built(development=settings.development, outbox=settings.outbox)
    app = built.for_test(settings, clock)
    running = _Server(uvicorn.Config(app, lifespan="on", log_level="warning", timeout_keep_alive=KEEP_ALIVE_S))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(running.serve, [listener])
        with anyio.fail_after(START_WITHIN_S):
            await running.answers.wait()
            while not app.state.hub.listening:  # noqa: ASYNC110 (no event tells us)
                await anyio.sleep(0.002)
        yield Server(url=settings.base_url, services=app.state.services, hub=app.state.hub)
        end_streams(app)
        running.leaves.set()


@pytest.fixture
def services(server: Server) -> Services:
    """Give the parts of the running server."""
    return server.services


@pytest.fixture
async def http(server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a client of the server, without a credential."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60, verify=False) as client:
        yield client


@pytest.fixture
def worker(services: Services) -> Worker[Services]:
    """Give the worker: `run_until_idle` runs the jobs that wait, `sweep` looks for what is due."""
    return create_worker(services)
