"""The list of a customer's cases: whose turn it is first, how each stands, page by page; nobody else's."""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from tests.builders import make_account, make_member, make_payment, make_user
from tests.cases.scene import Scene
from tests.customers import states
from tests.customers.buyer import Buyer, seat
from tests.customers.reading import words_of
from tests.running import Server


@pytest.fixture
async def ada(scene: Scene, server: Server) -> AsyncGenerator[Buyer]:
    """Give the customer, signed in."""
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        yield buyer


def pids(html: str) -> list[str]:
    """Return the cases of a page, in their order."""
    return re.findall(r'<li class="[^"]*" data-case="(reso_\w+)"', html)


async def look(buyer: Buyer, url: str = "/cases") -> str:
    answer = await buyer.http.get(url)
    assert answer.status_code == 200
    return answer.text


async def test_without_cases_it_leads_to_the_purchases(ada: Buyer) -> None:
    page = await look(ada)
    assert "No cases" in page
    assert '<a class="btn btn-primary  " href="/purchases"' in page


async def test_the_customers_turn_is_first_and_what_is_over_last(scene: Scene, ada: Buyer) -> None:
    made: dict[str, str] = {}
    for name in ("offered", "withdrawn", "asked", "waiting", "accepted", "reviewed"):
        made[name] = (await states.STATES[name](scene))["id"]
        scene.clock.advance(timedelta(minutes=5))
    page = await look(ada)
    assert pids(page) == [made[n] for n in ("asked", "offered", "reviewed", "waiting", "accepted", "withdrawn")]
    opened, closed = page.split('id="closed-title"')
    assert (opened.count("Your turn"), closed.count("Your turn")) == (2, 0)
    words = words_of(page)
    assert "Waiting for Acme they have until" in words
    assert "Trading course Acme · $49.00 You reported a problem · 15 min ago" in words
    assert "Acme gives you $49.00 back closed Mon 23 Nov Your refund of $49.00 is on its way." in words


async def test_internal_notes_do_not_move_a_case(scene: Scene, ada: Buyer) -> None:
    older = (await scene.case())["id"]
    scene.clock.advance(timedelta(minutes=5))
    newer = (await scene.case())["id"]
    scene.clock.advance(timedelta(minutes=5))
    await scene.merchant.act(older, "notes", message="Ask our supplier.")
    assert pids(await look(ada)) == [newer, older]


async def test_pages_reach_everything_once(scene: Scene, ada: Buyer) -> None:
    made = [(await scene.case())["id"] for _ in range(23)]
    await scene.customer.act(made[0], "withdraw")
    first = await look(ada)
    older = re.search(r'href="(/cases\?after=[^"]+)" rel="next"', first)
    assert older
    second = await look(ada, older[1])
    assert sorted(pids(first) + pids(second)) == sorted(made)
    assert pids(second)[-1] == made[0], "what is over comes last"
    newer = re.search(r'href="(/cases\?before=[^"]+)" rel="prev"', second)
    assert newer
    assert pids(await look(ada, newer[1])) == pids(first)
    assert pids(await look(ada, "/cases?after=nonsense")) == pids(first)


async def test_cases_at_every_account_and_nobody_elses(scene: Scene, ada: Buyer) -> None:
    other = await make_account(scene.pool, title="Borealis", now=scene.clock.now())
    member = await make_member(scene.pool, other, user=scene.ada, now=scene.clock.now())
    there = await scene.case(await make_payment(scene.pool, other, member=member, now=scene.clock.now()))
    here = await scene.case()
    bob = await make_user(scene.pool, now=scene.clock.now())
    bobs = await make_member(scene.pool, scene.account, user=bob, now=scene.clock.now())
    payment = await scene.payment(member=bobs)
    body = {"receipt_id": payment.pid, "reason": "duplicate", "message": "Twice."}
    his = await scene.user(bob).done("", body)
    page = await look(ada)
    assert set(pids(page)) == {there["id"], here["id"]}
    assert his["id"] not in page
    assert "Waiting for Borealis" in page
