"""Writing: accepts over HTTP, durable, against pgbench running the same SQL in the same database."""

import os
import re
import subprocess
from collections.abc import Mapping
from statistics import median
from typing import Any, Final, LiteralString

import httpx
import psycopg
import uvloop
from psycopg.rows import dict_row

from bench import replay
from bench.installation import AMENDS, FOLDER, Installation, process
from bench.load import each_once, post, run_load
from bench.results import Result

PORT: Final = 8473
TARGET: Final = 0.5
CLIENTS: Final = (4, 8, 16, 32)
RUNS: Final = 3
API: Final = "/api/v1/resolution_center_cases"
MARKER: Final = "bench: the next request is recorded"
MOST_A_SECOND: Final = 400
WARM_UP_MOST: Final = 60

OPEN_CASES_SQL: Final = """
    select c.account_id::text, c.pid, c.id::text as case_id, c.payment_id::text, p.pid as payment_pid,
        c.member_id::text, c.amount_minor::text
    from cases c
    join payments p on p.account_id = c.account_id and p.id = c.payment_id
    where c.outcome is null and c.account_id = %s
    order by c.created_at desc
"""

Case = Mapping[str, Any]


def run(measured: Installation, *, seconds: float) -> list[Result]:
    """Measure. The cases are used up: the next run fills the database anew. `seconds` bounds how many are used."""
    measured.use_up()
    serve = [AMENDS, "serve", "--port", str(PORT), "--no-worker"]
    serve += ["--workers", str(os.cpu_count() or 1)]
    with process(serve, measured.environment(), ready=PORT):
        supply = _Supply(_open_cases(measured))
        each = min(len(supply.cases) // (len(CLIENTS) + 2 * RUNS + 2), int(seconds * MOST_A_SECOND))
        recorded, script = _record(measured, supply)
        replay.fill(measured.migrate_url, script.variables, recorded, supply.cases)
        peaks = {clients: _pgbench(measured, script, supply, each, clients) for clients in CLIENTS}
        clients = max(peaks, key=lambda count: peaks[count])
        limits: list[float] = []
        rates: list[float] = []
        for _ in range(RUNS):
            rates.append(_accepts(measured, supply.take(each), clients))
            limits.append(_pgbench(measured, script, supply, each, clients))
    return [
        Result(
            name=f"accept over HTTP, {clients} clients, against pgbench with the same SQL",
            value=median(rates),
            unit="accepts/s",
            limit=median(limits),
            target=TARGET,
        )
    ]


class _Supply:
    """Open cases, each of which can be accepted once."""

    def __init__(self, cases: list[Case]) -> None:
        self.cases = cases
        self.taken = 0

    def take(self, count: int) -> list[Case]:
        """Return the next cases; the first of them has row number `taken` + 1 in the replay table."""
        self.taken += count
        return self.cases[self.taken - count : self.taken]


def _open_cases(measured: Installation) -> list[Case]:
    with psycopg.connect(measured.migrate_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return [*cursor.execute(OPEN_CASES_SQL, (measured.account_id,))]


def _record(measured: Installation, supply: _Supply) -> tuple[Case, replay.Script]:
    """Accept cases over HTTP until two in a row did the same: by then each process and connection is warm.

    Return the first of these two, and the script of what they did.
    """
    _set(measured, "alter system set log_statement = 'all'")
    try:
        before: tuple[Case, list[replay.Statement]] | None = None
        for _ in range(WARM_UP_MOST):
            case = supply.take(1)[0]
            statements = _recording(measured, case)
            if before and [s.sql for s in before[1]] == [s.sql for s in statements]:
                return before[0], replay.script(before[1], statements)
            before = case, statements
    finally:
        _set(measured, "alter system reset log_statement")
    raise RuntimeError("no two accepts did the same")


def _recording(measured: Installation, case: Case) -> list[replay.Statement]:
    _set(measured, f"select '{MARKER}'")
    headers = {"Authorization": f"Bearer {measured.token}"}
    httpx.post(f"http://127.0.0.1:{PORT}{API}/{case['pid']}/accept", json={}, headers=headers).raise_for_status()
    return list(replay.executed(measured.statement_logs, MARKER))


def _set(measured: Installation, statement: LiteralString) -> None:
    with psycopg.connect(measured.migrate_url, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute("select pg_reload_conf(), pg_sleep(0.2)")


def _accepts(measured: Installation, cases: list[Case], clients: int) -> float:
    requests = [post(f"{API}/{case['pid']}/accept", measured.token) for case in cases]
    return uvloop.run(run_load(PORT, each_once(requests), connections=clients)).rate


def _pgbench(measured: Installation, script: replay.Script, supply: _Supply, count: int, clients: int) -> float:
    """Return the transactions a second of pgbench over the next cases of the supply."""
    file = FOLDER / "accept.sql"
    file.write_text(script.text)
    first, each = supply.taken + 1, count // clients
    supply.take(count)
    command = [str(measured.server.binaries / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={file}"]
    command += [f"--client={clients}", f"--jobs={os.cpu_count() or 1}", f"--transactions={each}"]
    command += [f"--define=first={first}", f"--define=each={each}", "--define=i=0", measured.database_url]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    printed = ended.stdout + ended.stderr
    failed = re.search(r"number of failed transactions: (\d+)", printed)
    rate = re.search(r"tps = ([\d.]+)", printed)
    if ended.returncode or rate is None or (failed and failed[1] != "0"):
        raise RuntimeError(f"pgbench failed:\n{printed}")
    return float(rate[1])
