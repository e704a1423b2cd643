"""Refunds, merchant credits and disputes over HTTP: what became of the money, and what the platform does by hand."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from amends.app import create_worker
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.payments.providers.port import BankDispute, DisputeOpened, ProviderEvent
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.services import Services
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key
from tests.running import Server


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    return await Scene(pool, http, clock).set_up()


@pytest.fixture
def jobs(server: Server) -> Worker[Services]:
    """Give the worker with the real cases behind it."""
    return create_worker(server.services)


@pytest.fixture
def bank(server: Server) -> SandboxProvider:
    """Give the server's own sandbox."""
    provider = server.services.providers["sandbox"]
    assert isinstance(provider, SandboxProvider)
    return provider


class Caller:
    """Asks the routes of payments with one credential."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = bearer(token)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self._http.get(f"/api/v1{path}", params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        answer = await self._http.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()


async def accepted(scene: Scene, bank: SandboxProvider, kind: Kind = Kind.SUCCEED, **options: Any) -> dict[str, Any]:
    """Open a case and accept it, with the provider behaving like `kind`."""
    payment = await scene.payment()
    await bank.behave(payment.pid, kind, **options)
    case = await scene.case(payment)
    return await scene.merchant.act(case, "accept")


async def test_refund_of_an_accepted_case_is_seen_by_all_sides(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services]
) -> None:
    case = await accepted(scene, bank)
    assert case["settlement"] == "pending"
    await jobs.run_until_idle()
    assert (await scene.merchant.read(case))["settlement"] == "succeeded"
    assert await scene.merchant.kinds(case) == ["created", "accepted", "refund_succeeded"]

    merchant, platform = Caller(scene.http, scene.merchant.token), Caller(scene.http, scene.platform.token)
    customer = Caller(scene.http, scene.customer.token)
    (refund,) = (await merchant.get("/refunds", case_id=case["id"]))["data"]
    assert refund["amount"] == {"amount": "49.00", "currency": "usd", "decimals": 2, "display_decimals": 2}
    assert (refund["state"], refund["method"], refund["payer"], refund["reason"]) == (
        "succeeded",
        "provider",
        "merchant",
        "accepted",
    )
    assert refund["case_id"] == case["id"]
    assert refund["provider_refund_ref"] is not None
    assert await merchant.get(f"/refunds/{refund['id']}") == refund
    assert (await platform.get("/refunds"))["data"] == [refund]
    assert (await platform.get("/refunds", payment_id=refund["payment_id"]))["data"] == [refund]
    assert (await platform.get("/refunds", state="failed"))["data"] == []
    own = {**refund, "provider_refund_ref": None}
    assert (await customer.get("/refunds"))["data"] == [own]
    assert (await customer.get("/refunds", case_id=case["id"]))["data"] == [own]
    assert await customer.get(f"/refunds/{refund['id']}") == own
    stranger = Caller(scene.http, await make_api_key(scene.pool, await _other_account(scene)))
    assert (await stranger.get("/refunds", case_id=case["id"]))["data"] == []


async def _other_account(scene: Scene) -> Any:
    return (await Scene(scene.pool, scene.http, scene.clock).set_up()).account


async def test_failed_refund_is_retried_once_per_key_and_told_on_the_timeline(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services]
) -> None:
    case = await accepted(scene, bank, Kind.DECLINE)
    await jobs.run_until_idle()
    assert (await scene.platform.read(case))["settlement"] == "failed"
    platform = Caller(scene.http, scene.platform.token)
    (refund,) = (await platform.get("/refunds", state="failed"))["data"]
    assert refund["failure_code"] == "declined"
    first = await platform.post(f"/refunds/{refund['id']}/retry", key="again")
    assert (first["state"], first["attempt"]) == ("pending", 2)
    assert await platform.post(f"/refunds/{refund['id']}/retry", key="again") == first
    refusal = await platform.post(f"/refunds/{refund['id']}/retry", status=409)
    assert refusal["error"]["code"] == "refund_not_failed"
    await jobs.run_until_idle()
    assert (await scene.customer.read(case))["settlement"] == "succeeded"
    assert await scene.customer.kinds(case) == ["created", "accepted", "refund_failed", "refund_succeeded"]
    actions = await scene.pool.fetch("select action from audit_log where action like 'refund.%'")
    assert [row["action"] for row in actions] == ["refund.retried"]


async def test_failed_refund_is_resolved_by_hand_with_a_note(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services]
) -> None:
    case = await accepted(scene, bank, Kind.DECLINE)
    await jobs.run_until_idle()
    platform, merchant = Caller(scene.http, scene.platform.token), Caller(scene.http, scene.merchant.token)
    (refund,) = (await platform.get("/refunds", case_id=case["id"]))["data"]
    path = f"/refunds/{refund['id']}/resolve"
    assert (await merchant.post(path, {"note": "Mine."}, status=403))["error"]["code"] == "platform_only"
    for body, status, code in (
        ({"note": " "}, 400, None),
        ({"note": "Too much.", "amount": "49.01"}, 422, "amount_out_of_range"),
        ({"note": "Nothing.", "amount": 0}, 422, "amount_out_of_range"),
        ({"note": "Less than nothing.", "amount": -1}, 422, "amount_out_of_range"),
        ({"note": "Too fine.", "amount": 1.005}, 422, "inexact_amount"),
        ({"note": "Without end.", "amount": "1e400000000"}, 422, "inexact_amount"),
    ):
        answer = await platform.post(path, body, status=status)
        assert code in (None, answer["error"]["code"])
    done = await platform.post(path, {"note": "Bank transfer of 23 November.", "amount": "40"})
    assert (done["state"], done["method"], done["amount"]["amount"]) == ("succeeded", "manual", "40.00")
    assert done["resolution_note"] == "Bank transfer of 23 November."
    (line,) = (await platform.get("/audit_log", action="refund.resolved_by_hand"))["data"]
    assert line["subject"] == refund["id"]
    assert line["details"] == {"amount_minor": 4000, "currency": "usd", "attempt": 1, "has_note": True}
    assert line["ip"] == "127.0.0.1"
    assert (await scene.platform.read(case))["settlement"] == "succeeded"


async def test_failed_refund_whose_money_went_back_otherwise_is_closed_once(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services]
) -> None:
    case = await accepted(scene, bank, Kind.DECLINE)
    await jobs.run_until_idle()
    platform, merchant = Caller(scene.http, scene.platform.token), Caller(scene.http, scene.merchant.token)
    (refund,) = (await platform.get("/refunds", case_id=case["id"]))["data"]
    path, note = f"/refunds/{refund['id']}/close", {"note": "Refunded in the provider's dashboard as part of another."}
    assert (await merchant.post(path, note, status=403))["error"]["code"] == "platform_only"
    await platform.post(path, {"note": " "}, status=400)
    closed = await platform.post(path, note, key="once")
    assert await platform.post(path, note, key="once") == closed
    assert (closed["state"], closed["failure_code"], closed["method"]) == ("canceled", "settled_otherwise", "provider")
    assert closed["resolution_note"] == note["note"]
    assert (await platform.post(path, note, status=409))["error"]["code"] == "refund_not_failed"
    (line,) = (await platform.get("/audit_log", action="refund.closed_by_hand"))["data"]
    assert (line["subject"], line["details"]["has_note"]) == (refund["id"], True)
    payment = await scene.pool.fetchrow("select refunded_minor, refund_reserved_minor from payments")
    assert payment is not None
    assert tuple(payment) == (0, 0)
    assert (await scene.customer.read(case))["settlement"] == "succeeded"
    assert await scene.customer.kinds(case) == ["created", "accepted", "refund_failed", "refund_succeeded"]


async def test_lists_page_both_ways(scene: Scene, bank: SandboxProvider, jobs: Worker[Services]) -> None:
    for _ in range(5):
        await accepted(scene, bank)
        scene.clock.advance(timedelta(seconds=1))
    merchant = Caller(scene.http, scene.merchant.token)
    everything = [refund["id"] for refund in (await merchant.get("/refunds"))["data"]]
    assert len(everything) == 5
    first = await merchant.get("/refunds", first=2)
    assert [refund["id"] for refund in first["data"]] == everything[:2]
    assert (first["page_info"]["has_next_page"], first["page_info"]["has_previous_page"]) == (True, False)
    rest = await merchant.get("/refunds", first=4, after=first["page_info"]["end_cursor"])
    assert [refund["id"] for refund in rest["data"]] == everything[2:]
    assert (rest["page_info"]["has_next_page"], rest["page_info"]["has_previous_page"]) == (False, True)
    last = await merchant.get("/refunds", last=2)
    assert [refund["id"] for refund in last["data"]] == everything[3:]
    before = await merchant.get("/refunds", last=2, before=last["page_info"]["start_cursor"])
    assert [refund["id"] for refund in before["data"]] == everything[1:3]
    assert (before["page_info"]["has_next_page"], before["page_info"]["has_previous_page"]) == (True, True)


async def test_dispute_recorded_by_the_platform_pauses_the_case_until_it_is_closed(
    scene: Scene, jobs: Worker[Services]
) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    platform = Caller(scene.http, scene.platform.token)
    body = {"payment_id": payment.pid, "reason": "fraudulent", "reference": "cb-1", "amount": 20}
    dispute = await platform.post("/disputes", body, status=201)
    assert (dispute["state"], dispute["amount"]["amount"], dispute["counted"]["amount"]) == ("open", "20.00", "20.00")
    assert (await platform.post("/disputes", body, status=409))["error"]["code"] == "dispute_exists"
    too_fine = await platform.post("/disputes", {**body, "reference": "cb-2", "amount": "1.005"}, status=422)
    assert too_fine["error"]["code"] == "inexact_amount"
    assert (await scene.merchant.read(case))["response_due_at"] is None
    assert (await scene.merchant.refused(case, "accept")).status == 409
    merchant = Caller(scene.http, scene.merchant.token)
    assert (await merchant.get("/disputes", case_id=case["id"]))["data"] == [dispute]
    assert await merchant.get(f"/disputes/{dispute['id']}") == dispute
    await merchant.post(f"/disputes/{dispute['id']}/close", {"won_by": "merchant"}, status=403)

    scene.clock.advance(timedelta(days=30))
    closed = await platform.post(f"/disputes/{dispute['id']}/close", {"won_by": "merchant"})
    assert (closed["state"], closed["counted"]["amount"]) == ("won", "0.00")
    again = await platform.post(f"/disputes/{dispute['id']}/close", {"won_by": "customer"}, status=409)
    assert again["error"]["code"] == "dispute_closed"
    assert (await scene.merchant.read(case))["response_due_at"] is not None
    accepted_case = await scene.merchant.act(case, "accept")
    await jobs.run_until_idle()
    assert (await scene.merchant.read(accepted_case))["settlement"] == "succeeded"


async def test_refund_elsewhere_closes_an_open_case(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services]
) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    await bank.refund_elsewhere(payment.pid, 4900, "usd")
    await jobs.run_until_idle()
    seen = await scene.customer.read(case)
    assert (seen["status"], seen["outcome"], seen["refund"], seen["settlement"]) == (
        "closed",
        "customer_won",
        "merchant",
        "succeeded",
    )


async def test_message_of_a_provider_is_taken_in_over_http(
    scene: Scene, bank: SandboxProvider, jobs: Worker[Services], http: httpx.AsyncClient
) -> None:
    payment = await scene.payment()
    case = await scene.case(payment)
    now = scene.clock.now()
    dispute = BankDispute(
        ref="dp_1", payment_ref=payment.pid, amount_minor=4900, currency="usd", reason=None, opened_at=now
    )
    body = msgspec.json.encode(ProviderEvent(id="evt_1", happening=DisputeOpened(dispute)))
    path = "/providers/sandbox/webhook"
    for headers, content, status in (
        ({}, body, 401),
        (bank.sign(body), body + b" ", 401),
        (bank.sign(b"{}"), b"{}", 400),
        (bank.sign(b"\xff"), b"\xff", 400),
        (bank.sign(body), body, 200),
        (bank.sign(body), body, 200),
    ):
        assert (await http.post(path, headers=headers, content=content)).status_code == status
    assert (await http.post("/providers/nobody/webhook", content=body)).status_code == 404
    await jobs.run_until_idle()
    assert await scene.merchant.kinds(case) == ["created", "dispute_opened"]
