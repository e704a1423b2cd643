"""Saved views: kept by name for one person at one account, canonical, bounded, nobody else's."""

from typing import Any

import httpx
import pytest

from amends.cases.queries_views import MOST_VIEWS
from amends.kit.ids import Prefix, public_id, uuid7
from tests.builders import make_account
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key, make_team_member

PATH = "/api/v1/saved_views"


class Person:
    """Somebody with views."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http, self._headers = http, bearer(token)

    async def call(self, method: str, path: str = "", body: Any = None, **query: str) -> httpx.Response:
        return await self._http.request(method, PATH + path, json=body, params=query, headers=self._headers)

    async def save(self, name: str, **fields: Any) -> dict[str, Any]:
        answer = await self.call("POST", body={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def names(self, **query: str) -> list[str]:
        return [view["name"] for view in (await self.call("GET", **query)).json()["data"]]


@pytest.fixture
async def grace(scene: Scene) -> Person:
    _, party = await scene.colleague("viewer")
    return Person(scene.http, party.token)


def code(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


async def test_a_view_keeps_what_a_page_would_understand(grace: Person) -> None:
    view = await grace.save(
        "  Fraud   this month ",
        query="?utm=1&reason=fraudulent&reason=other&tab=your_turn&opened=this_month&after=abc&sort=due",
        columns=["status", "case", "gone", "status"],
    )
    assert view["name"] == "Fraud this month"
    assert view["query"] == "tab=your_turn&opened=this_month&reason=fraudulent"
    assert view["columns"] == ["status", "case"]
    assert (await grace.call("GET")).json() == {"data": [view]}


async def test_views_change_in_part_and_go(grace: Person) -> None:
    view = await grace.save("Mine", query="tab=closed", columns=["case", "status"])
    changed = (await grace.call("PUT", f"/{view['id']}", {"name": "MINE"})).json()
    assert changed == {**view, "name": "MINE"}
    changed = (await grace.call("PUT", f"/{view['id']}", {"query": "q=ada", "columns": []})).json()
    assert changed == {**view, "name": "MINE", "query": "q=ada", "columns": []}
    assert (await grace.call("DELETE", f"/{view['id']}")).json() == {"id": view["id"]}
    assert await grace.names() == []
    assert (await grace.call("DELETE", f"/{view['id']}")).status_code == 404


async def test_names_are_unique_whatever_their_case(grace: Person) -> None:
    await grace.save("Straße")
    other = await grace.save("Ärger")
    assert code(await grace.call("POST", body={"name": "STRASSE"})) == "view_name_taken"
    assert code(await grace.call("PUT", f"/{other['id']}", {"name": "strasse"})) == "view_name_taken"
    assert await grace.names() == ["Straße", "Ärger"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\u200bb", "a\x07b"])
async def test_names_are_words(grace: Person, name: str) -> None:
    assert code(await grace.call("POST", body={"name": name})) == "view_name_invalid"


async def test_there_are_only_so_many(grace: Person) -> None:
    for n in range(MOST_VIEWS):
        await grace.save(f"View {n}")
    answer = await grace.call("POST", body={"name": "One more"})
    assert (answer.status_code, code(answer)) == (422, "too_many_views")


async def test_views_are_their_owners_alone(scene: Scene, grace: Person) -> None:
    view = await grace.save("Mine")
    _, party = await scene.colleague("owner", name="Olga Owner")
    olga = Person(scene.http, party.token)
    assert await olga.names() == []
    for method, body in (("PUT", {"name": "Hers"}), ("DELETE", None)):
        assert (await olga.call(method, f"/{view['id']}", body)).status_code == 404
    await olga.save("Mine")
    assert await grace.names() == ["Mine"]


async def test_each_account_has_its_own(scene: Scene) -> None:
    user, party = await scene.colleague("admin")
    other = await make_account(scene.pool)
    await make_team_member(scene.pool, other, user, "viewer")
    person = Person(scene.http, party.token)
    assert code(await person.call("GET")) == "account_required"
    await person.save("Mine", account_id=other.pid)
    await person.save("Mine", account_id=scene.account.pid, query="tab=closed")
    assert await person.names(account_id=other.pid) == ["Mine"]
    third = await make_account(scene.pool)
    assert (await person.call("GET", account_id=third.pid)).status_code == 404
    assert (await person.call("GET", account_id="biz_1")).status_code == 404
    platform = Person(scene.http, await make_api_key(scene.pool))
    assert await platform.names(account_id=other.pid) == []
    assert (
        await platform.call("GET", account_id=public_id(Prefix.ACCOUNT, uuid7(scene.clock.now())))
    ).status_code == 404
