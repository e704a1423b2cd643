"""A case's page by keyboard alone: panels by one letter, Escape, Ctrl+Enter, tabs of the composer, other cases."""

from playwright.async_api import expect

from tests.browser.conftest import Pages
from tests.cases.scene import Scene


async def test_deny_without_touching_the_mouse(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.keyboard.press("d")
    field = page.get_by_label("Why you deny it")
    await expect(field).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Deny the claim")).to_be_hidden()
    await expect(page.get_by_role("button", name="Deny", exact=True)).to_be_focused()
    await page.keyboard.press("d")
    await page.keyboard.type("You have watched every lesson, ad nauseam.")  # letters that are keys elsewhere
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("ad nauseam")
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


async def test_accept_with_two_keys(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.keyboard.press("a")
    panel = page.get_by_role("dialog", name="Accept and refund")
    await expect(panel).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(panel).to_have_count(0)
    assert (await scene.merchant.read(case))["outcome"] == "customer_won"


async def test_comment_and_note_by_key(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.keyboard.press("i")
    await expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
    await page.keyboard.type("A note.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("A note.").first).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    await page.keyboard.type("A comment.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("A comment.")
    assert await scene.customer.kinds(case) == ["created", "commented"]


async def test_other_cases_and_the_list_of_keys(scene: Scene, pages: Pages) -> None:
    first, second = await scene.case(), await scene.case(reason="duplicate")
    page = await pages.case(second)
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(keys).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()
    await page.keyboard.press("j")
    await page.wait_for_url(f"**/{first['id']}*")


NO_CLICK_LEADS_ON = """
document.addEventListener("click", (event) => { event.preventDefault(); document.body.dataset.clicked = "yes"; });
"""


async def test_keys_of_one_letter_can_be_switched_off(scene: Scene, pages: Pages) -> None:
    await scene.case(reason="duplicate")
    case = await scene.case()
    page = await pages.case(case)
    await page.keyboard.press("?")
    await page.get_by_label("Use keys of one letter").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    await expect(page.get_by_role("dialog", name="Accept and refund")).to_be_hidden()
    await pages.case(case)
    await expect(page.locator("[data-case-step=j]")).to_be_visible()
    await page.evaluate(NO_CLICK_LEADS_ON)
    for key in ("d", "j"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("dialog", name="Deny the claim")).to_be_hidden()
    assert await page.evaluate("document.body.dataset.clicked") is None
