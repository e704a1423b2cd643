"""Writes every page and state to var/screenshots/ at three widths, light and dark: `make screenshots`.

`python -m tests.browser.screenshots table 390 dark` takes only the pictures whose names have all of the words. One that
cannot be taken is named at the end, and fails the run.
"""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from playwright.async_api import Browser, Page
from playwright.async_api import Error as BrowserError

from tests.browser.house import PHONE, TABLET, WIDE, Theme, chromium, open_visit
from tests.browser.stage import Stage, stage

FOLDER: Final = Path(__file__).parents[2] / "var/screenshots"
SIZES: Final = {"1440": WIDE, "820": TABLET, "390": PHONE}
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
WAIT_MS: Final = 8_000
MUST_SHOW: Final = ("yours", "theirs", "offer-open", "review", "closed", "refund-failed")

Act = Callable[[Page], Awaitable[object]]


class Shot(NamedTuple):
    """A picture: of which page, who looks, and what is done first."""

    path: str
    act: Act | None = None
    who: str | None = "owner"
    locale: str = "en-US"
    full: bool = False


def press(*keys: str) -> Act:
    """Press keys."""

    async def act(page: Page) -> None:
        for key in keys:
            await page.keyboard.press(key)

    return act


async def select_some(page: Page) -> None:
    """Select four cases."""
    for box in (await page.locator('input[name="case"]').all())[:4]:
        await box.check()


async def open_filter(page: Page) -> None:
    """Open the filter of reasons, on a phone behind another button."""
    switch = page.locator("label.filters-switch")
    if await switch.is_visible():
        await switch.click()
    await page.locator("details.filter summary").nth(3).click()


def in_bulk(action: str) -> Act:
    """Act on the selected cases, up to the question."""

    async def act(page: Page) -> None:
        await select_some(page)
        await page.locator("[data-bulk-bar]").get_by_role("button", name=action, exact=True).click()
        await page.locator("#remote").get_by_role("heading").first.wait_for()

    return act


async def report(page: Page) -> None:
    """Deny the selected cases, and see what came of it."""
    await in_bulk("Deny")(page)
    dialog = page.locator("#remote")
    await dialog.get_by_label("Message to each customer").fill("The course was delivered in full, as described.")
    await dialog.get_by_role("button", name="Deny").last.click()
    await dialog.get_by_role("link", name="Back to the cases").wait_for()


def dialog_of(name: str) -> Act:
    """Open a dialog that comes from the server."""

    async def act(page: Page) -> None:
        await page.get_by_role("link", name=name, exact=True).first.click()
        await page.locator("#remote").get_by_role("heading").first.wait_for()

    return act


async def export(page: Page) -> None:
    """Ask for an export; nobody works it off, so that it shows its progress."""
    await dialog_of("Export")(page)
    await page.locator("#remote").get_by_role("button", name="Start export").click()
    await page.get_by_role("progressbar").first.wait_for()


def panel(form: str) -> Act:
    """Open an action's panel on a case."""

    async def act(page: Page) -> None:
        await page.locator(f'[data-open-panel="{form}"]').first.click()
        await page.locator(f"#panel-{form}").wait_for()

    return act


def shots(stage: Stage) -> dict[str, Shot]:
    """Return every picture by its name."""
    account = f"/accounts/{stage.account_pid}"
    cases = f"{account}/cases"
    table = {
        "table": Shot(cases),
        "table-your-turn": Shot(f"{cases}?tab=your_turn"),
        "table-filtered": Shot(f"{cases}?reason=not_as_described&status=awaiting_merchant&opened=last_30_days"),
        "table-filter-open": Shot(cases, open_filter),
        "table-nothing-matches": Shot(f"{cases}?q=nothing-like-this"),
        "table-empty": Shot(f"/accounts/{stage.empty_account_pid}/cases", who="newcomer"),
        "table-columns": Shot(cases, dialog_of("Edit columns")),
        "table-selected": Shot(cases, select_some),
        "table-bulk": Shot(f"{cases}?tab=your_turn", in_bulk("Accept")),
        "table-bulk-report": Shot(f"{cases}?tab=your_turn", report),
        "table-export": Shot(cases, dialog_of("Export")),
        "table-export-progress": Shot(cases, export),
        "table-shortcuts": Shot(cases, press("?")),
        "table-spanish": Shot(cases, locale="es-ES"),
        "table-viewer": Shot(cases, who="viewer"),
        "table-platform": Shot(cases, who="reviewer"),
        "views": Shot(f"{account}/views"),
        "exports": Shot(f"{account}/exports"),
    }
    every_case = {f"case-{state}": Shot(f"{cases}/{case}") for state, case in stage.cases.items()}
    one = f"{cases}/{stage.cases['yours']}"
    acting = {f"case-act-{form}": Shot(one, panel(form)) for form in ("accept", "deny", "request-info", "offer")}
    case = {
        **every_case,
        **acting,
        "case-whole": Shot(one, full=True),
        "case-spanish": Shot(one, locale="es-ES"),
        "case-shortcuts": Shot(one, press("?")),
        "case-viewer": Shot(one, who="viewer"),
        "case-platform": Shot(one, who="reviewer"),
    }
    people = {
        "sign-in": Shot("/sign-in", who=None),
        "forgot-password": Shot("/forgot-password", who=None),
        "sign-in-link-gone": Shot("/sign-in/nothing", who=None),
        "accounts": Shot("/accounts", who="reviewer"),
        "profile": Shot("/me", full=True),
        "security": Shot("/me/security", full=True),
        "team": Shot(f"{account}/team", full=True),
        "replies": Shot(f"{account}/replies"),
        "components": Shot("/_components", full=True),
        "not-found": Shot(f"{cases}/reso_nothing"),
        "status": Shot("/", who=None),
    }
    return {
        **case,
        **people,
        **customers(stage),
        **platform(stage),
        **table,
    }  # the table last: its report has cases denied


def customers(stage: Stage) -> dict[str, Shot]:
    """Return the pictures of the customer's pages."""
    pages = {
        "purchases": Shot("/purchases", who="customer", full=True),
        "report": Shot("/purchases", click("Report a problem"), who="customer", full=True),
        "withdrawal": Shot("/purchases", click("Withdraw from contract here"), who="customer", full=True),
        "my-cases": Shot("/cases", who="customer", full=True),
        "my-cases-spanish": Shot("/cases", who="customer", locale="es-ES"),
        "notifications": Shot("/me/notifications", who="customer", full=True),
        "sign-in-email": Shot("/sign-in/email", who=None),
    }
    return pages | {
        f"my-case-{state}": Shot(f"/cases/{case}", who="customer", full=True) for state, case in stage.own_cases.items()
    }


def click(name: str) -> Act:
    """Follow the first link of a name."""

    async def act(page: Page) -> None:
        await page.get_by_role("link", name=name).first.click()
        await page.wait_for_load_state()

    return act


def platform(stage: Stage) -> dict[str, Shot]:
    """Return the pictures of the platform's pages."""
    review = f"/accounts/{stage.account_pid}/cases/{stage.cases['review']}"
    sections = ("queue", "attention", "accounts", "credits", "reviewers", "reasons", "policy", "audit", "mail")
    pages = {f"platform-{name}": Shot(f"/platform/{name}", who="platform admin") for name in sections}
    return pages | {
        "platform-account": Shot(f"/platform/accounts/{stage.account_pid}", who="platform admin", full=True),
        "platform-policy-whole": Shot("/platform/policy", who="platform admin", full=True),
        "platform-case": Shot(review, who="reviewer"),
        "platform-decide": Shot(review, panel("decide"), who="reviewer"),
        "platform-ask": Shot(review, panel("ask"), who="reviewer"),
        "platform-queue-spanish": Shot("/platform/queue", who="reviewer", locale="es-ES"),
    }


async def take(browser: Browser, stage: Stage, name: str, shot: Shot, size: str, theme: Theme) -> str | None:
    """Take one picture; return why not."""
    visit = await open_visit(browser, stage.url, size=SIZES[size], theme=theme, locale=shot.locale)
    page = visit.page
    page.set_default_timeout(WAIT_MS)
    try:
        if shot.who is not None:
            await visit.sign_in(stage.cookies[shot.who])
        await page.goto(shot.path)
        await page.evaluate("document.fonts.ready")
        if shot.act is not None:
            await shot.act(page)
        await page.screenshot(path=FOLDER / f"{name}-{size}-{theme}.png", full_page=shot.full, animations="disabled")
    except BrowserError as problem:
        await page.screenshot(path=FOLDER / f"{name}-{size}-{theme}-FAILED.png")
        return f"{name} at {size}, {theme}: {problem.message.splitlines()[0]}"
    finally:
        await visit.context.close()
    return None


async def main(words: list[str]) -> int:
    """Take every picture that is wanted."""
    if not words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    async with stage() as staged, chromium() as browser:
        await staged.work()
        problems += [f"the stage has no case that is {state}" for state in MUST_SHOW if state not in staged.cases]
        for name, shot in shots(staged).items():
            for size, theme in product(SIZES, THEMES):
                if all(word in f"{name}-{size}-{theme}" for word in words):
                    problem = await take(browser, staged, name, shot, size, theme)
                    problems += [problem] if problem else []
                    sys.stderr.write(f"{name}-{size}-{theme}\n")
    sys.stderr.write("".join(f"not taken: {problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
