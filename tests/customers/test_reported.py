"""After a report was sent: the page says what is so about the e-mail that confirms it, and nothing else."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import msgspec
import pytest

from amends.db.worker import Worker
from amends.services import Services
from amends.settings import Settings
from tests.cases.scene import Scene
from tests.customers.reporter import Reporter, at, reporting, said
from tests.running import Server

pytestmark = pytest.mark.anyio

TAKEN = """
update mail
set state = 'handed_over', attempts = 1, next_try_at = null, ended_at = due_at
where recipient = $1
"""
REFUSED = """
update mail
set state = 'refused', attempts = 1, next_try_at = null, ended_at = due_at
where recipient = $1
"""


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Give the settings of a server that hands mails over, unless the test is about one that does not."""
    return msgspec.structs.replace(settings, outbox="no_mail" not in request.node.name)


@pytest.fixture
async def ada(server: Server, scene: Scene) -> AsyncGenerator[Reporter]:
    """Give the customer's browser, from which a report was sent."""
    async with reporting(server.url, scene, await scene.payment()) as reporter:
        await reporter.fill_in()
        assert at(await reporter.finish()).endswith("/reported")
        yield reporter


async def until_written(scene: Scene, worker: Worker[Services]) -> None:
    """Let the time pass after which what happened is told."""
    scene.clock.advance(timedelta(minutes=15))
    await worker.sweep()
    await worker.run_until_idle()


async def words(ada: Reporter) -> str:
    """Return what the page says now."""
    return said(await ada.http.get(f"/purchases/{ada.payment.pid}/reported"))


async def test_the_confirmation_is_on_its_way_and_then_sent(
    ada: Reporter, scene: Scene, worker: Worker[Services]
) -> None:
    on_its_way = f"A confirmation is on its way to {scene.ada.email}."
    assert on_its_way in await words(ada)
    await until_written(scene, worker)
    assert on_its_way in await words(ada)
    assert await scene.pool.execute(TAKEN, scene.ada.email) == "UPDATE 1"
    assert f"We have sent a confirmation to {scene.ada.email}." in await words(ada)


async def test_a_mail_that_was_refused_is_not_promised(ada: Reporter, scene: Scene, worker: Worker[Services]) -> None:
    await until_written(scene, worker)
    assert await scene.pool.execute(REFUSED, scene.ada.email) == "UPDATE 1"
    assert "confirmation" not in await words(ada)


async def test_no_mail_is_promised_where_none_is_sent(ada: Reporter) -> None:
    assert "confirmation" not in await words(ada)


async def test_no_mail_is_promised_to_who_wants_none(ada: Reporter, scene: Scene) -> None:
    await scene.pool.execute(
        "insert into notice_choices (user_id, kind, choice, chosen_at) values ($1, 'progress', 'off', $2)",
        scene.ada.id, scene.clock.now(),
    )  # fmt: skip
    assert "confirmation" not in await words(ada)


async def test_the_page_leads_to_the_case_once_it_has_moved_on(ada: Reporter, scene: Scene) -> None:
    (case,) = (await scene.customer.get()).body["data"]
    await scene.merchant.act(case, "accept")
    answer = await ada.http.get(f"/purchases/{ada.payment.pid}/reported")
    assert (answer.status_code, at(answer)) == (303, f"/cases/{case['id']}")
