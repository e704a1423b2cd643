"""The case page over HTTP: what it says in each turn, what nobody sees who should not, and what it costs."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from amends.kit.clock import ManualClock
from tests.cases.scene import Scene
from tests.running import Server
from tests.staff import make_team_person, sign_in


@pytest.fixture
async def owner_person(scene: Scene, server: Server, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the browser of an owner of the account."""
    user = await make_team_person(scene.pool, scene.account, "owner")
    cookies = await sign_in(scene.pool, user, clock)
    async with httpx.AsyncClient(base_url=server.url, cookies=cookies, headers={"Accept": "text/html"}) as http:
        yield http


async def test_yours(scene: Scene, owner_person: httpx.AsyncClient) -> None:
    case = await scene.case()
    page = await owner_person.get(f"/accounts/{scene.account.pid}/cases/{case['id']}")
    assert page.status_code == 200, page.text[-3000:]
    assert "Waiting for you" in page.text
