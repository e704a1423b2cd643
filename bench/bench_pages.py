"""Pages: the table of 50 rows at an account with 100 000 cases, and a case with much around it.

Each page's time against the same data as JSON; how many statements it takes and that they read no more at the large
account than at a small one; the bytes that a browser loads, and how long until it has run the page's scripts.
"""

import asyncio
import gzip
from statistics import median
from typing import Final

import uvloop
from playwright.sync_api import BrowserContext, Response, sync_playwright

from amends.access.sessions import COOKIE
from amends.kit.ids import Prefix, public_id
from bench.busy_case import make_busy_case
from bench.installation import AMENDS, Installation, fetch_one, process
from bench.load import for_seconds, get, run_load
from bench.results import Result
from bench.statements import read_page
from bench.visitor import Visitor, sign_in

PORT: Final = 8474
RUNS: Final = 5
LOADS: Final = 5
MOST_STATEMENTS: Final = 8
GROWTH: Final = 2.0  # a page is merged from runs, each of which has up to a page of rows where there are so many
MOST_ROWS: Final = 20_000
KB: Final = 1_000
LIMITS_KB: Final = {"document": 60.0, "script": 60.0, "stylesheet": 40.0}
CHROMIUM: Final = "/usr/bin/chromium"
CASES: Final = "/api/v1/resolution_center_cases"
TABLE: Final = "cases"
PLAIN_TABLES: Final = (
    "cases",
    "cases?tab=your_turn",
    "cases?tab=closed",
    "cases?sort=-last_activity",
    "cases?sort=due",
)
FILTERED_TABLES: Final = (
    "cases?opened=30d&reason=fraudulent&sort=-last_activity",
    "cases?method=paypal&sort=due",
    "cases?currency=usd&amount=10..150&sort=-amount",
    "cases?q=person+1&tab=closed",
    "cases?closed=2025-01-01..2025-03-31&assignee=nobody",
)
MEMBER_SQL: Final = """
select c.member_id
from cases c
where c.account_id = $1 and c.pid = $2
"""


def run(measured: Installation, *, seconds: float) -> list[Result]:
    """Measure; `seconds` is the length of each of the runs."""
    busy = asyncio.run(make_busy_case(measured.migrate_url, measured.account_id))
    large, small = (sign_in(measured, number) for number in (measured.account_id, measured.smallest_account_id))
    case_page = f"cases/{busy.case_pid}"
    serve = [AMENDS, "serve", "--port", str(PORT), "--workers", "1", "--no-worker"]
    environment = measured.environment(AMENDS_BASE_URL=f"http://127.0.0.1:{PORT}")
    with process(serve, environment, ready=PORT):
        table_json = (get(f"{CASES}?first=50", large.token),)
        case_json = _case_as_json(measured, large, busy.case_pid)
        return [
            _against_json("table page of 50 rows", large.page(TABLE), table_json, seconds),
            _against_json("case page", large.page(case_page), case_json, seconds),
            *_readings(measured, large, small, case_page),
            *_in_browser(large, {"table page": TABLE, "case page": case_page}),
        ]


def _case_as_json(measured: Installation, visitor: Visitor, case_pid: str) -> tuple[bytes, ...]:
    """Return the requests that bring what the case page shows: the case, facts, payments, the log."""
    row = uvloop.run(fetch_one(measured.database_url, MEMBER_SQL, visitor.account_id, case_pid))
    assert row is not None
    member = public_id(Prefix.MEMBER, row["member_id"], visitor.account_id)
    paths = (
        f"{CASES}/{case_pid}",
        f"{CASES}/{case_pid}/facts",
        f"/api/v1/payments?member_id={member}&first=100",
        f"/api/v1/activity?member_id={member}&first=100",
    )
    return tuple(get(path, visitor.token) for path in paths)


def _against_json(name: str, page: bytes, json: tuple[bytes, ...], seconds: float) -> Result:
    """Return a page's time beside the sum of the times of the requests that bring the same as JSON."""
    page_ms, *json_ms = _medians((page, *json), seconds)
    return Result(name=f"{name} against the same as JSON", value=page_ms, unit="ms", limit=sum(json_ms))


def _medians(requests: tuple[bytes, ...], seconds: float) -> list[float]:
    """Return the median times of answers in ms, one connection, taking turns; a first run is not counted."""
    times: list[list[float]] = [[] for _ in requests]
    for n in range(RUNS + 1):
        for kept, request in zip(times, requests, strict=True):
            load = uvloop.run(run_load(PORT, for_seconds(request, seconds / len(requests)), connections=1))
            if n:
                kept.append(load.median_ms)
    return [median(kept) for kept in times]


def _readings(measured: Installation, large: Visitor, small: Visitor, case_page: str) -> list[Result]:
    """Return the statements of pages, and what they read at the large account against the small one."""
    plain = {path: read_page(measured, PORT, large, path) for path in PLAIN_TABLES}
    filtered = {path: read_page(measured, PORT, large, path) for path in FILTERED_TABLES}
    few = {path: read_page(measured, PORT, small, path) for path in PLAIN_TABLES}
    case = read_page(measured, PORT, large, case_page)
    most = max(reading.statements for reading in (*plain.values(), *filtered.values(), case))
    worst = max(PLAIN_TABLES, key=lambda path: plain[path].rows / few[path].rows)
    return [
        _at_most("statements of a table page", plain[TABLE].statements, "", MOST_STATEMENTS),
        _at_most("statements of a case page", case.statements, "", MOST_STATEMENTS),
        _at_most("statements of any page, filtered or not", most, "", MOST_STATEMENTS),
        Result(
            name=f"rows read, 100 000 cases against 1 000 ({worst})",
            value=plain[worst].rows,
            unit="rows",
            limit=few[worst].rows,
            target=GROWTH,
            kind="at_most",
        ),
        _at_most(
            "rows read by a page with filters, at most", max(r.rows for r in filtered.values()), "rows", MOST_ROWS
        ),
    ]


def _at_most(name: str, value: float, unit: str, target: float) -> Result:
    return Result(name=name, value=value, unit=unit, target=target, kind="at_most")


def _in_browser(visitor: Visitor, pages: dict[str, str]) -> list[Result]:
    """Load each page in new profiles, with nothing cached."""
    results: list[Result] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, path in pages.items():
            loads: list[tuple[float, dict[str, float]]] = []
            for _ in range(LOADS + 1):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                loads.append(_load(context, visitor, path))
                context.close()
            bytes_kb = loads[-1][1]
            results += [
                _at_most(f"{name}: {kind}, gzipped", bytes_kb.get(kind, 0.0), "kB", limit)
                for kind, limit in LIMITS_KB.items()
            ]
            interactive = median(taken for taken, _ in loads[1:])
            results.append(Result(name=f"{name}: until its scripts have run", value=interactive, unit="ms"))
        browser.close()
    return results


def _load(context: BrowserContext, visitor: Visitor, path: str) -> tuple[float, dict[str, float]]:
    """Return the ms from the start of a load until all scripts have run, and the kB of each kind of file, gzipped.

    Scripts are modules: the browser has run them all when it says that the document's content is loaded.
    """
    context.add_cookies([{"name": COOKIE, "value": visitor.session, "url": f"http://127.0.0.1:{PORT}"}])
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (playwright marks the function)
    page.goto(f"http://127.0.0.1:{PORT}{visitor.address(path)}", wait_until="load")
    taken: float = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    loaded: dict[str, float] = {}
    for answer in answers:
        kind = answer.request.resource_type
        if kind in LIMITS_KB:
            loaded[kind] = loaded.get(kind, 0.0) + len(gzip.compress(answer.body(), 6)) / KB
    return taken, loaded
