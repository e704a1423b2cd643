"""One run of an export: rows out of one snapshot of the database, through memory that stays flat, into the store.

Once a second the run says how far it is. When that finds the export canceled, or begun by another run, it stops, and
PostgreSQL with it. Only a file that was written whole is ever offered; whatever else a run or one before it has left
in the export's folder is deleted.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import anyio
import asyncpg
import structlog
from obstore.exceptions import BaseError as StoreError

from amends.db.pool import Connection, connect
from amends.db.transactions import transaction
from amends.exports import commands
from amends.exports.copying import copy_rows
from amends.exports.filters import Asker, stored_filters
from amends.exports.queries import SET_TIME_ZONE_SQL, ExportRef, ExportRow, get_export
from amends.exports.queries_rows import COUNT_SQLS
from amends.exports.resources import Format, State
from amends.exports.steps import Steps
from amends.exports.xlsx import Book, close_book, fill_book
from amends.files.intake import incoming_folder
from amends.files.landing import work_folder
from amends.kit.ids import uuid7
from amends.services import Services

TELL_EVERY_S: Final = 1.0
LONGEST_S: Final = 3600
MAX_RUNS: Final = 5
_CLOSE_S: Final = 5.0

log = structlog.get_logger("amends.exports")


class Written(NamedTuple):
    """A file that is in the store."""

    rows: int
    size_bytes: int


def folder_of(export_id: UUID) -> str:
    """Return the folder of the store that holds what is written of one export."""
    return f"exports/{export_id.hex}"


async def run_export(services: Services, ref: ExportRef) -> None:
    """Write an export's file, unless it is written or canceled already.

    Raises:
        OSError, asyncpg.PostgresError: the database went away; the job runs again.
    """
    run_id = uuid7(services.clock.now())
    key = f"{folder_of(ref.export_id)}/{run_id.hex}"
    async with transaction(services.pool) as connection:
        export = await commands.begin_run(connection, ref, run_id, storage_key=key, now=services.clock.now())
    if export is None:
        return
    failure = "interrupted" if export.runs > MAX_RUNS else await _write(services, export, run_id, key)
    if failure is not None:
        async with transaction(services.pool) as connection:
            await commands.fail_run(connection, ref, run_id, failure, services.clock.now())
    await _tidy(services, ref, run_id, key)


async def _write(services: Services, export: ExportRow, run_id: UUID, key: str) -> str | None:
    """Write the file and offer it; return why it cannot be written."""
    try:
        written = await _watched(services, export, run_id, key)
    except asyncpg.QueryCanceledError:
        return "took_too_long"
    except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, ConnectionError):
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError):
        log.exception("export_failed", export=export.pid)
        return "database_failed"
    except (StoreError, OSError):
        log.exception("export_failed", export=export.pid)
        return "storage_failed"
    if written is not None:
        async with transaction(services.pool) as connection:
            await commands.finish_run(
                connection,
                export.ref,
                run_id,
                rows=written.rows,
                size_bytes=written.size_bytes,
                now=services.clock.now(),
            )
    return None


async def _watched(services: Services, export: ExportRow, run_id: UUID, key: str) -> Written | None:
    """Write the file while telling how far it is; None: it was no longer wanted."""
    steps, written = Steps(), list[Written]()

    async def tell() -> None:
        while True:
            await anyio.sleep(TELL_EVERY_S)
            async with transaction(services.pool) as connection:
                wanted = await commands.count_rows(
                    connection, export.ref, run_id, total=steps.total, done=steps.done, now=services.clock.now()
                )
            if not wanted:
                tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tell)
            written.append(await _file(services, export, key, steps))
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return written[0] if written else None


async def _file(services: Services, export: ExportRow, key: str, steps: Steps) -> Written:
    if export.format is Format.XLSX:
        return await _workbook(services, export, key, steps)
    async with _rows(services, export, steps) as (connection, parameters), services.file_store.writing(key) as write:
        size_bytes = await copy_rows(connection, export, parameters, write, steps)
    return Written(steps.done, size_bytes)


async def _workbook(services: Services, export: ExportRow, key: str, steps: Steps) -> Written:
    """Write a workbook to a file of this machine, and put it; the database is let go before the long end of it."""
    async with work_folder(incoming_folder(services)) as folder:
        path = folder / "workbook.xlsx"
        book = Book(export, path)
        async with _rows(services, export, steps) as (connection, parameters):
            await fill_book(book, connection, export, parameters, steps)
        await close_book(book)
        await services.file_store.put(key, path)
        return Written(steps.done, path.stat().st_size)


@asynccontextmanager
async def _rows(
    services: Services, export: ExportRow, steps: Steps
) -> AsyncGenerator[tuple[Connection, tuple[Any, ...]]]:
    """Give a snapshot and the parameters of the export's statement, whose rows are counted."""
    asker = Asker(export.account_id, export.side, export.sees_email)
    parameters = stored_filters(export.resource, export.filters).parameters(asker)
    async with _snapshot(services, export.time_zone) as connection:
        steps.total = await connection.fetchval(COUNT_SQLS[export.resource], *parameters)
        yield connection, parameters


@asynccontextmanager
async def _snapshot(services: Services, time_zone: str) -> AsyncGenerator[Connection]:
    """Give a session of its own in which every statement sees the same moment; ending it ends what it runs."""
    url = services.settings.database_url
    if url is None:
        raise ValueError("a running process knows its database")
    connection = await connect(url, application="amends export", statement_timeout_s=LONGEST_S)
    try:
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        await connection.execute(SET_TIME_ZONE_SQL, time_zone)
        yield connection
    finally:
        with anyio.CancelScope(shield=True):
            await connection.close(timeout=_CLOSE_S)


async def _tidy(services: Services, ref: ExportRef, run_id: UUID, key: str) -> None:
    """Delete what this run and those before it have left, but for a file that is offered.

    What cannot be deleted now goes when the export expires.
    """
    async with transaction(services.pool) as connection:
        export = await get_export(connection, ref)
    try:
        if export is None or export.run_id not in {None, run_id}:
            await services.file_store.delete([key])
        else:
            keep = (export.storage_key or "",) if export.state is State.COMPLETED else ()
            await services.file_store.delete_folder(folder_of(ref.export_id), keep=keep)
    except (StoreError, OSError):
        log.warning("export_not_tidied", export=str(ref.export_id))
