"""Whatever somebody writes into an address, a query or a form, a page never breaks: it takes it, or says what is wrong.

Each page is asked as somebody who may: the fields are those of the forms that its module reads, and a few more.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import cache
from itertools import product
from typing import Any, Final
from urllib.parse import quote_from_bytes

import httpx
import msgspec
import psycopg
import pytest
from litestar.routes import HTTPRoute

from amends.app import create_app
from amends.cases.table_filters import Filter
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.access.page_matrix import PAGES, PUBLIC_PAGES, PageRow
from tests.access.test_page_matrix import address
from tests.access.world import World
from tests.running import Server, http, listener, server, settings
from tests.staff import browser, people_of

__all__ = ["http", "listener", "server", "settings"]

VALUES: Final = (
    b"nul \x00 nul",
    b"half a pair \xed\xa0\x80",
    b"no text \xff\xfe",
    "\u202eturned\u200b \u0661\u00b2\u2460".encode(),
    "\u00b2".encode(),
    b"9" * 400,
    b"-9223372036854775809",
    b"1e999",
    b"NaN",
    b"9999-12-31",
    b"0001-01-01",
    b"2026-02-30T25:61",
    b"\r\nBcc: everybody@example.com\r\n\r\n",
    b"//evil.example/%2f..\\",
    b"a@" + b"[" * 300,
    b"[" * 5000,
    b"{{7*7}} %s %(x)s {0} <b>",
    b"x" * 100_000,
)
"""What is written into each field."""
QUERIED: Final = (
    *(name.value for name in Filter),
    *("tab", "sort", "size", "view", "columns", "before", "after", "next", "then", "find", "merchant", "days"),
    *("account", "state", "opened_from", "opened_to", "amount_min", "amount_max", "form", "token", "page", "kind"),
    *("code", "error", "locale", "email", "action", "product", "actor", "reason", "from", "to", "cursor", "step"),
)
SHORT: Final = 300
"""How much of a value a field has, other than the first: addresses have an end."""
IN_PATH: Final = (
    "%00",
    "%ff",
    "%ED%A0%80",
    "..%2f..%2f",
    "x" * 3000,
    "%E2%80%AE",
    "case_" + "z" * 300,
    "1" * 50,
    "%0d%0a",
)


@pytest.fixture
async def world(pool: Pool, http: httpx.AsyncClient, clock: ManualClock, owner: psycopg.Connection) -> World:
    """Give an account with its people, on a real server."""
    return await World(pool, http, clock, owner).set_up()


@pytest.fixture
async def browsers(world: World, server: Server, pool: Pool) -> AsyncGenerator[Mapping[str, httpx.AsyncClient]]:
    """Give a signed-in browser for each kind of person."""
    people = await people_of(pool, world.account) | {"customer": world.user}
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(browser(server.url, pool, user, world.clock))
            for name, user in people.items()
        }


@cache
def forms() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the fields of the forms in the module of each page's handler."""
    app = create_app(Settings(database_url="postgresql://unused", secret_key="x" * 40))
    return {
        (method, route.path_format): tuple(sorted(_fields(inspect.getmodule(handler.fn))))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
    }


def _fields(module: Any) -> set[str]:
    kinds = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return {field.encode_name for kind in kinds if "Form" in kind.__name__ for field in msgspec.structs.fields(kind)}


def encoded(pairs: Sequence[tuple[str, bytes]]) -> bytes:
    """Write fields as a browser does."""
    return "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs).encode()


FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def sender(row: PageRow) -> str:
    """Return somebody who may."""
    return min(("owner", "platform admin", "reviewer", "customer"), key=row.expected)


async def tried(http: httpx.AsyncClient, method: str, path: str, fields: tuple[str, ...]) -> AsyncIterator[str]:
    """Say what each value does in all fields at once."""
    for value in VALUES:
        if method == "GET":
            pairs = [(name, value[:SHORT]) for name in QUERIED]
            answer = await http.get(f"{path}?{encoded(pairs).decode()}")
        else:
            pairs = [(name, value if number == 0 else value[:SHORT]) for number, name in enumerate(fields)]
            answer = await http.post(path, content=encoded(pairs), headers=FORM)
        if answer.status_code >= 500:
            yield f"{method} {path} with {value[:30]!r}: {answer.status_code}"


@pytest.mark.parametrize("group", PAGES)
async def test_no_page_breaks(world: World, browsers: Mapping[str, httpx.AsyncClient], group: str) -> None:
    broken: list[str] = []
    for row in PAGES[group]:
        names, http = await row.prepare(world), browsers[sender(row)]
        fields = tuple(dict.fromkeys((*row.form, *forms().get((row.method, row.path), ()))))
        broken += [one async for one in tried(http, row.method, address(row.path, names), fields)]
        for name, part in product(names, IN_PATH):
            answer = await http.request(row.method, address(row.path, {**names, name: part}))
            if answer.status_code >= 500:
                broken.append(f"{row.method} {row.path} with {part[:30]!r}: {answer.status_code}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("route", PUBLIC_PAGES, ids=lambda route: f"{route[0]} {route[1]}")
async def test_no_public_page_breaks(server: Server, route: tuple[str, str]) -> None:
    method, path = route
    async with browser(server.url) as http:
        broken = [one async for one in tried(http, method, address(path, {}), forms()[route])]
        for part in IN_PATH:
            answer = await http.request(method, address(path, {"token": part}))
            broken += [f"{method} {path} with {part[:30]!r}"] if answer.status_code >= 500 else []
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "query", ["platform/mail?to=%00", "platform/queue?account=%0%000", "platform/audit?action=a%00"]
)
async def test_a_page_reads_its_address_without_what_nobody_types(
    browsers: Mapping[str, httpx.AsyncClient], query: str
) -> None:
    answer = await browsers["platform admin"].get(f"/{query}")
    assert answer.status_code == 200
    assert "<h1" in answer.text
