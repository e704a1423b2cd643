"""Where pages lead: an account's, the platform's and a customer's navigation, and help on every page."""

import re
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import InvalidSetting, Settings, load_settings
from tests.builders import make_account, make_user
from tests.conftest import Database
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

PLACES = {
    "/purchases": "My purchases",
    "/cases": "My cases",
    "/platform/queue": "Review queue",
    "/platform/policy": "Policy",
    "/platform/audit": "Audit log",
}


@pytest.fixture
def settings(database: Database, listener: socket.socket, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database.url,
        data_dir=tmp_path,
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        support_url="https://help.example/amends",
        support_text="Ask a person",
    )


def entries(page: httpx.Response) -> set[str]:
    """Return which of the places a page's navigation leads to."""
    assert page.status_code == 200
    return {path for path in PLACES if f'class="rail-link" href="{path}"' in page.text}


def hats(page: httpx.Response) -> set[str]:
    """Return which other places the menu behind the person's name leads to."""
    return set(re.findall(r'class="menu-item" href="(/platform/queue|/accounts|/purchases)"', page.text))


async def test_a_customer_goes_between_purchases_and_cases(server: Server, pool: Pool, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_user(pool), clock) as http:
        assert entries(await http.get("/me")) == {"/purchases", "/cases"}


async def test_each_role_of_the_platform_sees_what_it_may_open(server: Server, pool: Pool, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        assert entries(await http.get("/accounts")) == {"/platform/queue"}
    async with browser(server.url, pool, await make_staff_person(pool, "admin"), clock) as http:
        assert entries(await http.get("/accounts")) == {"/platform/queue", "/platform/policy", "/platform/audit"}


async def test_an_account_leads_its_team_nowhere_else_and_the_platform_back(
    server: Server, pool: Pool, clock: ManualClock
) -> None:
    account = await make_account(pool)
    table = f"/accounts/{account.pid}/cases"
    async with browser(server.url, pool, await make_team_person(pool, account, "owner"), clock) as http:
        assert "/platform/queue" not in entries(await http.get(table))
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        assert "/platform/queue" in entries(await http.get(table))


async def test_who_is_several_finds_the_others_in_the_menu(server: Server, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    table = f"/accounts/{account.pid}/cases"
    owner, reviewer = await make_team_person(pool, account, "owner"), await make_staff_person(pool, "reviewer")
    async with browser(server.url, pool, owner, clock) as http:
        assert hats(await http.get(table)) == {"/purchases"}
        assert hats(await http.get("/purchases")) == {"/accounts"}
    async with browser(server.url, pool, reviewer, clock) as http:
        assert hats(await http.get("/platform/queue")) == {"/accounts", "/purchases"}
        assert hats(await http.get("/purchases")) == {"/platform/queue", "/accounts"}
    async with browser(server.url, pool, await make_user(pool), clock) as http:
        assert hats(await http.get("/purchases")) == set()


@pytest.fixture
async def stranger(server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    async with browser(server.url) as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/sign-in", "/forgot-password", "/sign-in/never", "/nowhere"])
async def test_help_is_on_every_page(stranger: httpx.AsyncClient, path: str) -> None:
    page = await stranger.get(path)
    assert 'href="https://help.example/amends"' in page.text
    assert "Ask a person" in page.text


async def test_help_is_on_the_pages_of_those_who_are_signed_in(server: Server, pool: Pool, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_user(pool), clock) as http:
        assert "Ask a person" in (await http.get("/me")).text


def test_the_address_of_help_is_one_that_browsers_follow() -> None:
    with pytest.raises(InvalidSetting, match="AMENDS_SUPPORT_URL"):
        load_settings({"AMENDS_SUPPORT_URL": "javascript:alert(1)"})
    assert load_settings({"AMENDS_SUPPORT_URL": "mailto:help@example.com"}).support_url == "mailto:help@example.com"
