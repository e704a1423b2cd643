"""Which statements a page takes, and what they read: recorded from the server's log, then explained one by one."""

import time
from collections.abc import Iterator
from typing import Any, Final, LiteralString, NamedTuple

import httpx
import psycopg

from bench import replay
from bench.installation import Installation
from bench.visitor import Visitor

MARKER: Final = "bench: the next page is recorded"
AROUND: Final = ("begin", "commit", "rollback", "start transaction")
SCANS: Final = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")
WRITTEN_S: Final = 0.3


class Reading(NamedTuple):
    """What a page took: statements, rows that their scans looked at, and blocks of 8 kB."""

    statements: int
    rows: int
    blocks: int


def read_page(measured: Installation, port: int, visitor: Visitor, path: str) -> Reading:
    """Ask for a page, the second time under record, and explain what it ran."""
    url = f"http://127.0.0.1:{port}{visitor.address(path)}"
    headers = {"Cookie": visitor.page(path).decode().partition("Cookie: ")[2].strip(), "Accept": "text/html"}
    with httpx.Client(headers=headers, timeout=60) as http:
        http.get(url).raise_for_status()
        _set(measured, "alter system set log_statement = 'all'")
        try:
            _set(measured, f"select '{MARKER}'")
            http.get(url).raise_for_status()
            time.sleep(WRITTEN_S)
        finally:
            _set(measured, "alter system reset log_statement")
    statements = [
        statement
        for _, statement in replay.recorded(measured.statement_logs, MARKER)
        if not statement.sql.strip().lower().startswith(AROUND)
    ]
    plans = list(_plans(measured, statements))
    rows = sum(_rows(plan) for plan in plans)
    blocks = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
    return Reading(len(statements), rows, blocks)


def _set(measured: Installation, statement: LiteralString) -> None:
    with psycopg.connect(measured.migrate_url, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute("select pg_reload_conf(), pg_sleep(0.2)")


def _plans(measured: Installation, statements: list[replay.Statement]) -> Iterator[dict[str, Any]]:
    """Run the statements that read again, with their parameters, and yield what each did."""
    with psycopg.connect(measured.database_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set jit = off")
        for statement in statements:
            if not statement.sql.strip().lower().startswith(("select", "with")):
                continue
            values = ", ".join(_literal(value) for value in statement.parameters)
            connection.execute(f"prepare page as {statement.sql}".encode())
            row = connection.execute(
                f"explain (analyze, buffers, format json) execute page{f'({values})' if values else ''}".encode()
            ).fetchone()
            connection.execute("deallocate page")
            if row is not None:
                yield row[0][0]["Plan"]


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def _rows(plan: dict[str, Any]) -> int:
    """Return how many rows the scans of a plan looked at, passed or not."""
    own = 0
    if plan["Node Type"] in SCANS:
        looked = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        own = round(sum(plan.get(name, 0) for name in looked) * plan["Actual Loops"])
    return own + sum(_rows(part) for part in plan.get("Plans", ()))
