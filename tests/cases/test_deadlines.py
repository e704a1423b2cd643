"""What the clock, the bank and the provider do: the sweep finds, the job decides again under the lock."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from amends.cases.notices import CaseNoticesOfCases
from amends.cases.queries_deadlines import due_cases
from amends.cases.verify import verify_accounts
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.payments.states import Settlement
from amends.people.rows import PaymentRow
from amends.services import Services
from tests.cases.scene import Scene, ref_of

DISPUTE = UUID(int=77)
DAY = timedelta(days=1)


@pytest.fixture
def clockwork(scene: Scene, worker: Worker[Services]) -> "Clockwork":
    return Clockwork(scene, worker)


class Clockwork:
    """Moves the clock and lets the worker do what is due."""

    def __init__(self, scene: Scene, worker: Worker[Services]) -> None:
        self._scene = scene
        self._worker = worker

    async def pass_days(self, days: float) -> None:
        self._scene.clock.advance(timedelta(days=days))
        await self._worker.sweep()
        await self._worker.run_until_idle()


async def test_a_silent_merchant_brings_the_platform_in_and_the_review_becomes_overdue(
    scene: Scene, clockwork: Clockwork
) -> None:
    case = await scene.case()
    await clockwork.pass_days(6.99)
    assert (await scene.customer.read(case))["status"] == "awaiting_merchant"
    await clockwork.pass_days(0.01)
    seen = await scene.customer.read(case)
    assert (seen["status"], seen["escalated"], seen["response_due_at"]) == (
        "under_review",
        True,
        "2026-12-02T09:00:00.000Z",
    )
    await clockwork.pass_days(2)
    assert (await scene.platform.kinds(case)) == ["created", "escalated", "review_overdue"]
    assert (await scene.platform.read(case))["response_due_at"] == "2026-12-04T09:00:00.000Z"


async def test_a_silent_customer_loses_and_may_appeal(scene: Scene, clockwork: Clockwork) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "request_info", message="Which?")
    await clockwork.pass_days(7)
    seen = await scene.customer.read(case)
    assert (seen["status"], seen["outcome"], seen["events"][0]["action"]) == (
        "closed",
        "merchant_won",
        "closed_no_reply",
    )
    assert seen["events"][0]["reporter_type"] == "system"
    assert "appeal" in seen["available_actions"]


async def test_thirty_days_of_negotiation_are_enough(scene: Scene, clockwork: Clockwork) -> None:
    case = await scene.case()
    for _ in range(3):
        await scene.merchant.act(case, "request_info")
        scene.clock.advance(6 * DAY)
        await scene.customer.act(case, "reply", message="Here.")
        scene.clock.advance(4 * DAY - timedelta(minutes=1))
    assert (await scene.customer.read(case))["status"] == "awaiting_merchant"
    await clockwork.pass_days(0.01)
    assert (await scene.customer.read(case))["status"] == "under_review"


async def test_a_job_that_comes_late_or_twice_does_nothing(
    scene: Scene, clockwork: Clockwork, services: Services, worker: Worker[Services]
) -> None:
    case = await scene.case()
    scene.clock.advance(7 * DAY)
    await worker.sweep()
    await scene.merchant.act(case, "request_info", message="One moment.")
    await worker.run_until_idle()
    assert await scene.merchant.kinds(case) == ["created", "requested_more_info"]
    assert await due_cases(services.pool, now=scene.clock.now(), limit=10) == []
    await clockwork.pass_days(0)
    assert await scene.merchant.kinds(case) == ["created", "requested_more_info"]


async def test_deltas_are_folded_into_the_counts(scene: Scene, clockwork: Clockwork) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "deny", message="No.")
    await scene.case()
    before = (await scene.merchant.get("/summary")).body
    await clockwork.pass_days(0)
    assert await scene.pool.fetchval("select count(*) from case_count_deltas") == 0
    assert (await scene.merchant.get("/summary")).body == before
    rows = await scene.pool.fetch("select status, outcome, n from case_counts where account_id = $1", scene.account.id)
    assert {(row["status"], row["outcome"], row["n"]) for row in rows if row["n"]} == {
        ("awaiting_merchant", "", 1),
        ("closed", "merchant_won", 1),
    }


async def dispute(scene: Scene, payment: PaymentRow, **states: int) -> None:
    """Change what the payment says of bank disputes and tell the case, as payments do."""
    notices, now = CaseNoticesOfCases(), scene.clock.now()
    told: dict[str, Any] = {
        "account_id": scene.account.id, "payment_id": payment.id, "dispute_id": DISPUTE, "now": now,
    }  # fmt: skip
    async with transaction(scene.pool) as connection:
        await connection.execute(
            "update payments set open_disputes = $3, lost_disputes = $4 where account_id = $1 and id = $2",
            scene.account.id,
            payment.id,
            states["opened"],
            states["lost"],
        )
        if states["opened"]:
            await notices.dispute_opened(connection, **told)
        else:
            await notices.dispute_closed(connection, customer_won=states["lost"] > 0, **told)


async def test_a_bank_dispute_pauses_and_the_clock_goes_on_with_what_was_left(
    scene: Scene, clockwork: Clockwork, services: Services
) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    scene.clock.advance(2 * DAY)
    await dispute(scene, payment, opened=1, lost=0)
    paused = await scene.merchant.read(case)
    assert (paused["status"], paused["response_due_at"]) == ("awaiting_merchant", None)
    refused = await scene.merchant.refused(case, "accept")
    assert (refused.status, refused.code) == (409, "bank_dispute_open")
    assert "accept" not in refused.actions
    await clockwork.pass_days(60)
    assert (await scene.merchant.read(case))["status"] == "awaiting_merchant"
    await dispute(scene, payment, opened=0, lost=0)
    resumed = await scene.merchant.read(case)
    assert resumed["response_due_at"] == "2027-01-29T09:00:00.000Z"
    assert await scene.customer.kinds(case) == ["created", "dispute_opened", "dispute_merchant_won"]
    assert (await verify_accounts(scene.pool, services.signer)).findings == []


async def test_a_lost_bank_dispute_closes_the_case(scene: Scene) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    await dispute(scene, payment, opened=1, lost=0)
    await dispute(scene, payment, opened=0, lost=1)
    seen = await scene.customer.read(case)
    assert (seen["status"], seen["outcome"], seen["refund"]) == ("closed", "customer_won", "none")
    assert "appeal" not in seen["available_actions"]


async def test_money_that_went_back_elsewhere(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    await scene.merchant.act(case, "offers", amount=30)
    for amount, left in ((2000, 2900), (2900, 0)):
        async with transaction(scene.pool) as connection:
            await connection.execute(
                "update payments set refunded_minor = refunded_minor + $3 where account_id = $1 and id = $2",
                scene.account.id,
                payment.id,
                amount,
            )
            await CaseNoticesOfCases().refunded_elsewhere(
                connection,
                account_id=scene.account.id,
                payment_id=payment.id,
                amount_minor=amount,
                refundable_minor=left,
                now=scene.clock.now(),
            )
        seen = await scene.customer.read(case)
        assert seen["offers"][0]["status"] == "lapsed"
        assert seen["status"] == ("awaiting_customer" if left else "closed")
    assert (seen["outcome"], seen["refund"], seen["settlement"]) == ("customer_won", "merchant", "succeeded")


async def test_the_state_of_the_money_is_told(scene: Scene, worker: Worker[Services]) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    accepted = await scene.merchant.act(case, "accept")
    assert accepted["settlement"] == "pending"
    await worker.run_until_idle()
    seen = await scene.customer.read(case)
    assert (seen["settlement"], seen["refunds"][0]["state"]) == ("succeeded", "succeeded")
    assert await scene.customer.kinds(case) == ["created", "accepted", "refund_succeeded"]
    async with transaction(scene.pool) as connection:  # news that is known already changes nothing
        ref = ref_of(case)
        await CaseNoticesOfCases().settlement_changed(
            connection,
            account_id=ref.account_id,
            case_id=ref.case_id,
            settlement=Settlement.SUCCEEDED,
            now=scene.clock.now(),
        )
    assert await scene.customer.kinds(case) == ["created", "accepted", "refund_succeeded"]
