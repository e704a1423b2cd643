"""Two at once on one case: exactly one wins, the other gets a 409 with what it may do now, and the money adds up.

The requests go to a real server at the same moment; each pair runs several times, because a race has no script.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from amends.access.scopes import system_scope
from amends.cases.commands_system import expire_case, record_dispute_opened
from amends.cases.verify import verify_accounts
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.ids import Prefix, parse_public_id
from amends.kit.signing import Signer
from amends.people.rows import PaymentRow
from tests.cases.scene import Answer, Scene, ref_of

ROUNDS = 5
Contender = Callable[[Scene, dict[str, Any]], Awaitable[Answer]]


async def accept(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.merchant.post(f"/{case['id']}/accept", {})


async def deny(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.merchant.post(f"/{case['id']}/deny", {"message": "No."})


async def withdraw(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.customer.post(f"/{case['id']}/withdraw")


async def decide(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.platform.post(f"/{case['id']}/decide", await scene.verdict(case))


async def decide_other(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.platform.post(f"/{case['id']}/decide", await scene.verdict(case, outcome="merchant_won"))


async def accept_offer(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.customer.post(f"/{case['id']}/offers/{case['offers'][0]['id']}/accept")


async def withdraw_offer(scene: Scene, case: dict[str, Any]) -> Answer:
    return await scene.merchant.post(f"/{case['id']}/offers/{case['offers'][0]['id']}/withdraw")


async def opened(scene: Scene, payment: PaymentRow) -> dict[str, Any]:
    return await scene.case(payment)


async def reviewed(scene: Scene, payment: PaymentRow) -> dict[str, Any]:
    return await scene.under_review(payment=payment)


async def offered(scene: Scene, payment: PaymentRow) -> dict[str, Any]:
    return await scene.merchant.act(await scene.case(payment), "offers", amount=20)


PAIRS = [
    pytest.param(opened, accept, deny, id="accept-deny"),
    pytest.param(opened, accept, accept, id="accept-accept"),
    pytest.param(opened, accept, withdraw, id="accept-withdraw"),
    pytest.param(opened, deny, withdraw, id="deny-withdraw"),
    pytest.param(offered, accept_offer, withdraw_offer, id="accept_offer-withdraw_offer"),
    pytest.param(offered, accept_offer, accept, id="accept_offer-accept"),
    pytest.param(offered, accept_offer, accept_offer, id="accept_offer-accept_offer"),
    pytest.param(reviewed, decide, decide_other, id="decide-decide"),
    pytest.param(reviewed, decide, accept, id="decide-accept"),
    pytest.param(reviewed, decide, withdraw, id="decide-withdraw"),
]


@pytest.mark.parametrize(("prepare", "one", "other"), PAIRS)
async def test_one_wins_and_the_other_is_told(
    scene: Scene, prepare: Callable[[Scene, PaymentRow], Awaitable[dict[str, Any]]], one: Contender, other: Contender
) -> None:
    for _ in range(ROUNDS):
        payment = await scene.payment(amount="49.00")
        case = await prepare(scene, payment)
        answers = await asyncio.gather(one(scene, case), other(scene, case))
        assert sorted(answer.status for answer in answers) == [200, 409], [answer.body for answer in answers]
        loser = max(answers, key=lambda answer: answer.status)
        seen = await scene.merchant.read(case)
        if seen["status"] == "closed":
            assert "accept" not in loser.actions
        else:  # the offer was taken back
            assert (loser.code, seen["offers"][0]["status"]) == ("no_offer_open", "withdrawn")
        await money_adds_up(scene, payment, seen)
    await timelines_hold(scene.pool)


async def money_adds_up(scene: Scene, payment: PaymentRow, case: dict[str, Any]) -> None:
    """Check that what was promised is what the outcome says, once."""
    promised = sum((await scene.sum_of_refunds(payment)).values())
    expected = {"customer_won": 4900, "settled": 2000, "merchant_won": 0, "withdrawn": 0, None: 0}
    assert promised == expected[case["outcome"]]
    row = await scene.pool.fetchrow(
        "select refund_reserved_minor, refunded_minor from payments where account_id = $1 and id = $2",
        scene.account.id,
        payment.id,
    )
    assert row is not None
    assert row["refund_reserved_minor"] + row["refunded_minor"] == promised


async def timelines_hold(pool: Pool) -> None:
    report = await verify_accounts(pool, Signer(b"0123456789abcdef"))
    assert report.findings == []
    assert report.cases > 0


async def test_a_bank_dispute_against_an_offer_being_accepted(scene: Scene) -> None:
    async def dispute(payment: PaymentRow) -> None:
        async with transaction(scene.pool) as connection:
            await connection.execute(
                "update payments set open_disputes = 1 where account_id = $1 and id = $2", scene.account.id, payment.id
            )
            await record_dispute_opened(
                connection,
                system_scope(),
                account_id=scene.account.id,
                payment_id=payment.id,
                dispute_id=UUID(int=1),
                now=scene.clock.now(),
            )

    for _ in range(ROUNDS):
        payment = await scene.payment(amount="49.00")
        case = await offered(scene, payment)
        answer, _ = await asyncio.gather(accept_offer(scene, case), dispute(payment))
        promised = sum((await scene.sum_of_refunds(payment)).values())
        seen = await scene.customer.read(case)
        if answer.status == 200:
            assert (seen["status"], promised) == ("closed", 2000)
        else:
            assert (answer.status, answer.code) in {(409, "bank_dispute_open"), (409, "no_offer_open")}
            assert (seen["status"], promised) == ("awaiting_customer", 0)
            assert "accept_offer" not in answer.actions


async def test_an_offer_made_while_another_waits_is_the_one_that_it_replaces(scene: Scene) -> None:
    """The second waits for the first with a statement that began before the first one's offer was there."""
    waiting = """
        select count(*)
        from pg_stat_activity
        where datname = current_database() and wait_event in ('transactionid', 'tuple')
    """
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    async with transaction(scene.pool) as connection:
        await connection.execute(
            "select from payments where account_id = $1 and id = $2 for update", scene.account.id, payment.id
        )
        making = [asyncio.create_task(scene.merchant.act(case, "offers", amount=amount)) for amount in (10, 20)]
        async with asyncio.timeout(120):
            while await scene.pool.fetchval(waiting) < len(making):  # noqa: ASYNC110 (the server has no event for it)
                await asyncio.sleep(0.01)
    await asyncio.gather(*making)
    seen = await scene.merchant.read(case)
    second, first = (event["data"] for event in seen["events"][:2])
    assert [offer["id"] for offer in seen["offers"]] == [second["offer"], first["offer"]]
    assert second["answered_offer"] == first["offer"]


async def test_the_clock_against_an_acceptance(scene: Scene) -> None:
    for _ in range(ROUNDS):
        payment = await scene.payment(amount="49.00")
        case = await scene.case(payment)
        scene.clock.advance(timedelta(days=7))

        async def expire(case: dict[str, Any] = case) -> bool:
            async with transaction(scene.pool) as connection:
                return await expire_case(connection, system_scope(), ref_of(case), now=scene.clock.now()) is not None

        answer, expired = await asyncio.gather(accept(scene, case), expire())
        assert answer.status == 200
        kinds = await scene.merchant.kinds(case)
        assert kinds == (["created", "escalated", "accepted"] if expired else ["created", "accepted"])
        assert answer.body["outcome"] == "customer_won"


async def test_two_cases_cannot_be_opened_on_one_payment(scene: Scene) -> None:
    for _ in range(ROUNDS):
        payment = await scene.payment()
        body = {"receipt_id": payment.pid, "reason": "duplicate", "message": "Twice."}
        answers = await asyncio.gather(*(scene.customer.post("", body) for _ in range(3)))
        assert sorted(answer.status for answer in answers) == [201, 409, 409]
        assert {answer.code for answer in answers if answer.status == 409} == {"case_exists"}
        parse_public_id(Prefix.CASE, next(answer.body["id"] for answer in answers if answer.status == 201))
