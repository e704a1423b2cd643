"""Coming in and going out, by keyboard, without JavaScript, and on a phone."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visiting


@pytest.mark.parametrize("javascript", [True, False])
async def test_whoever_is_not_signed_in_is_asked_to(visiting: Visiting, javascript: bool) -> None:
    page = (await visiting(javascript=javascript)).page
    await page.goto("/me")
    await expect(page).to_have_title("Sign in · Amends")
    await expect(page.get_by_label("E-mail address")).to_be_visible()
