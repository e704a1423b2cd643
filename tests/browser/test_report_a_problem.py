"""A customer reports a problem in a real browser, on a phone: the whole way, kept on the way, for everybody."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from amends.people.rows import PaymentRow
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE, Visit, findings_in_both_themes
from tests.browser.test_every_page import overflow
from tests.cases.scene import Scene
from tests.files import samples
from tests.staff import sign_in

PHOTO: FilePayload = {"name": "broken hinge.png", "mimeType": "image/png", "buffer": samples.png()}
PAGE: FilePayload = {"name": "page.html", "mimeType": "text/html", "buffer": b"<p>hello"}
NOTHING: FilePayload = {"name": "nothing.txt", "mimeType": "text/plain", "buffer": b""}
WORDS = "It came with a broken hinge.\n\nI wrote to them twice and got no answer."


@pytest.fixture
async def payment(scene: Scene) -> PaymentRow:
    """Give a payment of the customer's."""
    return await scene.payment()


@pytest.fixture
async def phone(scene: Scene, visiting: Visiting) -> Visit:
    """Give the customer's phone."""
    visit = await visiting(scene.ada, size=PHONE)
    visit.expect_refusals(422)
    return visit


async def go_on(page: Page, to: str) -> None:
    """Press the button that goes on, and wait for the step that it leads to."""
    await page.locator(".report-on").click()
    await page.wait_for_url(f"**/report/{to}")


async def choose_reason(page: Page) -> None:
    await page.get_by_text("It is broken, or not acceptable").click()
    await go_on(page, "details")


async def answer_questions(page: Page) -> None:
    await page.get_by_text("It was damaged when it came").click()
    await page.get_by_text("No", exact=True).click()
    await go_on(page, "story")


async def tell(page: Page) -> None:
    await page.get_by_label("What happened?").fill(WORDS)
    await go_on(page, "files")


async def add_nothing(page: Page) -> None:
    await go_on(page, "wish")


async def wish_for_a_part(page: Page) -> None:
    await page.get_by_text("A part of it").click()
    await page.get_by_label("How much would you like back?").fill("20.50")
    await go_on(page, "review")


WAY: dict[str, Callable[[Page], Awaitable[None]]] = {
    "reason": choose_reason,
    "details": answer_questions,
    "story": tell,
    "files": add_nothing,
    "wish": wish_for_a_part,
}
"""What is done on each step."""


async def begin(page: Page, payment: PaymentRow) -> None:
    """Go to the report as a customer does: from the purchases."""
    await page.goto("/purchases")
    await page.locator(f'[data-purchase="{payment.pid}"]').get_by_role("link", name="Report a problem").click()
    await page.wait_for_url("**/report/reason")


async def go_to(page: Page, step: str) -> None:
    """Fill in every step before one."""
    for name, act in WAY.items():
        if name == step:
            return
        await act(page)


async def the_case(scene: Scene) -> dict[str, Any]:
    """Return the customer's only case."""
    (case,) = (await scene.customer.get()).body["data"]
    return await scene.customer.read(case)


async def test_the_whole_way_with_files(scene: Scene, phone: Visit, payment: PaymentRow) -> None:
    page = phone.page
    await begin(page, payment)
    await page.locator(".report-on").click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose what fits best.")
    await choose_reason(page)
    await answer_questions(page)
    await tell(page)
    await expect(page.locator("[data-uploads][data-ready]")).to_be_visible()
    await page.locator("input[type=file]").set_input_files([PHOTO, PAGE, NOTHING])
    rows = page.locator("[data-upload]")
    await expect(rows.nth(0).locator("img.upload-picture")).to_be_visible()
    await expect(rows.nth(1)).to_contain_text("Files of this type cannot be added.")
    await expect(rows.nth(2)).to_contain_text("This file has no content.")
    await page.locator(".report-on").click()
    await expect(page.locator("#toasts")).to_contain_text("remove the file that could not be added")
    await rows.nth(2).get_by_role("button", name="Remove nothing.txt").click()
    await rows.nth(1).get_by_role("button", name="Remove page.html").click()
    await go_on(page, "wish")
    await wish_for_a_part(page)
    summary = page.locator(".report-review")
    for words in ("It was damaged when it came", "broken hinge.png", "A refund of $20.50", "got no answer"):
        await expect(summary).to_contain_text(words)
    await page.get_by_role("button", name="Send report").dblclick()
    await page.wait_for_url("**/reported")
    await expect(page.get_by_role("heading", name="Your report was sent")).to_be_focused()
    await expect(page.locator("#main")).to_contain_text("Acme has until Mon 30 Nov, 09:00 UTC")
    case = await the_case(scene)
    assert case["answers"] == {"problem": "damaged", "returned": False}
    assert case["remedy"] == {"kind": "partial_refund", "amount": 20.5, "text": None}
    assert case["events"][-1]["details"] == WORDS
    assert [file["filename"] for file in case["events"][-1]["attachments"]] == ["broken hinge.png"]


async def test_at_most_three_files(phone: Visit, payment: PaymentRow) -> None:
    page = phone.page
    await begin(page, payment)
    await go_to(page, "files")
    await expect(page.locator("[data-uploads][data-ready]")).to_be_visible()
    photos = [FilePayload(name=f"{n}.png", mimeType=PHOTO["mimeType"], buffer=PHOTO["buffer"]) for n in range(4)]
    await page.locator("input[type=file]").set_input_files([PAGE, *photos])  # what cannot be added takes no place
    await page.get_by_role("button", name="Remove page.html").click()
    await expect(page.locator("[data-upload]")).to_have_count(3)
    await page.locator("input[type=file]").set_input_files([photos[3]])
    await expect(page.locator("[data-uploads-status]")).to_contain_text("At most 3 files go with a report.")
    await expect(page.locator("[data-upload] img.upload-picture")).to_have_count(3)
    form = page.locator("form[data-autosave]")
    await expect(form).not_to_have_attribute("data-saving", "")  # the page keeps what it has by itself
    await page.reload()
    await expect(page.locator("[data-upload] img.upload-picture")).to_have_count(3)
    await page.get_by_role("button", name="Remove 1.png").click()
    await go_on(page, "wish")
    await page.go_back()
    await expect(page.locator("[data-upload-name], [data-upload] bdi")).to_have_text(["0.png", "2.png"])


async def test_a_draft_outlives_the_browser(
    scene: Scene, phone: Visit, visiting: Visiting, payment: PaymentRow
) -> None:
    page = phone.page
    await begin(page, payment)
    await go_to(page, "story")
    await page.get_by_label("What happened?").fill("Half a sentence that nobody sent")
    await expect(page.locator("[data-autosave-note]")).to_contain_text("Kept just now.")
    await phone.context.close()
    other = (await visiting(scene.ada)).page
    await other.goto("/purchases")
    await other.get_by_role("link", name="Continue your report").click()
    await other.wait_for_url("**/report/story")
    await expect(other.get_by_label("What happened?")).to_have_value("Half a sentence that nobody sent")
    await other.get_by_role("link", name="Problem").click()
    await expect(other.get_by_label("It is broken, or not acceptable")).to_be_checked()


async def write_signed_out(scene: Scene, phone: Visit, payment: PaymentRow) -> None:
    """Send the story after the session has ended, and sign in again."""
    phone.expect_refusals(401)
    page = phone.page
    await begin(page, payment)
    await go_to(page, "story")
    await scene.pool.execute("delete from sessions")
    await page.get_by_label("What happened?").fill(WORDS)
    await page.locator(".report-on").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out. Nothing was sent.")
    await phone.sign_in(await sign_in(scene.pool, scene.ada, scene.clock))


async def test_what_was_typed_outlives_the_session(scene: Scene, phone: Visit, payment: PaymentRow) -> None:
    await write_signed_out(scene, phone, payment)
    await phone.page.goto(f"/purchases/{payment.pid}/report")
    await phone.page.wait_for_url("**/report/story")
    await expect(phone.page.get_by_label("What happened?")).to_have_value(WORDS)


async def test_what_was_typed_is_sent_after_signing_in_again(scene: Scene, phone: Visit, payment: PaymentRow) -> None:
    await write_signed_out(scene, phone, payment)
    await phone.page.get_by_role("button", name="Send again").click()
    await phone.page.wait_for_url("**/report/files")
    await phone.page.get_by_role("button", name="Back", exact=True).click()
    await phone.page.wait_for_url("**/report/story")
    await expect(phone.page.get_by_label("What happened?")).to_have_value(WORDS)


async def test_back_and_reload_lose_nothing(phone: Visit, payment: PaymentRow) -> None:
    page = phone.page
    await begin(page, payment)
    await go_to(page, "review")
    for step in ("wish", "files", "story"):
        await page.go_back()
        await page.wait_for_url(f"**/report/{step}")
    await page.reload()
    await expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    await page.get_by_role("button", name="Back", exact=True).click()
    await page.wait_for_url("**/report/details")
    await expect(page.get_by_label("It was damaged when it came")).to_be_checked()


async def test_back_leads_to_a_step_that_was_wrong_before(phone: Visit, payment: PaymentRow) -> None:
    page = phone.page
    await begin(page, payment)
    await go_to(page, "details")
    await page.locator(".report-on").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.wait_for_load_state()  # by then its scripts have run
    await answer_questions(page)
    await page.go_back()
    await expect(page.get_by_label("It was damaged when it came")).to_be_checked()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_how_much_may_still_be_written(phone: Visit, payment: PaymentRow) -> None:
    page = phone.page
    await begin(page, payment)
    await go_to(page, "story")
    note, words = page.locator(".report-counted"), page.get_by_label("What happened?")
    await expect(note).to_have_text("At most 10,000 characters.")
    await words.fill("x" * 9_990)
    await expect(note).to_have_text("Characters left: 10")
    await words.fill("x" * 10_001)
    await expect(note).to_have_text("Characters too many: 1")
    await page.locator(".report-on").click()
    await expect(page.get_by_role("alert")).to_contain_text("too long by 1 character")
    await expect(words).to_have_value("x" * 10_001)


async def test_axe_finds_nothing_on_any_step(scene: Scene, phone: Visit, payment: PaymentRow) -> None:
    page, wrong = phone.page, list[str]()

    async def look(name: str) -> None:
        wrong.extend(f"{name}: {finding}" for finding in await findings_in_both_themes(page))

    await page.goto("/purchases")
    await look("purchases")
    await begin(page, payment)
    for step, act in WAY.items():
        await look(step)
        if step != "files":
            await page.locator(".report-on").click()
            await expect(page.get_by_role("alert")).to_be_visible()
            await look(f"{step}, wrong")
        else:
            await page.locator("input[type=file]").set_input_files([PHOTO, PAGE])
            await expect(page.locator("[data-upload] img.upload-picture")).to_be_visible()
            await look("files, added")
            await page.get_by_role("button", name="Remove page.html").click()
        await act(page)
    await look("review")
    await page.get_by_role("button", name="Send report").click()
    await page.wait_for_url("**/reported")
    await look("reported")
    await page.goto(f"/purchases/{payment.pid}/report")
    await expect(page.get_by_role("heading", name="You reported a problem")).to_be_visible()
    await look("not possible")
    assert wrong == []


@pytest.mark.parametrize("language", ["es-ES", "en-XA", "ar-XB"])
async def test_every_step_stays_within_a_phone(scene: Scene, phone: Visit, payment: PaymentRow, language: str) -> None:
    page, wide = phone.page, list[str]()
    await begin(page, payment)
    await go_to(page, "files")
    await expect(page.locator("[data-uploads][data-ready]")).to_be_visible()
    await page.locator("input[type=file]").set_input_files({**PHOTO, "name": f"{'long' * 40}.png"})
    await expect(page.locator("[data-upload] img.upload-picture")).to_be_visible()
    await go_on(page, "wish")
    await wish_for_a_part(page)
    await phone.set_cookie("amends_locale", language)
    paths = ["/purchases", *(f"/purchases/{payment.pid}/report/{step}" for step in (*WAY, "review"))]
    for path in paths:
        await page.goto(path)
        if await overflow(page):
            wide.append(path)
    assert wide == []


async def test_without_javascript(scene: Scene, visiting: Visiting, payment: PaymentRow) -> None:
    visit = await visiting(scene.ada, size=PHONE, javascript=False)
    visit.expect_refusals(422)
    page = visit.page
    await begin(page, payment)
    await go_to(page, "files")
    await page.locator("input[type=file]").set_input_files([PHOTO, PAGE])
    await page.get_by_role("button", name="Add these files").click()
    await expect(page.get_by_role("alert")).to_contain_text("page.html: Files can be images")
    await expect(page.locator("[data-upload] img.upload-picture")).to_have_count(1)
    await page.get_by_role("button", name="Remove broken hinge.png").click()
    await expect(page.locator("[data-upload] img.upload-picture")).to_have_count(0)
    await page.locator("input[type=file]").set_input_files([PHOTO])
    await go_on(page, "wish")
    await wish_for_a_part(page)
    await page.get_by_role("button", name="Send report").click()
    await page.wait_for_url("**/reported")
    case = await the_case(scene)
    assert [file["filename"] for file in case["events"][-1]["attachments"]] == ["broken hinge.png"]
