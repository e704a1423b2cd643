"""Teams, invitations, saved replies and the outbox in a browser: with and without JavaScript."""

import msgspec
import pytest
from playwright.async_api import Page, expect

from amends.db.pool import Pool
from amends.people.rows import AccountRow, UserRow
from amends.settings import Settings
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, WIDE, check_accessibility
from tests.browser.test_every_page import overflow
from tests.builders import make_account
from tests.credentials import make_team_member
from tests.staff import make_team_person

REPLY = "Dear {customer_name}, we have refunded {amount}."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give the settings of a server with an outbox."""
    return msgspec.structs.replace(settings, outbox=True)


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    """Give an account with a long name."""
    return await make_account(pool, title="The Northbeam Academy of Trading, Copywriting and Patience")


@pytest.fixture
async def person(pool: Pool, account: AccountRow) -> UserRow:
    """Give an owner of the account."""
    return await make_team_person(pool, account, "owner")


async def invite(page: Page, account: AccountRow, email: str) -> None:
    await page.goto(f"/accounts/{account.pid}/team")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_role("radio", name="Admin").check()
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.get_by_text(f"{email} is invited.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_newcomer_comes_from_the_mail_to_the_table(
    visiting: Visiting, account: AccountRow, person: UserRow, javascript: bool
) -> None:
    theirs = (await visiting(person, javascript=javascript)).page
    await invite(theirs, account, "grace@example.com")
    page = (await visiting(javascript=javascript)).page
    await page.goto("/_outbox")
    await page.get_by_role("link", name="Join the team").click()
    async with page.expect_popup() as opened:
        await page.frame_locator("iframe").get_by_role("link", name="See the invitation").click()
    joining = await opened.value
    await joining.get_by_label("Your name").fill("Grace Hopper")
    await joining.get_by_label("Password").fill("correct horse battery")
    await joining.get_by_role("button", name="Join the team").click()
    await expect(joining).to_have_url(f"/accounts/{account.pid}/cases")
    await theirs.reload()
    await expect(theirs.get_by_text("Grace Hopper", exact=True)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
async def test_an_owner_changes_a_role_and_removes_somebody(
    visiting: Visiting, pool: Pool, account: AccountRow, person: UserRow, javascript: bool
) -> None:
    await make_team_person(pool, account, "viewer")
    page = (await visiting(person, javascript=javascript)).page
    await page.goto(f"/accounts/{account.pid}/team")
    await page.get_by_text("Change", exact=True).click()
    await page.get_by_label("Role", exact=True).select_option("admin")
    await page.get_by_role("button", name="Change role").click()
    await expect(page.get_by_text("Viewer Person now has the role Admin.")).to_be_visible()
    await page.get_by_text("Change", exact=True).click()
    await page.get_by_role("button", name="Remove Viewer Person").click()
    await expect(page.get_by_text("Viewer Person is off the team")).to_be_visible()


async def test_a_reply_is_previewed_while_it_is_written(
    visiting: Visiting, account: AccountRow, person: UserRow
) -> None:
    page = (await visiting(person)).page
    await page.goto(f"/accounts/{account.pid}/replies")
    await page.get_by_role("link", name="Write the first one").click()
    await page.wait_for_url("**/replies/new")  # by then its scripts have run
    await page.get_by_label("Title").fill("Refunded")
    await page.get_by_label("Text").fill("Dear ")
    await page.get_by_role("button", name="{customer_name}").click()
    await expect(page.get_by_label("Text")).to_have_value("Dear {customer_name}")
    await expect(page.locator("#preview")).to_contain_text("Dear Ada Lovelace")
    await page.get_by_label("Text").fill(REPLY + " {nobody}")
    await expect(page.locator("#preview")).to_contain_text("{nobody} is not a placeholder")
    await page.get_by_label("Text").fill(REPLY)
    await expect(page.locator("#preview")).to_contain_text("we have refunded $49.00.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Refunded")).to_be_visible()


async def test_a_reply_is_written_without_javascript(visiting: Visiting, account: AccountRow, person: UserRow) -> None:
    page = (await visiting(person, javascript=False)).page
    await page.goto(f"/accounts/{account.pid}/replies/new")
    await page.get_by_label("Title").fill("Refunded")
    await page.get_by_label("Text").fill(REPLY)
    await page.get_by_role("button", name="Show the preview").click()
    await expect(page.locator("#preview")).to_contain_text("we have refunded $49.00.")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Refunded").click()
    await page.get_by_text("Delete this reply").click()
    await page.get_by_role("button", name="Delete the reply").click()
    await expect(page.get_by_text("“Refunded” is deleted.")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_nothing_is_wrong_with_the_pages(
    visiting: Visiting, pool: Pool, account: AccountRow, person: UserRow, size: tuple[int, int]
) -> None:
    await make_team_person(pool, account, "support")
    await make_team_member(pool, await make_account(pool), person, "viewer")
    visit = await visiting(person, size=size)
    page = visit.page
    await invite(page, account, "grace@example.com")
    await page.get_by_text("Change", exact=True).first.click()
    await check(page)
    await page.goto(f"/accounts/{account.pid}/replies/new")
    await check(page)
    await page.get_by_label("Title").fill("Refunded")
    await page.get_by_label("Text").fill(REPLY)
    await page.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/replies")
    await check(page)
    await page.get_by_role("link", name="Refunded").click()
    await page.wait_for_url("**/replies/*")
    await check(page)
    await page.goto("/accounts")
    await check(page)
    await page.goto("/_outbox")
    await check(page)
    await page.get_by_role("link", name="Join the team").click()
    await page.wait_for_url("**/_outbox/*")
    await check(page)


@pytest.mark.parametrize("path", ["/invitations/x", "/reset-password/x"])
async def test_nothing_is_wrong_with_a_link_that_is_over(visiting: Visiting, path: str) -> None:
    visit = await visiting(size=PHONE)
    visit.expect_refusals(404)
    await visit.page.goto(path)
    await check(visit.page)


async def check(page: Page) -> None:
    """Find nothing wrong with a page that is there, and nothing wider than its window."""
    await check_accessibility(page)
    assert await overflow(page) == 0, page.url


@pytest.mark.parametrize("locale", ["es", "ar-XB", "en-XA"])
async def test_the_pages_hold_other_languages(
    visiting: Visiting, account: AccountRow, person: UserRow, locale: str
) -> None:
    visit = await visiting(person, size=PHONE)
    page = visit.page
    await page.goto("/_outbox")
    await visit.context.add_cookies([{"name": "amends_locale", "value": locale, "url": page.url}])
    for path in ("team", "replies", "replies/new"):
        await page.goto(f"/accounts/{account.pid}/{path}")
        assert await overflow(page) == 0, path
