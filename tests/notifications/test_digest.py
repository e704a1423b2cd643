"""The daily digest: in the reader's own morning, once, and only when there is something to say."""

import asyncio
from datetime import timedelta

import pytest

from amends.access.permissions import Role
from amends.db.transactions import transaction
from amends.notifications.digest import send_digest
from amends.notifications.queries_digest import digest_reader
from tests.cases.scene import Scene
from tests.notifications.post import Mail, Post, receivers

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def team(post: Post) -> None:
    """Put people of each role on the team, in Berlin, where the tests begin at ten in the morning."""
    await post.scene.pool.execute("update accounts set time_zone = 'Europe/Berlin'")
    for role, name in ((Role.OWNER, "Olga Owner"), (Role.ADMIN, "Anton Admin"), (Role.SUPPORT, "Sam Support")):
        await post.colleague(role, name)
    assert await digests(post, MINUTE) == []  # the first morning


async def digests(post: Post, span: timedelta) -> list[Mail]:
    """Let time pass; return the digests that came."""
    return [mail for mail in await post.everything(span) if mail["kind"] == "digest"]


async def test_it_tells_what_came_was_closed_and_refunded_and_what_waits(scene: Scene, post: Post) -> None:
    first = await scene.case()
    await scene.merchant.act(first, "accept")
    await scene.case(await scene.payment(amount="20.00", currency="eur"))
    assert await digests(post, 22 * HOUR - 2 * MINUTE) == []  # before eight in the morning in Berlin
    told = await digests(post, MINUTE)
    assert receivers(told) == {"olga": "digest", "anton": "digest"}
    mail = told[0]
    assert mail["subject"] == "Acme: 1 case waits for you"
    assert "Since Mon 23 Nov, 10:01 CET at Acme: 2 new cases · 1 closed · $49.00 refunded." in mail["text"]
    assert "Mon 30 Nov, 10:01 CET: Ada Lovelace · Trading course, €20.00" in mail["text"]
    assert f"/accounts/{scene.account.pid}/cases" in mail["text"]
    assert mail["notice_kind"] == "digest"
    assert await digests(post, 10 * MINUTE) == []
    again = await digests(post, DAY)
    assert "Nothing new at Acme since Tue 24 Nov, 08:00 CET." in again[0]["text"]


async def test_with_nothing_to_say_it_does_not_come(post: Post) -> None:
    assert await digests(post, 23 * HOUR) == []
    assert await digests(post, DAY) == []


async def test_a_morning_without_a_worker_is_told_by_the_next(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await scene.customer.act(case, "withdraw")
    assert await digests(post, DAY + 4 * HOUR) == [], "it is past noon"
    told = await digests(post, 19 * HOUR)
    assert "1 new case · 1 closed" in told[0]["text"]
    assert "Nothing waits for your team." in told[0]["text"]


async def test_whoever_chose_it_gets_it_and_whoever_does_not_want_it_does_not(scene: Scene, post: Post) -> None:
    for name, choice in (("sam", "at_once"), ("olga", "off")):
        await scene.pool.execute(
            "insert into notice_choices (user_id, kind, choice, chosen_at)"
            " select id, 'digest', $1, $2 from users where email = $3",
            choice,
            scene.clock.now(),
            f"{name}@example.com",
        )
    await scene.case()
    assert set(receivers(await digests(post, 23 * HOUR))) == {"anton", "sam"}


async def test_of_two_workers_one_sends_it(scene: Scene) -> None:
    await scene.case()
    scene.clock.advance(23 * HOUR)
    olga = await scene.pool.fetchval("select id from users where email = 'olga@example.com'")

    async def once() -> bool:
        async with transaction(scene.pool) as connection:
            reader = await digest_reader(connection, scene.account.id, olga)
            assert reader is not None
            return await send_digest(connection, reader, base_url="https://a.example", now=scene.clock.now())

    assert sorted(await asyncio.gather(once(), once(), once())) == [False, False, True]


async def test_long_lists_are_cut(scene: Scene, post: Post) -> None:
    for _ in range(12):
        await scene.case()
    told = await digests(post, 23 * HOUR)
    assert told[0]["subject"] == "Acme: 12 cases wait for you"
    assert "And 2 more." in told[0]["text"]
