"""A reviewer's day in a real browser: from the queue to a decision by mouse and by keys, questions, appeals, drafts."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from amends.people.rows import UserRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, findings_in_both_themes, ready
from tests.cases.scene import Scene
from tests.staff import make_staff_person

QUEUE = "/platform/queue"


@pytest.fixture
async def reviewer(scene: Scene) -> UserRow:
    """Give a reviewer of the platform."""
    return await make_staff_person(scene.pool, "reviewer")


@pytest.fixture
async def page(visiting: Visiting, reviewer: UserRow) -> Page:
    """Give the reviewer's browser."""
    return (await visiting(reviewer)).page


async def go(page: Page, path: str = QUEUE) -> None:
    """Open a page until its scripts run."""
    await page.goto(path)
    await ready(page)


async def test_decide_from_the_queue_by_mouse(scene: Scene, page: Page) -> None:
    case = await scene.under_review()
    await go(page)
    await page.get_by_role("link", name=re.compile(r"^\$49\.00")).click()
    await page.get_by_role("button", name="Decide", exact=True).click()
    panel = page.get_by_role("dialog", name="Decide the case")
    await panel.get_by_text("For the customer · the merchant pays").click()
    await expect(panel.get_by_text("Refunds $49.00 to Visa ••4242 from the balance of Acme.")).to_be_visible()
    await panel.get_by_label("Amount").fill("20.50")
    await expect(panel.get_by_text("Refunds $20.50 to Visa ••4242 from")).to_be_visible()
    await panel.get_by_label("Reason").select_option(label="Not as described")
    await expect(panel.get_by_label("To the customer", exact=True)).to_have_value(re.compile("differs in a way"))
    await expect(panel.get_by_label("To the merchant", exact=True)).not_to_be_empty()
    await panel.get_by_role("checkbox", name=re.compile("Opened the case")).check()
    await panel.get_by_role("button", name="Refund $20.50 and close the case").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("the merchant refunds $20.50")
    assert (await scene.customer.read(case))["outcome"] == "customer_won"


async def test_decide_from_the_queue_by_keyboard(scene: Scene, page: Page) -> None:
    case = await scene.under_review()
    await go(page)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(case["id"]))
    await ready(page)
    await page.keyboard.press("d")
    panel = page.get_by_role("dialog", name="Decide the case")
    await expect(panel.get_by_role("radio").first).to_be_focused()
    for _ in range(3):  # the third way: for the merchant, no refund
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")  # no money moves, so there is no amount
    await page.keyboard.press("Tab")
    reason = panel.get_by_label("Reason", exact=True)
    await expect(reason).to_be_focused()
    for _ in range(await reason.locator("option").count()):
        if await reason.input_value() != "as_described":
            await page.keyboard.press("d")  # goes through those that begin with it
    await expect(reason).to_have_value("as_described")
    await expect(panel.get_by_label("To the customer", exact=True)).to_have_value(re.compile("It is what was promised"))
    await panel.get_by_role("checkbox").first.focus()
    await page.keyboard.press("Space")
    await expect(panel.get_by_text("1 chosen")).to_be_visible()
    await panel.get_by_label("To the merchant", exact=True).focus()
    await page.keyboard.press("Control+Enter")
    await expect(panel).to_have_count(0)
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


async def test_a_draft_survives_and_nothing_written_is_replaced(scene: Scene, page: Page) -> None:
    case = await scene.under_review()
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=decide")
    panel = page.get_by_role("dialog", name="Decide the case")
    await panel.get_by_text("For the customer · the platform pays").click()
    to_merchant = panel.get_by_label("To the merchant", exact=True)
    await to_merchant.fill("My own words.")
    await panel.get_by_label("Reason").select_option(label="Goodwill")
    await expect(panel.get_by_label("To the customer", exact=True)).to_have_value(re.compile("This is on us"))
    await expect(to_merchant).to_have_value("My own words.")
    await panel.get_by_role("checkbox").first.check()
    await expect(panel.get_by_text("Draft kept on this device")).to_be_visible()
    await page.reload()
    await ready(page)
    await expect(to_merchant).to_have_value("My own words.")
    await expect(panel.get_by_label("Reason")).to_have_value("goodwill")
    await expect(panel.get_by_role("checkbox").first).to_be_checked()
    await expect(panel.get_by_role("button", name="Refund $49.00 and close the case")).to_be_visible()
    await panel.get_by_role("button", name="Use its texts").click()
    await expect(to_merchant).to_have_value(re.compile(r"^My own words\.\n\nYou did nothing wrong"))


async def test_only_reasons_that_fit_are_offered(scene: Scene, page: Page) -> None:
    case = await scene.under_review()
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=decide")
    panel = page.get_by_role("dialog", name="Decide the case")
    late = panel.locator("option[value=canceled_too_late]")
    await expect(late).to_be_enabled()
    await panel.get_by_text("For the customer · the merchant pays").click()
    await expect(late).to_be_disabled()
    await panel.get_by_label("Reason").select_option("canceled_in_time")
    to_customer = panel.get_by_label("To the customer", exact=True)
    await expect(to_customer).to_have_value(re.compile("came in time"))
    await panel.get_by_text("For the merchant · no refund").click()
    await expect(panel.get_by_label("Reason")).to_have_value("")
    await expect(to_customer).to_have_value("")
    await expect(panel.get_by_label("Amount")).to_be_hidden()


async def test_ask_a_side_and_see_the_answer_come_in(scene: Scene, page: Page) -> None:
    case = await scene.under_review()
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}?queue=show%3Dreview")
    await page.keyboard.press("r")
    panel = page.get_by_role("dialog", name="Ask a side")
    await panel.get_by_text("The merchant").click()
    await panel.get_by_label("What do you need to know?").fill("Do you have a receipt?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Do you have a receipt?")
    await expect(page.get_by_role("button", name="Decide", exact=True)).to_have_count(0)
    await scene.merchant.act(case, "reply", message="Here it is.")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Here it is.")
    await page.get_by_role("link", name="Review queue").last.click()
    await expect(page.get_by_text("Merchant answered")).to_be_visible()


async def test_the_queue_keeps_up(scene: Scene, page: Page) -> None:
    await go(page)
    await expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    await expect(page.locator("[data-live-status]")).to_have_attribute("data-state", "connected")
    await scene.under_review()
    await expect(page.locator("[data-row]")).to_have_count(1)


async def test_the_appeal_goes_to_another_reviewer(
    scene: Scene, visiting: Visiting, page: Page, reviewer: UserRow
) -> None:
    other = await make_staff_person(scene.pool, "reviewer")
    case = await scene.under_review()
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=decide")
    await decide(page, "For the customer · the merchant pays", "not_as_described")
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    await go(page)
    await expect(page.get_by_text("Not yours: you decided first")).to_be_visible()
    await page.get_by_role("link", name=re.compile(r"^\$49\.00")).click()
    await expect(page.get_by_text("so somebody else decides the appeal").first).to_be_visible()
    theirs = (await visiting(other)).page
    await go(theirs, f"/accounts/{scene.account.pid}/cases/{case['id']}?panel=decide")
    await decide(theirs, "Reverse · the merchant wins the appeal", "new_evidence")
    await expect(theirs.get_by_role("region", name="Timeline")).to_contain_text("Reversed the decision on appeal")
    assert reviewer.pid != other.pid


async def decide(page: Page, way: str, reason: str) -> None:
    """Decide in the open panel."""
    panel = page.locator("#panel-decide")
    await panel.get_by_text(way).click()
    await panel.get_by_label("Reason").select_option(reason)
    for name in ("To the customer", "To the merchant"):
        await expect(panel.get_by_label(name, exact=True)).not_to_be_empty()
    await panel.get_by_role("checkbox").first.check()
    await panel.locator("[data-send]").click()
    await expect(panel).to_have_count(0)


async def test_decide_and_ask_without_javascript(scene: Scene, visiting: Visiting, reviewer: UserRow) -> None:
    page = (await visiting(reviewer, javascript=False)).page
    case = await scene.under_review()
    await page.goto(QUEUE)
    await page.get_by_role("link", name=re.compile(r"^\$49\.00")).click()
    await page.get_by_role("button", name="Decide", exact=True).click()
    panel = page.get_by_role("dialog", name="Decide the case")
    await panel.get_by_text("For the customer · the merchant pays").click()
    await panel.get_by_label("Reason").select_option(label="Paid twice")
    await panel.get_by_role("button", name="Use its texts").click()
    await expect(panel.get_by_label("To the customer", exact=True)).to_have_value(re.compile("twice"))
    await panel.get_by_role("checkbox").first.check()
    await panel.get_by_role("button", name="Decide and close the case").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("the merchant refunds $49.00")
    other = await scene.under_review()
    await page.goto(f"/accounts/{scene.account.pid}/cases/{other['id']}?panel=ask")
    await page.get_by_text("The customer", exact=True).last.click()
    await page.get_by_label("What do you need to know?").fill("Which one is it?")
    await page.get_by_role("button", name="Send the question").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Which one is it?")
    assert (await scene.customer.read(case))["outcome"] == "customer_won"


async def test_the_bar_of_a_phone_fits_long_words(scene: Scene, visiting: Visiting, reviewer: UserRow) -> None:
    case = await scene.under_review()
    page = (await visiting(reviewer, size=PHONE, locale="es-ES")).page
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}")
    ends = await page.locator(".dock > *").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
    assert len(ends) == 5
    assert max(ends) <= PHONE[0]


async def the_queue(scene: Scene, page: Page) -> None:
    await scene.under_review()
    await go(page)


async def the_empty_queue(_scene: Scene, page: Page) -> None:
    await go(page, f"{QUEUE}?show=appeals")


async def a_panel(scene: Scene, page: Page, name: str) -> None:
    case: dict[str, Any] = await scene.under_review()
    await go(page, f"/accounts/{scene.account.pid}/cases/{case['id']}?panel={name}")


async def the_decision(scene: Scene, page: Page) -> None:
    await a_panel(scene, page, "decide")
    await page.get_by_text("For the customer · the merchant pays").click()
    await page.get_by_label("Reason").select_option("other")


async def the_question(scene: Scene, page: Page) -> None:
    await a_panel(scene, page, "ask")


async def the_catalogue(_scene: Scene, page: Page) -> None:
    await page.goto("/platform/reasons")


async def a_reason(_scene: Scene, page: Page) -> None:
    await page.goto("/platform/reasons/not_as_described")


@pytest.mark.parametrize("size", [None, PHONE])
@pytest.mark.parametrize("set_out", [the_queue, the_empty_queue, the_decision, the_question, the_catalogue, a_reason])
async def test_axe_finds_nothing(
    scene: Scene,
    visiting: Visiting,
    set_out: Callable[[Scene, Page], Awaitable[None]],
    size: tuple[int, int] | None,
) -> None:
    admin = await make_staff_person(scene.pool, "admin")
    page = (await visiting(admin, **({"size": size} if size else {}))).page
    await set_out(scene, page)
    assert await findings_in_both_themes(page) == []
