"""One case from its opening to the end of an appeal: three people, three browsers, and the e-mails in between.

`walk` is the story. A test walks it to see that it holds; `walkthrough.py` walks it to take the pictures. Everybody
comes to the case as a person would: the customer from the platform's site, the others by the link in their e-mail.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

from playwright.async_api import Page, expect

from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import PaymentRow, UserRow
from amends.services import Services
from tests.browser.house import Visit, ready
from tests.cases.scene import Scene
from tests.credentials import bearer
from tests.notifications.mail_server import Inbox

CUSTOMER, MERCHANT, REVIEWER = "customer", "merchant", "reviewer"
LINK: Final = re.compile(r"https?://\S+/open/\S+")


@dataclass(frozen=True)
class Sent:
    """An e-mail, as the mail server took it."""

    recipient: str
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str | None:
        """Return the link that opens the case, if the mail has one."""
        found = LINK.search(self.text)
        return found[0] if found else None


def read(mail: EmailMessage) -> Sent:
    """Read an e-mail as its receiver does."""
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    recipient = mail["To"].addresses[0].addr_spec
    return Sent(recipient, mail["Subject"], text.get_content(), html.get_content())


class Album(Protocol):
    """Keeps what the walk comes by."""

    async def picture(self, who: str, page: Page, words: str) -> None:
        """Keep how a page looks."""
        ...

    async def letters(self, sent: list[Sent]) -> None:
        """Keep what has just been sent."""
        ...


class NoAlbum:
    """Keeps nothing: a test only walks."""

    async def picture(self, who: str, page: Page, words: str) -> None:
        """Pass by."""

    async def letters(self, sent: list[Sent]) -> None:
        """Pass by."""


@dataclass
class Cast:
    """The people, their browsers, and what moves the time."""

    scene: Scene
    worker: Worker[Services]
    clock: ManualClock
    people: dict[str, UserRow]
    visits: dict[str, Visit]
    album: Album
    payment: PaymentRow
    photo: Path
    inbox: Inbox
    read: int = 0

    def page(self, who: str) -> Page:
        """Return somebody's page."""
        return self.visits[who].page

    async def show(self, who: str, words: str) -> None:
        """Keep how somebody's page looks now."""
        await self.album.picture(who, self.page(who), words)

    async def later(self, **time: float) -> list[Sent]:
        """Let everybody close the case, time pass and the worker work; return the e-mails that were sent."""
        for visit in self.visits.values():
            await visit.page.goto("about:blank")
        self.clock.advance(timedelta(**time))
        for _ in range(3):  # what happened, then the money, then what is told of it
            await self.worker.sweep()
            await self.worker.run_until_idle()
            self.clock.advance(timedelta(minutes=2))
        mails = self.inbox.mails()
        sent, self.read = [read(mail) for mail in mails[self.read :]], len(mails)
        await self.album.letters(sent)
        return sent

    async def follow(self, who: str, sent: list[Sent], subject: str) -> Page:
        """Open the case by the link of somebody's e-mail, which signs in on the press of a button alone."""
        address = self.people[who].email
        mine = [one for one in sent if one.recipient == address and one.link]
        assert [subject in one.subject for one in mine] == [True], [one.subject for one in mine]
        page = self.page(who)
        await page.goto(mine[0].link or "")
        if "/open/" in page.url:  # who is signed in already goes straight on
            await page.get_by_role("button", name="Open the case").click()
        await page.wait_for_url("**/cases/reso_*")
        await ready(page)
        return page


async def walk(cast: Cast) -> str:
    """Go through the case; return its public id."""
    case = await report(cast)
    sent = await cast.later(minutes=10)
    assert {one.recipient for one in sent} == {cast.people[CUSTOMER].email, cast.people[MERCHANT].email}
    await ask(cast, sent)
    await answer(cast, await cast.later(hours=2))
    await deny(cast, await cast.later(hours=5))
    await appeal(cast, await cast.later(days=1))
    await ask_as_the_platform(cast, await cast.later(minutes=30))
    await answer_the_platform(cast, await cast.later(minutes=30))
    await decide(cast, await cast.later(hours=3))
    await be_paid(cast, await cast.later(minutes=10))
    return case


async def report(cast: Cast) -> str:
    """Come from the platform's site, and report a problem."""
    customer = cast.people[CUSTOMER]
    asked = await cast.scene.http.post(
        "/api/v1/sign_in_links", json={"user_id": customer.pid}, headers=bearer(cast.scene.platform.token)
    )
    assert asked.status_code == 201, asked.text
    page = cast.page(CUSTOMER)
    await page.goto(asked.json()["url"])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/purchases")
    await cast.show(CUSTOMER, "The customer comes from the platform's site and sees what was bought.")
    await page.get_by_role("link", name="Report a problem").click()
    await page.locator('input[name="reason"][value="not_as_described"]').check()
    await cast.show(CUSTOMER, "The first step: what went wrong, in plain words.")
    await on(page)
    await answer_the_questions(page)
    await cast.show(CUSTOMER, "Two or three short questions that belong to it.")
    await on(page)
    await page.get_by_label("What happened?").fill("The course ends after lesson 4. Twelve were promised.")
    await on(page)
    await page.locator("input[type=file]").set_input_files(cast.photo)
    await expect(page.get_by_role("button", name=f"Remove {cast.photo.name}")).to_be_visible()
    await cast.show(CUSTOMER, "A picture of it, checked before it is uploaded.")
    await on(page)
    await page.get_by_role("radio", name="A full refund").check()
    await on(page)
    await expect(page.get_by_text("The course ends after lesson 4.")).to_be_visible()
    await cast.show(CUSTOMER, "Everything once more, before it is sent.")
    await page.locator(".report-on").click()
    await expect(page.get_by_role("heading", name="Your report was sent")).to_be_visible()
    await cast.show(CUSTOMER, "Sent: what happens next, and by when.")
    await page.get_by_role("link", name="Open your case").click()
    await page.wait_for_url("**/cases/reso_*")
    return page.url.rpartition("/")[2]


async def on(page: Page) -> None:
    """Go on to the next step of the report."""
    before = await page.locator("h2.report-title").inner_text()
    await page.locator(".report-on").click()
    await expect(page.locator("h2.report-title")).not_to_have_text(before)
    await page.wait_for_load_state()


async def answer_the_questions(page: Page) -> None:
    """Answer each of the step's questions with the first answer, and words with words."""
    for group in await page.locator("fieldset.report-field").all():
        await group.get_by_role("radio").first.check()
    for box in await page.locator("textarea").all():
        await box.fill("Eight of twelve lessons are missing.")


async def ask(cast: Cast, sent: list[Sent]) -> None:
    """Ask the customer for more, as the merchant."""
    page = await cast.follow(MERCHANT, sent, "Ada Lovelace")
    await cast.show(MERCHANT, "The merchant comes by the e-mail's link, and has everything on one page.")
    await page.get_by_role("button", name="Request info").click()
    panel = page.get_by_role("dialog", name="Request more information")
    await panel.get_by_label("What do you need to know?").fill("Which lessons are missing for you?")
    await cast.show(MERCHANT, "A question, and what will happen when it is sent.")
    await panel.get_by_role("button", name="Ask the customer").click()
    await expect(page.locator("#case-header")).to_contain_text("Waiting for")


async def answer(cast: Cast, sent: list[Sent]) -> None:
    """Answer, as the customer."""
    page = await cast.follow(CUSTOMER, sent, "")
    await cast.show(CUSTOMER, "The customer is asked, and has until a day and an hour to answer.")
    await act(page, "reply", "Lessons 5 to 12. The page says that they do not exist.")
    await expect(page.locator("#timeline")).to_contain_text("Lessons 5 to 12.")
    await cast.show(CUSTOMER, "Answered: it is the merchant's turn again.")


async def act(page: Page, form: str, message: str | None = None) -> None:
    """Open an action's panel on a customer's page, say something and send it."""
    opener = page.locator(f'[data-open-panel="{form}"]').first
    if not await opener.is_visible():
        await page.locator(".my-bar-more summary").click()
    await opener.click()
    panel = page.locator(f"#panel-{form}")
    await expect(panel).to_be_visible()
    if message is not None:
        await panel.locator("textarea").first.fill(message)
    await panel.locator("[data-send]").click()
    await expect(panel).to_be_hidden()


async def deny(cast: Cast, sent: list[Sent]) -> None:
    """Deny the claim, as the merchant."""
    page = await cast.follow(MERCHANT, sent, "")
    await page.get_by_role("button", name="Deny", exact=True).click()
    panel = page.get_by_role("dialog", name="Deny the claim")
    await panel.get_by_label("Why you deny it").fill("All lessons have been online since Monday.")
    await cast.show(MERCHANT, "The merchant denies, and reads first what that means.")
    await panel.get_by_role("button", name="Deny without a refund").click()
    await expect(page.locator("#case-header")).to_contain_text("Closed")


async def appeal(cast: Cast, sent: list[Sent]) -> None:
    """Appeal, as the customer."""
    page = await cast.follow(CUSTOMER, sent, "")
    await cast.show(CUSTOMER, "Denied: the reasons, and until when the customer can appeal.")
    await act(page, "appeal", "Lessons 9 to 12 are still missing today.")
    await expect(page.locator("#timeline")).to_contain_text("Lessons 9 to 12")
    await cast.show(CUSTOMER, "Appealed: the platform looks at both sides now.")


async def ask_as_the_platform(cast: Cast, sent: list[Sent]) -> None:
    """Take the case from the queue, and ask the merchant."""
    reviewer = cast.page(REVIEWER)
    assert any(one.recipient == cast.people[REVIEWER].email for one in sent), "reviewers are told of an appeal"
    await reviewer.goto("/platform/queue")
    await ready(reviewer)
    await cast.show(REVIEWER, "The reviewer's queue, the most urgent first.")
    await reviewer.locator('main a[href*="/cases/reso_"]').first.click()
    await reviewer.wait_for_url("**/cases/reso_*")
    await ready(reviewer)
    await cast.show(REVIEWER, "Both sides on one page.")
    await reviewer.locator('[data-open-panel="ask"]').first.click()
    panel = reviewer.locator("#panel-ask")
    await panel.get_by_role("radio", name="The merchant").check()
    await panel.locator("textarea").first.fill("Please send the list of lessons that are online today.")
    await cast.show(REVIEWER, "The platform can ask either side before it decides.")
    await panel.locator("[data-send]").click()
    await expect(reviewer.locator("#timeline")).to_contain_text("list of lessons")


async def answer_the_platform(cast: Cast, sent: list[Sent]) -> None:
    """Answer the platform, as the merchant."""
    page = await cast.follow(MERCHANT, sent, "")
    await cast.show(MERCHANT, "The platform asks; the merchant answers below.")
    composer = page.locator("#compose-reply")
    await composer.get_by_role("textbox").fill("Lessons 1 to 8 are online. The rest comes next month.")
    await composer.locator("[data-send]").click()
    await expect(page.locator("#timeline")).to_contain_text("The rest comes next month.")


async def decide(cast: Cast, _sent: list[Sent]) -> None:
    """Decide for the customer, as the platform."""
    page = cast.page(REVIEWER)
    await page.goto("/platform/queue")
    await page.locator('main a[href*="/cases/reso_"]').first.click()
    await page.wait_for_url("**/cases/reso_*")
    await ready(page)
    await page.locator('[data-open-panel="decide"]').first.click()
    panel = page.locator("#panel-decide")
    await panel.locator("[data-way]").first.check()
    await panel.get_by_label("Reason", exact=True).select_option(index=1)
    await panel.get_by_label("To the customer", exact=True).fill("Four of the lessons that you paid for do not exist.")
    await panel.get_by_label("To the merchant", exact=True).fill("You say yourself that the rest comes next month.")
    await panel.locator('input[name="evidence"]').last.check()
    await cast.show(REVIEWER, "The decision: who pays, why, a text to each side, and what it relies on.")
    await panel.locator("[data-send]").click()
    await expect(page.locator("#case-header")).to_contain_text("Closed")


async def be_paid(cast: Cast, sent: list[Sent]) -> None:
    """Read the decision, and see the money go."""
    page = await cast.follow(CUSTOMER, sent, "")
    await expect(page.locator("#my-case-money")).to_contain_text("$49.00")
    await expect(page.locator("#my-case-money")).to_contain_text("Sent")
    await expect(page.locator("#timeline")).to_contain_text("Four of the lessons")
    await expect(page.locator("#timeline")).not_to_contain_text("You say yourself")
    await cast.show(CUSTOMER, "Decided, with reasons, and the money is on its way.")
