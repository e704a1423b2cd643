"""The queue: a job commits with its transaction, runs, runs again when it failed or was cut, and is never lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from amends.db.embedded import EmbeddedServer
from amends.db.jobs import (
    Job,
    JobRegistry,
    count_dead_jobs,
    dead_jobs,
    enqueue,
    enqueue_many,
    forget,
    forget_one,
    run_again,
    waiting,
)
from amends.db.migrate import migrate
from amends.db.pool import Connection, Pool, connect
from amends.db.transactions import transaction
from amends.db.worker import MAX_ATTEMPTS, Worker
from tests.conftest import Database, binaries

PATIENCE_S = 120
"""How long a busy machine may take for anything here."""


class Note(msgspec.Struct, frozen=True):
    text: str


@dataclass
class Seen:
    """What the handlers of these tests work with."""

    texts: list[str] = field(default_factory=list[str])
    swept: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    let_finish: asyncio.Event = field(default_factory=asyncio.Event)


registry = JobRegistry[Seen]()


@registry.job("note", Note)
async def note(seen: Seen, payload: Note) -> None:
    seen.texts.append(payload.text)
    seen.finished.set()


@registry.job("fail", Note)
async def fail(seen: Seen, payload: Note) -> None:
    seen.finished.set()
    raise LookupError(payload.text)


@registry.job("long", Note)
async def long(seen: Seen, payload: Note) -> None:
    seen.started.set()
    await seen.let_finish.wait()
    seen.texts.append(payload.text)


@registry.sweep("look")
async def look(seen: Seen) -> None:
    seen.swept.set()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def worker(seen: Seen, database: Database) -> Worker[Seen]:
    return Worker(seen, registry, url=database.url, grace_s=PATIENCE_S)


@asynccontextmanager
async def running(worker: Worker[Seen]) -> AsyncGenerator[None]:
    """Run the worker during the block, then stop it."""
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.run())
        yield
        worker.stop()


async def statuses(pool: Pool) -> dict[str, str]:
    async with pool.acquire() as connection:
        return {row.name: row.status for row in await waiting(connection)}


async def test_job_commits_with_its_transaction(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with transaction(pool) as connection:
        await enqueue(connection, Job("note", Note("kept")))
        assert await worker.run_until_idle() == 0
    assert await worker.run_until_idle() == 1
    assert seen.texts == ["kept"]


async def test_job_goes_with_its_transaction(pool: Pool, worker: Worker[Seen]) -> None:
    async with pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        await enqueue(connection, Job("note", Note("lost")))
        await attempt.rollback()
    assert await worker.run_until_idle() == 0


async def test_same_key_waits_once(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("note", Note("a")), dedupe_key="one")
        await enqueue_many(connection, [(Job("note", Note(text)), key) for text, key in (("b", "one"), ("c", None))])
        await enqueue_many(connection, [])
        assert await worker.run_until_idle() == 2
        await enqueue(connection, Job("note", Note("d")), dedupe_key="one")
    assert await worker.run_until_idle() == 1
    assert seen.texts == ["a", "c", "d"]


async def test_failure_passes_to_the_caller_and_is_tried_again(pool: Pool, worker: Worker[Seen]) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("fail", Note("why")))
    with pytest.raises(LookupError, match="why"):
        await worker.run_until_idle()
    row = await pool.fetchrow("select status::text, attempts from jobs.pgqueuer")
    assert dict(row or {}) == {"status": "queued", "attempts": 1}


async def test_worker_sweeps_and_runs_jobs(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with running(worker):
        await seen.swept.wait()
        async with pool.acquire() as connection:
            await enqueue(connection, Job("note", Note("done")))
        await seen.finished.wait()
    assert seen.texts == ["done"]
    assert await statuses(pool) == {}


async def test_failing_job_is_tried_again_with_a_delay(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("fail", Note("why")))
    async with running(worker):
        await seen.finished.wait()
    row = await pool.fetchrow("select status::text, attempts, execute_after > created as later from jobs.pgqueuer")
    assert dict(row or {}) == {"status": "queued", "attempts": 1, "later": True}


async def test_job_that_failed_too_often_is_dead_and_shown(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("fail", Note("why")))
        await connection.execute("update jobs.pgqueuer set attempts = $1", MAX_ATTEMPTS - 1)
        async with running(worker):
            await seen.finished.wait()
        dead = await dead_jobs(connection)
        assert [(job.name, job.payload, job.failure) for job in dead] == [("fail", {"text": "why"}, "why")]
        await forget(connection, before=datetime.now(UTC) + timedelta(hours=1))
        assert await dead_jobs(connection) == []


async def kill(connection: Connection, text: str, key: str | None = None) -> int:
    """Make a dead job; return its number."""
    await enqueue(connection, Job("note", Note(text)), dedupe_key=key)
    return await connection.fetchval("update jobs.pgqueuer set status = 'failed' where status = 'queued' returning id")


async def test_dead_job_runs_again_or_is_forgotten(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with pool.acquire() as connection:
        first, second = await kill(connection, "again"), await kill(connection, "never")
        assert [await run_again(connection, first), await run_again(connection, first)] == ["note", None]
        assert [await forget_one(connection, second), await forget_one(connection, second)] == ["note", None]
        assert await count_dead_jobs(connection) == 0
    await worker.run_until_idle()
    assert seen.texts == ["again"]


async def test_dead_job_makes_room_for_one_that_waits_already(pool: Pool, worker: Worker[Seen], seen: Seen) -> None:
    async with pool.acquire() as connection:
        dead = await kill(connection, "dead", "key")
        await enqueue(connection, Job("note", Note("waiting")), dedupe_key="key")
        assert await run_again(connection, dead) == "note"
        assert await count_dead_jobs(connection) == 0
    await worker.run_until_idle()
    assert seen.texts == ["waiting"]


async def test_running_job_is_cut_on_stop_and_runs_again(
    pool: Pool, worker: Worker[Seen], seen: Seen, database: Database
) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("long", Note("twice")))
    async with running(Worker(seen, registry, url=database.url, grace_s=0, cut_s=PATIENCE_S)):
        await seen.started.wait()
    assert (seen.texts, await statuses(pool)) == ([], {"long": "queued"})
    seen.let_finish.set()
    assert await worker.run_until_idle() == 1
    assert seen.texts == ["twice"]


KILLED = """
import asyncio, sys
from amends.db.embedded import EmbeddedServer
from amends.db.jobs import JobRegistry
from amends.db.worker import Worker
registry = JobRegistry()
@registry.job("note", dict)
async def note(services, payload):
    print("started", flush=True)
    await asyncio.sleep(3600)
asyncio.run(Worker(None, registry, url=sys.argv[1]).run())
"""


@pytest.mark.slow
async def test_job_of_a_killed_worker_is_taken_over(
    pool: Pool, worker: Worker[Seen], seen: Seen, database: Database
) -> None:
    async with pool.acquire() as connection:
        await enqueue(connection, Job("note", Note("survived")))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, database.url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"started\n"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with running(worker):
        await seen.finished.wait()
    assert seen.texts == ["survived"]
    assert await statuses(pool) == {}


def test_two_handlers_may_not_share_a_name() -> None:
    other = JobRegistry[Seen]()
    other.job("note", Note)(note)
    with pytest.raises(ValueError, match="two are called note"):
        other.include(registry)


@pytest.mark.slow
async def test_worker_outlives_the_database_server(tmp_path: Path, seen: Seen) -> None:
    folder = tmp_path / "postgres"
    first = EmbeddedServer(folder, binaries=binaries())
    first.start()
    migrate(first.migrate_url)
    async with running(Worker(seen, registry, url=first.database_url, grace_s=0.2)):
        await seen.swept.wait()
        first.stop()
        with EmbeddedServer(folder, binaries=binaries()) as again:
            connection = await connect(again.database_url)
            await enqueue(connection, Job("note", Note("after")))
            await seen.finished.wait()
            await connection.close()
    assert seen.texts == ["after"]
