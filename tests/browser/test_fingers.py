"""Where customers and guests are, a finger finds what it presses: at least 44 pixels high, and within the window."""

from typing import Final

from playwright.async_api import Page

from tests.browser.conftest import Visiting
from tests.browser.house import PHONE
from tests.browser.test_every_page import overflow
from tests.builders import make_product
from tests.cases.scene import Scene

LOW: Final = """
() => [...document.querySelectorAll("a, button, summary, select, textarea, input")]
  .filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const isShown = style.visibility !== "hidden" && width > 2 && height > 2 && one.checkVisibility();
    const isOfItsLabel = ["hidden", "radio", "checkbox", "file"].includes(one.type);
    const isInASentence = style.display === "inline";
    return isShown && !isOfItsLabel && !isInASentence && !one.closest(".sr-only") && height < 43.5;
  })
  .map((one) => `${location.pathname}: ${one.textContent.trim() || one.name}`)
"""


async def too_low(page: Page, *paths: str) -> list[str]:
    """Return what of some pages is hard to press, or sticks out."""
    found: list[str] = []
    for path in paths:
        await page.goto(path)
        assert await page.evaluate("matchMedia('(pointer: coarse)').matches")
        by = await overflow(page)
        found += await page.evaluate(LOW)
        if by:
            found.append(f"{path} is {by} px too wide")
    return found


async def test_customers_press_with_their_thumbs(scene: Scene, visiting: Visiting) -> None:
    await make_product(scene.pool, scene.account, external_id=scene.product.external_id, withdrawal_right=True)
    payment, case = await scene.payment(), await scene.case()
    page = (await visiting(scene.ada, size=PHONE)).page
    bought = f"/purchases/{payment.pid}"
    pages = ("/purchases", f"{bought}/report/reason", f"{bought}/withdrawal", "/cases", f"/cases/{case['id']}")
    assert await too_low(page, *pages, f"/cases/{case['id']}?panel=comment", "/me/notifications") == []


async def test_guests_press_with_their_thumbs(visiting: Visiting) -> None:
    page = (await visiting(size=PHONE)).page
    assert await too_low(page, "/sign-in", "/sign-in/email") == []
