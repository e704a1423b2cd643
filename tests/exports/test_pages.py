"""The pages of exports without JavaScript and as htmx asks for them: form, list, line, download, cancel, retry."""

import csv
import io
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.cases.states import Outcome
from amends.cases.table import DEFAULT_COLUMNS, Column
from amends.exports.queries_columns import COLUMNS
from amends.exports.resources import Resource
from amends.exports.words import HEADINGS, OF_TABLE
from tests.exports.place import Exporting
from tests.running import Server
from tests.staff import browser, make_team_person

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def owner_browser(exporting: Exporting, server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the browser of the account's owner, who is in Berlin."""
    person = await make_team_person(exporting.pool, exporting.scene.account, "owner")
    async with browser(server.url, exporting.pool, person, exporting.clock) as http:
        http.cookies.set("amends_tz", "Europe/Berlin")
        yield http


@pytest.fixture
def url(exporting: Exporting) -> str:
    """Give the address of the account's exports."""
    return f"/accounts/{exporting.scene.account.pid}/exports"


async def file_of(http: httpx.AsyncClient, page: str) -> httpx.Response:
    """Follow the first download of a page."""
    found = re.search(r'href="([^"]+/download)"', page)
    assert found is not None, page
    redirected = await http.get(found[1])
    assert redirected.status_code == 303
    return await http.get(redirected.headers["location"])


async def test_from_the_table_to_the_file_without_javascript(
    exporting: Exporting, owner_browser: httpx.AsyncClient, url: str
) -> None:
    case = await exporting.scene.case()
    await exporting.scene.merchant.act(await exporting.scene.case(), "deny", message="No.")
    table = (await owner_browser.get(url.replace("exports", "cases?tab=your_turn"))).text
    assert f'href="{url}/new?tab=your_turn"' in table
    form = (await owner_browser.get(f"{url}/new?tab=your_turn")).text
    assert "What the table shows" in form
    assert re.findall(r"(\d+) cases?</span>", form) == ["1", "2"]
    assert 'value="Europe/Berlin"' in form
    fields = {"table": "tab=your_turn", "rows": "filtered", "columns": "shown", "time_zone": "Europe/Berlin"}
    sent = await owner_browser.post(url, data=fields)
    assert (sent.status_code, sent.headers["location"]) == (303, url)
    waiting = (await owner_browser.get(url)).text
    assert "Waiting to begin" in waiting
    assert "Look again" in waiting
    await exporting.worker.run_until_idle()
    ready = (await owner_browser.get(url)).text
    assert "1 row" in ready
    answer = await file_of(owner_browser, ready)
    rows = [*csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
    assert [row["Case"] for row in rows] == [case["id"]]
    assert rows[0]["Opened"] == "2026-11-23T10:00:00.000+01:00"
    assert list(rows[0])[:3] == ["Case", "Customer", "Username"]


async def test_the_dialog_shows_the_export_being_written(
    exporting: Exporting, owner_browser: httpx.AsyncClient, url: str
) -> None:
    form = (await owner_browser.get(f"{url}/new", headers=HTMX)).text
    assert "<html" not in form
    assert 'hx-target="#remote-content"' in form
    started = (await owner_browser.post(url, data={"time_zone": "UTC"}, headers=HTMX)).text
    line_url = re.search(r'hx-get="([^"]+)"', started)
    assert line_url is not None
    assert "<progress" in started
    await exporting.worker.run_until_idle()
    line = (await owner_browser.get(line_url[1], headers=HTMX)).text
    assert "data-export-file" in line
    assert "hx-trigger" not in line


async def test_the_first_row_is_in_the_readers_language(
    exporting: Exporting, owner_browser: httpx.AsyncClient, url: str
) -> None:
    owner_browser.cookies.set("amends_locale", "es")
    await owner_browser.post(url, data={"columns": "all", "time_zone": "UTC"})
    stored = await exporting.pool.fetchrow("select columns, headings from exports")
    assert stored is not None
    assert len(stored["headings"]) == len(stored["columns"]) == len(COLUMNS[Resource.CASES])


async def test_a_form_that_is_not_right_comes_back(owner_browser: httpx.AsyncClient, url: str) -> None:
    fields = {"choose": "1", "resource": "receipts", "format": "xlsx", "time_zone": "Mars/Olympus"}
    answer = await owner_browser.post(url, data=fields)
    assert answer.status_code == 422
    assert "This time zone is not known." in answer.text
    assert re.search(r'value="xlsx" checked', answer.text)
    assert re.search(r'value="receipts" checked', answer.text)
    assert 'value="Mars/Olympus"' in answer.text


async def test_an_eleventh_export_has_to_wait(owner_browser: httpx.AsyncClient, url: str) -> None:
    for _ in range(10):
        assert (await owner_browser.post(url, data={"time_zone": "UTC"})).status_code == 303
    answer = await owner_browser.post(url, data={"time_zone": "UTC"})
    assert answer.status_code == 409
    assert "Ten exports are still being written." in answer.text


async def test_canceled_retried_and_too_late(exporting: Exporting, owner_browser: httpx.AsyncClient, url: str) -> None:
    export = await exporting.ask()
    one = f"{url}/{export['id']}"
    assert (await owner_browser.post(f"{one}/cancel")).status_code == 303
    assert "Canceled" in (await owner_browser.get(url)).text
    retried = await owner_browser.post(f"{one}/retry", headers=HTMX)
    assert "Waiting to begin" in retried.text
    await exporting.worker.run_until_idle()
    late = await owner_browser.post(f"{one}/cancel", headers=HTMX)
    assert (late.status_code, "data-export-file" in late.text) == (200, True)
    exporting.clock.advance(timedelta(days=31))


async def test_a_file_that_is_gone(exporting: Exporting, owner_browser: httpx.AsyncClient, url: str) -> None:
    export = await exporting.ask()
    early = await owner_browser.get(f"{url}/{export['id']}/download")
    assert (early.status_code, early.headers["location"]) == (303, url)
    assert "not there any more, or not yet" in (await owner_browser.get(url)).text


async def test_the_list_has_pages(exporting: Exporting, owner_browser: httpx.AsyncClient, url: str) -> None:
    for _ in range(26):
        exporting.clock.advance(timedelta(milliseconds=1))
        export = await exporting.ask("receipts")
        await exporting.send("POST", f"/{export['id']}/cancel")
    first = (await owner_browser.get(url)).text
    assert first.count("data-export=") == 25
    older = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert older is not None
    assert (await owner_browser.get(older[1])).text.count("data-export=") == 1
    assert (await owner_browser.get(f"{url}?after=nonsense")).text.count("data-export=") == 25


def test_every_column_of_the_table_can_be_exported() -> None:
    known = COLUMNS[Resource.CASES]
    assert set(OF_TABLE) == set(Column)
    assert {key for keys in OF_TABLE.values() for key in keys} <= set(known)
    assert set(HEADINGS) == set(known)
    assert set(DEFAULT_COLUMNS) <= set(OF_TABLE)
    words = [str(word) for word in HEADINGS.values()]
    assert len(words) == len(set(words))


NARROWED: list[tuple[str, dict[str, Any]]] = [
    ("tab=all", {}),
    ("tab=closed", {"status": ["closed"]}),
    ("tab=your_turn", {"status": ["awaiting_merchant"]}),
    ("status=closed&status=under_review", {"status": ["under_review", "closed"]}),
    ("outcome=withdrawn", {"status": ["closed"], "outcome": [Outcome.WITHDRAWN]}),
    ("tab=your_turn&status=closed", {"status": ["awaiting_merchant"], "outcome": ["customer_won"]}),
    ("currency=jpy&amount=100..", {"currency": "jpy", "amount_min": "100"}),
    ("assignee=nobody&escalated=no", {"assignee_id": "nobody", "escalated": False}),
    (
        "opened=2026-11-01..2026-11-02",
        {"created_after": "2026-10-31T22:59:59.999Z", "created_before": "2026-11-02T23:00:00.000Z"},
    ),
    ("q=ada", {"search": "ada"}),
]


@pytest.mark.parametrize(("table", "filters"), NARROWED, ids=[table for table, _ in NARROWED])
async def test_what_is_filtered(
    exporting: Exporting, owner_browser: httpx.AsyncClient, url: str, table: str, filters: dict[str, Any]
) -> None:
    await owner_browser.post(url, data={"table": table, "rows": "filtered", "time_zone": "UTC"})
    assert await exporting.pool.fetchval("select filters from exports") == filters
