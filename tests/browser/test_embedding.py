"""The customers' pages in a frame: sites on the list may show them, all others may not, and nothing else is shown."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from playwright.async_api import FrameLocator, Page, expect

from amends.settings import Settings
from tests.browser.house import Visit
from tests.browser.parents import Parent, parent
from tests.cases.scene import Scene
from tests.credentials import bearer
from tests.staff import make_team_person, sign_in

Framed = tuple[Page, FrameLocator]


@pytest.fixture
async def shop() -> AsyncGenerator[Parent]:
    """Give the platform's own site."""
    async with parent() as site:
        yield site


@pytest.fixture
async def stranger() -> AsyncGenerator[Parent]:
    """Give a site that nobody allowed."""
    async with parent() as site:
        yield site


@pytest.fixture
def settings(usual_settings: Settings, shop: Parent) -> Settings:
    """Give the settings of a server that the shop may show in a frame, under both of its names."""
    return msgspec.structs.replace(usual_settings, embed_parents=(shop.origin(), shop.origin("127.0.0.1")))


async def link(http: httpx.AsyncClient, scene: Scene, **more: Any) -> str:
    """Ask for an address for a frame in which Ada is signed in."""
    body = {"user_id": scene.ada.external_id, "embed": True, **more}
    answer = await http.post("/api/v1/sign_in_links", json=body, headers=bearer(scene.platform.token))
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


async def show(visit: Visit, site: Parent, src: str, *, host: str = "localhost") -> Framed:
    """Open a site whose frame shows an address."""
    site.src = src
    await visit.page.goto(site.origin(host))
    return visit.page, visit.page.frame_locator("iframe")


@pytest.fixture
async def visit(visiting: Callable[..., Awaitable[Visit]]) -> Visit:
    """Give a browser in which nobody is signed in."""
    return await visiting()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_the_shop_shows_the_customers_pages(
    visit: Visit, shop: Parent, http: httpx.AsyncClient, scene: Scene, host: str
) -> None:
    await scene.case()
    page, frame = await show(visit, shop, await link(http, scene), host=host)
    await expect(frame.get_by_role("heading", name="My purchases")).to_be_visible()
    await frame.get_by_role("link", name="My cases").click()
    await expect(frame.get_by_role("heading", name="My cases")).to_be_visible()
    await expect(frame.get_by_text("Sign out")).to_have_count(0)
    await expect(page.get_by_text('{"type":"amends:height"').first).to_contain_text(visit.url)
    kept: list[Mapping[str, Any]] = list(await visit.context.cookies())
    cookies = {cookie["name"]: cookie for cookie in kept}
    assert "amends_session" not in cookies
    assert cookies["amends_embedded"]["sameSite"] == "None"
    assert cookies["amends_embedded"]["httpOnly"]


async def test_a_form_works_in_the_frame(visit: Visit, shop: Parent, http: httpx.AsyncClient, scene: Scene) -> None:
    case = await scene.case()
    _, frame = await show(visit, shop, await link(http, scene, case_id=case["id"]))
    opener = frame.locator("#open-comment")
    await expect(frame.locator("[data-live]")).to_have_attribute("data-state", "connected")
    if not await opener.is_visible():
        await frame.get_by_label("More", exact=True).click()
    await opener.click()
    await frame.locator("#panel-comment textarea").fill("It still does not work.")
    await frame.locator("#panel-comment button[type=submit]").click()
    await expect(frame.get_by_text("It still does not work.")).to_be_visible()
    assert (await scene.customer.kinds(case))[-1] == "commented"


async def refused(visit: Visit, site: Parent, src: str, *, host: str = "localhost") -> bool:
    """Tell whether a browser refuses to show an address in a site's frame."""
    visit.expect_complaints("frame-ancestors", "ERR_BLOCKED_BY_")
    async with (
        visit.page.expect_console_message(lambda message: "frame-ancestors" in message.text),
        visit.page.expect_event("framenavigated", lambda frame: frame.url.startswith("chrome-error://")),
    ):
        await show(visit, site, src, host=host)
    return visit.page.frames[1].url.startswith("chrome-error://")


async def test_another_site_shows_nothing(
    visit: Visit, stranger: Parent, http: httpx.AsyncClient, scene: Scene
) -> None:
    assert await refused(visit, stranger, await link(http, scene))


async def test_the_pages_of_whole_windows_are_shown_in_no_frame(
    visit: Visit, shop: Parent, scene: Scene, server: Any
) -> None:
    owner = await make_team_person(scene.pool, scene.account, "owner")
    await visit.sign_in(await sign_in(scene.pool, owner, scene.clock))
    for path in (f"/accounts/{scene.account.pid}/cases", "/sign-in", "/purchases"):
        assert await refused(visit, shop, server.url + path, host="127.0.0.1"), path


async def test_neither_session_disturbs_the_other(
    visit: Visit, shop: Parent, http: httpx.AsyncClient, scene: Scene, server: Any
) -> None:
    owner = await make_team_person(scene.pool, scene.account, "owner")
    await visit.sign_in(await sign_in(scene.pool, owner, scene.clock))
    _, frame = await show(visit, shop, await link(http, scene), host="127.0.0.1")
    await expect(frame.get_by_role("heading", name="My purchases")).to_be_visible()
    window = await visit.context.new_page()
    await window.goto(f"{server.url}/me")
    await expect(window.get_by_label("Name")).to_have_value(owner.name or "")
    await frame.get_by_role("link", name="My cases").click()
    await expect(frame.get_by_role("heading", name="My cases")).to_be_visible()


async def test_a_visit_that_is_over_says_so_to_the_site(
    visit: Visit, shop: Parent, http: httpx.AsyncClient, scene: Scene
) -> None:
    page, frame = await show(visit, shop, await link(http, scene))
    await expect(frame.get_by_role("heading", name="My purchases")).to_be_visible()
    await scene.pool.execute("delete from sessions")
    visit.expect_refusals(401, 404)
    await frame.get_by_role("link", name="My cases").click()
    await expect(frame.get_by_role("heading", name="Your visit here is over")).to_be_visible()
    await expect(page.get_by_text('{"type":"amends:over"}')).to_have_count(1)
    _, used = await show(visit, shop, shop.src)
    await expect(used.get_by_role("heading", name="Your visit here is over").first).to_be_attached()
