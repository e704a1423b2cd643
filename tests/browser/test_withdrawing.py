"""A customer withdraws from a contract in a browser, in two steps, with JavaScript and without."""

import re

import pytest
from playwright.async_api import Page, expect

from amends.people.rows import PaymentRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, check_accessibility
from tests.builders import make_product
from tests.cases.scene import Scene


@pytest.fixture
async def payment(scene: Scene) -> PaymentRow:
    """Give Ada's purchase of yesterday, from which she may withdraw."""
    await make_product(scene.pool, scene.account, external_id=scene.product.external_id, withdrawal_right=True)
    return await scene.payment()


async def withdraw(page: Page, *, look: bool) -> None:
    """Withdraw, and `look` at every page on the way."""
    await page.goto("/purchases")
    await page.get_by_role("link", name="Withdraw from contract here").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Withdraw from contract here")
    await expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
    if look:
        await check_accessibility(page)
    await page.get_by_label("E-mail address for the confirmation").fill("ada@home.example")
    await page.get_by_role("button", name="Continue").click()
    confirm = page.get_by_role("button", name="Confirm withdrawal", exact=True)
    await expect(confirm).to_be_visible()
    await expect(page.get_by_text("$49.00 goes back to you by Visa ••4242")).to_be_visible()
    if look:
        await check_accessibility(page)
    await confirm.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn from the contract")
    await expect(page.get_by_text(re.compile("^Received on November 23, 2026"))).to_be_visible()
    if look:
        await check_accessibility(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
async def test_two_steps_on_a_phone(scene: Scene, payment: PaymentRow, visiting: Visiting, javascript: bool) -> None:
    page = (await visiting(scene.ada, size=PHONE, javascript=javascript)).page
    await withdraw(page, look=javascript)
    await page.goto("/purchases")
    await expect(page.get_by_text(payment.pid).or_(page.get_by_text("Trading course")).first).to_be_visible()
    await expect(page.get_by_role("link", name="Withdraw from contract here")).to_have_count(0)
    assert await scene.pool.fetchval("select email from withdrawals") == "ada@home.example"


async def test_what_is_wrong_is_said_at_the_field(scene: Scene, payment: PaymentRow, visiting: Visiting) -> None:
    visit = await visiting(scene.ada)
    visit.expect_refusals(422)
    await visit.page.goto(f"/purchases/{payment.pid}/withdrawal")
    await visit.page.get_by_label("Your name").fill(" ")  # which the browser lets through
    await visit.page.get_by_role("button", name="Continue").click()
    await expect(visit.page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    await expect(visit.page.get_by_label("E-mail address for the confirmation")).to_have_value("ada@example.com")
    await check_accessibility(visit.page)


async def test_a_refusal_leads_on(scene: Scene, payment: PaymentRow, visiting: Visiting) -> None:
    case = await scene.case(payment)
    page = (await visiting(scene.ada)).page
    await page.goto(f"/purchases/{payment.pid}/withdrawal")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have reported a problem with this purchase")
    await expect(page.get_by_role("link", name="Go to your case")).to_have_attribute("href", f"/cases/{case['id']}")
    await check_accessibility(page)
