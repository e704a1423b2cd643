"""Words without a space, as links are: in names, titles, answers and messages, on the pages of all three sides."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from amends.db.worker import Worker
from amends.people.rows import UserRow
from amends.services import Services
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, laid_out
from tests.cases.scene import Scene
from tests.customers.states import open_offer
from tests.staff import make_staff_person

LAPTOP = (1366, 768)
LINK = "https://files.example/" + "0123456789abcdef" * 24


@pytest.fixture
async def case(scene: Scene, worker: Worker[Services]) -> dict[str, Any]:
    """Give a case under review in which nothing has a space, and a refund that failed."""
    refused = await scene.payment()
    await scene.pool.execute(
        "insert into sandbox.behaviours (payment_ref, kind, times_left, code) values ($1, 'decline', 1, 'declined')",
        refused.pid,
    )
    await scene.merchant.act(await scene.case(refused), "accept")
    await worker.run_until_idle()
    case = await scene.case(message=LINK, answers={"difference": LINK, "used": True})
    offered = await scene.merchant.act(case, "offers", remedy=LINK[:300])
    await scene.customer.act(case, f"offers/{open_offer(offered)}/decline", message=LINK)
    await scene.customer.act(case, "escalate")
    await scene.payment()
    for table, column in (("users", "name"), ("accounts", "title"), ("products", "title"), ("plans", "title")):
        await scene.pool.execute(f"update {table} set {column} = repeat('Unspeakable', 12)")
    return case


async def wide(page: Page, *paths: str) -> list[str]:
    """Return the pages that are wider than the window."""
    found: list[str] = []
    for path in paths:
        await page.goto(path)
        await laid_out(page)
        if await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(path)
    return found


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
async def test_customers_read_them_in_the_window(
    scene: Scene, visiting: Visiting, case: dict[str, Any], size: tuple[int, int]
) -> None:
    page = (await visiting(scene.ada, size=size)).page
    assert await wide(page, "/purchases", "/cases", f"/cases/{case['id']}") == []


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
async def test_merchants_and_reviewers_read_them_in_the_window(
    scene: Scene, visiting: Visiting, merchant: UserRow, case: dict[str, Any], size: tuple[int, int]
) -> None:
    table = f"/accounts/{scene.account.pid}/cases"
    page = (await visiting(merchant, size=size)).page
    assert await wide(page, table, f"{table}/{case['id']}") == []
    if size == LAPTOP:
        assert await page.locator(".rail").evaluate("rail => rail.scrollWidth <= rail.clientWidth")
    else:
        assert await page.locator(".topbar img").evaluate("mark => mark.clientWidth") == 22
    admin = await make_staff_person(scene.pool, "admin")
    page = (await visiting(admin, size=size)).page
    assert await wide(page, f"{table}/{case['id']}", "/platform/queue", "/platform/attention") == []
    assert await wide(page, "/platform/reviewers") == []
    assert await page.locator("tbody th").first.evaluate("cell => cell.clientWidth") >= 192


async def test_a_report_is_read_in_the_window_before_it_is_sent(
    scene: Scene, visiting: Visiting, tmp_path: Path
) -> None:
    photo = tmp_path / f"{'photo' * 30}.png"
    Image.new("RGB", (32, 20), "teal").save(photo)
    payment = await scene.payment()
    page = (await visiting(scene.ada, size=PHONE)).page
    await page.goto(f"/purchases/{payment.pid}/report")
    await page.get_by_text("It is not what was promised").click()
    await page.locator(".report-on").click()
    await page.get_by_label("What is different?").fill(LINK)
    await page.get_by_text("Yes", exact=True).click()
    await page.locator(".report-on").click()
    await page.get_by_label("What happened?").fill(LINK)
    await page.locator(".report-on").click()
    await expect(page.locator("[data-uploads][data-ready]")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(photo)
    await expect(page.locator("[data-upload] img.upload-picture")).to_be_visible()
    await page.locator(".report-on").click()
    await page.get_by_text("A full refund").click()
    await page.locator(".report-on").click()
    await expect(page.locator(".report-review")).to_contain_text("https://files.example/")
    assert await wide(page, f"/purchases/{payment.pid}/report/review") == []
