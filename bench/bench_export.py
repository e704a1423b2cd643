"""Exporting: rows a second of a worker that writes a million cases, against psql's COPY of the same select to nowhere.

The select has every column, formatted and guarded as in the file, so the limit is what PostgreSQL can deliver. The
database is one of its own on the measured server, with all cases at one account; it is filled once.
"""

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
import uvloop
from psycopg import sql

from amends.access.scopes import system_scope
from amends.db.embedded import APP_ROLE, OWNER_ROLE
from amends.db.migrate import migrate
from amends.db.pool import connect
from amends.exports.commands import Wanted, request_export
from amends.exports.queries import ExportRow, get_export
from amends.exports.queries_columns import COLUMNS
from amends.exports.queries_rows import EXPORT_SQLS
from amends.exports.resources import Format, Resource, Side, State
from amends.kit.clock import SystemClock
from bench import seed
from bench.installation import AMENDS, FOLDER, QUICK, SCHEMA, Installation, process, pss_mb
from bench.results import Result

DATABASE: Final = "amends_export"
MARK: Final = FOLDER / "filled-export"
ZONE: Final = "America/New_York"
RUNS: Final = 3
TARGET: Final = 0.6
MEMORY_TARGET_MB: Final = 80.0
SETTLE_S: Final = 4.0
LONGEST_S: Final = 900.0


def run(measured: Installation, *, seconds: float) -> list[Result]:
    """Measure; `seconds` does not matter, an export has its length."""
    del seconds
    rows = 20_000 if measured.size == QUICK else 1_000_000
    _fill(measured, rows)
    url = measured.server.url(APP_ROLE, DATABASE)
    environment = measured.environment(AMENDS_DATABASE_URL=url)
    results: list[Result] = []
    with process([AMENDS, "worker"], environment, ready=None) as worker:
        idle = _idle_mb(worker.pid)
        for format_ in (Format.CSV, Format.JSONL):
            limits, rates, peaks = list[float](), list[float](), list[float]()
            for _ in range(RUNS):
                limits.append(rows / _copied_s(measured, url, EXPORT_SQLS[Resource.CASES][format_]))
                with _peak_of(worker.pid) as peak:
                    rates.append(rows / uvloop.run(_exported_s(url, format_)))
                peaks.append(peak())
            results += [
                Result(
                    name=f"export of {rows:,} cases as {format_}, against COPY of the same select",
                    value=median(rates),
                    unit="rows/s",
                    limit=median(limits),
                    target=TARGET,
                ),
                Result(
                    name=f"memory of the worker over idle, {format_}",
                    value=max(peaks) - idle,
                    unit="MB",
                    target=MEMORY_TARGET_MB,
                    kind="at_most",
                ),
            ]
        with _peak_of(worker.pid) as peak:
            rate = rows / uvloop.run(_exported_s(url, Format.XLSX))
        results += [
            Result(name=f"export of {rows:,} cases as xlsx", value=rate, unit="rows/s"),
            Result(name="memory of the worker over idle, xlsx", value=peak() - idle, unit="MB", kind="at_most"),
        ]
    return results


def _fill(measured: Installation, rows: int) -> None:
    sources = [*sorted(SCHEMA.rglob("*.sql")), Path(seed.__file__)]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    mark = json.dumps([rows, digest])
    if MARK.exists() and MARK.read_text() == mark:
        return
    MARK.unlink(missing_ok=True)
    print(f"filling a database with {rows:,} cases of one account (once) …", file=sys.stderr)
    with psycopg.connect(measured.server.url(OWNER_ROLE, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    owner = measured.server.url(OWNER_ROLE, DATABASE)
    migrate(owner)
    uvloop.run(seed.seed(owner, cases=rows, biggest=rows, accounts=1))
    MARK.write_text(mark)


def _copied_s(measured: Installation, url: str, statement: str) -> float:
    """Return the seconds that psql takes to copy a statement's rows to nowhere; no filter narrows it."""
    fixed = {"1": str(seed.FIRST_ACCOUNT), "2": "'merchant'", "20": "false"}
    literal = re.sub(r"\$(\d+)\b", lambda n: fixed.get(n[1], "null"), statement)
    command = [str(measured.server.binaries / "psql"), url, "-q", "-f", "-"]
    environment = {**os.environ, "PGTZ": ZONE, "PGOPTIONS": "-c jit=off"}
    start = time.perf_counter()
    subprocess.run(
        command, input=f"copy ({literal}) to stdout;\n".encode(), env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - start


async def _exported_s(url: str, format_: Format) -> float:
    """Have the worker write an export of every column, and return the seconds from its beginning to its end."""
    connection = await connect(url)
    try:
        clock = SystemClock()
        wanted = Wanted(
            resource=Resource.CASES,
            format=format_,
            columns=list(COLUMNS[Resource.CASES]),
            headings=None,
            filters={},
            table_query=None,
            side=Side.MERCHANT,
            sees_email=True,
            time_zone=ZONE,
            with_email=True,
        )
        async with connection.transaction():
            asked = await request_export(
                connection, seed.FIRST_ACCOUNT, wanted, principal=system_scope().principal, now=clock.now()
            )
        return _seconds(await _finished(connection, asked))
    finally:
        await connection.close()


async def _finished(connection: Any, asked: ExportRow) -> ExportRow:
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        export = await get_export(connection, asked.ref)
        if export is not None and export.state is State.COMPLETED:
            return export
        if export is None or export.state is State.FAILED:
            raise RuntimeError(f"the export failed: {export}")
        await asyncio.sleep(0.2)
    raise RuntimeError("the export came to no end")


def _seconds(export: ExportRow) -> float:
    if export.started_at is None or export.finished_at is None:
        raise RuntimeError(f"{export.pid} has not run")
    return (export.finished_at - export.started_at).total_seconds()


def _idle_mb(pid: int) -> float:
    """Return the memory of a process once it has all that it needs at rest: it grows no more for a while."""
    memory, since, deadline = 0.0, time.monotonic(), time.monotonic() + LONGEST_S
    while time.monotonic() < min(since + SETTLE_S, deadline):
        time.sleep(0.2)
        now = pss_mb(pid)
        if abs(now - memory) > 1:
            memory, since = now, time.monotonic()
    return memory


@contextmanager
def _peak_of(pid: int) -> Generator[Callable[[], float]]:
    """Watch a process during the block; what is yielded tells the most memory that it had, in MB."""
    seen, over = [pss_mb(pid)], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.append(pss_mb(pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: max(seen)
    finally:
        over.set()
        thread.join()
