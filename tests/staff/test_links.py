"""Sign-in links: looked at with GET, used once with POST, over in a quarter of an hour."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from amends.access.commands_links import WHOLE_ACCOUNT, Purpose, issue_link, issue_sign_in_link
from amends.access.sessions import COOKIE
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.web.csrf import HEADER
from tests.builders import make_user
from tests.running import Server
from tests.staff import browser


@pytest.fixture
async def token(pool: Pool, person: UserRow, clock: ManualClock) -> str:
    """Give the token of a link for the person."""
    async with transaction(pool) as connection:
        return await issue_sign_in_link(connection, person.id, "/me/security", WHOLE_ACCOUNT, clock.now())


async def test_looking_changes_nothing_and_the_button_signs_in(
    nobody: httpx.AsyncClient, token: str, person: UserRow, pool: Pool
) -> None:
    for _ in range(3):
        shown = await nobody.get(f"/sign-in/{token}")
        assert shown.status_code == 200
        assert (person.name or "") in shown.text
    assert COOKIE not in nobody.cookies
    done = await nobody.post(f"/sign-in/{token}")
    assert (done.status_code, done.headers["location"]) == (303, "/me/security")
    assert (await nobody.get("/me/security")).status_code == 200
    actions = [row["action"] for row in await pool.fetch("select action from audit_log order by created_at, id")]
    assert actions == ["sign_in_link.used", "session.started"]


async def test_a_link_works_once(nobody: httpx.AsyncClient, server: Server, token: str) -> None:
    assert (await nobody.post(f"/sign-in/{token}")).status_code == 303
    async with browser(server.url) as another:
        for answer in (await another.get(f"/sign-in/{token}"), await another.post(f"/sign-in/{token}")):
            assert answer.status_code == 404
            assert "This link no longer works" in answer.text
        assert COOKIE not in another.cookies


async def test_of_two_presses_at_once_one_comes_too_late(server: Server, token: str) -> None:
    async with browser(server.url) as one, browser(server.url) as two:
        answers = await asyncio.gather(*(http.post(f"/sign-in/{token}") for http in (one, two)))
        assert sorted(answer.status_code for answer in answers) == [303, 404]


async def test_it_is_over_after_a_quarter_of_an_hour(nobody: httpx.AsyncClient, token: str, clock: ManualClock) -> None:
    clock.advance(timedelta(minutes=15))
    assert (await nobody.get(f"/sign-in/{token}")).status_code == 404
    assert (await nobody.post(f"/sign-in/{token}")).status_code == 404


@pytest.mark.parametrize("wrong", ["x", "é", "%00", "a" * 200])
async def test_what_is_no_link_is_none(nobody: httpx.AsyncClient, wrong: str) -> None:
    assert (await nobody.get(f"/sign-in/{wrong}")).status_code == 404


async def test_links_of_another_purpose_do_not_sign_in(
    nobody: httpx.AsyncClient, pool: Pool, person: UserRow, clock: ManualClock
) -> None:
    async with transaction(pool) as connection:
        for purpose in (Purpose.RESET_PASSWORD, Purpose.INVITATION):
            token = await issue_link(
                connection, person.id, purpose=purpose, path="/", lifetime=WHOLE_ACCOUNT, now=clock.now()
            )
            assert (await nobody.post(f"/sign-in/{token}")).status_code == 404


async def test_the_button_needs_the_page(nobody: httpx.AsyncClient, token: str) -> None:
    del nobody.headers[HEADER]
    assert (await nobody.post(f"/sign-in/{token}")).status_code == 403
    cross = await nobody.post(f"/sign-in/{token}", headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    assert (await nobody.get(f"/sign-in/{token}")).status_code == 200


async def test_it_says_who_would_be_signed_out(
    server: Server, pool: Pool, token: str, person: UserRow, clock: ManualClock
) -> None:
    other = await make_user(pool, name="Grace Hopper")
    async with browser(server.url, pool, other, clock) as http:
        shown = await http.get(f"/sign-in/{token}")
        assert "Grace Hopper is signed in here now and will be signed out." in shown.text
        await http.post(f"/sign-in/{token}")
        assert (person.email or "") in (await http.get("/me")).text
    async with browser(server.url, pool, person, clock) as same:
        assert "will be signed out" not in (await same.get(f"/sign-in/{token}")).text
