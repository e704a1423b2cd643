"""What a customer reads and does on a case of theirs, over HTTP: said before, done once, refused in words."""

from collections.abc import AsyncGenerator

import pytest

from tests.cases.scene import Scene
from tests.customers.buyer import Buyer, seat
from tests.running import Server


@pytest.fixture
async def ada(scene: Scene, server: Server) -> AsyncGenerator[Buyer]:
    """Give the customer, signed in."""
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        yield buyer


async def offered(scene: Scene, **terms: object) -> dict[str, object]:
    """Open a case on which the merchant makes an offer."""
    return await scene.merchant.act(await scene.case(), "offers", **(terms or {"amount": 20}))


async def test_a_case_that_waits_for_the_merchant(scene: Scene, ada: Buyer) -> None:
    page = await ada.look(await scene.case())
    assert page.status == 200
    assert "Waiting for Acme they have until Mon 30 Nov, 09:00 (in 7 days)" in page.text
    assert "If they do not answer, the platform steps in." in page.text
    assert "You reported a problem" in page.text
    assert page.forms == {"comment", "withdraw"}


async def test_accept_an_offer(scene: Scene, ada: Buyer) -> None:
    case = await offered(scene)
    page = await ada.look(case)
    assert "Your turn Acme offers you $20.00" in page.text
    assert page.forms == {"accept-offer", "counter-offer", "decline-offer", "escalate", "comment", "withdraw"}
    assert "Accept $20.00 and close the case" in page.text
    done = await ada.send(page, "accept-offer")
    assert "Accepted. Your refund of $20.00 is on its way." in done.text
    read = await scene.customer.read(case)
    assert (read["outcome"], read["refunds"][0]["amount"]["amount"]) == ("settled", "20.00")
    assert done.forms == set()
