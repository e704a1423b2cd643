"""The platform admin's pages in a browser: failed money, the policy, the lock, the audit log; without scripts."""

import pytest
from playwright.async_api import Page, expect

from amends.db.worker import Worker
from amends.people.rows import UserRow
from amends.services import Services
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, findings_in_both_themes
from tests.browser.test_every_page import overflow
from tests.cases.scene import Scene
from tests.staff import make_staff_person

PAGES = ("attention", "accounts", "credits", "reviewers", "policy", "audit")


@pytest.fixture
async def admin(scene: Scene) -> UserRow:
    """Give an admin of the platform."""
    return await make_staff_person(scene.pool, "admin")


async def failed_refund(scene: Scene, worker: Worker[Services]) -> None:
    """Accept a case whose refund the provider refuses."""
    payment = await scene.payment()
    await scene.pool.execute(
        "insert into sandbox.behaviours (payment_ref, kind, times_left, code) values ($1, 'decline', 1, 'declined')",
        payment.pid,
    )
    await scene.merchant.act(await scene.case(payment), "accept")
    await worker.run_until_idle()


async def furnish(scene: Scene, worker: Worker[Services]) -> None:
    """Have something to see on every page."""
    await failed_refund(scene, worker)
    await scene.under_review()
    await scene.pool.execute(
        "insert into jobs.pgqueuer (priority, entrypoint, payload, status) values (0, 'export', '{}', 'failed')"
    )
    await worker.sweep()
    await worker.run_until_idle()


async def go(page: Page, section: str) -> None:
    await page.goto(f"/platform/{section}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_failed_refund_both_ways(
    scene: Scene, worker: Worker[Services], visiting: Visiting, admin: UserRow, javascript: bool
) -> None:
    await failed_refund(scene, worker)
    page = (await visiting(admin, javascript=javascript)).page
    await go(page, "attention")
    await page.get_by_role("button", name="Send $49.00 again").click()
    await expect(page.get_by_text("$49.00 is on its way to the provider again.")).to_be_visible()
    await worker.run_until_idle()
    await go(page, "attention")
    await expect(page.get_by_text("All is well")).to_be_visible()
    await failed_refund(scene, worker)
    await go(page, "attention")
    await page.locator("summary", has_text="Resolve by hand").click()
    await page.get_by_label("Amount in USD").fill("20")
    await page.get_by_label("How was it paid, and by whom?").fill("Bank transfer, by Rosa.")
    await page.get_by_role("button", name="Record as paid by hand").click()
    await expect(page.get_by_text("$20.00 is recorded as paid by hand.")).to_be_visible()
    rows = await scene.pool.fetch("select state, method, amount_minor from refunds order by created_at, id")
    assert [tuple(row) for row in rows] == [("succeeded", "provider", 4900), ("succeeded", "manual", 2000)]


@pytest.mark.parametrize("javascript", [True, False])
async def test_the_policy_is_changed(visiting: Visiting, admin: UserRow, javascript: bool) -> None:
    page = (await visiting(admin, javascript=javascript)).page
    await go(page, "policy")
    await page.get_by_label("The merchant answers within").fill("9")
    await page.get_by_label("Holidays").fill("2026-12-25")
    await page.get_by_role("button", name="Save the policy").click()
    await expect(page.get_by_text("Version 2 of the policy is in force from now on.")).to_be_visible()
    await expect(page.get_by_role("region", name="Versions")).to_contain_text("9 days")
    await expect(page.get_by_label("The merchant answers within")).to_have_value("9")


async def test_the_lock_and_what_the_audit_log_says_of_it(scene: Scene, visiting: Visiting, admin: UserRow) -> None:
    page = (await visiting(admin)).page
    await go(page, "accounts")
    await page.get_by_role("link", name="Acme").click()
    await page.locator("summary", has_text="Lock auto-respond").click()
    await page.get_by_label("Why?").fill("It refunds everything.")
    await page.get_by_role("button", name="Lock", exact=True).click()
    await expect(page.get_by_text("Auto-respond is locked for Acme.")).to_be_visible()
    await go(page, "audit")
    await page.get_by_label("What", exact=True).select_option("account.auto_respond_locked")
    await page.get_by_role("button", name="Filter").click()
    log = page.get_by_role("region", name="Audit log")
    await expect(log.get_by_role("listitem")).to_have_count(1)
    await expect(log).to_contain_text("reason: It refunds everything.")
    await log.get_by_role("link", name=f"{admin.name}").click()
    await expect(page.get_by_label("Who")).to_have_value(admin.pid)
    assert await scene.pool.fetchval("select auto_respond_locked from accounts where id = $1", scene.account.id)


async def test_axe_finds_nothing(scene: Scene, worker: Worker[Services], visiting: Visiting, admin: UserRow) -> None:
    await furnish(scene, worker)
    page = (await visiting(admin)).page
    wrong: list[str] = []
    for section in (*PAGES, f"accounts/{scene.account.pid}"):
        await go(page, section)
        wrong += [f"{section}: {finding}" for finding in await findings_in_both_themes(page)]
    assert wrong == []


@pytest.mark.parametrize("language", ["en-US", "en-XA", "ar-XB"])
async def test_a_phone_shows_everything_in_its_width(
    scene: Scene, worker: Worker[Services], visiting: Visiting, admin: UserRow, language: str
) -> None:
    await furnish(scene, worker)
    visit = await visiting(admin, size=PHONE)
    await visit.set_cookie("amends_locale", language)
    wide: list[str] = []
    for section in (*PAGES, f"accounts/{scene.account.pid}"):
        await go(visit.page, section)
        width = await overflow(visit.page)
        if width:
            wide.append(f"{section}: {width}")
    assert wide == []
