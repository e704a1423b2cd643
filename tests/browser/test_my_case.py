"""A customer at a case of theirs, on a phone: everything that they can do, what others do meanwhile, nothing lost."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, WAIT_MS, WIDE, Visit, findings_in_both_themes, ready
from tests.browser.test_every_page import overflow
from tests.cases.scene import Scene
from tests.customers import states
from tests.running import Server


@pytest.fixture
async def phone(scene: Scene, visiting: Visiting) -> Visit:
    """Give the customer's phone."""
    return await visiting(scene.ada, size=PHONE)


async def open_case(visit: Visit, case: dict[str, Any], query: str = "") -> Page:
    """Open a case's page until its scripts run."""
    await visit.page.goto(f"/cases/{case['id']}{query}")
    await ready(visit.page)
    return visit.page


async def test_answer_with_a_picture(scene: Scene, phone: Visit, tmp_path: Path) -> None:
    Image.new("RGB", (320, 200), "teal").save(tmp_path / "page.png")
    page = await open_case(phone, await states.asked(scene))
    await page.get_by_role("button", name="Answer").tap()
    panel = page.get_by_role("dialog", name="Your answer")
    await panel.get_by_label("Your answer").fill("Lessons 4 to 6.")
    await panel.locator("input[type=file]").set_input_files(tmp_path / "page.png")
    await expect(panel.locator("li[data-upload] img")).to_be_visible()
    await panel.get_by_role("button", name="Send the answer").tap()
    talk = page.get_by_role("region", name="What has happened")
    await expect(talk).to_contain_text("Lessons 4 to 6.")
    await talk.get_by_role("link", name="page.png").tap()
    await expect(page.get_by_role("dialog", name="page.png").locator("img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for Acme")


async def test_a_file_that_cannot_be_sent_is_refused_before_it_goes_up(
    scene: Scene, phone: Visit, tmp_path: Path
) -> None:
    (tmp_path / "large.pdf").write_bytes(b"%PDF-1.7\n" + bytes(10 * 1024 * 1024))
    (tmp_path / "run.exe").write_bytes(b"MZ")
    page = await open_case(phone, await states.asked(scene), "?panel=reply")
    panel = page.get_by_role("dialog", name="Your answer")
    await panel.locator("input[type=file]").set_input_files([tmp_path / "large.pdf", tmp_path / "run.exe"])
    problems = panel.locator("li[data-upload] [data-upload-problem]")
    await expect(problems.first).to_have_text("This file is larger than 10 MB.")
    await expect(problems.last).to_contain_text("Files of this type cannot be added.")


async def test_accept_an_offer(scene: Scene, phone: Visit) -> None:
    case = await states.offered(scene)
    page = await open_case(phone, case)
    await page.get_by_role("button", name="Accept $20.00").tap()
    panel = page.get_by_role("dialog", name="Accept the offer")
    await expect(panel).to_contain_text("You get $20.00 back to Visa ••4242.")
    await panel.get_by_role("button", name="Accept $20.00 and close the case").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settled: you get $20.00 back")
    await expect(page.locator(".toast-card").last).to_contain_text("Accepted. Your refund of $20.00 is on its way.")
    assert (await scene.customer.read(case))["outcome"] == "settled"


async def test_suggest_something_else(scene: Scene, phone: Visit) -> None:
    case = await states.offered(scene)
    page = await open_case(phone, case)
    await page.get_by_role("button", name="Suggest something else").tap()
    panel = page.get_by_role("dialog", name="Suggest something else")
    amount, preview = panel.get_by_label("Money back (optional)"), panel.locator("[data-offer-preview]")
    await amount.fill("60")
    await expect(preview).to_have_text("Less than $49.00, which is all that can be paid back.")
    await amount.fill("30")
    await expect(preview).to_have_text("You get $30.00 back if they accept.")
    await panel.get_by_role("button", name="Send the suggestion").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for Acme")
    assert (await scene.customer.read(case))["offers"][0]["amount"] == 30


async def test_decline_an_offer(scene: Scene, phone: Visit) -> None:
    case = await states.offered(scene)
    page = await open_case(phone, case)
    await page.get_by_role("button", name="Decline").tap()
    panel = page.get_by_role("dialog", name="Decline the offer")
    await panel.get_by_role("button", name="Decline the offer").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for Acme")
    assert (await scene.customer.read(case))["offers"][0]["status"] == "declined"


async def test_ask_the_platform_to_step_in(scene: Scene, phone: Visit) -> None:
    page = await open_case(phone, await states.asked(scene))
    await page.get_by_role("button", name="Ask the platform to step in").tap()
    panel = page.get_by_role("dialog", name="Ask the platform to step in")
    await panel.get_by_label("What the platform should know").fill("We go round in circles.")
    await panel.get_by_role("button", name="Ask the platform to step in").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The platform looks at your case")


async def test_ask_for_a_second_look(scene: Scene, phone: Visit) -> None:
    page = await open_case(phone, await states.denied(scene))
    await page.get_by_role("button", name="Ask for a second look").tap()
    panel = page.get_by_role("dialog", name="Ask for a second look")
    await expect(panel).to_contain_text("What it decides then is final.")
    await panel.get_by_label("Why the result should change").fill("I sent it back.")
    await panel.get_by_role("button", name="Ask for a second look").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The platform takes a second look")


async def test_close_the_case_from_the_menu(scene: Scene, phone: Visit) -> None:
    case = await states.waiting(scene)
    page = await open_case(phone, case)
    more = page.locator(".my-bar-more > summary")
    await more.tap()
    await page.get_by_role("button", name="Close my case").tap()
    panel = page.get_by_role("dialog", name="Close your case")
    await expect(panel).to_contain_text("It cannot be opened again")
    await panel.get_by_role("link", name="Cancel").tap()
    await expect(panel).to_be_hidden()
    await expect(more).to_be_focused()
    await more.tap()
    await page.get_by_role("button", name="Close my case").tap()
    await panel.get_by_role("button", name="Close it without a refund").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You closed this case")
    assert (await scene.customer.read(case))["outcome"] == "withdrawn"


async def test_what_changed_meanwhile_is_shown_and_nothing_is_lost(scene: Scene, phone: Visit) -> None:
    phone.expect_refusals(409)
    case = await states.asked(scene)
    page = await open_case(phone, case, "?panel=reply")
    panel = page.get_by_role("dialog", name="Your answer")
    await panel.get_by_label("Your answer").fill("Long and careful words.")
    await scene.merchant.act(case, "comment", message="We found lesson 4.")
    await expect(page.get_by_role("region", name="What has happened")).to_contain_text("We found lesson 4.")
    await panel.get_by_role("button", name="Send the answer").tap()
    await expect(panel.get_by_role("region", name="New since you read the case")).to_contain_text("We found lesson 4.")
    await expect(panel.get_by_label("Your answer", exact=True)).to_have_value("Long and careful words.")
    await panel.locator("[data-send]").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for Acme")


async def test_what_is_not_possible_any_more_keeps_the_words(scene: Scene, phone: Visit) -> None:
    phone.expect_refusals(409)
    case = await states.offered(scene)
    page = await open_case(phone, case, "?panel=decline-offer")
    panel = page.get_by_role("dialog", name="Decline the offer")
    await panel.get_by_label("Why it does not settle it").fill("Not enough.")
    await scene.merchant.act(case, "accept")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("gives you $49.00 back")
    await panel.get_by_role("button", name="Decline the offer").tap()
    lost = page.get_by_role("dialog", name="This was not sent")
    await expect(lost.get_by_label("What you wrote")).to_have_value("Not enough.")


async def test_what_others_do_appears_without_a_reload(scene: Scene, phone: Visit) -> None:
    case = await states.waiting(scene)
    page = await open_case(phone, case)
    await expect(page.get_by_role("button", name="Accept $20.00")).to_have_count(0)
    await scene.merchant.act(case, "notes", message="Only for us.")
    await scene.merchant.act(case, "offers", amount=20)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Acme offers you $20.00")
    await page.get_by_role("button", name="Accept $20.00").tap()
    await expect(page.get_by_role("dialog", name="Accept the offer")).to_be_visible()
    await expect(page.get_by_text("Only for us.")).to_have_count(0)


async def test_a_page_on_which_much_is_sent_has_one_stream(scene: Scene, phone: Visit, server: Server) -> None:
    page = await open_case(phone, await states.offered(scene))
    for words in ("One.", "Two.", "Three."):
        await page.locator(".my-bar-more > summary").tap()
        await page.locator("#open-comment").tap()
        panel = page.locator("#panel-comment")
        await panel.locator("textarea").fill(words)
        await panel.locator("[data-send]").tap()
        await expect(page.get_by_role("region", name="What has happened")).to_contain_text(words)
        await ready(page)
    with anyio.fail_after(WAIT_MS / 1000):
        while server.hub.open_streams != 1:  # noqa: ASYNC110 (no event tells us)
            await anyio.sleep(0.05)


async def test_the_list_changes_without_a_reload(scene: Scene, phone: Visit) -> None:
    first, second = await states.waiting(scene), await states.waiting(scene)
    await phone.page.goto("/cases")
    await ready(phone.page)
    lines = phone.page.locator("[data-case^=reso_]:not([data-live])")
    await expect(lines).to_have_count(2)
    await scene.merchant.act(first, "request_info", message="Which one?")
    await expect(lines.first).to_contain_text("Your turn")
    await expect(lines.first).to_have_attribute("data-case", first["id"])
    await expect(lines.last).to_have_attribute("data-case", second["id"])
    await lines.first.get_by_role("link").tap()
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text("Acme has a question for you")


async def test_a_draft_survives_a_closed_tab_with_its_file(scene: Scene, phone: Visit, tmp_path: Path) -> None:
    Image.new("RGB", (320, 200), "teal").save(tmp_path / "page.png")
    case = await states.asked(scene)
    page = await open_case(phone, case, "?panel=reply")
    await page.get_by_role("dialog", name="Your answer").get_by_label("Your answer").fill("Half of an answer")
    await page.locator("#panel-reply input[type=file]").set_input_files(tmp_path / "page.png")
    await expect(page.locator("#panel-reply li[data-upload] img")).to_be_visible()
    await expect(page.locator("#panel-reply [data-draft-note]")).to_be_visible()
    again = await phone.context.new_page()
    await page.close()
    await again.goto(f"/cases/{case['id']}")
    await again.get_by_role("button", name="Answer").tap()
    field = again.get_by_role("dialog", name="Your answer").get_by_label("Your answer", exact=True)
    await expect(field).to_have_value("Half of an answer")
    await expect(again.locator("#panel-reply li[data-upload]")).to_contain_text("page.png")
    await again.get_by_role("button", name="Send the answer").tap()
    talk = again.get_by_role("region", name="What has happened")
    await expect(talk).to_contain_text("Half of an answer")
    await expect(talk.get_by_role("link", name="page.png")).to_be_visible()


async def test_without_javascript(scene: Scene, visiting: Visiting, tmp_path: Path) -> None:
    Image.new("RGB", (320, 200), "teal").save(tmp_path / "page.png")
    case = await states.asked(scene)
    page = (await visiting(scene.ada, size=PHONE, javascript=False)).page
    await page.goto("/cases")
    await page.get_by_role("link", name="Acme has a question for you").click()
    await page.get_by_role("button", name="Answer").click()
    panel = page.get_by_role("dialog", name="Your answer")
    await panel.get_by_label("Your answer").fill("Lessons 4 to 6.")
    await panel.locator("input[type=file]").set_input_files(tmp_path / "page.png")
    await panel.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_role("region", name="What has happened")).to_contain_text("page.png")
    await page.locator(".my-bar-more > summary").click()
    await page.get_by_role("button", name="Close my case").click()
    await page.get_by_role("button", name="Close it without a refund").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You closed this case")
    assert (await scene.customer.read(case))["outcome"] == "withdrawn"


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_axe_finds_nothing_in_any_state(scene: Scene, visiting: Visiting, size: tuple[int, int]) -> None:
    visit = await visiting(scene.ada, size=size)
    wrong: list[str] = []
    for name, state in states.STATES.items():
        await visit.page.goto(f"/cases/{(await state(scene))['id']}")
        wrong += [f"{name}: {finding}" for finding in await findings_in_both_themes(visit.page)]
        if await overflow(visit.page):
            wrong.append(f"{name}: wider than the window")
    await visit.page.goto("/cases")
    wrong += [f"list: {finding}" for finding in await findings_in_both_themes(visit.page)]
    assert wrong == []


@pytest.mark.parametrize("form", ["accept-offer", "counter-offer", "comment", "escalate", "withdraw"])
async def test_axe_finds_nothing_in_a_panel(scene: Scene, phone: Visit, form: str) -> None:
    page = await open_case(phone, await states.offered(scene), f"?panel={form}")
    await expect(page.locator(f"#panel-{form}")).to_be_visible()
    assert await findings_in_both_themes(page) == []


@pytest.mark.parametrize("language", ["en-XA", "ar-XB", "es-ES"])
async def test_a_phone_shows_long_words_in_its_width(scene: Scene, phone: Visit, language: str) -> None:
    await phone.set_cookie("amends_locale", language)
    await scene.pool.execute("update products set title = repeat('Unbelievably', 5)")
    case = await states.offered(scene, amount=20, remedy="x" * 300)
    await scene.customer.act(case, "comment", message="y" * 4000)
    for path in (f"/cases/{case['id']}", f"/cases/{case['id']}?panel=counter-offer", "/cases"):
        await phone.page.goto(path)
        assert await overflow(phone.page) == 0, path
