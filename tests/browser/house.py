"""The browser's house: visits (a fresh browser profile each), and what nobody may find in them.

A visit complains of whatever went wrong in its pages: script errors, what the content security policy refused, requests
that failed or were refused without the test expecting it. Nothing here waits for a time to pass.
"""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from os import geteuid
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)

from amends.access.sessions import COOKIE

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = (
    "The browser tests need Chromium, which was not found. On Debian or Ubuntu: apt-get install chromium"
    " (`make test` does that itself when it runs as root)."
)
FLAGS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
)
WAIT_MS: Final = 60_000
"""How long a busy machine may take for anything."""
WIDE, TABLET, PHONE = (1440, 900), (820, 1180), (390, 844)

NOT_YET_USED: Final = "was preloaded using link preload but not used"
"""What Chromium says of a font that is there before the text, as on a busy machine."""

Theme = Literal["light", "dark"]

expect.set_options(timeout=WAIT_MS)


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Run the machine's Chromium.

    Raises:
        RuntimeError: there is none; it says what to install.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError(MISSING)
    flags = [*FLAGS, *(["--no-sandbox"] if geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=flags, timeout=3 * WAIT_MS)
        try:
            yield browser
        finally:
            await browser.close()


class Visit:
    """Somebody's browser: one page to begin with, and everything that went wrong so far."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.url = url
        self.page = page
        self.complaints: list[str] = []
        self._expected: set[int] = set()
        self._expected_words = [NOT_YET_USED]
        context.on("page", self._watch)
        self._watch(page)

    def expect_refusals(self, *statuses: int) -> None:
        """Have answers with these statuses not count as something that went wrong."""
        self._expected |= set(statuses)

    def expect_complaints(self, *words: str) -> None:
        """Have what says one of these words not count as something that went wrong."""
        self._expected_words += words

    def _complain(self, complaint: str) -> None:
        if not any(words in complaint for words in self._expected_words):
            self.complaints.append(complaint)

    async def sign_in(self, cookies: dict[str, str]) -> None:
        """Become the person of a session."""
        await self.set_cookie(COOKIE, cookies[COOKIE])

    async def set_cookie(self, name: str, value: str) -> None:
        """Have the browser send a cookie to the site."""
        await self.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self._complain(f"console: {message.text}")

    def _on_failure(self, request: Request) -> None:
        # A page that is left gives up what it was loading; so does a download, which the browser takes over.
        if request.failure != "net::ERR_ABORTED":
            self._complain(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self._complain(f"answered {response.status}: {response.request.method} {response.url}")


async def open_visit(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    theme: Theme = "light",
    locale: str = "en-US",
    time_zone: str = "UTC",
    javascript: bool = True,
) -> Visit:
    """Open a fresh browser profile on the site at `url`; nothing is loaded yet."""
    context = await browser.new_context(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        locale=locale,
        timezone_id=time_zone,
        java_script_enabled=javascript,
        reduced_motion="reduce",
        has_touch=size[0] < 600,
        accept_downloads=True,
    )
    context.set_default_timeout(WAIT_MS)
    return Visit(context, await context.new_page(), url)


AXE: Final = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES: Final[dict[str, Any]] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}


async def findings(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page as it stands, one line for each place."""
    await laid_out(page)
    await page.evaluate(AXE.read_text())  # evaluated from outside, so that the content security policy may stay
    found = await page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def laid_out(page: Page) -> None:
    """Wait until a page has its styles and fonts, without which nothing is where it belongs."""
    await page.wait_for_load_state()
    await page.evaluate("document.fonts.ready.then(() => null)")


async def check_accessibility(page: Page) -> None:
    """Have axe-core find nothing wrong with a page as it stands, in either theme."""
    assert await findings_in_both_themes(page) == []


async def findings_in_both_themes(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page as it stands, in either theme."""
    found: list[str] = []
    for theme in ("dark", "light"):
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {finding}" for finding in await findings(page)]
    return found


async def ready(page: Page) -> None:
    """Wait until a page's scripts run and what others change is heard."""
    await expect(page.locator("[data-live]")).to_have_attribute("data-state", "connected")
