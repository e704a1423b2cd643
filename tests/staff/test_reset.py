"""A forgotten password over HTTP: the link by e-mail, the new password, and what nobody learns."""

from datetime import timedelta

import httpx
import pytest

from amends.access.passwords import set_password
from amends.access.sessions import COOKIE
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.services import Services
from amends.staff.commands_reset import LIFETIME, RESETS_FROM_IP, RESETS_IN_A_DAY, RESETS_OF_ADDRESS
from tests.builders import make_user
from tests.credentials import make_team_member
from tests.notifications.outbox import count, newest, path_in
from tests.running import Server
from tests.staff import browser

OLD, NEW = "correct horse battery", "another staple entirely"


@pytest.fixture
async def known(pool: Pool, person: UserRow, clock: ManualClock) -> UserRow:
    """Give the person a password."""
    async with transaction(pool) as connection:
        await set_password(connection, person.id, OLD, now=clock.now())
    return person


async def link_for(http: httpx.AsyncClient, pool: Pool, worker: Worker[Services], email: str | None) -> str:
    """Ask for a link and return its path."""
    asked = await http.post("/forgot-password", data={"email": email or ""})
    assert asked.status_code == 200
    await worker.run_until_idle()
    return path_in(await newest(pool, email or ""))


async def can_sign_in(http: httpx.AsyncClient, email: str | None, password: str) -> bool:
    done = await http.post("/sign-in", data={"email": email or "", "password": password})
    return done.status_code == 303


async def test_a_new_password_by_mail(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], server: Server, known: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, known, clock) as elsewhere:
        path = await link_for(nobody, pool, worker, known.email)
        page = await nobody.get(path)
        assert (page.status_code, f"{known.email}" in page.text) == (200, True)
        done = await nobody.post(path, data={"password": NEW})
        assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
        assert (await elsewhere.get("/me")).status_code == 303, "everybody is signed out"
    assert COOKIE not in nobody.cookies
    assert not await can_sign_in(nobody, known.email, OLD)
    assert await can_sign_in(nobody, known.email, NEW)
    told = await newest(pool, known.email or "")
    assert (told["kind"], told["subject"], path_in(told)) == (
        "password_changed",
        "Your password was changed",
        "/forgot-password",
    )
    actions = [row["action"] for row in await pool.fetch("select action from audit_log order by created_at, id")]
    assert {"sign_in_link.used", "password.changed", "session.ended"} <= set(actions)


async def test_a_change_of_ones_own_is_told_as_well(
    pool: Pool, server: Server, known: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, known, clock) as http:
        done = await http.post("/me/security/password", data={"current_password": OLD, "password": NEW})
        assert (done.status_code, (await http.get("/me")).status_code) == (303, 200)
    assert (await newest(pool, known.email or ""))["kind"] == "password_changed"


async def test_a_link_works_once_and_for_an_hour(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow, clock: ManualClock
) -> None:
    path = await link_for(nobody, pool, worker, known.email)
    assert (await nobody.post(path, data={"password": NEW})).status_code == 303
    again = await nobody.post(path, data={"password": OLD})
    assert (again.status_code, "This link no longer works" in again.text) == (404, True)
    path = await link_for(nobody, pool, worker, known.email)
    clock.advance(LIFETIME - timedelta(seconds=1))
    assert (await nobody.get(path)).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await nobody.get(path)).status_code == 404
    assert (await nobody.post(path, data={"password": OLD})).status_code == 404
    assert await can_sign_in(nobody, known.email, NEW)


async def test_a_change_ends_every_other_link(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow
) -> None:
    first = await link_for(nobody, pool, worker, known.email)
    second = await link_for(nobody, pool, worker, known.email)
    assert (await nobody.post(second, data={"password": NEW})).status_code == 303
    assert (await nobody.get(first)).status_code == 404


@pytest.mark.parametrize("password", ["too short", "aaaaaaaaaaaaaaaa", "", "x" * 1001])
async def test_a_bad_password_is_refused_and_the_link_stays(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow, password: str
) -> None:
    path = await link_for(nobody, pool, worker, known.email)
    refused = await nobody.post(path, data={"password": password})
    assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True)
    assert await can_sign_in(nobody, known.email, OLD)
    assert (await nobody.post(path, data={"password": NEW})).status_code == 303


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow
) -> None:
    await make_user(pool, email="customer@example.com")  # no team, no staff: signs in at the platform
    answers = {
        email: await nobody.post("/forgot-password", data={"email": email})
        for email in (known.email or "", "nobody@example.com", "customer@example.com")
    }
    await worker.run_until_idle()
    assert {answer.status_code for answer in answers.values()} == {200}
    assert len({answer.text.replace(email, "") for email, answer in answers.items()}) == 1
    assert await count(pool) == 1


async def test_mails_to_an_address_are_limited_and_nobody_is_told(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow
) -> None:
    for _number in range(RESETS_OF_ADDRESS.tries + 2):
        assert (await nobody.post("/forgot-password", data={"email": known.email})).status_code == 200
    await worker.run_until_idle()
    assert await count(pool) == RESETS_OF_ADDRESS.tries


async def test_an_address_gets_no_more_in_a_day_than_anybody_needs(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow, clock: ManualClock
) -> None:
    for _number in range(RESETS_IN_A_DAY.tries + 2):
        assert (await nobody.post("/forgot-password", data={"email": known.email})).status_code == 200
        clock.advance(RESETS_OF_ADDRESS.window)
    await worker.run_until_idle()
    assert await count(pool) == RESETS_IN_A_DAY.tries
    clock.advance(RESETS_IN_A_DAY.window)
    await nobody.post("/forgot-password", data={"email": known.email})
    await worker.run_until_idle()
    assert await count(pool) == RESETS_IN_A_DAY.tries + 1


async def test_requests_from_one_address_are_limited(nobody: httpx.AsyncClient) -> None:
    for number in range(RESETS_FROM_IP.tries):
        assert (await nobody.post("/forgot-password", data={"email": f"{number}@example.com"})).status_code == 200
    refused = await nobody.post("/forgot-password", data={"email": "one-more@example.com"})
    assert (refused.status_code, "one-more@example.com" in refused.text) == (429, True)
    assert int(refused.headers["retry-after"]) > 0


async def test_everybody_with_an_address_gets_a_link_of_their_own(
    pool: Pool, account: AccountRow, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow
) -> None:
    double = await make_user(pool, name="Another One", email=known.email)
    await make_team_member(pool, account, double, "viewer")
    await nobody.post("/forgot-password", data={"email": (known.email or "").upper()})
    await worker.run_until_idle()
    assert await count(pool) == 2


async def test_the_mail_speaks_the_receivers_language(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], known: UserRow
) -> None:
    await pool.execute("update users set locale = 'es', time_zone = 'Europe/Madrid' where id = $1", known.id)
    await link_for(nobody, pool, worker, known.email)
    mail = await newest(pool, known.email or "")
    assert (mail["locale"], '<html lang="es"' in mail["body_html"]) == ("es", True)
    assert "11:00" in mail["body_text"]  # 09:00 UTC + 1 h, in Madrid


async def test_a_token_that_never_was_one(nobody: httpx.AsyncClient) -> None:
    for token in ("x", "x" * 500, "%00", "é"):
        assert (await nobody.get(f"/reset-password/{token}")).status_code == 404
        assert (await nobody.post(f"/reset-password/{token}", data={"password": NEW})).status_code == 404
