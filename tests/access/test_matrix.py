"""Every route × every kind of caller: the status is what the table says, and who may not has written nothing."""

import re
from typing import Any

import httpx
import psycopg
import pytest
from litestar.routes import HTTPRoute

from amends.access.permissions import CUSTOMER_PERMISSIONS
from amends.app import create_app
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.access.matrix import EMPTY, OWN, PUBLIC, ROWS, Call, Row, Verdict
from tests.access.page_matrix import PAGES, PUBLIC_PAGES
from tests.access.world import World
from tests.running import http, listener, server, settings

__all__ = ["http", "listener", "server", "settings"]


@pytest.fixture
async def world(pool: Pool, http: httpx.AsyncClient, clock: ManualClock, owner: psycopg.Connection) -> World:
    """Give two accounts with their people, on a real server."""
    return await World(pool, http, clock, owner).set_up()


def routes() -> set[tuple[str, str]]:
    """Return method and path of every route of the application."""
    app = create_app(Settings(database_url="postgresql://unused", secret_key="x" * 40))
    return {
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.route_handler_map
        if method != "OPTIONS"
    }


def test_every_route_has_its_row() -> None:
    rows = [row for rows in (*ROWS.values(), *PAGES.values()) for row in rows]
    listed = [(row.method, row.path) for row in rows] + list(PUBLIC) + list(PUBLIC_PAGES)
    assert len(listed) == len(set(listed)), "a route has one row"
    assert set(listed) == routes(), set(listed) ^ routes()


def address(path: str, call: Call) -> str:
    """Put the ids into a path."""
    return re.sub(r"\{(\w+)\}", lambda name: call.path.get(name[1], "x"), path)


async def refused(world: World, row: Row) -> dict[str, tuple[str | None, Verdict]]:
    """Return who may not: their token and what they get."""
    kind = row.right if row.right == "platform" else "merchant"
    stranger = row.stranger if row.needs in CUSTOMER_PERMISSIONS else 403
    every: dict[str, tuple[str | None, Verdict]] = {
        "anonymous": (None, 401),
        "wrong token": ("amends_wrong", 401),
        "wrong scope": (await world.without(kind, row.needs), 403),
        "foreign": (world.tokens["foreign"], row.foreign),
        "stranger": (world.tokens["stranger"], stranger),
        **{name: (world.tokens[name], verdict) for name, verdict in row.others.items()},
    }
    return {name: expected for name, expected in every.items() if expected[1] != OWN}


def holds(answer: httpx.Response, verdict: Verdict) -> bool:
    """Tell whether an answer is what the table says, in the one error shape where it is an error."""
    if verdict == EMPTY:
        return answer.status_code == 200 and answer.json()["data"] == []
    shape: Any = {"error"} if answer.status_code >= 400 else set(answer.json())
    return answer.status_code == verdict and set(answer.json()) == shape


@pytest.mark.parametrize("group", ROWS)
async def test_who_may_what(world: World, group: str) -> None:
    wrong: list[str] = []
    for row in ROWS[group]:
        wrong += await asked_about(world, row)
    assert not wrong, "\n".join(wrong)


async def asked_about(world: World, row: Row) -> list[str]:
    """Send one route's request as everybody, the right one last; return what went otherwise."""
    call, wrong = await row.prepare(world), list[str]()
    path, callers = address(row.path, call), await refused(world, row)
    for token, _ in callers.values():
        await world.warm_up(token)
    before = world.facts()
    for name, (token, verdict) in callers.items():
        answer = await world.call(token, row.method, path, call.body, dict(call.query))
        if not holds(answer, verdict):
            wrong.append(f"{row.method} {row.path} as {name}: {answer.status_code} {answer.text[:300]}, not {verdict}")
    after = world.facts()
    changed = [name for name in before if before[name] != after[name] and name != "guesses"]
    if changed:
        wrong.append(f"{row.method} {row.path}: refused callers changed {changed}")
    answer = await world.call(world.tokens[row.right], row.method, path, call.body, dict(call.query))
    if not answer.is_success:
        wrong.append(f"{row.method} {row.path} as {row.right}: {answer.status_code} {answer.text[:300]}")
    return wrong


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route[0]} {route[1]}")
async def test_public_routes_need_no_credential(http: httpx.AsyncClient, route: tuple[str, str]) -> None:
    answer = await http.request(route[0], address(route[1], Call()), content=b"{}" if route[0] != "GET" else None)
    assert answer.status_code == PUBLIC[route]
