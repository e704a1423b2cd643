"""The table by keyboard alone: move, open, select, search, and acting on what is selected."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Pages
from tests.browser.house import ready
from tests.cases.scene import Scene

CURRENT_IS_SEEN = """() => {
    const row = document.activeElement.closest("[data-row]").getBoundingClientRect();
    const box = document.querySelector("[data-table-scroll]");
    return box.scrollHeight > box.clientHeight
        && row.top >= box.querySelector("th").getBoundingClientRect().bottom
        && row.bottom <= box.getBoundingClientRect().bottom;
}"""


async def test_move_and_open(scene: Scene, pages: Pages) -> None:
    old, new = await scene.case(), await scene.case(reason="duplicate")
    page = await pages.table()
    link = {case["id"]: page.locator(f'[data-row="{case["id"]}"] .case-link') for case in (old, new)}
    await page.keyboard.press("j")
    await expect(link[new["id"]]).to_be_focused()
    await page.keyboard.press("j")
    await expect(link[old["id"]]).to_be_focused()
    await page.keyboard.press("j")  # there is no more
    await expect(link[old["id"]]).to_be_focused()
    await page.keyboard.press("k")
    await expect(link[new["id"]]).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/cases/{new['id']}*")


@pytest.mark.parametrize(
    ("key", "typed", "event"),
    [
        ("a", "", "accepted"),
        ("d", "It is as described.", "denied"),
        ("r", "Which device do you use?", "requested_more_info"),
        ("o", "20", "offer_made"),
    ],
)
async def test_open_answer_send(scene: Scene, pages: Pages, key: str, typed: str, event: str) -> None:
    case = await scene.case()
    page = await pages.table()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/cases/{case['id']}*")
    await ready(page)
    await page.keyboard.press(key)
    await page.keyboard.type(typed)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#timeline .event")).to_have_count(2)
    assert await scene.merchant.kinds(case) == ["created", event]


async def test_the_current_row_is_in_view_below_the_head(scene: Scene, pages: Pages) -> None:
    for _ in range(8):
        await scene.case()
    page = await pages.table()
    await page.set_viewport_size({"width": 1366, "height": 480})
    await expect(page.locator("[data-row]")).to_have_count(8)
    for keys in ("j" * 8, "k" * 6):
        await page.keyboard.type(keys)
        await page.wait_for_function(CURRENT_IS_SEEN)


async def test_search_by_key_and_leave_it(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    await scene.case(reason="duplicate")
    page = await pages.table()
    await page.keyboard.press("/")
    await expect(page.get_by_label("Search cases")).to_be_focused()
    await page.keyboard.type(case["id"])
    await expect(page.locator("[data-row]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/cases/{case['id']}*")


async def test_select_and_accept_what_is_selected(scene: Scene, pages: Pages) -> None:
    cases = [await scene.case() for _ in range(3)]
    page = await pages.table()
    for key in ("j", "x", "j", "j", "Shift+X"):
        await page.keyboard.press(key)
    await expect(page.locator("[data-selected-count]")).to_have_text("3 selected")
    await page.keyboard.press("Escape")
    await expect(page.locator('input[name="case"]:checked')).to_have_count(0)
    for key in ("x", "k", "x"):
        await page.keyboard.press(key)
    await expect(page.locator("[data-selected-count]")).to_have_text("2 selected")
    await page.locator("[data-bulk-bar]").get_by_role("button", name="Accept").press("Enter")
    dialog = page.locator("#remote")
    await expect(dialog).to_contain_text("$98.00")
    await expect(dialog.locator("button[data-first]")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("link", name="Back to the cases")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.locator('[data-row]:has-text("Waiting for you")')).to_have_count(1)
    outcomes = sorted([str((await scene.merchant.read(case))["outcome"]) for case in cases])
    assert outcomes == ["None", "customer_won", "customer_won"]


async def test_the_list_of_keys_and_switching_them_off(scene: Scene, pages: Pages) -> None:
    await scene.case()
    page = await pages.table()
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(keys).to_be_visible()
    await keys.get_by_label("Use shortcuts of a single key in this browser").uncheck()
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()
    await page.keyboard.press("?")
    await expect(keys).to_be_hidden()
