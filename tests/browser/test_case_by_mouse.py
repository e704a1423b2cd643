"""A case's page by mouse: each action with its exact words and amounts, and what comes of it."""

from pathlib import Path

from PIL import Image
from playwright.async_api import expect

from amends.db.worker import Worker
from amends.services import Services
from tests.browser.conftest import Pages
from tests.browser.house import PHONE, TABLET, WIDE, laid_out
from tests.cases.scene import Scene


async def test_accept(scene: Scene, pages: Pages, worker: Worker[Services]) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Accept", exact=True).click()
    panel = page.get_by_role("dialog", name="Accept and refund")
    await expect(panel.get_by_role("listitem")).to_have_text(
        [
            "Refunds $49.00 to Visa ••4242 and closes the case.",
            "The customer is told at once. You cannot take it back.",
        ]
    )
    await panel.get_by_role("button", name="Refund $49.00").click()
    await expect(panel).to_be_hidden()
    await expect(page.locator("#case-header")).to_contain_text("Closed · refund on its way")
    read = await scene.merchant.read(case)
    assert (read["status"], read["outcome"]) == ("closed", "customer_won")
    await worker.run_until_idle()
    await expect(page.locator("#case-money")).to_contain_text("$49.00")
    await expect(page.locator("[data-open-panel]")).to_have_count(0)


async def test_deny(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog", name="Deny the claim")
    await expect(panel.get_by_role("listitem")).to_have_text(
        ["Closes the case without a refund.", "The customer can appeal until Mon 7 Dec, 09:00."]
    )
    await panel.get_by_label("Why you deny it").fill("You have watched every lesson.")
    await panel.get_by_role("button", name="Deny without a refund").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("You have watched every lesson.")
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


async def test_a_field_that_is_missing_is_named_and_has_the_focus(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog", name="Deny the claim")
    await panel.get_by_role("button", name="Deny without a refund").click()
    await expect(panel.get_by_label("Why you deny it")).to_be_focused()
    assert (await scene.merchant.read(case))["status"] == "awaiting_merchant"


async def test_ask(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Request info").click()
    panel = page.get_by_role("dialog", name="Request more information")
    await panel.get_by_label("What do you need to know?").fill("Which lesson is missing?")
    await panel.get_by_role("button", name="Ask the customer").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Which lesson is missing?")
    await expect(page.locator("#case-header")).to_contain_text("Waiting for the customer")
    assert (await scene.merchant.read(case))["status"] == "awaiting_customer"


async def test_offer_and_take_it_back(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_role("button", name="Make an offer").click()
    panel = page.get_by_role("dialog", name="Make an offer")
    await panel.get_by_label("Refund", exact=True).fill("20")
    await panel.get_by_label("Something else, in words").fill("One more month for free")
    await panel.get_by_role("button", name="Send the offer").click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("$20.00")
    [offer] = (await scene.merchant.read(case))["offers"]
    assert (offer["amount"], offer["remedy"], offer["status"]) == (20, "One more month for free", "open")
    await page.locator('[data-open-panel="withdraw-offer"]').click()
    await page.locator("#panel-withdraw-offer [data-send]").click()
    await expect(page.locator('[data-open-panel="withdraw-offer"]')).to_have_count(0)
    assert (await scene.merchant.read(case))["offers"][0]["status"] == "withdrawn"


async def test_accept_the_customers_counter_offer(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    made = await scene.merchant.act(case, "offers", amount=10)
    await scene.customer.act(case, f"offers/{made['offers'][0]['id']}/decline", counter={"amount": 25})
    page = await pages.case(case)
    await page.locator('[data-open-panel="accept-offer"]').click()
    panel = page.locator("#panel-accept-offer")
    await expect(panel).to_contain_text("$25.00")
    await panel.locator("[data-send]").click()
    await expect(panel).to_have_count(0)
    read = await scene.merchant.read(case)
    assert (read["status"], read["outcome"]) == ("closed", "settled")


async def test_everything_that_can_be_done_is_readable_at_every_width(scene: Scene, pages: Pages) -> None:
    case = await scene.case(await scene.payment(amount="1234.56", currency="eur"))
    made = await scene.merchant.act(case, "offers", amount=10)
    await scene.customer.act(case, f"offers/{made['offers'][0]['id']}/decline", counter={"amount": 1025.5})
    page = await pages.case(case)
    buttons = page.locator(".case-actions .btn")
    await expect(buttons).to_have_count(6)
    await laid_out(page)
    for width, height in (WIDE, (1030, 800), TABLET, (700, 900), PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        cut = await buttons.evaluate_all(
            "all => all.filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)"
            ".map((one) => one.innerText)"
        )
        assert cut == [], f"at {width}"


async def test_comment_and_note(scene: Scene, pages: Pages) -> None:
    case = await scene.case()
    page = await pages.case(case)
    write, timeline = page.get_by_role("region", name="Write"), page.get_by_role("region", name="Timeline")
    await write.get_by_role("textbox", name="Comment").fill("We are looking into it.")
    await write.get_by_role("button", name="Send comment").click()
    await expect(timeline).to_contain_text("We are looking into it.")
    await expect(write.get_by_role("textbox", name="Comment")).to_have_value("")
    await write.get_by_role("link", name="Internal note").click()
    await write.get_by_role("textbox", name="Internal note").fill("Third time this week.")
    await write.locator("#compose-note [data-send]").click()
    await expect(page.get_by_text("Third time this week.").first).to_be_visible()
    assert await scene.customer.kinds(case) == ["created", "commented"]


async def test_assign(scene: Scene, pages: Pages) -> None:
    user, _ = await scene.colleague("support", name="Grace Hopper")
    case = await scene.case()
    page = await pages.case(case)
    await page.get_by_label("Assignee").select_option(label="Grace Hopper")
    button = page.locator("#assignee").get_by_role("button")
    if await button.is_visible():
        await button.click()
    await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Grace Hopper")
    assert (await scene.merchant.read(case))["assignee"]["id"] == user.pid


async def test_attach_look_at_it_and_remove_one(scene: Scene, pages: Pages, tmp_path: Path) -> None:
    case = await scene.case()
    for name in ("one.png", "two.png"):
        Image.new("RGB", (320, 200), "teal").save(tmp_path / name)
    page = await pages.case(case)
    form = page.locator("#compose-comment")
    await form.locator("input[type=file]").set_input_files([tmp_path / "one.png", tmp_path / "two.png"])
    await expect(form.locator("li[data-upload]")).to_have_count(2)
    await form.get_by_role("button", name="Remove two.png").click()
    await expect(form.locator("li[data-upload]")).to_have_count(1)
    await form.get_by_role("textbox", name="Comment").fill("This is what it looks like.")
    await form.get_by_role("button", name="Send comment").click()
    shown = page.get_by_role("region", name="Timeline").get_by_role("link", name="one.png")
    await expect(shown.first).to_be_visible()
    await shown.first.click()
    preview = page.get_by_role("dialog", name="one.png")
    await expect(preview.locator("img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(preview).to_be_hidden()


async def test_the_next_and_the_previous_case_of_the_table(scene: Scene, pages: Pages) -> None:
    first, second = await scene.case(), await scene.case(reason="duplicate")
    page = await pages.case(first)
    await page.get_by_role("link", name="Previous case").click()
    await page.wait_for_url(f"**/{second['id']}*")
    await page.get_by_role("link", name="Next case").click()
    await page.wait_for_url(f"**/{first['id']}*")
