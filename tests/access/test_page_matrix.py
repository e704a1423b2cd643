"""Every page × every kind of person: the status is what the table says, and who may not has written nothing."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack

import httpx
import psycopg
import pytest
from markupsafe import escape

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.web.typed_words import LABELS
from tests.access.page_matrix import OUTSIDERS, PAGES, PUBLIC_PAGES, PageRow
from tests.access.world import World
from tests.builders import make_account, make_user
from tests.running import Server, http, listener, server, settings
from tests.staff import browser, make_team_person, people_of

__all__ = ["http", "listener", "server", "settings"]

FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}

Browsers = Mapping[str, httpx.AsyncClient]


@pytest.fixture
async def world(pool: Pool, http: httpx.AsyncClient, clock: ManualClock, owner: psycopg.Connection) -> World:
    """Give two accounts with their people, on a real server."""
    return await World(pool, http, clock, owner).set_up()


@pytest.fixture
async def browsers(world: World, server: Server, pool: Pool) -> AsyncGenerator[Browsers]:
    """Give a signed-in browser for each kind of person."""
    people = await people_of(pool, world.account)
    people["foreign"] = await make_team_person(pool, await make_account(pool), "owner")
    people["stranger"], people["customer"] = await make_user(pool), world.user
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(browser(server.url, pool, user, world.clock))
            for name, user in people.items()
        }


@pytest.fixture
async def nobody(server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a browser in which nobody is signed in."""
    async with browser(server.url) as http:
        yield http


def address(path: str, names: Mapping[str, str]) -> str:
    """Put the ids into a path."""
    return re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], "x"), path)


async def ask(
    http: httpx.AsyncClient, row: PageRow, names: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return await http.request(row.method, address(row.path, names), data=dict(row.form) or None, headers=headers)


def words_of(row: PageRow) -> list[str]:
    """Return what a page's form holds in words: whoever typed it reads it again when their session has ended."""
    typed = row.form.items() if row.method == "POST" else ()
    return [text for name, text in typed if name in LABELS and (name != "reason" or " " in text)]  # else it is chosen


@pytest.mark.parametrize("group", PAGES)
async def test_who_may_see_and_do_what(world: World, browsers: Browsers, nobody: httpx.AsyncClient, group: str) -> None:
    wrong: list[str] = []
    for row in PAGES[group]:
        wrong += await asked_about(world, browsers, nobody, row)
    assert not wrong, "\n".join(wrong)


async def asked_about(world: World, browsers: Browsers, nobody: httpx.AsyncClient, row: PageRow) -> list[str]:
    """Send one page's request as everybody, those who may last; return what went otherwise."""
    wrong = list[str]()
    refused = [name for name in browsers if row.expected(name) in {403, 404}]
    names, before = await row.prepare(world), world.facts()
    answer = await ask(nobody, row, names)
    if answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in"):
        wrong.append(f"{row.method} {row.path} without a session: {answer.status_code}")
    answer, typed = await ask(nobody, row, names, headers=FROM_OUR_PAGE), words_of(row)
    if answer.status_code != (401 if typed else 303) or not all(escape(text) in answer.text for text in typed):
        wrong.append(f"{row.method} {row.path} from our page without a session: {answer.status_code}")
    for name in refused:
        wrong += check(row, name, await ask(browsers[name], row, names))
    after = world.facts()
    if changed := [table for table in before if before[table] != after[table]]:
        wrong.append(f"{row.method} {row.path}: refused people changed {changed}")
    for name in browsers.keys() - set(refused):
        wrong += check(row, name, await ask(browsers[name], row, await row.prepare(world)))
    return wrong


def check(row: PageRow, name: str, answer: httpx.Response) -> list[str]:
    """Return what is wrong about an answer: another status, or an error that is not a page."""
    kind, expected = answer.headers.get("content-type", ""), row.expected(name)
    right = answer.status_code == expected and (answer.status_code < 400 or kind.startswith("text/html"))
    return [] if right else [f"{row.method} {row.path} as {name}: {answer.status_code} {kind}, not {expected}"]


@pytest.mark.parametrize("route", PUBLIC_PAGES, ids=lambda route: f"{route[0]} {route[1]}")
async def test_public_pages_need_no_session(nobody: httpx.AsyncClient, route: tuple[str, str]) -> None:
    answer = await nobody.request(route[0], address(route[1], {}))
    assert answer.status_code == PUBLIC_PAGES[route]


@pytest.mark.parametrize("group", PAGES)
def test_pages_of_an_account_name_outsiders(group: str) -> None:
    for row in (row for row in PAGES[group] if row.whose is None):
        assert (row.needs is not None) == ("{biz_pid}" in row.path), f"{row.path} says what it needs at the account"
        assert row.needs is None or all(row.expected(who) == 404 for who in OUTSIDERS)
