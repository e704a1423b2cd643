"""What happens meanwhile: another browser, a refused action, a case that changed, a draft, a stream that was lost."""

import anyio
import psycopg
from playwright.async_api import Route, expect

from amends.people.rows import UserRow
from tests.browser.conftest import Pages, Visiting
from tests.browser.house import WAIT_MS, ready
from tests.cases.scene import Scene
from tests.staff import make_team_person
from tests.stream.test_stream import CUT

ANSWERED = """
window.answered = new Promise((told) => document.addEventListener("htmx:beforeOnLoad", () => told(), { once: true }));
null
"""


async def test_two_browsers_see_each_others_change(scene: Scene, pages: Pages, visiting: Visiting) -> None:
    case = await scene.case()
    colleague = await make_team_person(scene.pool, scene.account, "admin")
    other = Pages(scene, await visiting(colleague))
    mine, theirs, table = await pages.case(case), await other.case(case), await other.visit.context.new_page()
    await table.goto(f"/accounts/{scene.account.pid}/cases")
    await ready(table)
    await mine.get_by_role("textbox", name="Comment").fill("I am on it.")
    await mine.get_by_role("button", name="Send comment").click()
    await expect(theirs.get_by_role("region", name="Timeline")).to_contain_text("I am on it.")
    await theirs.locator('[data-open-panel="accept"]').click()
    await theirs.get_by_role("button", name="Refund $49.00").click()
    await expect(mine.locator("[data-open-panel]")).to_have_count(0)
    await expect(mine.locator("#case-header")).not_to_contain_text("Waiting for you")
    await expect(table.locator(f'[data-row="{case["id"]}"]')).not_to_contain_text("Waiting for you")


async def test_a_new_case_is_announced_in_the_table(scene: Scene, pages: Pages) -> None:
    await scene.case()
    page = await pages.table()
    await expect(page.locator("[data-row]")).to_have_count(1)
    await scene.case(reason="duplicate")
    pill = page.locator("[data-news-pill]")
    await expect(pill).to_contain_text("1 new case")
    await pill.get_by_role("link", name="Show").click()
    await expect(page.locator("[data-row]")).to_have_count(2)


async def test_a_press_is_not_lost_to_what_others_do_meanwhile(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.evaluate(ANSWERED)
    asked, pressed = anyio.Event(), anyio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await pressed.wait()
        await route.continue_()

    await page.route(f"**/cases/{case['id']}", hold)
    await scene.customer.act(case, "comment", message="One more thing.")
    with anyio.fail_after(WAIT_MS / 1000):
        await asked.wait()
    await page.get_by_role("button", name="Deny", exact=True).hover()
    await page.mouse.down()
    pressed.set()
    await page.evaluate("window.answered")
    await page.mouse.up()
    await expect(page.get_by_role("dialog", name="Deny the claim")).to_be_visible()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("One more thing.")


async def test_a_refused_action_says_why_and_what_can_be_done(scene: Scene, pages: Pages) -> None:
    pages.visit.expect_refusals(409)
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog", name="Deny the claim")
    await panel.get_by_label("Why you deny it").fill("You have watched every lesson.")
    await scene.customer.act(case, "withdraw")
    await expect(page.locator("#case-header")).not_to_contain_text("Waiting for you")
    await panel.get_by_role("button", name="Deny without a refund").click()
    lost = page.get_by_role("dialog", name="This was not sent")
    await expect(lost).to_be_visible()
    await expect(lost.get_by_label("What you wrote")).to_have_value("You have watched every lesson.")
    await expect(page.get_by_text("409")).to_have_count(0)


async def test_a_case_that_changed_shows_what_is_new_before_it_is_sent(scene: Scene, pages: Pages) -> None:
    pages.visit.expect_refusals(409)
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog", name="Deny the claim")
    await panel.get_by_label("Why you deny it").fill("You have watched every lesson.")
    await scene.customer.act(case, "comment", message="I have found the lesson, thank you.")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("I have found the lesson")
    await panel.get_by_role("button", name="Deny without a refund").click()
    await expect(panel.get_by_role("region", name="New since you read the case")).to_contain_text(
        "I have found the lesson"
    )
    await expect(panel.get_by_label("Why you deny it")).to_have_value("You have watched every lesson.")
    assert (await scene.merchant.read(case))["status"] == "awaiting_merchant"
    await panel.locator("[data-send]").click()
    await expect(panel).to_have_count(0)
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


async def test_a_draft_survives_a_reload_and_is_gone_when_it_was_sent(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    field = page.get_by_role("textbox", name="Comment")
    await field.fill("A long explanation")
    await expect(page.locator("#compose-comment [data-draft-note]")).to_be_visible()
    await page.reload()
    await expect(field).to_have_value("A long explanation")
    await page.get_by_role("button", name="Send comment").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("A long explanation")
    await expect(field).to_have_value("")
    await page.reload()
    await ready(page)
    await expect(field).to_have_value("")


async def test_the_page_hears_again_after_the_listening_connection_was_cut(
    scene: Scene, pages: Pages, owner: psycopg.Connection
) -> None:
    case = await scene.case()
    page = await pages.case(case)
    owner.execute(CUT.replace("$1", "%s"), ["amends stream"])
    await scene.customer.act(case, "comment", message="Are you there?")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Are you there?")


async def test_who_is_removed_from_the_team_is_out(scene: Scene, visiting: Visiting) -> None:
    support: UserRow = await make_team_person(scene.pool, scene.account, "support")
    case = await scene.case()
    visit = await visiting(support)
    visit.expect_refusals(404)
    page = await Pages(scene, visit).case(case)
    await scene.pool.execute("delete from team_members where user_id = $1", support.id)
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).not_to_contain_text("Not as described")
