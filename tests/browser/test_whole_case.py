"""A whole case with three browsers, by the links of its e-mails, from the report to the refund after an appeal."""

import socket
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from playwright.async_api import expect

from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from amends.settings import Settings
from tests.browser.conftest import Visiting
from tests.browser.house import PHONE
from tests.browser.whole_case import CUSTOMER, MERCHANT, REVIEWER, Cast, NoAlbum, act, walk
from tests.cases.scene import Scene
from tests.notifications.mail_server import Inbox, listening
from tests.staff import make_staff_person, make_team_person


@pytest.fixture
def mail_listener() -> Generator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
async def inbox(mail_listener: socket.socket) -> AsyncGenerator[Inbox]:
    inbox = Inbox()
    async with listening(mail_listener, inbox):
        yield inbox


@pytest.fixture
def settings(settings: Settings, mail_listener: socket.socket) -> Settings:
    smtp_url = f"smtp://127.0.0.1:{mail_listener.getsockname()[1]}"
    return msgspec.structs.replace(settings, smtp_url=smtp_url, mail_from="Amends <no-reply@mail.example>")


@pytest.fixture
async def cast(
    scene: Scene,
    visiting: Visiting,
    inbox: Inbox,
    worker: Worker[Services],
    clock: ManualClock,
    tmp_path: Path,
) -> Cast:
    """Give three people in three browsers; the customer and the merchant are not signed in yet."""
    photo = tmp_path / "lessons.png"
    Image.new("RGB", (640, 400), "teal").save(photo)
    people = {
        CUSTOMER: scene.ada,
        MERCHANT: await make_team_person(scene.pool, scene.account, "owner"),
        REVIEWER: await make_staff_person(scene.pool, "reviewer"),
    }
    visits = {
        CUSTOMER: await visiting(size=PHONE),
        MERCHANT: await visiting(),
        REVIEWER: await visiting(people[REVIEWER]),
    }
    return Cast(scene, worker, clock, people, visits, NoAlbum(), await scene.payment(), photo, inbox)


async def test_three_people_settle_a_case(cast: Cast) -> None:
    case = await walk(cast)
    read = await cast.scene.platform.read(case)
    assert (read["status"], read["outcome"], read["settlement"]) == ("closed", "customer_won", "succeeded")
    assert await cast.scene.sum_of_refunds(cast.payment) == {"succeeded": cast.payment.amount_minor}


async def test_an_offer_is_countered_and_taken(cast: Cast) -> None:
    case = (await cast.scene.case(cast.payment))["id"]
    page = await cast.follow(MERCHANT, await cast.later(minutes=10), "New case")
    await page.get_by_role("button", name="Make an offer").click()
    panel = page.get_by_role("dialog", name="Make an offer")
    await panel.get_by_label("Refund", exact=True).fill("20")
    await panel.get_by_role("button", name="Send the offer").click()
    await expect(page.locator("#timeline")).to_contain_text("$20.00")
    page = await cast.follow(CUSTOMER, await cast.later(hours=1), "$20.00")
    await page.locator('[data-open-panel="counter-offer"]').click()
    panel = page.locator("#panel-counter-offer")
    await panel.get_by_label("Money back").fill("30")
    await panel.locator("[data-send]").click()
    await expect(page.locator("#timeline")).to_contain_text("$30.00")
    page = await cast.follow(MERCHANT, await cast.later(hours=1), "$30.00")
    await page.locator('[data-open-panel="accept-offer"]').click()
    await page.locator("#panel-accept-offer [data-send]").click()
    await expect(page.locator("#case-header")).to_contain_text("Closed")
    page = await cast.follow(CUSTOMER, await cast.later(hours=1), "")
    await expect(page.locator("#my-case-money")).to_contain_text("$30.00")
    read = await cast.scene.platform.read(case)
    assert (read["outcome"], read["settlement"]) == ("settled", "succeeded")
    assert await cast.scene.sum_of_refunds(cast.payment) == {"succeeded": 3000}


async def test_a_merchant_who_is_silent_is_reminded_and_then_the_platform_steps_in(cast: Cast) -> None:
    case = (await cast.scene.case(cast.payment))["id"]
    merchant = cast.people[MERCHANT].email
    reminded = [
        sum(one.recipient == merchant and one.link is not None for one in await cast.later(**time))
        for time in ({"minutes": 5}, {"days": 3}, {"days": 1, "hours": 1}, {"days": 2}, {"hours": 21})
    ]
    assert reminded == [1, 0, 1, 1, 1], "the new case, nothing yet, and 72, 24 and 3 hours before it is too late"
    sent = await cast.later(hours=4)
    page = await cast.follow(CUSTOMER, sent, "")
    await expect(page.locator("#my-case-head")).to_contain_text("platform")
    assert cast.people[REVIEWER].email in {one.recipient for one in sent}
    page = cast.page(REVIEWER)
    await page.goto("/platform/queue")
    await expect(page.get_by_role("list", name="Cases")).to_contain_text("Ada Lovelace")
    read = await cast.scene.platform.read(case)
    assert (read["status"], read["escalated"]) == ("under_review", True)


async def test_a_customer_who_is_silent_loses_and_can_still_appeal(cast: Cast) -> None:
    case = await cast.scene.case(cast.payment)
    await cast.scene.merchant.act(case, "request_info", message="Which lesson?")
    await cast.later(minutes=10)
    for days in (4, 2):
        await cast.later(days=days)
    sent = await cast.later(days=2)
    page = await cast.follow(CUSTOMER, sent, "")
    await expect(page.locator("#my-case-head")).to_contain_text("closed")
    await act(page, "appeal", "I was in hospital.")
    await expect(page.locator("#timeline")).to_contain_text("I was in hospital.")
    read = await cast.scene.platform.read(case)
    assert (read["status"], read["customer_appealed"]) == ("under_review", True)
