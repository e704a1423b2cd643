"""Fixtures of the browser tests: one Chromium for each worker, fresh profiles, a marketplace on a real server."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, Page

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.settings import Settings
from amends.web.assets import DIST
from tests.browser.house import Visit, chromium, open_visit, ready
from tests.cases.scene import Scene
from tests.running import Server, http, listener, server, services, worker
from tests.running import settings as usual_settings
from tests.staff import make_team_person, sign_in

__all__ = ["http", "listener", "server", "services", "usual_settings", "worker"]


class Visiting(Protocol):
    """Opens a visit; `user`: who is signed in."""

    def __call__(self, user: UserRow | None = None, **how: Any) -> Awaitable[Visit]: ...


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncGenerator[Browser]:
    """Give this worker's Chromium."""
    assert (DIST / "manifest.json").exists(), "The front end is not built. Say `make frontend`."
    async with chromium() as browser:
        yield browser


@pytest.fixture
def settings(usual_settings: Settings) -> Settings:
    """Give the settings of a server for work on pages: it knows the languages that test layouts."""
    return msgspec.structs.replace(usual_settings, development=True)


@pytest.fixture
async def visiting(browser: Browser, server: Server, pool: Pool, clock: ManualClock) -> AsyncGenerator[Visiting]:
    """Give what opens visits. In the end nothing may have gone wrong in any of them."""
    visits: list[Visit] = []

    async def visit(user: UserRow | None = None, **how: Any) -> Visit:
        opened = await open_visit(browser, server.url, **how)
        visits.append(opened)
        if user is not None:
            await opened.sign_in(await sign_in(pool, user, clock))
        return opened

    yield visit
    for opened in visits:
        await opened.context.close()
    assert [complaint for opened in visits for complaint in opened.complaints] == []


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
async def merchant(scene: Scene) -> UserRow:
    """Give an owner of the account's team."""
    return await make_team_person(scene.pool, scene.account, "owner")


class Pages:
    """The pages of the scene's account in one browser, each opened until its scripts run."""

    def __init__(self, scene: Scene, visit: Visit) -> None:
        self._scene = scene
        self.visit = visit
        self.page = visit.page

    async def table(self, query: str = "") -> Page:
        """Open the table of cases."""
        return await self.open(f"cases{query}")

    async def case(self, case: dict[str, Any], query: str = "") -> Page:
        """Open a case."""
        return await self.open(f"cases/{case['id']}{query}")

    async def open(self, path: str) -> Page:
        """Open a page of the account."""
        await self.page.goto(f"/accounts/{self._scene.account.pid}/{path}")
        await ready(self.page)
        return self.page


@pytest.fixture
async def visit(visiting: Callable[..., Awaitable[Visit]], merchant: UserRow) -> Visit:
    """Give the browser of the account's owner, on a wide screen."""
    return await visiting(merchant)


@pytest.fixture
def pages(scene: Scene, visit: Visit) -> Pages:
    """Give the account's pages in the browser of its owner."""
    return Pages(scene, visit)
