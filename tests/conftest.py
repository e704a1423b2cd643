"""What every test stands on: one PostgreSQL for the whole run, a database for each worker, a pool and a clock.

The server lives in a temporary folder, without syncing to disk. It is the embedded one, or the one whose programs
are in AMENDS_TEST_BINARIES (`make test DB=system`). Each worker's database is copied from one migrated template, and
emptied before each test that asks for `pool`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from amends.db import tables
from amends.db.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer
from amends.db.migrate import migrate
from amends.db.pool import Pool, create_pool
from amends.kit.clock import ManualClock

pytest_plugins = ["tests.running"]

# A busy machine is no finding: an example may take as long as it takes.
settings.register_profile("amends", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("amends")

BINARIES = "AMENDS_TEST_BINARIES"
TEMPLATE = "amends_template"
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def binaries() -> Path | None:
    """Return the folder of the PostgreSQL programs to test with; None: the embedded ones."""
    folder = os.environ.get(BINARIES)
    return Path(folder) if folder else None


class TestServer:
    """The run's PostgreSQL, owned by the process that started the run."""

    __test__ = False

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f"amends-tests-{os.getpid()}-"))
        self._folder.chmod(0o755)
        self.server = EmbeddedServer(self._folder, binaries=binaries(), throw_away=True)
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and make the template."""
        chosen = [str(folder) for folder in (self._folder, binaries()) if folder]
        keeper = str(Path(__file__).parent / "keeper.py")
        command = [sys.executable, "-P", keeper, *chosen]  # -P: tests/platform is not Python's `platform`
        pipe = subprocess.PIPE  # its end, however it comes, tells the keeper that this process is gone
        self._keeper = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)
        if not (self._keeper.stdout and self._keeper.stdout.readline()):
            raise pytest.UsageError("PostgreSQL did not start; what it printed is above.")
        with psycopg.connect(self.server.migrate_url, autocommit=True) as owner:
            owner.execute(f"create database {TEMPLATE}")
        migrate(self.server.url(OWNER_ROLE, TEMPLATE))

    def stop(self) -> None:
        """Stop the server and wait until its folder is gone."""
        if self._keeper is not None:
            self._keeper.communicate()


SERVER = pytest.StashKey[TestServer]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the process that the run was started as; its workers get the address."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    server = TestServer()
    config.stash[SERVER] = server
    server.start()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the server is."""
    node.workerinput["amends_url"] = _url_pattern(node.config.stash[SERVER].server)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, however the run ended."""
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()


def _url_pattern(server: EmbeddedServer) -> str:
    return server.url("{role}", "{database}")


@dataclass(frozen=True)
class Database:
    """A migrated database: `url` is the application's role, `migrate_url` the owner's."""

    name: str
    url: str
    migrate_url: str


class Cluster:
    """Makes databases on the run's server."""

    def __init__(self, url_pattern: str, worker: str) -> None:
        self._url_pattern = url_pattern
        self._worker = worker
        self._made = 0

    def url(self, role: str, database: str) -> str:
        """Return the URL of a database for a role."""
        return self._url_pattern.format(role=role, database=database)

    def create(self, *, empty: bool = False) -> Database:
        """Create a database of one's own, migrated unless it is to be empty."""
        self._made += 1
        name = f"amends_{self._worker}_{self._made}"
        source = sql.Identifier("template0" if empty else TEMPLATE)
        with psycopg.connect(self.url(OWNER_ROLE, "postgres"), autocommit=True) as owner:
            owner.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), source))
        return Database(name=name, url=self.url(APP_ROLE, name), migrate_url=self.url(OWNER_ROLE, name))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give the run's server, for tests that need more databases than one."""
    worker_input = getattr(request.config, "workerinput", None)
    if worker_input is not None:
        return Cluster(worker_input["amends_url"], worker_input["workerid"])
    return Cluster(_url_pattern(request.config.stash[SERVER].server), "main")


@pytest.fixture(scope="session")
def database(cluster: Cluster) -> Database:
    """Give this worker's database."""
    return cluster.create()


@pytest.fixture(scope="session")
def owner(database: Database) -> Generator[psycopg.Connection]:
    """Give a connection of the owner's role to this worker's database, which may do what the application may not."""
    options = "-c lock_timeout=120s -c timezone=UTC"
    with psycopg.connect(database.migrate_url, autocommit=True, options=options) as connection:
        for name in KEPT:
            connection.execute(
                sql.SQL("create temporary table {} as table {}").format(_as_migrated(name), sql.Identifier(name))
            )
        yield connection


KEPT = ("policy_versions", "reason_codes")
"""What the migration put rows into."""


def _as_migrated(name: str) -> sql.Identifier:
    """Name the copy of a kept table as the migration left it; the owner's connection has it."""
    return sql.Identifier(f"{name}_as_migrated")


SMALL_BYTES = 128 * 1024
"""Up to this size a table is emptied row by row: truncating makes new files for it and for each of its indexes."""


def _used_tables(owner: psycopg.Connection) -> dict[str, int]:
    """Return the tables that have rows, or had so many that they grew, with their sizes."""
    parts = [
        sql.SQL(
            "select {0}, pg_relation_size({0}) where pg_relation_size({0}) > {2} or exists (select 1 from {1})"
        ).format(sql.Literal(name), sql.Identifier(*name.split(".")), SMALL_BYTES)
        for name in tables.ALL
        if name not in KEPT
    ]
    return dict(owner.execute(sql.SQL(" union all ").join(parts)))


def _restored(name: str) -> tuple[sql.Composed, sql.Composed]:
    """Return what brings a kept table back to what the migration put in, also what was changed of that."""
    names = {"kept": sql.Identifier(name), "first": _as_migrated(name)}
    changed = (
        "delete from {kept} k where not exists (select from {first} f where row(f.*) is not distinct from row(k.*))"
    )
    gone = "insert into {kept} table {first} on conflict do nothing"
    return sql.SQL(changed).format(**names), sql.SQL(gone).format(**names)


def empty_database(owner: psycopg.Connection) -> None:
    """Make the database what the migration left."""
    used = _used_tables(owner)
    large = [sql.Identifier(*name.split(".")) for name, size in used.items() if size > SMALL_BYTES]
    small = [sql.Identifier(*name.split(".")) for name, size in used.items() if size <= SMALL_BYTES]
    statements: list[sql.Composable] = [
        sql.SQL("set session_replication_role = replica"),  # in any order, and past what guards the rows
        *(sql.SQL("delete from {}").format(name) for name in small),
        *(part for name in KEPT for part in _restored(name)),
        sql.SQL("select setval('account_numbers', 1001, false)"),
        sql.SQL("reset session_replication_role"),
    ]
    if large:
        statements.insert(0, sql.SQL("truncate {} cascade").format(sql.SQL(", ").join(large)))
    owner.execute(sql.SQL("; ").join(statements))


@pytest.fixture
async def pool(database: Database, owner: psycopg.Connection) -> AsyncGenerator[Pool]:
    """Give the application's pool on an empty database."""
    empty_database(owner)
    async with create_pool(database.url, max_size=10) as pool:
        yield pool


@pytest.fixture
def clock() -> ManualClock:
    """Give the clock that everything of the test shares."""
    return ManualClock(START)
