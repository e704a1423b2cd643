"""Cases of Ada's in every state that their customer can see, made as people would make them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import httpx

from tests.cases.scene import Scene, ref_of
from tests.credentials import bearer

Case = dict[str, Any]
DISPUTES: Final = "/api/v1/disputes"


async def waiting(scene: Scene) -> Case:
    """Wait for the merchant."""
    return await scene.case(remedy={"kind": "full_refund"}, answers={"difference": "Half of the lessons are missing"})


async def asked(scene: Scene) -> Case:
    """Wait for the customer's answer."""
    return await scene.merchant.act(await waiting(scene), "request_info", message="Which lessons do you not find?")


async def offered(scene: Scene, **terms: Any) -> Case:
    """Wait for the customer to answer an offer."""
    terms = terms or {"amount": 20, "remedy": "One more month for free"}
    return await scene.merchant.act(await waiting(scene), "offers", message="Would that help?", **terms)


def open_offer(case: Case) -> str:
    """Return the offer that waits for an answer."""
    return next(offer["id"] for offer in case["offers"] if offer["status"] == "open")


async def countered(scene: Scene) -> Case:
    """Wait for the merchant to answer the customer's suggestion."""
    case = await offered(scene)
    counter = {"amount": 30, "message": "I have already waited for two weeks."}
    return await scene.customer.act(case, f"offers/{open_offer(case)}/decline", counter=counter)


async def settled(scene: Scene, **terms: Any) -> Case:
    """Be settled by agreement."""
    case = await offered(scene, **(terms or {"amount": 20}))
    return await scene.customer.act(case, f"offers/{open_offer(case)}/accept")


async def promised(scene: Scene) -> Case:
    """Be settled with a promise in words."""
    return await settled(scene, remedy="The missing lessons by e-mail this week")


async def accepted(scene: Scene) -> Case:
    """Be accepted; the refund is on its way."""
    return await scene.merchant.act(await waiting(scene), "accept", message="We are sorry about this.")


async def refund_failed(scene: Scene) -> Case:
    """Be accepted; the provider has refused the refund."""
    return await _refund(scene, "failed")


async def refunded(scene: Scene) -> Case:
    """Be accepted, and paid."""
    case = await _refund(scene, "succeeded")
    at = scene.clock.now() + timedelta(hours=1)
    await scene.pool.execute("update refunds set succeeded_at = $2 where account_id = $1", scene.account.id, at)
    return case


async def _refund(scene: Scene, state: str) -> Case:
    case = await accepted(scene)
    ref = ref_of(case)
    await scene.pool.execute("update refunds set state = $3 where account_id = $1 and case_id = $2", *ref, state)
    await scene.pool.execute("update cases set settlement = $3 where account_id = $1 and id = $2", *ref, state)
    return case


async def denied(scene: Scene) -> Case:
    """Be denied; the customer may appeal."""
    return await scene.merchant.act(await waiting(scene), "deny", message="You have watched every lesson.")


async def withdrawn(scene: Scene) -> Case:
    """Be withdrawn by the customer."""
    return await scene.customer.act(await waiting(scene), "withdraw", message="I found the lessons.")


async def reviewed(scene: Scene) -> Case:
    """Be under review by the platform."""
    return await scene.under_review()


async def questioned(scene: Scene) -> Case:
    """Wait for the customer to answer the platform."""
    ask = {"of": "customer", "message": "Please send us a picture of the page where the lessons are missing."}
    return await scene.platform.act(await reviewed(scene), "ask", **ask)


async def won(scene: Scene) -> Case:
    """Be decided for the customer."""
    case = await reviewed(scene)
    return await scene.platform.act(case, "decide", **await scene.verdict(case))


async def lost(scene: Scene) -> Case:
    """Be decided for the merchant; the customer may appeal."""
    case, (_, rosa) = await reviewed(scene), await scene.reviewer()
    ruling = await scene.verdict(case, outcome="merchant_won", reason_code="delivered_and_used")
    ruling["to_customer"] = "The log shows that every lesson was opened and watched to its end."
    return await rosa.act(case, "decide", **ruling)


async def appealed(scene: Scene) -> Case:
    """Be under review for a second time."""
    return await scene.customer.act(await lost(scene), "appeal", message="Nobody looked at my second picture.")


async def lost_for_good(scene: Scene) -> Case:
    """Be decided on appeal."""
    case, (_, carl) = await appealed(scene), await scene.reviewer(name="Carl Second")
    ruling = await scene.verdict(case, outcome="merchant_won", reason_code="delivered_and_used")
    return await carl.act(case, "decide", **ruling)


async def disputed(scene: Scene) -> Case:
    """Be paused by a dispute at the bank."""
    case = await waiting(scene)
    await dispute(scene, case)
    return case


async def on_hold(scene: Scene) -> Case:
    """Be accepted; the refund waits for the bank."""
    case = await accepted(scene)
    await dispute(scene, case)
    return case


async def dispute(scene: Scene, case: Case) -> None:
    """Open a dispute at the bank about a case's payment."""
    body = {"payment_id": case["payment"]["id"]}
    answer = await scene.http.post(DISPUTES, json=body, headers=bearer(scene.platform.token))
    assert answer.status_code == httpx.codes.CREATED, answer.text


STATES: Final[dict[str, Callable[[Scene], Awaitable[Case]]]] = {
    state.__name__: state
    for state in (
        waiting, asked, offered, countered, settled, promised, accepted, refund_failed, refunded, denied, withdrawn,
        reviewed, questioned, won, lost, appealed, lost_for_good, disputed, on_hold,
    )
}  # fmt: skip
