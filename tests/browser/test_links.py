"""Links from mails in a browser: one case, and a way to the rest; their pages by axe, in both themes."""

import pytest
from playwright.async_api import expect

from amends.access.commands_links import CASE_LINK, issue_case_link
from amends.db.transactions import transaction
from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, findings_in_both_themes, ready
from tests.cases.scene import Scene

TOKEN = "a-token-of-a-notice-with-enough-bits"


@pytest.fixture
async def case(scene: Scene, merchant: UserRow) -> str:
    """Give the public id of a case that a link opens for the account's owner."""
    case = (await scene.case())["id"]
    path = f"/accounts/{scene.account.pid}/cases/{case}"
    async with transaction(scene.pool) as connection:
        await issue_case_link(
            connection,
            merchant.id,
            token=TOKEN,
            path=path,
            case_pid=case,
            lifetime=CASE_LINK,
            now=scene.clock.now(),
        )
    return case


async def test_a_notices_link_opens_its_case_and_the_rest_after_signing_in(
    scene: Scene, case: str, visiting: Visiting
) -> None:
    visit = await visiting(size=PHONE)
    page = visit.page
    await page.goto(f"/open/{TOKEN}")
    await page.get_by_role("button", name="Open the case").click()
    await page.wait_for_url(f"**/cases/{case}")
    await ready(page)
    await scene.customer.act(case, "comment", message="Are you there?")
    await expect(page.get_by_text("Are you there?").first).to_be_visible()
    visit.expect_refusals(403)
    await page.goto(f"/accounts/{scene.account.pid}/cases")
    await expect(page.get_by_role("heading", name="This link opens one case")).to_be_visible()
    await page.get_by_role("link", name="Back to the case").click()
    await page.wait_for_url(f"**/cases/{case}")
    await page.goto("/me")
    await page.get_by_role("link", name="Sign in", exact=True).click()
    await expect(page.get_by_label("Password")).to_be_visible()
    assert page.url.endswith("/sign-in?next=%2Fme")


async def test_axe_finds_nothing_on_the_pages_of_links(case: str, visiting: Visiting) -> None:
    visit = await visiting(size=PHONE)
    visit.expect_refusals(403, 404)
    wrong: list[str] = []
    for path in ("/sign-in", "/sign-in/email", f"/open/{TOKEN}", "/open/nothing", "/embed/nothing"):
        await visit.page.goto(path)
        wrong += [f"{path}: {finding}" for finding in await findings_in_both_themes(visit.page)]
    await visit.page.goto("/sign-in/email")
    await visit.page.get_by_label("E-mail address").fill("somebody@example.com")
    await visit.page.get_by_role("button", name="E-mail me a link").click()
    await expect(visit.page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    wrong += await findings_in_both_themes(visit.page)
    await visit.page.goto(f"/open/{TOKEN}")
    await visit.page.get_by_role("button", name="Open the case").click()
    await visit.page.wait_for_url(f"**/cases/{case}")
    await visit.page.goto("/me")
    wrong += await findings_in_both_themes(visit.page)
    assert wrong == []
