"""Sessions of frames, over HTTP: what they open, what their forms need, and which answers a frame may show."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from amends.access.commands_sessions import Device, SignedInBy, start_session
from amends.access.people import Person
from amends.access.sessions import COOKIE, Reach
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.settings import InvalidSetting, Settings, load_settings
from amends.web.csrf import FIELD, HEADER
from amends.web.session_cookie import EMBEDDED
from tests.builders import make_user
from tests.cases.scene import Scene
from tests.credentials import bearer
from tests.running import Server
from tests.running import settings as usual_settings
from tests.staff import browser, make_team_person

__all__ = ["usual_settings"]

SHOP = "https://shop.example"
IN_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
ALLOWED = f"frame-ancestors {SHOP}"


@pytest.fixture
def settings(usual_settings: Settings) -> Settings:
    """Give the settings of a server that the shop may show."""
    return msgspec.structs.replace(usual_settings, embed_parents=(SHOP,))


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give an account and its people."""
    return await Scene(pool, http, clock).set_up()


async def session_of(pool: Pool, user: UserRow, clock: ManualClock, *, only_case: str | None = None) -> str:
    """Begin a session of a frame and return its cookie."""
    person = Person(user.id, user.pid, user.name, user.email)
    async with transaction(pool) as connection:
        session = await start_session(
            connection,
            person,
            by=SignedInBy.LINK,
            device=Device(None, None),
            now=clock.now(),
            reach=Reach(embedded=True, only_case=only_case),
        )
    return f"{EMBEDDED}={session.token}"


async def link(http: httpx.AsyncClient, scene: Scene, **more: Any) -> str:
    """Ask for an address for a frame; return its path."""
    body = {"user_id": scene.ada.external_id, "embed": True, **more}
    answer = await http.post("/api/v1/sign_in_links", json=body, headers=bearer(scene.platform.token))
    assert answer.status_code == 201, answer.text
    return "/embed/" + answer.json()["url"].rpartition("/")[2]


def policy(answer: httpx.Response) -> str:
    """Return who may show an answer in a frame."""
    found = re.search(r"frame-ancestors [^;]*", answer.headers["content-security-policy"])
    assert found
    return found[0]


def token_in(page: str) -> str:
    """Return the token of a page's form."""
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_link_begins_a_session_in_the_frame_by_its_form(
    http: httpx.AsyncClient, scene: Scene, server: Server, pool: Pool
) -> None:
    path = await link(http, scene)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, headers={"Accept": "text/html"}) as frame:
        shown = await frame.get(path, headers=IN_FRAME)
        assert (shown.status_code, policy(shown)) == (200, ALLOWED)
        assert "set-cookie" not in shown.headers
        without = await frame.post(path, headers={"Sec-Fetch-Site": "same-origin"})
        assert (without.status_code, await pool.fetchval("select count(*) from sessions")) == (403, 0)
        done = await frame.post(path, data={FIELD: token_in(shown.text)})
    assert (done.status_code, done.headers["location"]) == (303, "/purchases")
    [cookie] = done.headers.get_list("set-cookie", split_commas=False)[:1]
    assert cookie.startswith(f"{EMBEDDED}=")
    assert {"HttpOnly", "Path=/", "SameSite=none", "Secure", "Partitioned"} <= set(cookie.split("; "))
    row = await pool.fetchrow("select embedded, only_case from sessions")
    assert row is not None
    assert tuple(row) == (True, None)


async def test_a_link_for_a_frame_does_not_sign_in_a_window_nor_the_other_way_round(
    http: httpx.AsyncClient, scene: Scene, nobody: httpx.AsyncClient
) -> None:
    token = (await link(http, scene)).rpartition("/")[2]
    assert (await nobody.post(f"/sign-in/{token}")).status_code == 404
    assert (await nobody.post(f"/open/{token}")).status_code == 404


async def test_only_the_customers_pages_are_open_and_only_in_frames(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, clock: ManualClock
) -> None:
    owner = await make_team_person(pool, scene.account, "owner")
    headers = {"Cookie": await session_of(pool, owner, clock), "Accept": "text/html", **IN_FRAME}
    shown = await http.get("/purchases", headers=headers)
    assert (shown.status_code, policy(shown)) == (200, ALLOWED)
    for path in ("/me", "/me/security", "/accounts", f"/accounts/{scene.account.pid}/cases"):
        refused = await http.get(path, headers=headers)
        assert (refused.status_code, policy(refused)) == (403, ALLOWED), path
        assert "This page opens in a window of its own" in refused.text
    window = {**headers, "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    assert (await http.get("/purchases", headers=window)).status_code == 303


async def test_the_session_of_a_window_opens_nothing_in_the_cookie_of_frames(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, clock: ManualClock, server: Server
) -> None:
    cookie = await session_of(pool, scene.ada, clock)
    headers = {"Cookie": cookie.replace(EMBEDDED, COOKIE), "Accept": "text/html"}
    assert (await http.get("/purchases", headers=headers)).status_code == 303
    async with browser(server.url, pool, scene.ada, clock) as whole:
        shown = await whole.get("/purchases")
        assert (shown.status_code, policy(shown)) == (200, "frame-ancestors 'none'")
        whole_token = whole.cookies[COOKIE]
    headers = {"Cookie": f"{EMBEDDED}={whole_token}", "Accept": "text/html", **IN_FRAME}
    assert (await http.get("/purchases", headers=headers)).status_code == 401


async def test_a_form_needs_the_token_of_its_own_session(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, clock: ManualClock
) -> None:
    case = (await scene.case())["id"]
    mine, others = await session_of(pool, scene.ada, clock), await session_of(pool, await make_user(pool), clock)
    page = await http.get(f"/cases/{case}", headers={"Cookie": mine, "Accept": "text/html", **IN_FRAME})
    foreign = await http.get("/purchases", headers={"Cookie": others, "Accept": "text/html", **IN_FRAME})
    assert (page.status_code, foreign.status_code) == (200, 200)
    token = token_in(page.text)
    path, said = f"/cases/{case}/comment", {"message": "Please look at it."}
    base = {"Cookie": mine, "Accept": "text/html", "Sec-Fetch-Dest": "iframe"}
    for wrong in ({}, {FIELD: ""}, {FIELD: "x"}, {FIELD: token[:-2]}):
        assert (await http.post(path, headers=base, data={**said, **wrong})).status_code == 403
    other_session = {**base, "Cookie": others}
    assert (await http.post(path, headers=other_session, data={**said, FIELD: token})).status_code == 403
    cross = {**base, "Sec-Fetch-Site": "cross-site"}
    assert (await http.post(path, headers=cross, data={**said, FIELD: token})).status_code == 403
    assert (await http.post(path, headers={**base, HEADER: token}, data=said)).status_code in {200, 303}
    assert (await scene.customer.kinds({"id": case}))[-1] == "commented"


async def test_a_frame_for_one_case_opens_that_case(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, clock: ManualClock
) -> None:
    case, other = (await scene.case())["id"], (await scene.case())["id"]
    cookie = await session_of(pool, scene.ada, clock, only_case=case)
    headers = {"Cookie": cookie, "Accept": "text/html", **IN_FRAME}
    statuses = [(await http.get(f"/cases/{one}", headers=headers)).status_code for one in (case, other)]
    assert statuses == [200, 403]


async def test_a_frame_whose_session_is_over_says_so(http: httpx.AsyncClient, scene: Scene) -> None:
    answer = await http.get("/purchases", headers={"Accept": "text/html", **IN_FRAME})
    assert (answer.status_code, policy(answer)) == (401, ALLOWED)
    assert "Your visit here is over" in answer.text
    assert policy(await http.get("/sign-in", headers={"Accept": "text/html", **IN_FRAME})) == "frame-ancestors 'none'"


async def test_without_the_setting_no_page_is_for_frames(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, clock: ManualClock, settings: Settings
) -> None:
    off = msgspec.structs.replace(settings, embed_parents=())
    assert off.embed_parents == ()
    cookie = await session_of(pool, scene.ada, clock)
    plain = {"Cookie": cookie, "Accept": "text/html", "Sec-Fetch-Dest": "document"}
    assert (await http.get("/purchases", headers=plain)).status_code == 303


@pytest.mark.parametrize(
    "text",
    [
        '["https://*.example"]',
        '["http://shop.example"]',
        '["https://shop.example/path"]',
        '["https://shop.example; script-src *"]',
        '["*"]',
    ],
)
def test_parents_are_exact_origins(text: str) -> None:
    with pytest.raises(InvalidSetting, match="AMENDS_EMBED_PARENTS"):
        load_settings({"AMENDS_EMBED_PARENTS": text})
    fine = load_settings({"AMENDS_EMBED_PARENTS": '["https://shop.example:8443", "http://localhost:9000"]'})
    assert fine.embed_parents == ("https://shop.example:8443", "http://localhost:9000")
