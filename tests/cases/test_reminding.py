"""When a due time is reminded of: each lead for long clocks, what makes sense for short ones, none while paused."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from amends.cases.reminding import first_reminder, nearest_lead, next_reminder
from amends.cases.states import CaseState, Outcome, RefundBy, Status
from tests.builders import NOW
from tests.cases.scene import Scene, ref_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def waiting(due_at: datetime | None, **more: object) -> CaseState:
    """Return a case that waits for the merchant."""
    return replace(CaseState(status=Status.AWAITING_MERCHANT, amount_minor=100, response_due_at=due_at), **more)


def lost(appeal_due_at: datetime) -> CaseState:
    """Return a case that the customer has lost."""
    return CaseState(
        status=Status.CLOSED,
        amount_minor=100,
        outcome=Outcome.MERCHANT_WON,
        refund=RefundBy.NONE,
        appeal_due_at=appeal_due_at,
    )


@pytest.mark.parametrize(
    ("clock", "hours"),
    [(7 * DAY, 72), (108 * HOUR, 72), (4 * DAY, 24), (2 * DAY, 24), (DAY, 3), (5 * HOUR, 3), (4 * HOUR, None)],
)
def test_a_clock_is_reminded_of_as_long_before_as_makes_sense(clock: timedelta, hours: int | None) -> None:
    expected = None if hours is None else NOW + clock - hours * HOUR
    assert first_reminder(waiting(NOW + clock), now=NOW) == expected


def test_after_one_reminder_comes_the_next() -> None:
    state, due = waiting(NOW + 7 * DAY), NOW + 7 * DAY
    assert next_reminder(state, now=due - 72 * HOUR) == due - 24 * HOUR
    assert next_reminder(state, now=due - 24 * HOUR) == due - 3 * HOUR
    assert next_reminder(state, now=due - 2 * HOUR) is None


def test_of_several_that_were_missed_the_nearest_counts() -> None:
    state, due = waiting(NOW + 7 * DAY), NOW + 7 * DAY
    assert nearest_lead(state, now=due - 73 * HOUR) is None
    assert nearest_lead(state, now=due - 20 * HOUR) == 24 * HOUR
    assert nearest_lead(state, now=due - timedelta(minutes=5)) == 3 * HOUR
    assert nearest_lead(state, now=due) is None


def test_nothing_is_said_of_a_paused_clock_or_one_that_a_rule_ends() -> None:
    assert first_reminder(waiting(None), now=NOW) is None
    due = NOW + 7 * DAY
    assert first_reminder(waiting(due, auto_accept_at=due), now=NOW) is None


def test_the_end_of_the_time_to_appeal_is_reminded_of_once_and_only_to_the_customer() -> None:
    state, due = lost(NOW + 14 * DAY), NOW + 14 * DAY
    assert first_reminder(state, now=NOW) == due - 72 * HOUR
    assert next_reminder(state, now=due - 72 * HOUR) is None
    assert first_reminder(replace(state, outcome=Outcome.CUSTOMER_WON), now=NOW) is None
    assert first_reminder(replace(state, outcome=Outcome.SETTLED, settled_with_remedy=True), now=NOW) is not None


async def remind_at(scene: Scene, case: dict[str, object]) -> datetime | None:
    return await scene.pool.fetchval("select remind_at from cases where account_id = $1 and id = $2", *ref_of(case))


async def test_a_move_sets_the_reminder_with_the_clock_and_else_leaves_it(scene: Scene) -> None:
    case = await scene.case()
    first = scene.clock.now() + 4 * DAY
    assert await remind_at(scene, case) == first
    scene.clock.advance(5 * DAY)  # the worker is late: what is still to be said stays to be said
    await scene.customer.act(case, "comment", message="Hello?")
    assert await remind_at(scene, case) == first
    await scene.merchant.act(case, "request_info")
    assert await remind_at(scene, case) == scene.clock.now() + 4 * DAY
    await scene.customer.act(case, "withdraw")
    assert await remind_at(scene, case) is None


async def test_every_event_leaves_a_notice_with_its_row(scene: Scene) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "notes", message="Look.")
    await scene.merchant.act(case, "deny", message="No.")
    rows = await scene.pool.fetch(
        """
        select n.transition, n.created_at = e.created_at as at_once
        from case_notices n
        join case_events e
          on e.account_id = n.account_id
         and e.case_id = n.case_id
         and e.id = n.event_id
        where n.account_id = $1 and n.case_id = $2
        order by e.position
        """,
        *ref_of(case),
    )
    assert [tuple(row) for row in rows] == [(1, True), (27, True), (3, True)]
