"""The table by mouse: tabs, search, filters, chips and the address, sorting, paging, columns, density, saved views."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Pages
from tests.cases.scene import Scene

OTHERS = re.compile(r"^\s*(Select|Case|Action)\s*$")


async def ids(page: Page) -> list[str]:
    """Return the cases in the order in which they are shown."""
    return [await row.get_attribute("data-row") or "" for row in await page.locator("[data-row]").all()]


def heads(page: Page) -> Locator:
    """Return the headings of the columns between the case and the action."""
    return page.get_by_role("columnheader").filter(has_text=re.compile(r"\w"), has_not_text=OTHERS)


async def test_tabs_and_the_way_to_a_case(scene: Scene, pages: Pages) -> None:
    mine, asked = await scene.case(), await scene.case(reason="duplicate")
    await scene.merchant.act(asked, "request_info", message="Which two?")
    page = await pages.table()
    tabs = page.get_by_role("navigation", name="Cases by status")
    await expect(tabs.get_by_role("link")).to_have_text(
        ["All 2", "Waiting for you 1", "Waiting for the customer 1", "Under review 0", "Closed 0"], use_inner_text=True
    )
    await tabs.get_by_role("link", name="Waiting for the customer").click()
    await page.wait_for_url("**?tab=awaiting_customer")
    await expect(page.locator("[data-row]")).to_have_count(1)
    await expect(page.locator("[data-row]")).to_contain_text("View details")
    await page.go_back()
    await expect(page.locator("[data-row]")).to_have_count(2)
    await page.locator(f'[data-row="{mine["id"]}"]').get_by_text("Trading course").click()
    await page.wait_for_url(f"**/cases/{mine['id']}")


async def test_search_filters_and_chips_stand_in_the_address(scene: Scene, pages: Pages) -> None:
    first, second = await scene.case(), await scene.case(reason="duplicate")
    page = await pages.table()
    rows = page.locator("[data-row]")
    await page.get_by_label("Search cases").fill(second["id"])
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(re.compile(f"[?&]q={second['id']}"))
    await expect(page.get_by_label("Search cases")).to_be_focused()
    await page.get_by_label("Search cases").fill("")
    await expect(rows).to_have_count(2)
    await page.locator("details.filter > summary", has_text="Reason").click()
    await page.get_by_label("Not as described").check()
    await page.locator("details.filter[open]").get_by_role("button", name="Apply").click()
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(re.compile("[?&]reason=not_as_described"))
    assert await ids(page) == [first["id"]]
    await page.reload()
    await expect(rows).to_have_count(1)
    await page.get_by_role("link", name="Remove the filter Reason: Not as described").click()
    await expect(rows).to_have_count(2)
    await page.get_by_label("Search cases").fill("nobody has this name")
    await expect(page.get_by_text("No case matches")).to_be_visible()
    await page.get_by_role("link", name="Clear the filters").click()
    await expect(rows).to_have_count(2)


async def test_sort_and_page(scene: Scene, pages: Pages) -> None:
    cases = [(await scene.case())["id"] for _ in range(27)]
    newest = cases[::-1]
    page = await pages.table("?size=25")
    assert await ids(page) == newest[:25]
    await page.get_by_role("link", name="Next").click()
    await expect(page.locator("[data-row]")).to_have_count(2)
    assert await ids(page) == newest[25:]
    await page.get_by_role("link", name="Previous").click()
    await expect(page.locator("[data-row]")).to_have_count(25)
    await page.get_by_role("link", name="Opened").click()
    await expect(page.get_by_role("columnheader", name="Opened")).to_have_attribute("aria-sort", "ascending")
    assert await ids(page) == cases[:25]


async def test_the_table_fills_the_window_and_stays_where_it_is_behind_a_dialog(scene: Scene, pages: Pages) -> None:
    await scene.case()
    page = await pages.table()
    for width, height in ((1366, 768), (820, 1180)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_function("height => document.documentElement.scrollHeight === height", arg=height)
        before = await page.locator("#cases").bounding_box()
        await page.get_by_role("link", name="Export", exact=True).click()
        await expect(page.get_by_role("dialog", name="Export cases")).to_be_visible()
        assert await page.locator("#cases").bounding_box() == before
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("how", ["drag", "keyboard"])
async def test_edit_columns(scene: Scene, pages: Pages, how: str) -> None:
    await scene.case()
    page = await pages.table()
    before = [text.strip() for text in await heads(page).all_inner_texts()]
    assert before[:3] == ["Customer", "Product", "Reason"]
    await page.get_by_role("link", name="Edit columns").click()
    editor = page.get_by_role("dialog", name="Edit columns")
    if how == "drag":
        await expect(editor.locator("[data-column-list]")).to_have_attribute("data-ready", "")
        product = editor.locator('[data-column="product"] [data-handle]')
        await product.hover()
        await page.mouse.down()
        target = await editor.locator('[data-column="customer"]').bounding_box()
        assert target
        await page.mouse.move(target["x"] + 30, target["y"] + 20, steps=8)
        await page.mouse.move(target["x"] + 30, target["y"] + 4, steps=4)
        await page.mouse.up()
        await editor.get_by_label("Reason", exact=True).uncheck()
    else:
        await expect(editor.locator("[data-first]")).to_be_focused()
        await editor.get_by_label("Product", exact=True).focus()
        await page.keyboard.press("Alt+ArrowUp")
        await expect(editor.get_by_role("status")).to_have_text(re.compile("Product is now number 1 of"))
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(editor.get_by_label("Reason", exact=True)).to_be_focused()
        await page.keyboard.press("Space")
    await expect(editor.locator("[data-column]").first).to_have_attribute("data-column", "product")
    await editor.get_by_role("button", name="Save columns").last.click()
    await expect(heads(page)).to_have_text(["Product", "Customer", *before[3:]])
    await page.reload()
    await expect(heads(page)).to_have_text(["Product", "Customer", *before[3:]])
    await page.get_by_role("link", name="Edit columns").click()
    await editor.get_by_role("button", name="Reset").click()
    await expect(heads(page)).to_have_text(before)


async def test_density_is_kept(scene: Scene, pages: Pages) -> None:
    await scene.case()
    page = await pages.table()
    await page.get_by_role("button", name="Compact rows").click()
    await expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("table.is-compact")).to_be_visible()


async def test_save_use_rename_and_delete_a_view(scene: Scene, pages: Pages) -> None:
    await scene.case()
    await scene.case(reason="duplicate")
    page = await pages.table("?reason=duplicate")
    views = page.locator("details", has=page.get_by_label("Name of a new view")).locator("summary")
    await views.click()
    await page.get_by_label("Name of a new view").fill("Paid twice")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("summary", has_text="Paid twice")).to_be_visible()
    await pages.table()
    await expect(page.locator("[data-row]")).to_have_count(2)
    await views.click()
    await page.get_by_role("link", name="Paid twice").click()
    await expect(page.locator("[data-row]")).to_have_count(1)
    await page.locator("summary", has_text="Paid twice").click()
    await page.get_by_role("link", name="Rename or delete views").click()
    await page.locator("summary", has_text="Rename").click()
    await page.get_by_label("Name", exact=True).fill("Twice")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("link", name="Twice", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Delete Twice").click()
    await expect(page.get_by_text("No saved views yet")).to_be_visible()
