"""Offers and counter-offers over HTTP: rows 5 to 9 of the transition table."""

from datetime import timedelta

from amends.db.worker import Worker
from amends.services import Services
from tests.cases.scene import Scene


async def test_an_accepted_offer_refunds_exactly_its_amount(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    offered = await scene.merchant.act(case, "offers", amount=19.99, message="Would this do?", expires_in_days=3)
    offer = offered["offers"][0]
    assert (offered["status"], offered["response_due_at"]) == ("awaiting_customer", "2026-11-26T09:00:00.000Z")
    assert (offer["maker"], offer["amount"], offer["status"]) == ("merchant", 19.99, "open")
    settled = await scene.customer.act(case, f"offers/{offer['id']}/accept")
    assert (settled["outcome"], settled["refund"], settled["offers"][0]["status"]) == (
        "settled",
        "merchant",
        "accepted",
    )
    assert await scene.sum_of_refunds(payment) == {"pending": 1999}


async def test_a_remedy_in_words_moves_no_money_and_can_be_appealed(scene: Scene) -> None:
    case = await scene.case()
    offered = await scene.merchant.act(case, "offers", remedy="A new course, free.")
    settled = await scene.customer.act(case, f"offers/{offered['offers'][0]['id']}/accept")
    assert (settled["outcome"], settled["refund"], settled["settlement"]) == ("settled", "none", "none")
    assert "appeal" in settled["available_actions"]
    assert (await scene.customer.read(case))["events"][1]["details"] == "A new course, free."


async def test_a_counter_offer_goes_back_and_forth(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    offer = (await scene.merchant.act(case, "offers", amount=10))["offers"][0]
    countered = await scene.customer.act(
        case, f"offers/{offer['id']}/decline", counter={"amount": 30, "message": "Thirty."}
    )
    assert countered["status"] == "awaiting_merchant"
    assert [(o["maker"], o["status"], o["amount"]) for o in countered["offers"]] == [
        ("customer", "open", 30),
        ("merchant", "declined", 10),
    ]
    counter = countered["offers"][0]
    own = await scene.customer.refused(case, f"offers/{counter['id']}/accept")
    assert own.status == 409
    stale = await scene.merchant.refused(case, f"offers/{offer['id']}/accept")
    assert (stale.status, stale.code) == (409, "no_offer_open")
    unknown = await scene.merchant.refused(case, "offers/offr_nothing/accept")
    assert unknown.status == 404
    settled = await scene.merchant.act(case, f"offers/{counter['id']}/accept")
    assert settled["outcome"] == "settled"
    assert await scene.sum_of_refunds(payment) == {"pending": 3000}


async def test_an_offers_id_that_is_none_is_not_there(scene: Scene) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=10)
    for offer in ("%00", "offr_", "offr_%00", case["id"], "offr_2NEpo7TZRRrLZSi2U"):
        for verb in ("accept", "decline", "withdraw"):
            refused = await scene.customer.refused(case, f"offers/{offer}/{verb}")
            assert (refused.status, refused.code) == (404, "not_found"), (offer, verb)


async def test_only_the_customer_declines_with_a_counter_offer(scene: Scene) -> None:
    case = await scene.case()
    offer = (await scene.merchant.act(case, "offers", amount=10))["offers"][0]
    countered = await scene.customer.act(case, f"offers/{offer['id']}/decline", counter={"amount": 30})
    decline = f"offers/{countered['offers'][0]['id']}/decline"
    refused = await scene.merchant.refused(case, decline, counter={"amount": 20})
    assert (refused.status, refused.code, refused.body["error"]["param"]) == (422, "counter_not_expected", "counter")
    assert (await scene.merchant.act(case, decline))["offers"][0]["status"] == "declined"


async def test_who_may_never_do_it_hears_that_before_what_is_wrong_with_it(scene: Scene) -> None:
    case = await scene.case()
    refused = await scene.customer.refused(case, "offers", amount=1.001)
    assert (refused.status, refused.code) == (403, "actor_not_allowed")


async def test_offers_that_cannot_be(scene: Scene) -> None:
    case = await scene.case(await scene.payment(amount="1000", currency="jpy"))
    refusals = {
        "whole": await scene.merchant.refused(case, "offers", amount=1000),
        "nothing": await scene.merchant.refused(case, "offers", amount=0),
        "inexact": await scene.merchant.refused(case, "offers", amount=10.5),
        "empty": await scene.merchant.refused(case, "offers", message="Well?"),
        "long": await scene.merchant.refused(case, "offers", amount=10, expires_in_days=15),
    }
    assert {name: (refused.status, refused.code) for name, refused in refusals.items()} == {
        "whole": (422, "amount_invalid"),
        "nothing": (422, "amount_invalid"),
        "inexact": (422, "inexact_amount"),
        "empty": (422, "offer_empty"),
        "long": (422, "expiry_invalid"),
    }


async def test_a_new_offer_replaces_the_old_and_three_are_enough(scene: Scene) -> None:
    case = await scene.case()
    for amount in (1, 2, 3):
        await scene.merchant.act(case, "offers", amount=amount)
    seen = await scene.merchant.read(case)
    assert [(o["amount"], o["status"]) for o in seen["offers"]] == [(3, "open"), (2, "replaced"), (1, "replaced")]
    over = await scene.merchant.refused(case, "offers", amount=4)
    assert (over.status, over.code) == (409, "offer_limit_reached")
    withdrawn = await scene.merchant.act(case, f"offers/{seen['offers'][0]['id']}/withdraw")
    assert (withdrawn["status"], withdrawn["offers"][0]["status"]) == ("awaiting_merchant", "withdrawn")


async def test_an_offer_may_not_be_worth_more_than_is_left_when_accepted(scene: Scene) -> None:
    payment = await scene.payment(amount="49.00")
    case = await scene.case(payment)
    offer = (await scene.merchant.act(case, "offers", amount=40))["offers"][0]
    await scene.pool.execute(
        "update payments set refunded_minor = 1000 where account_id = $1 and id = $2", scene.account.id, payment.id
    )
    refused = await scene.customer.refused(case, f"offers/{offer['id']}/accept")
    assert (refused.status, refused.code) == (409, "refundable_changed")
    assert await scene.sum_of_refunds(payment) == {}


async def test_an_expired_offer_gives_the_merchant_time_again(scene: Scene, worker: Worker[Services]) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=5)
    scene.clock.advance(timedelta(days=7))
    await worker.sweep()
    await worker.run_until_idle()
    seen = await scene.merchant.read(case)
    assert (seen["status"], seen["offers"][0]["status"]) == ("awaiting_merchant", "expired")
    assert seen["response_due_at"] == "2026-12-07T09:00:00.000Z"
