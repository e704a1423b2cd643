"""History that is loaded: told to nobody, while what is still to come is told as ever."""

from datetime import timedelta

import pytest

from amends.access.permissions import Role
from amends.notifications.history import leave_history
from tests.cases.scene import Scene
from tests.notifications.post import Post, receivers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
async def team(post: Post) -> None:
    """Put an owner on the team."""
    await post.colleague(Role.OWNER, "Olga Owner")


async def test_what_happened_before_is_not_told_and_the_next_reminder_is(scene: Scene, post: Post) -> None:
    await scene.case()
    scene.clock.advance(5 * DAY)
    case = await scene.case()
    now = scene.clock.now()
    await leave_history(scene.pool, [scene.account.id], before=now - HOUR, now=now)
    told = await post.wait()
    kinds = sorted((mail["kind"], mail["case_pid"] == case["id"]) for mail in told)
    assert kinds == [("customer_created", True), ("merchant_created", True)]
    told = await post.wait(DAY)
    assert receivers(told) == {"olga": "merchant_reminder"}
    assert told[0]["subject"].startswith("24 hours left")
