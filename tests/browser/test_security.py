"""Signing in with a password and a code, and one's own security, in the browser: by keyboard and without JavaScript."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from pyotp.totp import TOTP

from amends.access.passwords import set_password
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, check_accessibility

PASSWORD = "correct horse battery"


@pytest.fixture
async def known(merchant: UserRow, pool: Pool, clock: ManualClock) -> UserRow:
    """Give the merchant a password."""
    async with transaction(pool) as connection:
        await set_password(connection, merchant.id, PASSWORD, now=clock.now())
    return merchant


async def type_password(page: Page, person: UserRow, password: str = PASSWORD) -> None:
    """Sign in by keyboard: the address has the focus at first."""
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.keyboard.type(person.email or "")
    await page.keyboard.press("Tab")
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")


async def turn_on(page: Page, clock: ManualClock) -> TOTP:
    """Turn two-step sign-in on from the page of security."""
    await page.get_by_role("button", name="Set up").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    app = TOTP((await page.locator("[translate=no]").inner_text()).replace(" ", ""))
    await page.get_by_label("Code", exact=True).fill(app.at(clock.now()))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text=re.compile(r"^[a-z0-9-]{19}$"))).to_have_count(10)
    return app


@pytest.mark.parametrize("javascript", [True, False])
async def test_password_and_code_by_keyboard(
    visiting: Visiting, known: UserRow, clock: ManualClock, javascript: bool
) -> None:
    page = (await visiting(known, javascript=javascript)).page
    await page.goto("/me/security")
    app = await turn_on(page, clock)
    other = await visiting(javascript=javascript)
    other.expect_refusals(422)
    await other.page.goto("/me/security")
    await type_password(other.page, known, "not the right one")
    await expect(other.page.get_by_role("alert")).to_contain_text("is not right")
    await other.page.goto("/sign-in?next=/me/security")
    await type_password(other.page, known)
    await expect(other.page.get_by_label("Code")).to_be_focused()
    clock.advance(timedelta(minutes=1))
    await other.page.get_by_label("Code").fill(app.at(clock.now()))
    await other.page.keyboard.press("Enter")
    await expect(other.page.get_by_role("heading", name="Security")).to_be_visible()
    await expect(other.page.get_by_text("10 recovery codes are left.")).to_be_visible()


async def test_recovery_codes_are_kept_as_a_file(visiting: Visiting, known: UserRow, clock: ManualClock) -> None:
    page = (await visiting(known)).page
    await page.goto("/me/security")
    await turn_on(page, clock)
    await check_accessibility(page)
    shown = await page.locator("[translate=no] li").all_inner_texts()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download").click()
    kept = (await (await download.value).path()).read_text()
    assert kept.splitlines()[2:] == shown
    await expect(page.get_by_role("button", name="Print")).to_be_visible()


async def test_another_browser_is_signed_out(visiting: Visiting, known: UserRow) -> None:
    page, other = (await visiting(known)).page, (await visiting(known)).page
    await page.goto("/me/security")
    await page.get_by_role("button", name="Sign out everywhere else").click()
    await expect(page.get_by_text("1 browser is signed out.")).to_be_visible()
    await other.goto("/me/security")
    await expect(other).to_have_title("Sign in · Amends")


async def test_the_theme_is_kept_and_switched(visiting: Visiting, known: UserRow) -> None:
    page = (await visiting(known)).page
    await page.goto("/me")
    await page.get_by_label("Theme", exact=True).select_option("dark")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "amends-dark")
    await page.wait_for_load_state()
    await page.get_by_role("navigation", name="Main").locator("summary").click()
    await page.get_by_role("button", name="Light", exact=True).click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "amends")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "amends")


@pytest.mark.parametrize("path", ["/me", "/me/security", "/accounts", "/nothing/here", "/sign-in/nothing"])
async def test_nothing_is_wrong_with_the_pages_of_a_person(visiting: Visiting, known: UserRow, path: str) -> None:
    visit = await visiting(known, size=PHONE)
    visit.expect_refusals(404)
    await visit.page.goto(path)
    await check_accessibility(visit.page)
