"""Reading: the case list against a bare application, a deep page and the summary against the first page, and memory."""

import sys
from statistics import median
from typing import Final
from urllib.parse import quote

import httpx
import uvloop

from bench.installation import AMENDS, Installation, process, pss_mb
from bench.limit_app import PAGE_SIZE
from bench.load import for_seconds, get, run_load
from bench.results import Result

PORT: Final = 8471
LIMIT_PORT: Final = 8472
CONNECTIONS: Final = 16
RUNS: Final = 5
DEEP: Final = 4_000
LIST_TARGET: Final = 0.6
DEEP_TARGET: Final = 1.2
SUMMARY_TARGET: Final = 3.0
MEMORY_TARGET_MB: Final = 150.0
API: Final = "/api/v1/resolution_center_cases"


def run(measured: Installation, *, seconds: float) -> list[Result]:
    """Measure; `seconds` is the length of each of the runs."""
    serve = [AMENDS, "serve", "--port", str(PORT), "--workers", "1", "--no-worker"]
    limit = [sys.executable, "-m", "bench.limit_app", str(LIMIT_PORT)]
    environment = measured.environment(BENCH_ACCOUNT=str(measured.account_id))
    with process(serve, environment, ready=PORT) as server, process(limit, environment, ready=LIMIT_PORT):
        page = f"{API}?first={PAGE_SIZE}"
        first = get(page, measured.token)
        rates = _alternate(seconds, ours=(PORT, first), limit=(LIMIT_PORT, b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"))
        memory = pss_mb(server.pid)
        deep = get(f"{page}&after={_deep_cursor(measured, DEEP * measured.size.biggest // 100_000)}", measured.token)
        deep_ms, first_ms = _medians(seconds, deep, first)
        summary_ms, list_ms = _medians(seconds, get(f"{API}/summary", measured.token), first)
    ours, bare = rates
    return [
        Result(
            name=f"case list, page of {PAGE_SIZE}, 16 connections",
            value=ours,
            unit="req/s",
            limit=bare,
            target=LIST_TARGET,
        ),
        Result(
            name="page 4 000 deep against the first",
            value=deep_ms,
            unit="ms",
            limit=first_ms,
            target=DEEP_TARGET,
            kind="at_most",
        ),
        Result(
            name="summary of all groups against a list page",
            value=summary_ms,
            unit="ms",
            limit=list_ms,
            target=SUMMARY_TARGET,
            kind="at_most",
        ),
        Result(
            name="memory of the web process under the list load (PSS)",
            value=memory,
            unit="MB",
            target=MEMORY_TARGET_MB,
            kind="at_most",
        ),
    ]


def _alternate(seconds: float, *, ours: tuple[int, bytes], limit: tuple[int, bytes]) -> tuple[float, float]:
    """Return the median rates of runs that take turns; one run of each before them is not counted."""
    rates: dict[int, list[float]] = {ours[0]: [], limit[0]: []}
    for n in range(RUNS + 1):
        for port, request in (ours, limit):
            load = uvloop.run(run_load(port, for_seconds(request, seconds), connections=CONNECTIONS))
            if n:
                rates[port].append(load.rate)
    return median(rates[ours[0]]), median(rates[limit[0]])


def _medians(seconds: float, one: bytes, other: bytes) -> tuple[float, float]:
    """Return the median times of an answer in ms, one connection, taking turns."""
    times: dict[bytes, list[float]] = {one: [], other: []}
    for n in range(RUNS + 1):
        for request in (one, other):
            load = uvloop.run(run_load(PORT, for_seconds(request, seconds / 2), connections=1))
            if n:
                times[request].append(load.median_ms)
    return median(times[one]), median(times[other])


def _deep_cursor(measured: Installation, pages: int) -> str:
    """Walk the list to its page number `pages` as a client does, and return the cursor before it, quoted."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {measured.token}"}
    ) as client:
        cursor = ""
        for _ in range(pages - 1):
            after = {"after": cursor} if cursor else {}
            answer = client.get(API, params={"first": PAGE_SIZE, **after}).raise_for_status().json()
            cursor = answer["page_info"]["end_cursor"]
    return quote(cursor)
