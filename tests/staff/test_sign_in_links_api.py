"""`POST /api/v1/sign_in_links`: a key signs somebody in, once, and nobody whom it should not."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.access.permissions import Permission
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.settings import Settings
from tests.builders import make_account, make_user
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key, make_user_token
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

LINKS = "/api/v1/sign_in_links"


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give an account and its people."""
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
async def teammate(scene: Scene, pool: Pool) -> UserRow:
    """Give an owner of the account."""
    return await make_team_person(pool, scene.account, "owner")


async def ask(http: httpx.AsyncClient, token: str, **body: Any) -> httpx.Response:
    return await http.post(LINKS, json=body, headers=bearer(token))


def path_of(answer: httpx.Response, settings: Settings) -> str:
    """Return the path of a link that was made."""
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    assert url.startswith(settings.base_url + "/sign-in/")
    return url.removeprefix(settings.base_url)


async def code(http: httpx.AsyncClient, token: str, **body: Any) -> tuple[int, str]:
    """Return what a request that is refused says."""
    answer = await ask(http, token, **body)
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_customer_comes_in_by_the_platforms_own_id(
    http: httpx.AsyncClient, scene: Scene, settings: Settings, nobody: httpx.AsyncClient, clock: ManualClock, pool: Pool
) -> None:
    answer = await ask(http, scene.platform.token, user_id=scene.ada.external_id, path="/purchases")
    shape = answer.json()
    assert (shape["user_id"], shape["case_id"], shape["embed"]) == (scene.ada.pid, None, False)
    assert shape["expires_at"] == (clock.now() + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    link = path_of(answer, settings)
    assert (await nobody.get(link)).status_code == 200
    done = await nobody.post(link)
    assert (done.status_code, done.headers["location"]) == (303, "/purchases")
    assert (await nobody.get("/purchases")).status_code == 200
    assert (await nobody.post(link)).status_code == 404
    [line] = await pool.fetch("select principal, subject from audit_log where action = 'sign_in_link.made'")
    assert (line["principal"].partition("_")[0], line["subject"]) == ("key", scene.ada.pid)


async def test_it_is_over_after_a_quarter_of_an_hour(
    http: httpx.AsyncClient, scene: Scene, settings: Settings, nobody: httpx.AsyncClient, clock: ManualClock
) -> None:
    link = path_of(await ask(http, scene.platform.token, user_id=scene.ada.pid), settings)
    clock.advance(timedelta(minutes=15))
    assert (await nobody.post(link)).status_code == 404


async def test_with_a_case_it_opens_that_case_alone(
    http: httpx.AsyncClient, scene: Scene, settings: Settings, server: Server, teammate: UserRow
) -> None:
    case = (await scene.case())["id"]
    for token, user in ((scene.platform.token, teammate), (scene.merchant.token, teammate)):
        link = path_of(await ask(http, token, user_id=user.pid, case_id=case), settings)
        async with browser(server.url) as come:
            page = (await come.post(link)).headers["location"]
            assert page == f"/accounts/{scene.account.pid}/cases/{case}"
            assert (await come.get(page)).status_code == 200
            assert (await come.get(f"/accounts/{scene.account.pid}/cases")).status_code == 403
    answer = await ask(http, scene.platform.token, user_id=scene.ada.pid, case_id=case)
    async with browser(server.url) as come:
        assert (await come.post(path_of(answer, settings))).headers["location"] == f"/cases/{case}"
        assert (await come.get("/purchases")).status_code == 403


async def test_a_second_step_is_still_asked_for(
    http: httpx.AsyncClient, scene: Scene, settings: Settings, nobody: httpx.AsyncClient, teammate: UserRow, pool: Pool
) -> None:
    await pool.execute(
        "insert into totp_secrets (user_id, sealed, confirmed_at, created_at) values ($1, '', $2, $2)",
        teammate.id,
        scene.clock.now(),
    )
    link = path_of(await ask(http, scene.platform.token, user_id=teammate.pid), settings)
    assert (await nobody.post(link)).headers["location"] == "/sign-in/code"
    assert (await nobody.get("/me")).status_code == 303


async def test_a_replay_does_not_tell_the_address_again(http: httpx.AsyncClient, scene: Scene, pool: Pool) -> None:
    headers = {**bearer(scene.platform.token), "Idempotency-Key": "once"}
    first = await http.post(LINKS, json={"user_id": scene.ada.pid}, headers=headers)
    again = await http.post(LINKS, json={"user_id": scene.ada.pid}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "url": None}
    assert again.headers["idempotent-replayed"] == "true"
    assert await pool.fetchval("select count(*) from sign_in_links") == 1
    token = first.json()["url"].rpartition("/")[2]
    stored = await pool.fetchval("select string_agg(convert_from(body, 'utf8'), '') from idempotency_keys")
    assert token not in stored


async def test_nobody_of_the_platforms_staff_comes_in_by_a_key(
    http: httpx.AsyncClient, scene: Scene, pool: Pool
) -> None:
    for role in ("reviewer", "admin"):
        person = await make_staff_person(pool, role)
        refused = await code(http, scene.platform.token, user_id=person.pid)
        assert refused == (403, "staff_sign_in_themselves")


async def test_people_make_no_links_for_others(http: httpx.AsyncClient, scene: Scene, pool: Pool) -> None:
    admin = await make_staff_person(pool, "admin")
    assert await code(http, make_user_token(admin), user_id=scene.ada.pid) == (403, "key_needed")
    assert await code(http, scene.customer.token, user_id=scene.ada.pid) == (403, "missing_permission")


async def test_a_key_without_the_scope_makes_none(http: httpx.AsyncClient, scene: Scene, pool: Pool) -> None:
    token = await make_api_key(pool, scopes=[Permission.USER_WRITE, Permission.CASE_READ])
    assert await code(http, token, user_id=scene.ada.pid) == (403, "missing_permission")


async def test_an_accounts_key_reaches_its_own_team_and_case_alone(
    http: httpx.AsyncClient, scene: Scene, pool: Pool, teammate: UserRow
) -> None:
    case, key = (await scene.case())["id"], scene.merchant.token
    assert await code(http, key, user_id=teammate.pid) == (403, "case_needed")
    assert await code(http, key, user_id=teammate.pid, case_id=case, embed=True) == (403, "case_needed")
    assert await code(http, key, user_id=scene.ada.pid, case_id=case) == (404, "not_found")
    assert await code(http, key, user_id="nobody-at-all", case_id=case) == (404, "not_found")
    other = await make_account(pool)
    stranger, foreign = await make_team_person(pool, other, "owner"), await make_api_key(pool, other)
    assert await code(http, key, user_id=stranger.pid, case_id=case) == (404, "not_found")
    assert await code(http, foreign, user_id=stranger.pid, case_id=case) == (404, "not_found")
    reviewer = await make_staff_person(pool, "reviewer")
    assert await code(http, key, user_id=reviewer.pid, case_id=case) == (404, "not_found")


async def test_a_merchant_who_is_the_customer_cannot_be_brought_to_answer(
    http: httpx.AsyncClient, scene: Scene, pool: Pool
) -> None:
    case = (await scene.case())["id"]
    await pool.execute(
        "insert into team_members (account_id, user_id, role, created_at) values ($1, $2, 'owner', $3)",
        scene.account.id,
        scene.ada.id,
        scene.clock.now(),
    )
    assert await code(http, scene.merchant.token, user_id=scene.ada.pid, case_id=case) == (403, "own_payment")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"user_id": "nobody-at-all"}, (422, "unknown_user_id")),
        ({"path": "https://evil.example/"}, (422, "path_not_ours")),
        ({"path": "//evil.example/"}, (422, "path_not_ours")),
        ({"path": "/sign-in"}, (422, "path_not_ours")),
        ({"path": "/\u00e9"}, (422, "path_not_ours")),
        ({"case_id": "reso_x"}, (404, "not_found")),
        ({"case_id": "reso_x", "path": "/cases"}, (400, "invalid_parameter")),
        ({"embed": True}, (422, "embedding_is_off")),
        ({"user": "x"}, (400, "unknown_parameter")),
        ({"user_id": ""}, (400, "invalid_parameter")),
    ],
    ids=str,
)
async def test_what_cannot_be_is_said(
    http: httpx.AsyncClient, scene: Scene, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    given = {"user_id": scene.ada.pid, **body}
    answer = await ask(http, scene.platform.token, **given)
    assert (answer.status_code, answer.json()["error"]["code"]) == refusal


async def test_a_case_of_somebody_else_is_none(http: httpx.AsyncClient, scene: Scene, pool: Pool) -> None:
    case = (await scene.case())["id"]
    other = await make_user(pool)
    assert await code(http, scene.platform.token, user_id=other.pid, case_id=case) == (404, "not_found")
