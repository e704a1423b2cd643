"""An installation to measure: a durable PostgreSQL with a million cases under var/bench, and real server processes.

The data is made once and used again by later runs, until the schema or the numbers change.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psycopg

from amends.access.commands import issue_api_key
from amends.access.permissions import Permission
from amends.access.scopes import system_scope
from amends.db.embedded import APP_ROLE, DATABASE, OWNER_ROLE, EmbeddedServer
from amends.db.migrate import migrate
from amends.db.pool import create_pool
from amends.kit.clock import SystemClock
from bench.seed import FIRST_ACCOUNT, seed

ROOT = Path(__file__).parents[1]
VAR = ROOT / "var"
FOLDER = VAR / "bench"
MARK = FOLDER / "filled"
SCHEMA = ROOT / "src/amends/db/revisions"
ANYTHING_S = 90.0
AMENDS = str(Path(sys.executable).with_name("amends"))
LOG_SETTINGS = {"logging_collector": "on", "log_destination": "jsonlog", "log_directory": "statements"}


@dataclass(frozen=True)
class Size:
    """How much data there is."""

    cases: int
    biggest: int
    """Cases of the account that is measured."""
    accounts: int
    smallest: int = 1_000
    """Cases of an account beside these, to compare with."""


FULL = Size(cases=1_000_000, biggest=100_000, accounts=46)
QUICK = Size(cases=24_000, biggest=20_000, accounts=3)


@dataclass(frozen=True)
class Installation:
    """A seeded database and a key of its biggest account."""

    server: EmbeddedServer
    size: Size
    account_id: int
    token: str

    @property
    def smallest_account_id(self) -> int:
        """The account with few cases."""
        return FIRST_ACCOUNT + self.size.accounts

    @property
    def database_url(self) -> str:
        """The application's URL."""
        return self.server.url(APP_ROLE, DATABASE)

    @property
    def migrate_url(self) -> str:
        """The owner's URL."""
        return self.server.url(OWNER_ROLE, DATABASE)

    @property
    def statement_logs(self) -> Path:
        """Where the server writes its log as JSON."""
        return FOLDER / "postgres" / "data" / LOG_SETTINGS["log_directory"]

    def use_up(self) -> None:
        """Have the next run fill the database anew."""
        MARK.unlink(missing_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a server process: the rate limit raised, all else as it comes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AMENDS_")}
        return {
            **inherited,
            "AMENDS_DATABASE_URL": self.database_url,
            "AMENDS_DATA_DIR": str(FOLDER),
            "AMENDS_RATE_LIMIT_PER_MINUTE": "1000000000",
            "AMENDS_LOG_LEVEL": "warning",
            **more,
        }


@contextlib.contextmanager
def installation(size: Size) -> Generator[Installation]:
    """Start the database, fill it unless it is filled already, and yield it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with EmbeddedServer(FOLDER / "postgres", settings=LOG_SETTINGS) as server:
        _fill(server, size)
        yield Installation(server, size, FIRST_ACCOUNT, asyncio.run(_make_key(server.url(APP_ROLE, DATABASE))))


def _fill(server: EmbeddedServer, size: Size) -> None:
    mark = _mark_of(size)
    if MARK.exists() and MARK.read_text() == mark:
        return
    MARK.unlink(missing_ok=True)
    print(f"filling the database with {size.cases:,} cases (once) …", file=sys.stderr)
    owner = server.url(OWNER_ROLE, DATABASE)
    with psycopg.connect(server.url(OWNER_ROLE, "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
    migrate(owner)
    asyncio.run(seed(owner, cases=size.cases, biggest=size.biggest, accounts=size.accounts, smallest=size.smallest))
    MARK.write_text(mark)


def _mark_of(size: Size) -> str:
    """Return what the data depends on: its numbers, the schema, and the code that makes it."""
    sources = [*sorted(SCHEMA.rglob("*.sql")), Path(__file__).with_name("seed.py")]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return json.dumps([size.cases, size.biggest, size.accounts, size.smallest, digest])


async def _make_key(url: str) -> str:
    async with create_pool(url, max_size=1) as pool, pool.acquire() as connection:
        made = await issue_api_key(
            connection,
            principal=system_scope().principal,
            account_id=FIRST_ACCOUNT,
            name="bench",
            scopes=[Permission.CASE_READ, Permission.CASE_WRITE, Permission.REFUND_WRITE],
            expires_at=None,
            now=SystemClock().now(),
        )
    return made.token


@contextlib.contextmanager
def process(
    command: Sequence[str], environment: dict[str, str], *, ready: int | None
) -> Generator[subprocess.Popen[bytes]]:
    """Run a process until the block ends; `ready` is the port it has to answer on before the block begins."""
    running = subprocess.Popen(list(command), env=environment, cwd=ROOT)
    try:
        if ready is not None:
            _await_answer(running, ready)
        yield running
    finally:
        running.terminate()
        running.wait(timeout=ANYTHING_S)


def _await_answer(running: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + ANYTHING_S
    while time.monotonic() < deadline:
        if running.poll() is not None:
            raise RuntimeError(f"{running.args!r} ended with {running.returncode} before it was ready")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/", timeout=ANYTHING_S)
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process in MB (10⁶ bytes)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no Pss for process {pid}")


async def fetch_one(url: str, statement: str, *arguments: object) -> asyncpg.Record | None:
    """Return one row, read through a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchrow(statement, *arguments)
    finally:
        await connection.close()
