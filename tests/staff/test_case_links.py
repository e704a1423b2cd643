"""A notice's link: opens one case on the press of a button, as often as it is needed, and nothing else."""

import re
from datetime import timedelta

import httpx
import pytest
from litestar.routes import HTTPRoute

from amends.access.commands_links import CASE_LINK, end_links, issue_case_link
from amends.access.sessions import COOKIE
from amends.app import create_app
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.settings import Settings
from amends.web.page_admission import is_page
from tests.access.page_matrix import PUBLIC_PAGES
from tests.builders import make_user
from tests.cases.scene import Scene
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

TOKEN = "a-token-of-a-notice-with-enough-bits"


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give an account and its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
async def case(scene: Scene) -> str:
    """Give the public id of a case."""
    return (await scene.case())["id"]


@pytest.fixture
async def teammate(scene: Scene, pool: Pool) -> UserRow:
    """Give an owner of the account."""
    return await make_team_person(pool, scene.account, "owner")


@pytest.fixture
async def path(scene: Scene, case: str) -> str:
    """Give the case's page."""
    return f"/accounts/{scene.account.pid}/cases/{case}"


async def issue(pool: Pool, user: UserRow, case: str, path: str, clock: ManualClock, token: str = TOKEN) -> str:
    """Make a link of a notice and return its address."""
    async with transaction(pool) as connection:
        await issue_case_link(
            connection, user.id, token=token, path=path, case_pid=case, lifetime=CASE_LINK, now=clock.now()
        )
    return f"/open/{token}"


@pytest.fixture
async def link(pool: Pool, teammate: UserRow, case: str, path: str, clock: ManualClock) -> str:
    """Give the address of a link for the owner."""
    return await issue(pool, teammate, case, path, clock)


@pytest.fixture
async def come(nobody: httpx.AsyncClient, link: str) -> httpx.AsyncClient:
    """Give a browser that came by the link."""
    assert (await nobody.post(link)).status_code == 303
    return nobody


async def test_looking_changes_nothing_and_the_button_opens_the_case(
    nobody: httpx.AsyncClient, link: str, path: str, teammate: UserRow, pool: Pool
) -> None:
    for _ in range(3):
        shown = await nobody.get(link)
        assert shown.status_code == 200
        assert (teammate.name or "") in shown.text
    assert COOKIE not in nobody.cookies
    assert await pool.fetchval("select count(*) from sessions") == 0
    done = await nobody.post(link)
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert (await nobody.get(path)).status_code == 200
    lines = await pool.fetch("select action, details from audit_log where action ~ '^se|^si' order by created_at, id")
    assert [line["action"] for line in lines] == ["sign_in_link.used", "session.started"]
    assert lines[1]["details"]["case"] == path.rpartition("/")[2]


async def test_it_works_again_from_the_same_mail_until_it_is_over(
    server: Server, link: str, path: str, clock: ManualClock
) -> None:
    for _ in range(2):
        async with browser(server.url) as again:
            assert (await again.post(link)).status_code == 303
            assert (await again.get(path)).status_code == 200
    clock.advance(CASE_LINK - timedelta(minutes=1))
    async with browser(server.url) as late:
        assert (await late.post(link)).status_code == 303
        clock.advance(timedelta(minutes=30))
        assert (await late.get(path)).status_code == 200, "what is begun just in time can be finished"
        gone = await late.get(link)
        assert (gone.status_code, "works for seven days" in gone.text) == (404, True)
        assert (await late.post(link)).status_code == 404
        clock.advance(timedelta(hours=2))
        assert (await late.get(path)).status_code == 303


async def test_a_session_ends_with_its_link(come: httpx.AsyncClient, path: str, clock: ManualClock) -> None:
    clock.advance(CASE_LINK)
    assert (await come.get(path)).headers["location"].startswith("/sign-in")


def page_routes() -> list[tuple[str, str, bool | None, bool]]:
    """Return method, path, what it says of links to a case, and whether it is public, of every page."""
    app = create_app(Settings(database_url="postgresql://unused", secret_key="x" * 40, outbox=True))
    return [
        (method, route.path_format, handler.opt.get("case_link"), bool(handler.opt.get("public")))
        for route in app.routes
        if isinstance(route, HTTPRoute) and is_page(route.path)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


ALLOWED_EVERYWHERE = {
    ("GET", "/"),
    ("POST", "/sign-out"),
    ("GET", "/open/{token}"),
    ("POST", "/open/{token}"),
    ("POST", "/accounts/{biz_pid}/uploads"),
    ("POST", "/cases/uploads"),
}


async def test_no_other_page_opens(come: httpx.AsyncClient, scene: Scene, pool: Pool) -> None:
    other = (await scene.case())["id"]
    names = {"biz_pid": scene.account.pid, "case_pid": other}
    wrong: list[str] = []
    for method, route, case_link, public in page_routes():
        if case_link:
            assert (method, route) in ALLOWED_EVERYWHERE, f"{route} is open to every link to a case"
            continue
        address = re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], "1"), route)
        answer = await come.request(method, address)
        if public:
            expected = PUBLIC_PAGES.get((method, route), answer.status_code)
            if answer.status_code != expected:
                wrong.append(f"{method} {route}: {answer.status_code}, not {expected} as for nobody")
        elif answer.status_code != 403 or "This link opens one case" not in answer.text:
            wrong.append(f"{method} {route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert await pool.fetchval("select count(*) from sessions") == 1


async def test_the_way_out_is_to_sign_in_fully(come: httpx.AsyncClient, path: str, scene: Scene) -> None:
    table = f"/accounts/{scene.account.pid}/cases"
    refused = await come.get(table)
    assert refused.status_code == 403
    assert f'href="/sign-in?next={table.replace("/", "%2F")}"' in refused.text
    shown = await come.get("/sign-in", params={"next": table})
    assert (shown.status_code, 'name="password"' in shown.text) == (200, True)
    assert (await come.get("/")).headers["location"] == path


async def test_the_case_before_and_after_stay_shut(come: httpx.AsyncClient, path: str, scene: Scene) -> None:
    await scene.case()
    for way in ("next", "previous"):
        assert (await come.get(f"{path}/{way}")).status_code == 403
    page = await come.get(path)
    assert page.text.count("/me/security") == 0


async def test_the_stream_is_of_that_case_alone(
    come: httpx.AsyncClient, scene: Scene, path: str, clock: ManualClock
) -> None:
    other = (await scene.case())["id"]
    assert (await come.get("/api/v1/stream", params={"case_id": other})).status_code == 404
    since = int(clock.now().timestamp() * 1000)
    clock.advance(timedelta(seconds=1))
    await scene.merchant.act(other, "notes", message="Not for this one.")
    await scene.merchant.act(path.rpartition("/")[2], "notes", message="For this one.")
    ids: list[str] = []
    async with come.stream("GET", "/api/v1/stream", params={"since": since}) as stream:
        async for line in stream.aiter_lines():
            ids += re.findall(r'"id":"(reso_\w+)"', line)
            if ids:
                break
    assert ids == [path.rpartition("/")[2]]
    assert (await come.get("/api/v1/resolution_center_cases")).status_code == 401


async def test_who_is_signed_in_goes_straight_on_and_keeps_the_session(
    server: Server, pool: Pool, teammate: UserRow, link: str, path: str, clock: ManualClock
) -> None:
    async with browser(server.url, pool, teammate, clock) as http:
        token = http.cookies[COOKIE]
        for answer in (await http.get(link), await http.post(link)):
            assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert http.cookies[COOKIE] == token
        assert (await http.get("/me")).status_code == 200


async def test_somebody_else_hears_who_is_signed_out(server: Server, pool: Pool, link: str, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_user(pool, name="Grace Hopper"), clock) as http:
        assert "Grace Hopper is signed in here now" in (await http.get(link)).text
        assert (await http.post(link)).status_code == 303
        assert (await http.get("/me")).status_code == 403
    assert await pool.fetchval("select count(*) from sessions") == 1


async def test_a_link_to_another_case_takes_the_place_of_the_first(
    come: httpx.AsyncClient, scene: Scene, pool: Pool, teammate: UserRow, path: str, clock: ManualClock
) -> None:
    other = (await scene.case())["id"]
    other_path = path.rpartition("/")[0] + f"/{other}"
    second = await issue(pool, teammate, other, other_path, clock, "another-token-of-a-notice")
    assert (await come.get(second)).status_code == 200
    assert (await come.post(second)).headers["location"] == other_path
    assert [(await come.get(one)).status_code for one in (other_path, path)] == [200, 403]
    assert await pool.fetchval("select count(*) from sessions") == 1


async def test_ending_a_persons_links_ends_what_they_opened(
    come: httpx.AsyncClient, link: str, path: str, pool: Pool, teammate: UserRow, clock: ManualClock
) -> None:
    async with transaction(pool) as connection:
        await end_links(connection, [teammate.id], now=clock.now())
    assert (await come.get(path)).status_code == 303
    assert (await come.get(link)).status_code == 404
    assert (await come.post(link)).status_code == 404


async def test_it_opens_nothing_for_who_left_the_team(
    come: httpx.AsyncClient, link: str, path: str, pool: Pool, teammate: UserRow
) -> None:
    await pool.execute("delete from team_members where user_id = $1", teammate.id)
    assert (await come.get(path)).status_code == 404
    assert (await come.get(link)).status_code == 404
    assert (await come.post(link)).status_code == 404


async def test_staff_who_left_has_no_way_back(
    nobody: httpx.AsyncClient, pool: Pool, case: str, path: str, clock: ManualClock
) -> None:
    reviewer = await make_staff_person(pool, "reviewer")
    link = await issue(pool, reviewer, case, path, clock)
    assert (await nobody.post(link)).status_code == 303
    assert (await nobody.get(path)).status_code == 200
    assert (await nobody.get("/")).headers["location"] == path
    await pool.execute("delete from platform_staff where user_id = $1", reviewer.id)
    assert (await nobody.get(path)).status_code == 404
    assert (await nobody.post(link)).status_code == 404


async def test_a_program_cannot_use_it_without_end(nobody: httpx.AsyncClient, link: str) -> None:
    answers = [(await nobody.post(link)).status_code]
    for _ in range(30):
        nobody.cookies.delete(COOKIE)
        answers.append((await nobody.post(link)).status_code)
    assert answers[:30] == [303] * 30
    assert answers[30] == 429


@pytest.mark.parametrize("wrong", ["x", "é", "%00", "a" * 200])
async def test_what_is_no_link_is_none(nobody: httpx.AsyncClient, wrong: str) -> None:
    assert (await nobody.get(f"/open/{wrong}")).status_code == 404
    assert (await nobody.post(f"/open/{wrong}")).status_code == 404
