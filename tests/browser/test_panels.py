"""What is opened beside a case covers nothing of it where there is room for both, and shortens nothing."""

import pytest
from playwright.async_api import Page, expect

from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.cases.scene import Scene
from tests.staff import make_staff_person

SIZES = [(1280, 720), (1366, 768), (1600, 900), (1920, 1080)]


async def edges(page: Page, selector: str) -> tuple[float, float]:
    """Return where a part of the page begins and ends, from the left."""
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
async def test_an_open_panel_covers_nothing(
    scene: Scene, visiting: Visiting, merchant: UserRow, size: tuple[int, int], javascript: bool
) -> None:
    case = await scene.case()
    page = (await visiting(merchant, size=size, javascript=javascript)).page
    await page.goto(f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=offer")
    await expect(page.get_by_role("dialog")).to_be_visible()
    begins, ends = await edges(page, "#panel-offer")
    assert ends <= size[0]
    for part in (".case-main", ".case-aside"):
        assert (await edges(page, part))[1] <= begins, part
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
async def test_the_decision_covers_nothing(scene: Scene, visiting: Visiting, size: tuple[int, int]) -> None:
    case = await scene.under_review()
    page = (await visiting(await make_staff_person(scene.pool, "reviewer"), size=size)).page
    await page.goto(f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=decide")
    await expect(page.get_by_role("dialog")).to_be_visible()
    begins, ends = await edges(page, "#panel-decide")
    assert ends <= size[0]
    for part in (".case-summary", ".case-actions", ".case-main", ".case-aside"):
        assert (await edges(page, part))[1] <= begins, part
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
