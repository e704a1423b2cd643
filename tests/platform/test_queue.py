"""The review queue over HTTP: its order, its parts with their counts, what is not the reader's to decide, its pages."""

from datetime import timedelta

import httpx

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.platform.pages_queue import SIZE
from amends.services import Services
from tests.builders import make_user
from tests.cases.scene import Party, Scene
from tests.cases.test_platform import key_of
from tests.credentials import make_staff, make_user_token
from tests.platform.visiting import text_of
from tests.running import Server
from tests.staff import browser

QUEUE = "/platform/queue"


def order(page: httpx.Response) -> list[str]:
    """Return the cases of a page, in their order."""
    return [part.partition('"')[0] for part in page.text.split('data-row="')[1:]]


async def test_nothing_waits(admin: httpx.AsyncClient) -> None:
    page = await admin.get(QUEUE)
    assert "Nothing waits for a decision" in text_of(page)
    for show in ("overdue", "appeals", "mine", "asked"):
        assert (await admin.get(QUEUE, params={"show": show})).status_code == 200
    assert "Nothing waits for a decision" in text_of(await admin.get(QUEUE, params={"show": "no", "after": "x"}))
    assert (await admin.get(QUEUE, params={"account": "biz_nothing"})).status_code == 404


async def test_overdue_reviews_come_first_and_say_so(
    scene: Scene, reviewer: httpx.AsyncClient, clock: ManualClock, worker: Worker[Services]
) -> None:
    first = await scene.under_review()
    clock.advance(timedelta(days=3))
    await worker.sweep()
    await worker.run_until_idle()
    assert (await scene.platform.kinds(first))[-1] == "review_overdue"
    second = await scene.under_review()
    page = await reviewer.get(QUEUE)
    assert order(page) == [first["id"], second["id"]]
    assert "1 day overdue" in text_of(page)
    assert "waiting 3 days" in text_of(page)
    assert "Customer asked for a review" in text_of(page)
    late = await reviewer.get(QUEUE, params={"show": "overdue"})
    assert order(late) == [first["id"]]
    assert "All 2 Overdue 1 Appeals 0 Mine 0 Waiting for an answer 0" in text_of(late)


async def test_what_the_platform_asked_stays_in_sight(scene: Scene, reviewer: httpx.AsyncClient) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "ask", of="customer", message="Which one?")
    assert order(await reviewer.get(QUEUE)) == []
    asked = await reviewer.get(QUEUE, params={"show": "asked"})
    assert order(asked) == [case["id"]]
    assert "asked a question" in text_of(asked)
    await scene.customer.act(case, "reply", message="This one.")
    back = await reviewer.get(QUEUE)
    assert order(back) == [case["id"]]
    assert "answered" in text_of(back)


async def test_an_appeal_is_not_for_whoever_decided_first(scene: Scene, server: Server, clock: ManualClock) -> None:
    rosa, party = await scene.reviewer()
    otto, _ = await scene.reviewer(name="Otto Other")
    case = await scene.under_review()
    await party.act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    for user, is_theirs in ((rosa, False), (otto, True)):
        async with browser(server.url, scene.pool, user, clock) as http:
            page = await http.get(QUEUE, params={"show": "appeals"})
        assert order(page) == [case["id"]]
        assert "Merchant’s appeal" in text_of(page)
        assert ("Not yours: you decided first" in text_of(page)) is not is_theirs


async def test_an_appeal_is_not_for_the_maker_of_the_key_that_decided_first(
    scene: Scene, server: Server, clock: ManualClock
) -> None:
    rosa, _ = await scene.reviewer("admin")
    otto, _ = await scene.reviewer(name="Otto Other")
    case = await scene.under_review()
    key = await key_of(scene, make_user_token(rosa, now=clock.now()))
    await Party(scene.http, key).act(case, "decide", **await scene.verdict(case))
    await scene.merchant.act(case, "appeal", message="We have the signed receipt.")
    for user, is_theirs in ((rosa, False), (otto, True)):
        async with browser(server.url, scene.pool, user, clock) as http:
            page = await http.get(QUEUE, params={"show": "appeals"})
        assert order(page) == [case["id"]]
        assert ("Not yours: an API key of yours decided first" in text_of(page)) is not is_theirs


async def test_ones_own_purchase_and_team_are_marked(scene: Scene, server: Server, clock: ManualClock) -> None:
    case = await scene.under_review()
    await make_staff(scene.pool, scene.ada, "reviewer")
    helper, _ = await scene.colleague("viewer")
    await make_staff(scene.pool, helper, "reviewer")
    for user, words in ((scene.ada, "it is your own purchase"), (helper, "you are on its team")):
        async with browser(server.url, scene.pool, user, clock) as http:
            page = await http.get(QUEUE)
        assert (order(page), words in text_of(page)) == ([], True), "it says nothing, and no key leads to it"
        for said in ("Ada Lovelace", "$49.00", case["id"], "Trading course"):
            assert said not in page.text.partition("<ol")[2].partition("</ol>")[0], said
        assert "All 1" in text_of(page), "but it is counted"


async def test_ones_own_and_an_accounts_alone(scene: Scene, server: Server, pool: Pool, clock: ManualClock) -> None:
    rosa, party = await scene.reviewer()
    mine, other = await scene.under_review(), await scene.under_review()
    await party.act(mine, "assign", assignee_id=rosa.pid)
    far = await Scene(pool, scene.http, clock).set_up()
    foreign = await far.under_review()
    async with browser(server.url, pool, rosa, clock) as http:
        assert order(await http.get(QUEUE, params={"show": "mine"})) == [mine["id"]]
        everything = await http.get(QUEUE)
        assert set(order(everything)) == {mine["id"], other["id"], foreign["id"]}
        page = await http.get(QUEUE, params={"account": far.account.pid})
        assert order(page) == [foreign["id"]]
        assert "All 1" in text_of(page)
        stepped = await http.get(
            f"/accounts/{scene.account.pid}/cases/{mine['id']}/next", params={"queue": "show=mine"}
        )
        assert stepped.headers["location"] == f"{QUEUE}?show=mine"
        unreadable = await http.get(
            f"/accounts/{scene.account.pid}/cases/{mine['id']}/next", params={"queue": "account=%00"}
        )
        assert (unreadable.status_code, stepped.status_code) == (303, 303), "it narrows nothing"


async def test_pages_of_the_queue(scene: Scene, reviewer: httpx.AsyncClient, clock: ManualClock) -> None:
    expected: list[str] = []
    for _ in range(SIZE + 2):
        expected.append((await scene.under_review())["id"])
        clock.advance(timedelta(minutes=1))
    found: list[str] = []
    page = await reviewer.get(QUEUE)
    found += order(page)
    while url := link(page, "next"):
        page = await reviewer.get(url)
        found += order(page)
    assert found == expected
    assert order(await reviewer.get(link(page, "prev") or "")) == expected[:SIZE]
    path = f"/accounts/{scene.account.pid}/cases"
    forward = await reviewer.get(f"{path}/{expected[1]}/next", params={"queue": "show=review"})
    back = await reviewer.get(f"{path}/{expected[1]}/previous", params={"queue": "show=review"})
    assert [answer.headers["location"].partition("?")[0] for answer in (forward, back)] == [
        f"{path}/{expected[2]}",
        f"{path}/{expected[0]}",
    ]


def link(page: httpx.Response, rel: str) -> str | None:
    """Return where an earlier or later page is."""
    for part in page.text.split('<a class="btn btn-sm" href="')[1:]:
        address, _, rest = part.partition('"')
        if rest.lstrip().startswith(f'rel="{rel}"'):
            return address.replace("&amp;", "&")
    return None


async def test_the_queue_is_for_the_platforms_staff(scene: Scene, server: Server, clock: ManualClock) -> None:
    helper, _ = await scene.colleague("owner")
    async with browser(server.url, scene.pool, helper, clock) as http:
        assert (await http.get(QUEUE)).status_code == 404
    user = await make_user(scene.pool, name="Rosa", username=None, email=None, now=clock.now())
    await make_staff(scene.pool, user, "reviewer")
    async with browser(server.url, scene.pool, user, clock) as http:
        assert (await http.get(QUEUE)).status_code == 200
