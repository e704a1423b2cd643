"""What may happen to an export while it is written, and after: canceled, killed, overtaken, refused, expired.

A run is held in the middle by a lock on a table that its rows come from.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import psycopg
import pytest

from amends.db.pool import Connection
from amends.exports.commands import ExportJob, begin_run
from amends.exports.jobs import write_export
from amends.exports.queries import ExportRef, ExportRow, get_export
from amends.exports.resources import State
from amends.exports.run import MAX_RUNS, run_export
from amends.kit.ids import Prefix, parse_public_id, uuid7
from amends.services import Services
from amends.settings import Settings
from tests.conftest import Database
from tests.exports.place import Exporting

pytestmark = pytest.mark.anyio
PATIENCE_S = 60
SESSIONS_SQL = (
    "select pid from pg_stat_activity where application_name = 'amends export' and datname = current_database()"
)


def ref_of(export: dict[str, Any]) -> ExportRef:
    return ExportRef(*parse_public_id(Prefix.EXPORT, export["id"]))


async def stored(services: Services, export: dict[str, Any]) -> ExportRow:
    row = await get_export(services.pool, ref_of(export))
    assert row is not None
    return row


async def begin(connection: Connection, export: dict[str, Any], run_id: UUID, exporting: Exporting) -> ExportRow | None:
    """Begin a run that nobody goes on with."""
    return await begin_run(connection, ref_of(export), run_id, storage_key="exports/none", now=exporting.clock.now())


@pytest.fixture
def objects(settings: Settings) -> Callable[[], list[Path]]:
    """Give what tells which files the store has of exports, finished or not."""
    folder = settings.data_dir / "files" / "exports"
    return lambda: [path for path in folder.rglob("*") if path.is_file()]


async def until(holds: Callable[[], Any]) -> Any:
    """Wait until something is so, and return what it is."""
    with anyio.fail_after(PATIENCE_S):
        while not (found := await holds()):  # noqa: ASYNC110 (another process tells)
            await anyio.sleep(0.02)
    return found


@asynccontextmanager
async def held(database: Database) -> AsyncGenerator[psycopg.Connection]:
    """Let no export read a row while in the block."""
    with psycopg.connect(database.migrate_url) as locking:
        locking.execute("lock table plans in access exclusive mode")
        yield locking
        locking.rollback()


@asynccontextmanager
async def running(exporting: Exporting, services: Services, export: dict[str, Any]) -> AsyncGenerator[int]:
    """Run an export beside the block, which begins when it waits for its rows; give its session's number."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run_export, services, ref_of(export))
        yield await until(lambda: exporting.pool.fetchval(f"{SESSIONS_SQL} and wait_event_type = 'Lock'"))


async def test_a_running_export_is_canceled(
    exporting: Exporting, services: Services, database: Database, objects: Callable[[], list[Path]]
) -> None:
    export = await exporting.ask()
    with anyio.fail_after(PATIENCE_S):
        async with held(database), running(exporting, services, export):
            assert (await exporting.get(export))["status"] == "processing"
            await exporting.send("POST", f"/{export['id']}/cancel")
    await until(lambda: _nobody(exporting))
    assert ((await exporting.get(export))["error"] or {})["code"] == "canceled"
    assert objects() == []


async def test_a_later_run_takes_over(
    exporting: Exporting, services: Services, database: Database, objects: Callable[[], list[Path]]
) -> None:
    export = await exporting.ask()
    later = uuid7(exporting.clock.now())
    with anyio.fail_after(PATIENCE_S):
        async with held(database), running(exporting, services, export), exporting.pool.acquire() as connection:
            assert await begin(connection, export, later, exporting) is not None
    row = await stored(services, export)
    assert (row.state, row.run_id) == (State.PROCESSING, later)
    assert objects() == []


async def test_a_process_writes_two_at_a_time(exporting: Exporting, services: Services, database: Database) -> None:
    exports = [await exporting.ask() for _ in range(3)]

    async def work(export: dict[str, Any]) -> None:
        await write_export(services, ExportJob(*ref_of(export)))

    with anyio.fail_after(PATIENCE_S):
        async with held(database) as owner, anyio.create_task_group() as tasks:
            for export in exports[:2]:
                tasks.start_soon(work, export)
            await until(lambda: _waiting(exporting, 2))
            await work(exports[2])
            assert (await exporting.get(exports[2]))["status"] == "pending"
            owner.rollback()
    await exporting.worker.sweep()
    await exporting.worker.run_until_idle()
    assert {(await exporting.get(export))["status"] for export in exports} == {"completed"}


async def test_a_killed_run_begins_again(
    exporting: Exporting, services: Services, settings: Settings, objects: Callable[[], list[Path]]
) -> None:
    await exporting.scene.case()
    export = await exporting.ask()
    await exporting.pool.execute("delete from jobs.pgqueuer")
    async with exporting.pool.acquire() as connection:
        await begin(connection, export, uuid7(exporting.clock.now()), exporting)
    folder = settings.data_dir / "files" / "exports" / ref_of(export).export_id.hex
    folder.mkdir(parents=True)
    (folder / "before").write_text("whole, never offered")
    (folder / "before#1").write_text("half")
    assert (await exporting.get(export))["download_url"] is None
    await exporting.worker.sweep()
    await exporting.worker.run_until_idle()
    done = await exporting.get(export)
    assert (done["status"], done["rows"]) == ("completed", 1)
    assert len(objects()) == 1
    assert (await stored(services, export)).runs == 2


async def test_a_run_that_never_comes_to_its_end(exporting: Exporting) -> None:
    export = await exporting.ask()
    await exporting.pool.execute("update exports set runs = $1", MAX_RUNS)
    await exporting.worker.run_until_idle()
    failed = await exporting.get(export)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "interrupted")
    await exporting.send("POST", f"/{export['id']}/retry")
    await exporting.worker.run_until_idle()
    assert (await exporting.get(export))["status"] == "completed"


async def test_a_statement_that_takes_too_long(exporting: Exporting, services: Services, database: Database) -> None:
    export = await exporting.ask()
    with anyio.fail_after(PATIENCE_S):
        async with held(database) as owner, running(exporting, services, export) as session:
            owner.execute("select pg_cancel_backend(%s)", [session])
    failed = await exporting.get(export)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "took_too_long")
    assert "filters" in failed["error"]["message"]


async def test_a_database_that_goes_away_is_no_failure(
    exporting: Exporting, services: Services, database: Database, objects: Callable[[], list[Path]]
) -> None:
    export = await exporting.ask()
    with anyio.fail_after(PATIENCE_S), contextlib.suppress(ExceptionGroup):
        async with held(database) as owner, running(exporting, services, export) as session:
            owner.execute("select pg_terminate_backend(%s)", [session])
    assert (await exporting.get(export))["status"] == "processing"
    await exporting.worker.run_until_idle()
    assert (await exporting.get(export))["status"] == "completed"
    assert len(objects()) == 1


async def test_a_store_that_takes_nothing(exporting: Exporting, settings: Settings) -> None:
    folder = settings.data_dir / "files"
    folder.mkdir(exist_ok=True)
    (folder / "exports").write_text("in the way")
    exports = [await exporting.ask(format=format_) for format_ in ("csv", "xlsx")]
    await exporting.worker.run_until_idle()
    for export in exports:
        failed = await exporting.get(export)
        assert (failed["status"], failed["error"]["code"]) == ("failed", "storage_failed")
    (folder / "exports").unlink()
    for export in exports:
        await exporting.send("POST", f"/{export['id']}/retry")
    await exporting.worker.run_until_idle()
    assert {(await exporting.get(export))["status"] for export in exports} == {"completed"}


async def test_a_file_is_kept_for_thirty_days(exporting: Exporting, objects: Callable[[], list[Path]]) -> None:
    export = await exporting.ask()
    exporting.clock.advance(timedelta(hours=2))
    await exporting.worker.run_until_idle()
    done = await exporting.get(export)
    assert done["expires_at"] == "2026-12-23T11:00:00.000Z"
    exporting.clock.advance(timedelta(days=30) - timedelta(minutes=5))
    await exporting.worker.sweep()
    url = (await exporting.get(export))["download_url"]
    assert (await exporting.http.get(url)).status_code == 200
    exporting.clock.advance(timedelta(minutes=5))
    assert (await exporting.http.get(url)).status_code == 404
    assert (await exporting.get(export))["download_url"] is None
    await exporting.worker.sweep()
    expired = await exporting.get(export)
    assert (expired["status"], expired["progress_percent"], expired["download_url"]) == ("expired", 100, None)
    assert objects() == []


async def test_how_far_it_is(exporting: Exporting) -> None:
    export = await exporting.ask()
    for done, percent in ((0, 0), (51, 25), (199, 99), (260, 99)):
        await exporting.pool.execute("update exports set state = 'processing', total_rows = 200, rows_done = $1", done)
        now = await exporting.get(export)
        assert (now["progress_percent"], now["rows"], now["total_rows"]) == (percent, done, 200)


async def test_a_worker_that_stops_leaves_nothing(
    exporting: Exporting, services: Services, database: Database, objects: Callable[[], list[Path]]
) -> None:
    export = await exporting.ask()
    with anyio.fail_after(PATIENCE_S):
        async with held(database):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run_export, services, ref_of(export))
                await until(lambda: exporting.pool.fetchval(f"{SESSIONS_SQL} and wait_event_type = 'Lock'"))
                tasks.cancel_scope.cancel()
            await until(lambda: _nobody(exporting))
    assert (await exporting.get(export))["status"] == "processing"
    assert objects() == []


async def _waiting(exporting: Exporting, n: int) -> bool:
    return len(await exporting.pool.fetch(f"{SESSIONS_SQL} and wait_event_type = 'Lock'")) == n


async def _nobody(exporting: Exporting) -> bool:
    return await exporting.pool.fetchval(SESSIONS_SQL) is None
