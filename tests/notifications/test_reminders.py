"""Reminders by moving the clock: three for a week, fewer for less, none for who has answered or may wait."""

import asyncio
from datetime import timedelta

import pytest

from amends.access.permissions import Role
from amends.db.transactions import transaction
from amends.notifications.kinds import NoticeKind
from amends.notifications.reminders import remind
from tests.cases.scene import Scene, ref_of
from tests.cases.test_deadlines import dispute
from tests.notifications.post import Mail, Post, receivers, to

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def team(post: Post) -> None:
    """Put an owner and a viewer on the team."""
    await post.colleague(Role.OWNER, "Olga Owner")
    await post.colleague(Role.VIEWER, "Victor Viewer")


async def reminders(post: Post, span: timedelta) -> list[Mail]:
    """Let time pass; return the reminders that came."""
    return [mail for mail in await post.wait(span) if mail["notice_kind"] == NoticeKind.REMINDER]


async def test_a_merchant_is_reminded_three_times_in_a_week(scene: Scene, post: Post) -> None:
    await scene.case()
    assert await reminders(post, 4 * DAY - MINUTE) == []
    told = await reminders(post, MINUTE)
    assert receivers(told) == {"olga": "merchant_reminder"}
    assert told[0]["subject"] == "3 days left to answer · Trading course, $49.00"
    assert "Please answer by Mon 30 Nov, 09:00 UTC (in 3 days)" in told[0]["text"]
    assert "> It is not what I bought." in told[0]["text"]
    assert "If nobody answers, the platform steps in and decides." in told[0]["text"]
    assert await reminders(post, MINUTE) == []
    assert [mail["subject"][:9] for mail in await reminders(post, 2 * DAY)] == ["24 hours "]
    assert [mail["subject"][:9] for mail in await reminders(post, 21 * HOUR)] == ["3 hours l"]
    assert await reminders(post, 2 * HOUR) == []


async def test_a_customer_is_reminded_of_a_question(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "request_info", message="Which one?")
    told = await reminders(post, 4 * DAY)
    assert receivers(told) == {"ada": "customer_reminder"}
    assert told[0]["link_opens"] == f"/cases/{case['id']}"
    assert "> Which one?" in told[0]["text"]
    assert "closed without a refund" in told[0]["text"]


async def test_an_offer_of_a_day_is_reminded_of_only_at_its_end(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=20, expires_in_days=1)
    assert await reminders(post, 20 * HOUR) == []
    told = await reminders(post, HOUR)
    assert told[0]["subject"].startswith("3 hours left to answer")
    assert "Accept or decline the offer by" in told[0]["text"]


async def test_whoever_has_answered_is_left_alone(scene: Scene, post: Post) -> None:
    case = await scene.case()
    scene.clock.advance(4 * DAY - HOUR)
    await scene.merchant.act(case, "request_info")
    assert receivers([m for m in await reminders(post, HOUR) if m["recipient"] != "ada@example.com"]) == {}
    scene.clock.advance(3 * DAY)
    await scene.customer.act(case, "reply", message="Here.")
    told = await reminders(post, DAY)
    assert told == []


async def test_an_answer_between_the_look_and_the_job_is_seen(scene: Scene) -> None:
    case = await scene.case()
    scene.clock.advance(4 * DAY)
    await scene.merchant.act(case, "deny", message="No.")
    async with transaction(scene.pool) as connection:
        queued = await remind(connection, ref_of(case), base_url="https://a.example", now=scene.clock.now())
    assert queued == 0


async def test_of_two_workers_one_reminds(scene: Scene) -> None:
    case = await scene.case()
    scene.clock.advance(4 * DAY)

    async def once() -> int:
        async with transaction(scene.pool) as connection:
            return await remind(connection, ref_of(case), base_url="https://a.example", now=scene.clock.now())

    assert sorted(await asyncio.gather(once(), once(), once())) == [0, 0, 1]


async def test_nothing_runs_out_while_the_bank_decides(scene: Scene, post: Post) -> None:
    payment = await scene.payment()
    await scene.case(payment)
    scene.clock.advance(DAY)
    await dispute(scene, payment, opened=1, lost=0)
    assert await reminders(post, 10 * DAY) == []
    await dispute(scene, payment, opened=0, lost=0)
    told = await reminders(post, 3 * DAY)
    assert receivers(told) == {"olga": "merchant_reminder"}


async def test_after_a_time_without_a_worker_only_the_nearest_reminder_comes(scene: Scene, post: Post) -> None:
    await scene.case()
    told = await reminders(post, 6 * DAY + 2 * HOUR)
    assert len(told) == 1
    assert "in 22 h" in told[0]["text"]
    assert len(await reminders(post, 19 * HOUR)) == 1
    await scene.case()
    assert await reminders(post, 7 * DAY) == [], "the due time is over"


async def test_a_reviewer_is_reminded_of_the_target(scene: Scene, post: Post) -> None:
    rosa, rosas = await post.staff("reviewer", "Rosa Review")
    await post.staff("reviewer", "Ruben Review")
    case = await scene.under_review()
    told = await reminders(post, DAY)
    assert receivers(told) == {"rosa": "platform_reminder", "ruben": "platform_reminder"}
    assert "Please decide by Wed 25 Nov, 09:00 UTC (in 1 day)." in to(told, "rosa")["text"]
    await rosas.act(case, "assign", assignee_id=rosa.pid)
    assert receivers(await reminders(post, 21 * HOUR)) == {"rosa": "platform_reminder"}


async def test_a_customer_who_lost_is_reminded_of_the_end_of_the_time_to_appeal(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "deny", message="No.")
    told = await reminders(post, 11 * DAY)
    assert receivers(told) == {"ada": "customer_reminder"}
    assert "you can ask for a second look until Mon 7 Dec, 09:00 UTC (in 3 days)" in told[0]["text"]
    assert await reminders(post, 3 * DAY) == []


async def test_what_can_no_longer_be_appealed_is_not_reminded_of(scene: Scene, post: Post) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    await scene.merchant.act(case, "deny", message="No.")
    await scene.pool.execute(
        "update payments set refunded_minor = amount_minor where account_id = $1 and id = $2",
        scene.account.id,
        payment.id,
    )
    assert await reminders(post, 11 * DAY) == []


async def test_who_switched_reminders_off_gets_none(scene: Scene, post: Post) -> None:
    await scene.pool.execute(
        "insert into notice_choices (user_id, kind, choice, chosen_at)"
        " select id, 'reminder', 'off', $1 from users where email = 'olga@example.com'",
        scene.clock.now(),
    )
    await scene.case()
    assert await reminders(post, 4 * DAY) == []
