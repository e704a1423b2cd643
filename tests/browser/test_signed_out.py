"""Whoever is signed out while they write loses no word, with JavaScript and without it."""

import pytest
from playwright.async_api import Page, expect

from amends.access.sessions import COOKIE
from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, WIDE, Visit, check_accessibility
from tests.cases.scene import Scene
from tests.staff import sign_in

WORDS = "You have used all of it.\n\nWhat was missing?"


async def sign_in_beside(visit: Visit, scene: Scene, person: UserRow) -> None:
    """Sign in where the page's link leads, in a tab of its own."""
    async with visit.context.expect_page() as opening:
        await visit.page.get_by_role("link", name="Sign in", exact=True).click()
    beside = await opening.value
    await expect(beside.get_by_label("Password")).to_be_visible()
    await visit.sign_in(await sign_in(scene.pool, person, scene.clock))
    await beside.close()


async def signed_out(page: Page) -> None:
    """See what was typed, and that none of it was sent."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out. Nothing was sent.")
    await expect(page.get_by_role("textbox", name="What you wrote")).to_have_value(WORDS)


async def test_an_answer_is_sent_after_signing_in_again(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    case = await scene.case()
    visit = await visiting(merchant, javascript=False)
    visit.expect_refusals(401)
    page = visit.page
    await page.goto(f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=deny")
    panel = page.get_by_role("dialog")
    await panel.get_by_role("textbox").fill(WORDS)
    await visit.context.clear_cookies(name=COOKIE)
    await panel.get_by_role("button", name="Deny").click()
    await signed_out(page)
    await page.get_by_role("button", name="Send again").click()
    await signed_out(page)
    assert (await scene.merchant.read(case))["status"] == "awaiting_merchant"
    await sign_in_beside(visit, scene, merchant)
    await page.get_by_role("button", name="Send again").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("What was missing?")
    assert (await scene.merchant.read(case))["status"] == "closed"


async def test_an_amount_comes_back_into_its_form_and_is_sent_from_there(
    scene: Scene, visiting: Visiting, merchant: UserRow
) -> None:
    case = await scene.case()
    visit = await visiting(merchant, javascript=False)
    visit.expect_refusals(401)
    page = visit.page
    await page.goto(f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=offer")
    panel = page.get_by_role("dialog")
    await panel.get_by_role("textbox", name="Refund").fill("12.50")
    await panel.get_by_label("Open for").select_option("3")
    await visit.context.clear_cookies(name=COOKIE)
    await panel.get_by_role("button", name="Send the offer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out. Nothing was sent.")
    await expect(page.get_by_role("textbox", name="Amount")).to_have_value("12.50")
    await sign_in_beside(visit, scene, merchant)
    await page.get_by_role("button", name="Back to the form").click()
    await expect(panel).to_contain_text("You were signed out, so this was not sent.")
    await expect(panel.get_by_role("textbox", name="Refund")).to_have_value("12.50")
    await expect(panel.get_by_label("Open for")).to_have_value("3")
    assert (await scene.merchant.read(case))["offers"] == []
    await panel.get_by_role("button", name="Send the offer").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("12.50")
    (offer,) = (await scene.merchant.read(case))["offers"]
    assert offer["amount"] == 12.5


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_axe_finds_nothing(scene: Scene, visiting: Visiting, merchant: UserRow, size: tuple[int, int]) -> None:
    visit = await visiting(merchant, size=size)
    visit.expect_refusals(401)
    page = visit.page
    await page.goto(f"/accounts/{scene.account.pid}/replies/new")
    await page.get_by_label("Title").fill("An answer")
    await page.get_by_label("Text", exact=True).fill(WORDS)
    await visit.context.clear_cookies(name=COOKIE)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out. Nothing was sent.")
    await expect(page.get_by_role("textbox", name="Text")).to_have_value(WORDS)
    await expect(page.get_by_role("textbox", name="Title")).to_have_value("An answer")
    await check_accessibility(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
