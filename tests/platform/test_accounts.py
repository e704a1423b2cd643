"""Accounts with their rates: what is counted, sorted, found; the lock on auto-respond; who may."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.platform.rates import Counts
from amends.services import Services
from tests.builders import make_account, make_payment
from tests.cases.scene import Scene
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

ACCOUNTS = "/platform/accounts"


async def counted(worker: Worker[Services]) -> None:
    """Have every account counted."""
    await worker.sweep()
    await worker.run_until_idle()


async def rates(pool: Pool, account: AccountRow, days: int) -> Counts:
    row = await pool.fetchrow(
        f"select {', '.join(Counts.__struct_fields__)} from account_rates where account_id = $1 and days = $2",
        account.id,
        days,
    )
    return Counts(**dict(row)) if row else Counts()


def test_rates_follow_from_counts() -> None:
    none = Counts()
    assert (none.case_rate, none.dispute_rate, none.win_rate, none.answer_time) == (None, None, None, None)
    some = Counts(payments=8, cases=1, merchant_won=3, customer_won=1, settled=4, answered=2, answer_ms=6000)
    assert (some.case_rate, some.win_rate, some.answer_time) == (0.125, 0.75, timedelta(seconds=3))


async def test_what_is_counted(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    old = await make_payment(scene.pool, scene.account, paid_at=clock.now() - timedelta(days=60), now=clock.now())
    assert old.pid
    won, lost, open_one = [await scene.case() for _ in range(3)]
    clock.advance(timedelta(hours=3))
    await scene.merchant.act(won, "deny", message="It is as described.")
    await scene.merchant.act(lost, "accept")
    await scene.merchant.act(open_one, "notes", message="Not an answer.")
    await worker.run_until_idle()
    await counted(worker)
    three_hours = 3 * 3_600_000
    month = Counts(
        payments=3, cases=3, merchant_won=1, customer_won=1, refunds=1, answered=2, answer_ms=2 * three_hours
    )
    assert await rates(scene.pool, scene.account, 30) == month
    assert (await rates(scene.pool, scene.account, 90)).payments == 4
    shown = text_of(await admin.get(f"{ACCOUNTS}?days=30"))
    assert "Acme 3 3 100% 0% 50% 33.3% 3 h" in shown


async def test_late_answers_count_once_a_day(scene: Scene, worker: Worker[Services], clock: ManualClock) -> None:
    case = await scene.case()
    await counted(worker)
    assert (await rates(scene.pool, scene.account, 30)).answered == 0
    clock.advance(timedelta(days=5))
    await scene.merchant.act(case, "comment", message="We are looking into it.")
    await counted(worker)
    assert (await rates(scene.pool, scene.account, 30)).answered == 1
    await scene.case()
    await counted(worker)
    assert (await rates(scene.pool, scene.account, 30)).cases == 1, "numbers are an hour old at most, not fresh"
    clock.advance(timedelta(hours=1))
    await counted(worker)
    assert (await rates(scene.pool, scene.account, 30)).cases == 2
    clock.advance(timedelta(days=400))
    await counted(worker)
    assert await rates(scene.pool, scene.account, 365) == Counts()
    assert await scene.pool.fetchval("select min(day) from account_days") == (clock.now() - timedelta(days=365)).date()


async def shops(pool: Pool, n: int) -> list[AccountRow]:
    """Make accounts of which each has one case more than the one before, from a thousand payments."""
    made = [await make_account(pool, title=f"Shop {number:02}") for number in range(n)]
    for number, account in enumerate(made):
        await pool.execute(
            """
            insert into account_rates
            select $1, 90, 1000, $2, 1, 0, 0, 0, 0, 0, $3, $3 * 1000, now(), now()
            """,
            account.id,
            number,
            int(number > 0),
        )
    return made


async def test_sorted_and_paged(pool: Pool, admin: httpx.AsyncClient) -> None:
    made = await shops(pool, 60)
    first = await admin.get(f"{ACCOUNTS}?sort=case_rate")
    titles = [account.title for account in made if account.title in first.text]
    assert titles == [f"Shop {number:02}" for number in range(10, 60)]
    assert first.text.index("Shop 59") < first.text.index("Shop 10")
    assert 'aria-sort="descending"' in first.text
    after = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = await admin.get(after)
    assert [account.title for account in made if account.title in second.text] == [f"Shop {n:02}" for n in range(10)]
    up = await admin.get(f"{ACCOUNTS}?sort=case_rate&way=asc")
    assert up.text.index("Shop 00") < up.text.index("Shop 49")
    assert "Shop 50" not in up.text


@pytest.mark.parametrize("query", ["after=nonsense", "days=7", "sort=nothing", "q=%00", "sort=answer_time&way=asc"])
async def test_addresses_that_say_nothing_known_show_the_list(pool: Pool, admin: httpx.AsyncClient, query: str) -> None:
    await make_account(pool, title="Acme")
    answer = await admin.get(f"{ACCOUNTS}?{query}")
    assert (answer.status_code, "Acme" in answer.text) == (200, True)


async def test_search(pool: Pool, admin: httpx.AsyncClient) -> None:
    acme, other = await make_account(pool, title="100 % Acme"), await make_account(pool, title="Northbeam")
    for words in ("acme", "100 %", acme.pid, acme.external_id):
        shown = (await admin.get(ACCOUNTS, params={"q": words})).text
        assert (acme.title in shown, other.title in shown) == (True, False), words
    assert "No account matches" in text_of(await admin.get(ACCOUNTS, params={"q": "nobody"}))


async def test_one_account(scene: Scene, worker: Worker[Services], reviewer: httpx.AsyncClient) -> None:
    await scene.case()
    await make_team_person(scene.pool, scene.account, "support")
    await counted(worker)
    page = await reviewer.get(f"{ACCOUNTS}/{scene.account.pid}")
    shown = text_of(page)
    for words in (
        "Acme",
        "30 days 1 1 100%",
        "Nov 2026",
        "Support Person",
        "Waiting for the merchant 1",
        "Not locked.",
    ):
        assert words in shown, words
    assert "Lock auto-respond" not in shown
    for pid in ("biz_1", "nothing", scene.account.pid + "x"):
        assert (await reviewer.get(f"{ACCOUNTS}/{pid}")).status_code == 404


async def test_the_lock_is_audited_and_shown_to_the_merchant(
    scene: Scene, server: Server, admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock
) -> None:
    url = f"{ACCOUNTS}/{scene.account.pid}"
    empty = await admin.post(f"{url}/lock", data={"reason": " "})
    assert (empty.status_code, "the merchant reads it" in text_of(empty)) == (422, True)
    locked = [await admin.post(f"{url}/lock", data={"reason": "It refunds everything."}) for _ in range(2)]
    assert [answer.status_code for answer in locked] == [303, 409]
    assert "Somebody was quicker" in text_of(locked[1])
    owner = await make_team_person(scene.pool, scene.account, "owner")
    async with browser(server.url, scene.pool, owner, clock) as theirs:
        team = text_of(await theirs.get(f"/accounts/{scene.account.pid}/team"))
    assert "The platform has locked auto-respond for this account: It refunds everything." in team
    assert "Acme" in (await admin.get(f"{ACCOUNTS}?locked=1")).text
    assert (await admin.post(f"{url}/unlock")).status_code == 303
    assert (await admin.post(f"{url}/unlock")).status_code == 409
    assert "Acme" not in (await admin.get(f"{ACCOUNTS}?locked=1")).text
    assert await audited(scene.pool, "account.auto%") == [
        ("account.auto_respond_locked", admin_person.pid, scene.account.pid),
        ("account.auto_respond_unlocked", admin_person.pid, scene.account.pid),
    ]


async def test_of_two_who_lock_at_once_one_is_told(
    scene: Scene, server: Server, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    url = f"{ACCOUNTS}/{scene.account.pid}/lock"
    other = await make_staff_person(scene.pool, "admin")
    async with browser(server.url, scene.pool, other, clock) as theirs:
        answers = await asyncio.gather(*(http.post(url, data={"reason": "Mine."}) for http in (admin, theirs)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]


async def test_a_reviewer_may_not_lock(scene: Scene, reviewer: httpx.AsyncClient) -> None:
    answer = await reviewer.post(f"{ACCOUNTS}/{scene.account.pid}/lock", data={"reason": "Mine."})
    assert answer.status_code == 403
    assert not await scene.pool.fetchval("select auto_respond_locked from accounts where id = $1", scene.account.id)
