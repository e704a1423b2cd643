"""The core of a merchant's day with JavaScript off: sign in, list, open a case, accept, deny, ask."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from amends.access.passwords import set_password
from amends.db.transactions import transaction
from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.cases.scene import Scene

PASSWORD = "correct horse battery"


@pytest.fixture
async def plain(visiting: Visiting, merchant: UserRow) -> Page:
    """Give the owner's browser without JavaScript."""
    return (await visiting(merchant, javascript=False)).page


async def test_sign_in_with_a_password_and_out_again(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    async with transaction(scene.pool) as connection:
        await set_password(connection, merchant.id, PASSWORD, now=scene.clock.now())
    page = (await visiting(javascript=False)).page
    await page.goto(f"/accounts/{scene.account.pid}/cases")
    await page.get_by_label("E-mail address").fill(merchant.email or "")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", name="Resolution center", level=1)).to_be_visible()
    await page.get_by_role("navigation", name="Main").locator("summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_title(re.compile("^Sign in"))
    await page.goto(f"/accounts/{scene.account.pid}/cases")
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


async def test_find_a_case_by_tab_search_and_filter(scene: Scene, plain: Page) -> None:
    open_case = await scene.case()
    denied = await scene.case(reason="duplicate")
    await scene.merchant.act(denied, "deny", message="These are two purchases.")
    await plain.goto(f"/accounts/{scene.account.pid}/cases")
    rows = plain.locator("[data-row]")
    await expect(rows).to_have_count(2)
    await plain.get_by_role("link", name=re.compile("^Waiting for you")).click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_have_attribute("data-row", open_case["id"])
    await plain.goto(f"/accounts/{scene.account.pid}/cases")
    await plain.get_by_label("Search cases").fill(denied["id"])
    await plain.get_by_role("button", name="Apply").last.click()
    await expect(rows).to_have_attribute("data-row", denied["id"])
    await plain.get_by_role("link", name="Clear all").click()
    await expect(rows).to_have_count(2)


async def accept(page: Page) -> None:
    """Accept a case."""
    await page.get_by_role("button", name="Accept", exact=True).click()
    panel = page.get_by_role("dialog", name="Accept and refund")
    await expect(panel).to_contain_text("Refunds $49.00 to Visa ••4242 and closes the case.")
    await panel.get_by_label("Message to the customer (optional)").fill("Sorry about this.")
    await panel.get_by_role("button", name="Refund $49.00").click()


async def deny(page: Page) -> None:
    """Deny a case."""
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog")
    await panel.get_by_role("textbox").fill("You have used all of it.")
    await panel.get_by_role("button", name="Deny").click()


async def ask(page: Page) -> None:
    """Ask for information."""
    await page.get_by_role("button", name="Request info", exact=True).click()
    panel = page.get_by_role("dialog")
    await panel.get_by_role("textbox").fill("Which lesson is missing?")
    await panel.get_by_role("button", name=re.compile("Ask|Request|Send")).click()


@pytest.mark.parametrize(
    ("act", "status", "words"),
    [
        (accept, "closed", "Sorry about this."),
        (deny, "closed", "You have used all of it."),
        (ask, "awaiting_customer", "Which lesson is missing?"),
    ],
)
async def test_open_a_case_and_answer_it(
    scene: Scene, plain: Page, act: Callable[[Page], Awaitable[None]], status: str, words: str
) -> None:
    case = await scene.case()
    await plain.goto(f"/accounts/{scene.account.pid}/cases")
    await plain.get_by_role("link", name="Respond").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text(re.compile("Not as described"))
    await act(plain)
    await expect(plain.get_by_role("region", name="Timeline")).to_contain_text(words)
    assert (await scene.merchant.read(case))["status"] == status


async def test_what_is_missing_is_said_and_nothing_that_was_typed_is_lost(
    scene: Scene, visiting: Visiting, merchant: UserRow
) -> None:
    case = await scene.case()
    visit = await visiting(merchant, javascript=False)
    visit.expect_refusals(409, 422)
    page = visit.page
    await page.goto(f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=deny")
    panel = page.get_by_role("dialog")
    await panel.get_by_role("textbox").fill("You have used all of it.")
    await scene.merchant.act(case, "accept")
    await panel.get_by_role("button", name="Deny").click()
    await expect(page.get_by_text("This was not sent")).to_be_visible()
    await expect(page.get_by_label("What you wrote")).to_have_value("You have used all of it.")
    await page.get_by_role("link", name="Go on with the case").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
