"""Every page as it is found: axe-core in both themes, on a phone, in Spanish, in long words, and from right to left."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import pytest
from babel import Locale
from playwright.async_api import Page, expect

from amends.people.rows import UserRow
from amends.web.readers import plain_reader, reading_as
from amends.web.text import _
from tests.browser.conftest import Pages, Visiting
from tests.browser.house import PHONE, findings_in_both_themes, laid_out
from tests.cases.scene import Scene
from tests.staff import make_staff_person


class Look(NamedTuple):
    """A page and what is done on it before it is looked at: what is pressed, by its selector."""

    path: str
    press: Sequence[str] = ()


async def set_out(scene: Scene) -> dict[str, str]:
    """Make cases in every turn; return their public ids by turn."""
    yours, theirs, offered, denied = [await scene.case() for _ in range(4)]
    await scene.merchant.act(theirs, "request_info", message="Which lesson is missing?")
    await scene.merchant.act(offered, "offers", amount=20, remedy="One more month for free")
    await scene.merchant.act(denied, "deny", message="You have watched every lesson.")
    review = await scene.under_review()
    await scene.merchant.act(yours, "notes", message="Third time this week.")
    made = {"yours": yours, "theirs": theirs, "offered": offered, "denied": denied, "review": review}
    return {turn: case["id"] for turn, case in made.items()}


TABLE = {
    "table": Look("cases"),
    "empty": Look("cases?q=nobody"),
    "filter": Look("cases", ["details.filter:nth-of-type(4) > summary"]),
    "columns": Look("cases", ["a:has-text('Edit columns')"]),
    "export": Look("cases", ["a:has-text('Export'):not(.rail-link)"]),
    "selected": Look("cases", ["[data-select-page]"]),
    "bulk": Look("cases", ["[data-select-page]", "[data-bulk-bar] button[value=deny]"]),
    "views": Look("views"),
    "exports": Look("exports"),
    "team": Look("team"),
    "replies": Look("replies"),
}
CASE = {
    "yours": Look("cases/{yours}"),
    "accept": Look("cases/{yours}?panel=accept"),
    "deny": Look("cases/{yours}?panel=deny"),
    "ask": Look("cases/{yours}?panel=request-info"),
    "offer": Look("cases/{yours}?panel=offer"),
    "theirs": Look("cases/{theirs}"),
    "offered": Look("cases/{offered}"),
    "denied": Look("cases/{denied}"),
    "review": Look("cases/{review}"),
}


async def look_at(pages: Pages, look: Look, cases: dict[str, str]) -> Page:
    """Open a page and bring it into its state."""
    page = await pages.open(look.path.format(**cases))
    for selector in look.press:
        await page.locator(selector).first.click()
    if look.press and look.press[-1].startswith(("a:", "[data-bulk")):
        await expect(page.locator("#remote")).to_be_visible()
    return page


@pytest.mark.parametrize("group", ["table", "case"])
async def test_axe_finds_nothing(scene: Scene, pages: Pages, group: str) -> None:
    cases = await set_out(scene)
    wrong: list[str] = []
    for name, look in {"table": TABLE, "case": CASE}[group].items():
        page = await look_at(pages, look, cases)
        wrong += [f"{name}: {finding}" for finding in await findings_in_both_themes(page)]
    assert wrong == []


@pytest.mark.parametrize("who", ["merchant", "platform", "nobody"])
async def test_axe_finds_nothing_on_the_pages_of_people(
    scene: Scene, visiting: Visiting, merchant: UserRow, who: str
) -> None:
    case = await scene.case()
    there = f"/accounts/{scene.account.pid}"
    paths = {
        "merchant": ["/me", "/me/security", f"{there}/cases/nothing"],
        "platform": ["/accounts", f"{there}/cases", f"{there}/cases/{case['id']}"],
        "nobody": ["/sign-in", "/forgot-password", "/sign-in/nothing", "/invitations/nothing", "/"],
    }[who]
    user = {"merchant": merchant, "platform": await make_staff_person(scene.pool, "reviewer"), "nobody": None}[who]
    visit = await visiting(user)
    visit.expect_refusals(404, 410)
    wrong: list[str] = []
    for path in paths:
        await visit.page.goto(path)
        wrong += [f"{path}: {finding}" for finding in await findings_in_both_themes(visit.page)]
    assert wrong == []


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    await laid_out(page)
    return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("language", ["en-US", "es-ES", "en-XA", "ar-XB"])
async def test_a_phone_shows_everything_in_its_width(
    scene: Scene, visiting: Visiting, merchant: UserRow, language: str
) -> None:
    cases = await set_out(scene)
    visit = await visiting(merchant, size=PHONE)
    await visit.set_cookie("amends_locale", language)
    pages = Pages(scene, visit)
    wide: list[str] = []
    for path in ("cases", "cases/{yours}", "cases/{yours}?panel=accept", "cases/{offered}", "exports", "team"):
        page = await pages.open(path.format(**cases))
        if await overflow(page):
            wide.append(path)
    assert wide == []


async def test_a_phone_shows_cards_and_answers_a_case(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    case = await scene.case()
    page = await Pages(scene, await visiting(merchant, size=PHONE)).table()
    await page.locator("[data-row]").tap()
    await page.wait_for_url(f"**/cases/{case['id']}*")
    await page.get_by_role("button", name="Accept", exact=True).tap()
    await page.get_by_role("button", name="Refund $49.00").tap()
    await expect(page.locator("#case-header")).to_contain_text("Closed")
    assert (await scene.merchant.read(case))["outcome"] == "customer_won"


async def test_spanish(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    case = await scene.case()
    pages = Pages(scene, await visiting(merchant, locale="es-ES"))
    page = await pages.table()
    await expect(page.locator("html")).to_have_attribute("lang", "es-ES")
    row = page.locator(f'[data-row="{case["id"]}"]')
    await expect(row).to_contain_text("49,00")
    with reading_as(msgspec.structs.replace(plain_reader(scene.clock.now()), locale=Locale("es"), language="es")):
        yours, deny = _("Waiting for you"), _("Deny")
    await expect(row).to_contain_text(yours)
    page = await pages.case(case)
    await expect(page.get_by_role("button", name=deny, exact=True)).to_be_visible()


async def test_axe_sees_what_is_wrong(visiting: Visiting) -> None:
    page = (await visiting()).page
    await page.goto("/sign-in")
    await page.evaluate("document.querySelector('#main').append(document.createElement('input'))")
    assert [finding for finding in await findings_in_both_themes(page) if "label: <input>" in finding] != []


async def test_from_right_to_left(scene: Scene, visiting: Visiting, merchant: UserRow) -> None:
    case = await scene.case()
    visit = await visiting(merchant)
    await visit.set_cookie("amends_locale", "ar-XB")
    pages = Pages(scene, visit)
    for path in ("cases", f"cases/{case['id']}"):
        page = await pages.open(path)
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        rail, main = await page.locator("nav.rail").bounding_box(), await page.locator("#main").bounding_box()
        assert rail
        assert main
        assert rail["x"] > main["x"]
        assert await overflow(page) == 0
