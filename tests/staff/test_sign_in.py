"""Signing in and out with a password, over HTTP, on the real server."""

from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher

from amends.access.passwords import set_password
from amends.access.sessions import COOKIE, IDLE, LONGEST
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.web.csrf import COOKIE as CSRF_COOKIE
from amends.web.csrf import FIELD, HEADER
from tests.builders import make_user
from tests.running import Server
from tests.staff import browser, csrf, make_staff_person, sign_in

PASSWORD = "correct horse battery"


@pytest.fixture
async def known(pool: Pool, person: UserRow, clock: ManualClock) -> UserRow:
    """Give the person a password."""
    async with transaction(pool) as connection:
        await set_password(connection, person.id, PASSWORD, now=clock.now())
    return person


async def try_password(
    http: httpx.AsyncClient, email: str | None, password: str = PASSWORD, then: str | None = None
) -> httpx.Response:
    fields = {"email": email or "", "password": password, **({} if then is None else {"next": then})}
    return await http.post("/sign-in", data=fields)


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(nobody: httpx.AsyncClient, known: UserRow) -> None:
    wanted = await nobody.get("/me?tab=1")
    assert (wanted.status_code, wanted.headers["location"]) == (303, "/sign-in?next=%2Fme%3Ftab%3D1")
    form = await nobody.get(wanted.headers["location"])
    assert 'name="next" value="/me?tab=1"' in form.text
    done = await try_password(nobody, known.email, then="/me?tab=1")
    assert (done.status_code, done.headers["location"]) == (303, "/me?tab=1")
    assert (await nobody.get("/me")).status_code == 200


async def test_the_cookie_is_a_secret_of_this_origin(nobody: httpx.AsyncClient, known: UserRow) -> None:
    done = await try_password(nobody, known.email)
    [cookie] = [value for value in done.headers.get_list("set-cookie") if value.startswith(COOKIE)]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=7776000"} <= set(cookie.split("; "))
    assert len(nobody.cookies[COOKIE]) >= 43  # 256 bits


async def test_upper_case_does_not_matter_in_an_address(nobody: httpx.AsyncClient, known: UserRow) -> None:
    assert (await try_password(nobody, f"  {(known.email or '').upper()} ")).status_code == 303


@pytest.mark.parametrize("password", ["wrong horse battery", "", " " + PASSWORD, PASSWORD * 100])
async def test_a_wrong_password_says_nothing_about_the_address(
    nobody: httpx.AsyncClient, known: UserRow, password: str
) -> None:
    here = await try_password(nobody, known.email, password)
    unknown = await try_password(nobody, "nobody@example.com", password)
    assert (here.status_code, unknown.status_code) == (422, 422)
    assert COOKIE not in nobody.cookies
    assert here.text.replace(known.email or "", "") == unknown.text.replace("nobody@example.com", "")
    assert password not in here.text or not password.strip()


async def test_the_audit_log_knows_both(pool: Pool, nobody: httpx.AsyncClient, known: UserRow) -> None:
    await try_password(nobody, known.email, "wrong horse battery")
    await try_password(nobody, "nobody@example.com", "wrong horse battery")
    await try_password(nobody, known.email)
    rows = await pool.fetch("select principal, action, subject, ip from audit_log order by created_at, id")
    assert [tuple(row) for row in rows] == [
        ("sign_in", "sign_in.failed", known.pid, "127.0.0.1"),
        ("sign_in", "sign_in.failed", None, "127.0.0.1"),
        (known.pid, "session.started", known.pid, "127.0.0.1"),
    ]


async def test_ten_wrong_passwords_are_enough_for_a_quarter_of_an_hour(
    nobody: httpx.AsyncClient, known: UserRow, server: Server, pool: Pool, clock: ManualClock
) -> None:
    inside = await sign_in(pool, known, clock)
    for _ in range(10):
        assert (await try_password(nobody, known.email, "wrong horse battery")).status_code == 422
    right = await try_password(nobody, known.email)
    assert (right.status_code, right.headers["retry-after"]) == (429, "900")
    assert "09:15" in right.text
    assert (await try_password(nobody, "nobody@example.com")).status_code == 422  # others are not held up
    async with httpx.AsyncClient(base_url=server.url, timeout=60, cookies=inside) as signed_in:
        assert (await signed_in.get("/me")).status_code == 200  # nor is who is in
    clock.advance(timedelta(minutes=15))
    assert (await try_password(nobody, known.email)).status_code == 303


async def test_the_limit_is_the_same_for_an_address_that_nobody_has(nobody: httpx.AsyncClient) -> None:
    answers = [(await try_password(nobody, "nobody@example.com")).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


async def test_no_spelling_of_an_address_gives_more_tries(
    nobody: httpx.AsyncClient, known: UserRow, pool: Pool
) -> None:
    await pool.execute("update users set email = 'iris@example.com' where id = $1", known.id)
    spellings = ("iris@example.com", "IRIS@example.com", "\u0130r\u0130s@example.com", "i\u0280is@example.com")
    assert (await try_password(nobody, spellings[2])).status_code == 303  # to the database they are the same
    answers = [(await try_password(nobody, spellings[n % 3], "wrong horse")).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert (await try_password(nobody, spellings[3])).status_code == 422


async def test_right_passwords_are_not_counted(nobody: httpx.AsyncClient, known: UserRow, pool: Pool) -> None:
    for _ in range(12):
        assert (await try_password(nobody, known.email)).status_code == 303
    assert await pool.fetchval("select coalesce(sum(n), 0) from guesses") == 0


async def test_a_hundred_wrong_ones_from_one_address_are_enough(
    nobody: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    await try_password(nobody, "a@example.com")
    await pool.execute("update guesses set n = 100 where bucket like 'password-from:%'")
    assert (await try_password(nobody, "b@example.com")).status_code == 429


async def test_an_old_hash_is_replaced_when_the_password_is_right(
    nobody: httpx.AsyncClient, known: UserRow, pool: Pool
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await pool.execute("update passwords set argon2 = $2 where user_id = $1", known.id, weak)
    assert (await try_password(nobody, known.email)).status_code == 303
    stored = await pool.fetchval("select argon2 from passwords where user_id = $1", known.id)
    assert "m=65536" in stored
    assert (await try_password(nobody, known.email)).status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=1\r\nx",
        "/\t/evil.example",
        "/sign-out",
        "x" * 3000,
    ],
)
async def test_it_never_leads_elsewhere(nobody: httpx.AsyncClient, known: UserRow, elsewhere: str) -> None:
    form = await nobody.get("/sign-in", params={"next": elsewhere})
    assert 'name="next" value="/"' in form.text
    done = await try_password(nobody, known.email, then=elsewhere)
    assert (done.status_code, done.headers["location"]) == (303, "/")


async def test_a_session_is_always_a_new_one(nobody: httpx.AsyncClient, known: UserRow, pool: Pool) -> None:
    nobody.cookies.set(COOKIE, "planted", domain="127.0.0.1", path="/")
    await try_password(nobody, known.email)
    first = {cookie.value for cookie in nobody.cookies.jar if cookie.name == COOKIE}
    assert "planted" not in first
    await try_password(nobody, known.email)
    assert await pool.fetchval("select count(*) from sessions") == 1  # the one of before is over


async def test_signing_out_ends_it(nobody: httpx.AsyncClient, known: UserRow, server: Server, pool: Pool) -> None:
    await try_password(nobody, known.email)
    token = nobody.cookies[COOKIE]
    out = await nobody.post("/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in nobody.cookies
    assert "You are signed out." in (await nobody.get("/sign-in")).text
    async with httpx.AsyncClient(base_url=server.url, timeout=60, cookies={COOKIE: token}) as thief:
        assert (await thief.get("/me")).status_code == 303
    assert (await nobody.post("/sign-out")).status_code == 303


async def test_a_session_ends_when_it_is_not_used_and_after_ninety_days(
    server: Server, pool: Pool, person: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        clock.advance(IDLE - timedelta(seconds=1))
        assert (await http.get("/me")).status_code == 200
        clock.advance(IDLE)
        assert (await http.get("/me")).status_code == 303
    async with browser(server.url, pool, person, clock) as http:
        begun = clock.now()
        while clock.now() + timedelta(days=10) < begun + LONGEST:
            clock.advance(timedelta(days=10))
            assert (await http.get("/me")).status_code == 200
        clock.set(begun + LONGEST)
        assert (await http.get("/me")).status_code == 303


async def test_last_seen_is_noted_once_a_minute(
    server: Server, pool: Pool, person: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        begun = clock.now()
        clock.advance(timedelta(seconds=59))
        await http.get("/me")
        assert await pool.fetchval("select last_seen_at from sessions") == begun
        clock.advance(timedelta(seconds=1))
        await http.get("/me")
        assert await pool.fetchval("select last_seen_at from sessions") == clock.now()


async def test_who_leaves_the_team_is_out_with_the_next_page(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        assert (await http.get(f"/accounts/{account.pid}")).status_code == 303
        await pool.execute("delete from team_members")
        assert (await http.get(f"/accounts/{account.pid}")).status_code == 404


async def test_a_form_without_its_token_is_refused(nobody: httpx.AsyncClient, known: UserRow) -> None:
    token = nobody.headers.pop(HEADER)
    forged = token[:-1] + ("1" if token.endswith("0") else "0")
    fields = {"email": known.email, "password": PASSWORD}
    for wrong in ({}, {FIELD: ""}, {FIELD: "x" * 128}, {FIELD: "é" * 128}, {FIELD: forged}):
        refused = await nobody.post("/sign-in", data={**fields, **wrong})
        assert refused.status_code == 403
        assert "This form has expired" in refused.text
    uploaded = await nobody.post("/sign-in", data=fields, files={FIELD: ("x", token.encode())})
    assert uploaded.status_code == 403
    assert (await nobody.post("/sign-in", data={**fields, FIELD: token})).status_code == 303


async def test_a_token_of_another_secret_is_replaced(nobody: httpx.AsyncClient, known: UserRow) -> None:
    nobody.cookies.clear()
    del nobody.headers[HEADER]
    nobody.cookies.set(CSRF_COOKIE, "ab" * 64, domain="127.0.0.1", path="/")
    assert (await nobody.post("/sign-in", data={FIELD: "ab" * 64})).status_code == 403
    page = await nobody.get("/sign-in")
    [fresh] = [value for value in page.headers.get_list("set-cookie") if value.startswith(CSRF_COOKIE)]
    token = fresh.split(";")[0].partition("=")[2]
    assert f'name="{FIELD}" value="{token}"' in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
    ids=str,
)
async def test_another_site_cannot_send_our_forms(
    nobody: httpx.AsyncClient, known: UserRow, headers: dict[str, str]
) -> None:
    fields = {"email": known.email, "password": PASSWORD, **await csrf(nobody)}
    refused = await nobody.post("/sign-in", data=fields, headers=headers)
    assert refused.status_code == 403
    assert "This did not come from here" in refused.text
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": str(nobody.base_url).rstrip("/")}
    assert (await nobody.post("/sign-in", data=fields, headers=ours)).status_code == 303


async def test_a_form_of_very_many_fields_is_refused_unread(nobody: httpx.AsyncClient, known: UserRow) -> None:
    fields = {"email": known.email or "", "password": PASSWORD, **await csrf(nobody)}
    many = await nobody.post("/sign-in", data={**fields, "more": ["x"] * 1000})
    assert many.status_code == 413
    assert "That is too large" in many.text
    assert (await nobody.post("/sign-in", data={**fields, "more": ["x"] * 900})).status_code == 303


async def test_where_to_go_on_sent_twice_leads_home(nobody: httpx.AsyncClient, known: UserRow) -> None:
    fields = {"email": known.email or "", "password": PASSWORD, **await csrf(nobody)}
    done = await nobody.post("/sign-in", data={**fields, "next": ["/me", "/accounts"]})
    assert (done.status_code, done.headers["location"]) == (303, "/")


@pytest.mark.parametrize("header", ["HX-Current-URL", "Referer"])
async def test_an_address_that_is_none_leads_home(nobody: httpx.AsyncClient, header: str) -> None:
    asked = await nobody.post("/me", headers={header: "http://["})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2F")


async def test_a_part_of_a_page_is_told_to_load_a_whole_one(nobody: httpx.AsyncClient) -> None:
    part = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/accounts/biz_1/cases?tab=open"}
    answer = await nobody.get("/me", headers=part)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Faccounts%2Fbiz_1%2Fcases%3Ftab%3Dopen"


async def test_a_session_opens_no_api(server: Server, pool: Pool, person: UserRow, clock: ManualClock) -> None:
    async with browser(server.url, pool, person, clock) as http:
        answer = await http.get("/api/v1/resolution_center_cases")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_required")


async def test_who_is_signed_in_goes_on(server: Server, pool: Pool, person: UserRow, account: AccountRow) -> None:
    async with browser(server.url, pool, person) as http:
        assert (await http.get("/sign-in?next=/me")).headers["location"] == "/me"
        assert (await http.get("/")).headers["location"] == f"/accounts/{account.pid}/cases"


async def test_accounts_to_choose_from(server: Server, pool: Pool, account: AccountRow) -> None:
    admin, nobody_special = await make_staff_person(pool, "admin"), await make_user(pool)
    async with browser(server.url, pool, admin) as http:
        assert account.title in (await http.get("/accounts")).text
        assert account.title in (await http.get("/accounts?q=NORTH")).text
        assert "No account matches" in (await http.get("/accounts?q=south%25")).text
        assert (await http.get(f"/accounts/{account.pid}")).status_code == 303
    async with browser(server.url, pool, nobody_special) as http:
        assert "You are on no team yet" in (await http.get("/accounts?q=NORTH")).text
        for wrong in (account.pid, "biz_x", account.pid + "1", "%00"):
            missing = await http.get(f"/accounts/{wrong}")
            assert missing.status_code == 404
            assert "There is nothing here" in missing.text
