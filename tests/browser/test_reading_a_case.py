"""What is read on a case's page, in a browser: facts and their lines, the log, long messages, cards on a phone."""

from datetime import timedelta

from playwright.async_api import expect

from amends.people.rows import UserRow
from tests.browser.conftest import Pages, Visiting
from tests.browser.house import PHONE
from tests.builders import make_activity
from tests.cases.scene import Scene


async def test_a_fact_leads_to_its_line(scene: Scene, pages: Pages) -> None:
    now = scene.clock.now()
    payment = await scene.payment(paid_at=now - timedelta(days=9))
    for days in range(1, 4):
        await make_activity(scene.pool, scene.account, member=scene.member, occurred_at=now - timedelta(days=days))
    page = await pages.case(await scene.case(payment))
    await page.get_by_role("link", name="Opened the app 3 times after paying").click()
    await expect(page.locator(".log-line:target")).to_contain_text("Opened the app")
    await expect(page.locator(".log-line:target")).to_be_in_viewport()


async def test_a_fact_whose_line_is_far_back_shows_the_log_from_there(scene: Scene, pages: Pages) -> None:
    now = scene.clock.now()
    payment = await scene.payment(paid_at=now - timedelta(days=60))
    await make_activity(
        scene.pool, scene.account, member=scene.member, kind="discord_joined", occurred_at=now - timedelta(days=50)
    )
    for hours in range(55):
        await make_activity(scene.pool, scene.account, member=scene.member, occurred_at=now - timedelta(hours=hours))
    page = await pages.case(await scene.case(payment))
    lines = page.locator("#log .log-line:not(.log-mark)")
    await expect(lines).to_have_count(50)
    await page.get_by_role("link", name="Show more records").click()
    await expect(lines).to_have_count(56)
    await page.get_by_role("link", name="Joined the Discord 1", exact=True).click()
    await expect(lines).to_have_count(1)
    await page.reload()
    await page.get_by_role("link", name="Joined the Discord on").click()
    await expect(page.locator(".log-line:target")).to_contain_text("Joined the Discord")
    await expect(page.get_by_role("link", name="Back to the newest records")).to_be_visible()


async def test_the_payments_begin_where_the_cases_own_is_in_view(scene: Scene, pages: Pages) -> None:
    now = scene.clock.now()
    payment = await scene.payment(paid_at=now - timedelta(days=50))
    for days in range(1, 11):
        await scene.payment(member=scene.member, paid_at=now - timedelta(days=days))
    page = await pages.case(await scene.case(payment))
    await page.locator("#payments").scroll_into_view_if_needed()
    await expect(page.locator(".payment-this")).to_be_in_viewport()
    await expect(page.locator(".payment-this")).to_contain_text("This payment")


async def test_a_long_message_is_shown_in_part(scene: Scene, pages: Pages) -> None:
    case = await scene.case(message="It does not work. " * 220)
    scene.clock.advance(timedelta(minutes=1))  # what is as old as the page would be told and shown once more
    page = await pages.case(case)
    text = page.locator(".written-long .written").first
    small = await text.bounding_box()
    await page.get_by_text("Show the whole message").click()
    await expect(page.get_by_text("Show less")).to_be_visible()
    large = await text.bounding_box()
    assert small is not None
    assert large is not None
    assert small["height"] < 300 < large["height"]


async def test_what_others_do_shows_without_touching_what_is_typed(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    box = page.get_by_placeholder("Write to the customer")
    await box.fill("I am not done with")
    await scene.customer.act(case, "comment", message="One more thing.")
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("One more thing.")
    await expect(page.get_by_text("The case has changed.")).to_be_visible()
    await expect(box).to_have_value("I am not done with")
    await scene.customer.act(case, "withdraw")
    await expect(page.locator("#case-header")).to_contain_text("Closed · withdrawn by the customer")


async def test_cards_fold_on_a_phone(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    case = await scene.case()
    scene.clock.advance(timedelta(minutes=1))
    page = await Pages(scene, await visiting(merchant, size=PHONE)).case(case)
    email = page.get_by_role("link", name="ada@example.com")
    await expect(page.locator("#customer")).to_contain_text("Ada Lovelace")
    await expect(email).to_be_hidden()
    await page.locator("#customer summary").click()
    await expect(email).to_be_visible()
    await expect(page.locator(".case-actions")).to_be_in_viewport()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")  # the part itself may be exchanged for a newer one
    await expect(page.locator(".case-actions")).to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


async def test_j_and_k_go_through_the_list(scene: Scene, pages: Pages) -> None:
    first = await scene.case()
    scene.clock.advance(timedelta(hours=1))
    second = await scene.case()
    page = await pages.case(first, "?from=tab%3Dyour_turn")
    await page.keyboard.press("j")
    await page.wait_for_url(f"**/{second['id']}?from=tab%3Dyour_turn")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.keyboard.press("k")
    await page.wait_for_url(f"**/{first['id']}?from=tab%3Dyour_turn")
