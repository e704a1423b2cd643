"""One's own security: password, two-step sign-in with recovery codes, sessions. Over HTTP, on the real server."""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest
from pyotp.totp import TOTP

from amends.access.commands_links import WHOLE_ACCOUNT, issue_sign_in_link
from amends.access.passwords import set_password
from amends.access.sessions import COOKIE
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from tests.builders import make_user
from tests.running import Server
from tests.staff import browser, sign_in

PASSWORD = "correct horse battery"
STEP = timedelta(seconds=30)
TWO_STEP = "/me/security/two-step"


@pytest.fixture
async def known(pool: Pool, person: UserRow, clock: ManualClock) -> UserRow:
    """Give the person a password."""
    async with transaction(pool) as connection:
        await set_password(connection, person.id, PASSWORD, now=clock.now())
    return person


@pytest.fixture
async def mine(server: Server, pool: Pool, known: UserRow, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the person's browser."""
    async with browser(server.url, pool, known, clock) as http:
        yield http


async def turn_on(mine: httpx.AsyncClient, clock: ManualClock) -> tuple[TOTP, list[str]]:
    """Turn two-step sign-in on; returns the app and the recovery codes."""
    assert (await mine.post(TWO_STEP)).headers["location"] == TWO_STEP
    page = (await mine.get(TWO_STEP)).text
    [shown] = re.findall(r"select-all\"[^>]*>([A-Z2-7 ]+)<", page)
    app = TOTP(shown.replace(" ", ""))
    done = await mine.post(f"{TWO_STEP}/confirm", data={"code": app.at(clock.now())})
    assert done.status_code == 200, done.text
    return app, re.findall(r"<li>([a-z0-9-]{19})</li>", done.text)


async def first_step(nobody: httpx.AsyncClient, known: UserRow) -> None:
    done = await nobody.post("/sign-in", data={"email": known.email, "password": PASSWORD, "next": "/me"})
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in/code")
    assert COOKIE not in nobody.cookies


async def second_step(nobody: httpx.AsyncClient, code: str) -> int:
    return (await nobody.post("/sign-in/code", data={"code": code})).status_code


async def test_a_new_password_needs_the_old_one_and_signs_others_out(
    mine: httpx.AsyncClient, server: Server, pool: Pool, known: UserRow, clock: ManualClock, nobody: httpx.AsyncClient
) -> None:
    elsewhere = await sign_in(pool, known, clock)
    change = {"current_password": "wrong horse battery", "password": "a new horse altogether"}
    wrong = await mine.post("/me/security/password", data=change)
    assert wrong.status_code == 422
    assert "This is not your current password." in wrong.text
    assert "a new horse altogether" not in wrong.text
    done = await mine.post("/me/security/password", data={**change, "current_password": PASSWORD})
    assert done.status_code == 303
    assert (await mine.get("/me/security")).status_code == 200
    async with httpx.AsyncClient(base_url=server.url, timeout=60, cookies=elsewhere) as other:
        assert (await other.get("/me")).status_code == 303
    for password, status in ((PASSWORD, 422), ("a new horse altogether", 303)):
        answer = await nobody.post("/sign-in", data={"email": known.email, "password": password})
        assert answer.status_code == status


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 1001])
async def test_a_weak_password_is_refused(mine: httpx.AsyncClient, password: str, pool: Pool) -> None:
    change = {"current_password": PASSWORD, "password": password}
    before = await pool.fetchval("select argon2 from passwords")
    assert (await mine.post("/me/security/password", data=change)).status_code == 422
    assert await pool.fetchval("select argon2 from passwords") == before


async def test_a_first_password_needs_no_old_one(
    server: Server, pool: Pool, person: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        assert "You have no password yet." in (await http.get("/me/security")).text
        assert (
            await http.post("/me/security/password", data={"password": "a new horse altogether"})
        ).status_code == 303
        assert 'name="current_password"' in (await http.get("/me/security")).text


async def test_guessing_the_password_from_inside_is_limited(mine: httpx.AsyncClient) -> None:
    change = {"current_password": "wrong", "password": "a new horse altogether"}
    answers = [(await mine.post("/me/security/password", data=change)).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert (await mine.get("/me/security")).status_code == 200


async def test_two_step_sign_in_from_end_to_end(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock, pool: Pool
) -> None:
    app, codes = await turn_on(mine, clock)
    assert len(set(codes)) == 10
    assert "10 recovery codes are left." in (await mine.get("/me/security")).text
    await first_step(nobody, known)
    assert (await nobody.get("/me")).status_code == 303  # half a sign-in opens nothing
    assert await second_step(nobody, "000000") == 422
    clock.advance(STEP)
    done = await nobody.post("/sign-in/code", data={"code": f" {app.at(clock.now())[:3]} {app.at(clock.now())[3:]} "})
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    assert (await nobody.get("/me")).status_code == 200
    assert await pool.fetchval("select signed_in_by from sessions order by created_at desc limit 1") == "totp"


async def test_a_code_works_once(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    app, _codes = await turn_on(mine, clock)
    used = app.at(clock.now())
    await first_step(nobody, known)
    assert await second_step(nobody, used) == 422  # the one that turned it on
    clock.advance(STEP)
    assert await second_step(nobody, app.at(clock.now())) == 303
    nobody.cookies.delete(COOKIE)
    await first_step(nobody, known)
    assert await second_step(nobody, app.at(clock.now())) == 422
    assert await second_step(nobody, app.at(clock.now() - STEP)) == 422  # nor one from before it
    clock.advance(STEP)
    assert await second_step(nobody, app.at(clock.now())) == 303


async def test_a_recovery_code_works_once(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    _app, codes = await turn_on(mine, clock)
    await first_step(nobody, known)
    assert await second_step(nobody, codes[3].upper().replace("-", " ")) == 303
    nobody.cookies.delete(COOKIE)
    await first_step(nobody, known)
    assert await second_step(nobody, codes[3]) == 422
    assert await second_step(nobody, codes[4]) == 303
    assert "8 recovery codes are left." in (await mine.get("/me/security")).text


async def test_five_wrong_codes_are_enough(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    app, _codes = await turn_on(mine, clock)
    clock.advance(STEP)
    await first_step(nobody, known)
    assert [await second_step(nobody, "000000") for _ in range(5)] == [422] * 5
    assert await second_step(nobody, app.at(clock.now())) == 429
    assert (await mine.get("/me")).status_code == 200
    clock.advance(timedelta(minutes=15))
    assert await second_step(nobody, app.at(clock.now())) == 303


async def test_the_second_step_does_not_wait_for_ever(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    app, _codes = await turn_on(mine, clock)
    await first_step(nobody, known)
    clock.advance(timedelta(minutes=11))
    answer = await nobody.post("/sign-in/code", data={"code": app.at(clock.now())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in nobody.cookies


async def test_a_wrong_first_code_turns_nothing_on(mine: httpx.AsyncClient, pool: Pool) -> None:
    await mine.post(TWO_STEP)
    wrong = await mine.post(f"{TWO_STEP}/confirm", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "This is not the code that the app shows now." in wrong.text
    assert await pool.fetchval("select confirmed_at from totp_secrets") is None
    assert "Set up" in (await mine.get("/me/security")).text


async def test_the_secret_is_sealed(mine: httpx.AsyncClient, clock: ManualClock, pool: Pool) -> None:
    app, codes = await turn_on(mine, clock)
    stored = await pool.fetchval("select sealed from totp_secrets")
    assert app.secret.encode() not in stored
    hashes = b"".join(row["code_hash"] for row in await pool.fetch("select code_hash from recovery_codes"))
    assert codes[0].replace("-", "").encode() not in hashes


async def test_turning_it_off_needs_the_password(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    await turn_on(mine, clock)
    assert (await mine.post(f"{TWO_STEP}/off", data={"current_password": "wrong"})).status_code == 422
    assert (await mine.post(f"{TWO_STEP}/off", data={})).status_code == 422
    assert (await mine.post(f"{TWO_STEP}/off", data={"current_password": PASSWORD})).status_code == 303
    done = await nobody.post("/sign-in", data={"email": known.email, "password": PASSWORD, "next": "/me"})
    assert done.headers["location"] == "/me"


async def test_new_recovery_codes_replace_the_old(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock
) -> None:
    _app, old = await turn_on(mine, clock)
    assert (await mine.post(f"{TWO_STEP}/codes", data={"current_password": "wrong"})).status_code == 422
    page = await mine.post(f"{TWO_STEP}/codes", data={"current_password": PASSWORD})
    new = re.findall(r"<li>([a-z0-9-]{19})</li>", page.text)
    assert len(set(new) - set(old)) == 10
    await first_step(nobody, known)
    assert await second_step(nobody, old[0]) == 422
    assert await second_step(nobody, new[0]) == 303


async def test_recovery_codes_come_as_a_file(mine: httpx.AsyncClient) -> None:
    codes = ["abcd-efgh-jkmn-pqrs", "<script>", "bbbb-cccc-dddd-eeee"]
    file = await mine.post(f"{TWO_STEP}/codes/file", data={"codes": codes})
    assert file.headers["content-disposition"] == 'attachment; filename="amends-recovery-codes.txt"'
    assert file.text.splitlines()[2:] == [codes[0], codes[2]]


async def test_a_link_asks_for_the_second_step_too(
    mine: httpx.AsyncClient, nobody: httpx.AsyncClient, known: UserRow, clock: ManualClock, pool: Pool
) -> None:
    app, _codes = await turn_on(mine, clock)
    clock.advance(STEP)
    async with transaction(pool) as connection:
        token = await issue_sign_in_link(connection, known.id, "/me/security", WHOLE_ACCOUNT, clock.now())
    assert (await nobody.post(f"/sign-in/{token}")).headers["location"] == "/sign-in/code"
    done = await nobody.post("/sign-in/code", data={"code": app.at(clock.now())})
    assert done.headers["location"] == "/me/security"


async def test_sessions_are_listed_and_ended(
    mine: httpx.AsyncClient, server: Server, pool: Pool, known: UserRow, clock: ManualClock
) -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    laptop = await sign_in(pool, known, clock, user_agent=windows)
    page = (await mine.get("/me/security")).text
    assert "Chrome on Windows" in page
    assert "Safari on iPhone" in page
    assert page.count("This browser") == 1
    [other] = set(re.findall(r'name="session" value="([0-9a-f-]{36})"', page))
    assert (await mine.post("/me/security/sessions", data={"session": other})).status_code == 303
    async with httpx.AsyncClient(base_url=server.url, timeout=60, cookies=laptop) as out:
        assert (await out.get("/me")).status_code == 303
    assert (await mine.post("/me/security/sessions", data={"session": "x"})).status_code == 303
    assert (await mine.get("/me")).status_code == 200


async def test_everywhere_else_is_signed_out_and_nobody_else(
    mine: httpx.AsyncClient, server: Server, pool: Pool, known: UserRow, clock: ManualClock
) -> None:
    others = [await sign_in(pool, known, clock) for _ in range(3)]
    stranger = await sign_in(pool, await make_user(pool), clock)
    foreign = await pool.fetchval("select id from sessions where user_id <> $1", known.id)
    assert (await mine.post("/me/security/sessions", data={"session": str(foreign)})).status_code == 303
    assert (await mine.post("/me/security/sessions")).status_code == 303
    for cookies, status in (*((cookies, 303) for cookies in others), (stranger, 200)):
        async with httpx.AsyncClient(base_url=server.url, timeout=60, cookies=cookies) as http:
            assert (await http.get("/me")).status_code == status
    assert (await mine.get("/me")).status_code == 200


async def test_the_profile_is_kept(
    mine: httpx.AsyncClient, pool: Pool, known: UserRow, server: Server, clock: ManualClock
) -> None:
    chosen = {"name": "Ada King", "locale": "es", "time_zone": "America/New_York", "theme": "dark"}
    assert (await mine.post("/me", data=chosen)).status_code == 303
    page = (await mine.get("/me")).text
    assert 'lang="es"' in page
    assert 'data-theme="amends-dark"' in page
    assert await pool.fetchval("select name from users where id = $1", known.id) == "Ada King"
    async with browser(server.url, pool, known, clock) as elsewhere:
        assert 'data-theme="amends-dark"' in (await elsewhere.get("/me")).text
    for wrong in ({"time_zone": "Mars/Olympus"}, {"locale": "tlh"}, {"theme": "pink"}, {"name": " "}):
        refused = await mine.post("/me", data={**chosen, **wrong})
        assert refused.status_code == 422, wrong
    assert (await mine.post("/me", data={"name": "Ada King"})).status_code == 303
    assert 'lang="en"' in (await mine.get("/me")).text
