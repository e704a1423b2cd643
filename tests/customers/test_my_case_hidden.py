"""What a customer never learns of their case: everything inside either side, in the whole page and in its parts."""

from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from amends.db.worker import Worker as Clockwork
from amends.services import Services
from tests.cases.scene import Scene, ref_of
from tests.customers.buyer import seat
from tests.running import Server

OPEN: Final = ("marked-opening", "marked-comment", "marked-question", "marked-answer", "marked-to-customer")
HIDDEN: Final = (
    "marked-merchant-note", "marked-platform-note", "Marked-Colleague", "Marked-Reviewer", "marked-to-merchant",
    "marked-failure", "marked-resolution", "marked-override", "review_overdue", "crdt_", "deci_",
)  # fmt: skip
SPOIL: Final = """
update refunds
set state = 'failed', failure_code = 'marked-failure', failure_message = 'marked-failure',
    resolution_note = 'marked-resolution'
where account_id = $1
  and case_id = $2
"""
CREDIT: Final = """
insert into merchant_credits (
    account_id, id, pid, case_id, amount_minor, currency, currency_exponent, state, provider, created_at, updated_at
)
values ($1, $3, 'crdt_marked', $2, 4900, 'usd', 2, 'pending', 'sandbox', $4, $4)
"""


async def lived(scene: Scene, worker: Clockwork[Services]) -> dict[str, Any]:
    """Lead a case from its opening to a decision, with everything that is said inside either side."""
    grace, colleague = await scene.colleague("admin", name="Marked-Colleague")
    reviewer, rosa = await scene.reviewer(name="Marked-Reviewer")
    case = await scene.case(message="marked-opening")
    await colleague.act(case, "notes", message="marked-merchant-note")
    await colleague.act(case, "assign", assignee_id=grace.pid)
    await colleague.act(case, "comment", message="marked-comment")
    await scene.customer.act(case, "escalate")
    await rosa.act(case, "notes", message="marked-platform-note")
    await rosa.act(case, "assign", assignee_id=reviewer.pid)
    scene.clock.advance(timedelta(days=4))
    await worker.sweep()
    await worker.run_until_idle()
    await rosa.act(case, "ask", of="customer", message="marked-question")
    await scene.customer.act(case, "reply", message="marked-answer")
    ruling = await scene.verdict(case, to_customer="marked-to-customer", to_merchant="marked-to-merchant")
    return await rosa.act(case, "decide", **ruling)


@pytest.fixture
async def case(scene: Scene, worker: Clockwork[Services]) -> dict[str, Any]:
    """Give a case with everything that can be hidden."""
    case = await lived(scene, worker)
    ref = ref_of(case)
    await scene.pool.execute(SPOIL, *ref)
    await scene.pool.execute(CREDIT, *ref, ref.case_id, scene.clock.now())
    await scene.pool.execute(
        "update case_decisions set override_note = 'marked-override' where account_id = $1 and case_id = $2", *ref
    )
    return case


async def ways(http: httpx.AsyncClient, scene: Scene, case: dict[str, Any]) -> dict[str, str]:
    """Return what a customer's browser gets of a case, by every way."""
    page, part = f"/cases/{case['id']}", {"HX-Request": "true"}
    events = (await scene.platform.read(case))["events"]
    found = {
        "page": await http.get(page),
        "part": await http.get(page, headers=part),
        "panel": await http.get(page, params={"panel": "appeal"}),
        "list": await http.get("/cases"),
    } | {f"before {event['id']}": await http.get(page, params={"before": event["id"]}) for event in events}
    assert {answer.status_code for answer in found.values()} == {200}
    return {way: answer.text for way, answer in found.items()}


async def test_nothing_hidden_is_on_the_page_or_in_a_part_of_it(
    scene: Scene, server: Server, case: dict[str, Any]
) -> None:
    kinds = {event["action"] for event in (await scene.platform.read(case))["events"]}
    assert kinds >= {"noted", "assigned", "review_overdue", "decided"}, "there is something to hide"
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        read = await ways(buyer.http, scene, case)
    assert [mark for mark in OPEN if mark not in read["page"]] == []
    assert {way: leaked for way, html in read.items() if (leaked := [m for m in HIDDEN if m in html])} == {}


async def test_the_page_names_no_event_that_is_not_the_customers(
    scene: Scene, server: Server, case: dict[str, Any]
) -> None:
    seen = {event["id"] for event in (await scene.customer.read(case))["events"]}
    everything = {
        event["id"] for side in (scene.merchant, scene.platform) for event in (await side.read(case))["events"]
    }
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        read = await ways(buyer.http, scene, case)
    assert seen < everything
    assert [pid for pid in seen if pid not in read["page"]] == []
    assert [pid for pid in everything - seen for html in read.values() if pid in html] == []


async def test_what_is_new_tells_of_nothing_hidden(scene: Scene, server: Server) -> None:
    case = await scene.case()
    buyer = await seat(scene, server.url, scene.ada)
    async with buyer.http:
        page = await buyer.look(case)
        await scene.merchant.act(case, "notes", message="marked-merchant-note")
        await scene.merchant.act(case, "comment", message="marked-comment")
        stale = await buyer.send(page, "withdraw", message="Never mind.")
    assert stale.status == 409
    assert "marked-comment" in stale.html
    assert "marked-merchant-note" not in stale.html
