"""Links by e-mail: for everybody with the address, the same answer for all, and not without end."""

from datetime import timedelta

import httpx
import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.services import Services
from amends.staff.commands_mailed_links import MAILS_FROM_IP, MAILS_IN_A_DAY, MAILS_TO_ADDRESS, MAX_PEOPLE
from tests.builders import make_account, make_member, make_user
from tests.notifications.outbox import count, newest, path_in
from tests.staff import make_staff_person, sign_in

EMAIL = "ada@example.com"
PAGE = "/sign-in/email"


@pytest.fixture
async def ada(pool: Pool) -> UserRow:
    """Give a customer who has no password."""
    return await make_user(pool, name="Ada Lovelace", email=EMAIL)


async def ask(http: httpx.AsyncClient, email: str, then: str = "") -> httpx.Response:
    return await http.post(PAGE, data={"email": email, "next": then})


async def test_a_customer_signs_in_by_mail(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services]
) -> None:
    shown = await nobody.get("/sign-in", params={"next": "/purchases"})
    assert 'href="/sign-in/email?next=%2Fpurchases"' in shown.text
    assert (await ask(nobody, f" {EMAIL.upper()} ", "/purchases")).status_code == 200
    await worker.run_until_idle()
    mail = await newest(pool, EMAIL)
    assert (mail["kind"], mail["subject"]) == ("sign_in_link", "Your link to sign in")
    assert "signs you in as Ada Lovelace" in mail["body_text"]
    link = path_in(mail)
    assert (await nobody.get(link)).status_code == 200
    done = await nobody.post(link)
    assert (done.status_code, done.headers["location"]) == (303, "/purchases")
    assert EMAIL in (await nobody.get("/me")).text
    assert (await nobody.post(link)).status_code == 404


async def test_it_is_over_after_a_quarter_of_an_hour(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services], clock: ManualClock
) -> None:
    await ask(nobody, EMAIL)
    await worker.run_until_idle()
    clock.advance(timedelta(minutes=15))
    assert (await nobody.post(path_in(await newest(pool, EMAIL)))).status_code == 404


async def test_every_address_gets_the_same_answer(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services]
) -> None:
    known, unknown = await ask(nobody, EMAIL), await ask(nobody, "who@example.com")
    assert known.text.replace(EMAIL, "who@example.com") == unknown.text
    assert (known.status_code, unknown.status_code) == (200, 200)
    await worker.run_until_idle()
    assert await count(pool) == 1


async def test_several_people_of_one_address_get_a_mail_each(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services]
) -> None:
    for number in range(MAX_PEOPLE):
        await make_user(pool, name=f"Guest {number}", email=EMAIL.title())
    await ask(nobody, EMAIL)
    await worker.run_until_idle()
    assert await count(pool) == MAX_PEOPLE
    assert await pool.fetchval("select count(distinct user_id) from mail") == MAX_PEOPLE
    assert "Several people here have this e-mail address" in (await newest(pool, EMAIL.title()))["body_text"]


async def test_each_of_several_is_told_where_they_bought_and_who_was_here_last_is_not_left_out(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services], clock: ManualClock
) -> None:
    await make_member(pool, await make_account(pool, title="Northbeam Academy"), user=ada)
    for _ in range(MAX_PEOPLE):
        await make_user(pool, name=None, email=EMAIL)
    clock.advance(timedelta(minutes=1))
    await sign_in(pool, ada, clock)
    await ask(nobody, EMAIL)
    await worker.run_until_idle()
    mine = await pool.fetch("select letter::text as words from mail where user_id = $1", ada.id)
    assert ["bought at Northbeam Academy." in mail["words"] for mail in mine] == [True]
    others = await pool.fetch("select letter::text as words from mail where user_id <> $1", ada.id)
    assert ["bought at" in mail["words"] for mail in others] == [False] * (MAX_PEOPLE - 1)


async def test_an_address_gets_no_more_in_a_day_than_anybody_needs(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services], clock: ManualClock
) -> None:
    for _ in range(MAILS_IN_A_DAY.tries + 2):
        assert (await ask(nobody, EMAIL)).status_code == 200
        clock.advance(MAILS_TO_ADDRESS.window)
    await worker.run_until_idle()
    assert await count(pool) == MAILS_IN_A_DAY.tries
    clock.advance(MAILS_IN_A_DAY.window)
    await ask(nobody, EMAIL)
    await worker.run_until_idle()
    assert await count(pool) == MAILS_IN_A_DAY.tries + 1


async def test_an_address_is_not_flooded(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services], clock: ManualClock
) -> None:
    answers = [(await ask(nobody, EMAIL)).status_code for _ in range(MAILS_TO_ADDRESS.tries + 2)]
    assert set(answers) == {200}
    await worker.run_until_idle()
    assert await count(pool) == MAILS_TO_ADDRESS.tries
    clock.advance(MAILS_TO_ADDRESS.window)
    await ask(nobody, EMAIL)
    await worker.run_until_idle()
    assert await count(pool) == MAILS_TO_ADDRESS.tries + 1


async def test_one_place_cannot_ask_for_everybody(nobody: httpx.AsyncClient) -> None:
    answers = [(await ask(nobody, f"guess-{number}@example.com")).status_code for number in range(31)]
    assert answers == [200] * MAILS_FROM_IP.tries + [429]


async def test_a_second_step_is_still_asked_for(
    pool: Pool, nobody: httpx.AsyncClient, worker: Worker[Services], clock: ManualClock
) -> None:
    admin = await make_staff_person(pool, "admin")
    await pool.execute(
        "insert into totp_secrets (user_id, sealed, confirmed_at, created_at) values ($1, '', $2, $2)",
        admin.id,
        clock.now(),
    )
    await ask(nobody, admin.email or "")
    await worker.run_until_idle()
    done = await nobody.post(path_in(await newest(pool, admin.email or "")))
    assert done.headers["location"] == "/sign-in/code"


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example", "/sign-out"])
async def test_a_link_leads_nowhere_else(
    pool: Pool, nobody: httpx.AsyncClient, ada: UserRow, worker: Worker[Services], then: str
) -> None:
    await ask(nobody, EMAIL, then)
    await worker.run_until_idle()
    assert (await nobody.post(path_in(await newest(pool, EMAIL)))).headers["location"] == "/"


async def test_an_address_is_needed(nobody: httpx.AsyncClient, account: AccountRow) -> None:
    for email in ("", "   "):
        assert (await ask(nobody, email)).status_code in {200, 422}
    assert (await nobody.post(PAGE, data={})).status_code == 422
