"""The public client against a real server: every method of `resolution_center_cases`, sync and async.

Only the address of the client's environment is changed. The sync client runs in a thread beside the server.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
import httpx
import pytest
from whop_sdk import AsyncWhop, Whop
from whop_sdk.core.api_error import ApiError
from whop_sdk.environment import WhopEnvironment
from whop_sdk.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnprocessableEntityError,
)
from whop_sdk.types import ResolutionCenterCase, ResolutionEvent

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.cases.scene import Scene
from tests.running import http, listener, server, services, settings, worker

__all__ = ["http", "listener", "server", "services", "settings", "worker"]
T = TypeVar("T")


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


def environment(scene: Scene) -> WhopEnvironment:
    base = str(scene.http.base_url).rstrip("/")
    return WhopEnvironment(api=f"{base}/api/v1", vault=f"{base}/vault")


def sync_client(scene: Scene, token: str, **more: Any) -> Whop:
    return Whop(token=token, environment=environment(scene), max_retries=0, **more)


def async_client(scene: Scene, token: str, **more: Any) -> AsyncWhop:
    return AsyncWhop(token=token, environment=environment(scene), max_retries=0, **more)


async def in_thread(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    return await anyio.to_thread.run_sync(partial(call, *arguments, **named))


async def test_a_case_from_opening_to_the_appeal_with_the_sync_client(scene: Scene) -> None:
    buyer = sync_client(scene, scene.customer.token).resolution_center_cases
    seller = sync_client(scene, scene.merchant.token).resolution_center_cases
    payment = await scene.payment(amount="49.00")
    case = await in_thread(
        buyer.create, message="It never came.", reason="product_not_received", receipt_id=payment.pid
    )
    assert isinstance(case, ResolutionCenterCase)
    assert (case.status, case.amount, case.currency, case.payment.id) == ("awaiting_merchant", 49.0, "usd", payment.pid)
    assert case.account is not None
    assert (case.account.id, case.account.title) == (scene.account.pid, "Acme")
    assert (case.buyer.user_id, case.buyer.member_id) == (scene.ada.pid, scene.member.pid)
    asked = await in_thread(seller.request_info, case.id)
    assert asked.status == "awaiting_customer"
    assert (await in_thread(seller.request_info, (await scene.case())["id"], message="Where?")).escalated is False
    replied = await in_thread(buyer.reply, case.id, message="At home.")
    assert replied.status == "awaiting_merchant"
    denied = await in_thread(seller.deny, case.id, message="It was signed for.")
    assert (denied.status, denied.outcome, denied.refund) == ("closed", "merchant_won", "none")
    appealed = await in_thread(buyer.appeal, case.id, message="Not by me.")
    assert (appealed.status, appealed.customer_appealed, appealed.escalated) == ("under_review", True, True)
    read = await in_thread(buyer.retrieve, case.id)
    assert (read.id, read.available_actions) == (case.id, ["withdraw", "comment"])
    events = await in_thread(lambda: list(buyer.events(case.id)))
    assert all(isinstance(event, ResolutionEvent) for event in events)
    assert [event.action for event in events] == ["appealed", "denied", "responded", "requested_more_info", "created"]
    assert [event.reporter_type for event in events][:2] == ["customer", "merchant"]
    assert (events[0].details, events[0].attachments) == ("Not by me.", [])


async def test_accept_and_withdraw_with_the_sync_client(scene: Scene) -> None:
    seller = sync_client(scene, scene.merchant.token).resolution_center_cases
    buyer = sync_client(scene, scene.customer.token).resolution_center_cases
    accepted = await in_thread(
        seller.accept, (await scene.case())["id"], message="Sorry.", terminate_membership=True, attachments=[]
    )
    assert (accepted.outcome, accepted.refund, accepted.response_due_at) == ("customer_won", "merchant", None)
    plain = await in_thread(seller.accept, (await scene.case())["id"])
    assert plain.status == "closed"
    withdrawn = await in_thread(buyer.withdraw, (await scene.case())["id"])
    assert (withdrawn.status, withdrawn.outcome) == ("closed", "withdrawn")


async def test_every_method_of_the_async_client(scene: Scene) -> None:
    buyer = async_client(scene, scene.customer.token).resolution_center_cases
    seller = async_client(scene, scene.merchant.token).resolution_center_cases
    payment = await scene.payment()
    case = await buyer.create(message="Broken.", reason="product_unacceptable", receipt_id=payment.pid)
    assert (await seller.request_info(case.id, message="How?")).status == "awaiting_customer"
    assert (await buyer.reply(case.id, message="In two.")).status == "awaiting_merchant"
    assert (await seller.deny(case.id, message="No.")).outcome == "merchant_won"
    assert (await buyer.appeal(case.id, message="Yes.")).status == "under_review"
    assert (await buyer.withdraw(case.id)).outcome == "withdrawn"
    assert (await seller.accept((await scene.case())["id"])).outcome == "customer_won"
    assert (await seller.retrieve(case.id)).id == case.id
    pager = await seller.events(case.id, first=2)
    assert [event.action async for event in pager] == [
        "withdrew", "appealed", "denied", "responded", "requested_more_info", "created",
    ]  # fmt: skip
    summary = await seller.summary(groups=["status"], status=["closed"])
    assert (summary.total, summary.groups.status.closed if summary.groups.status else None) == (2, 2)
    assert summary.groups.reason is None
    assert [row.id async for row in await seller.list(first=1)][-1] == case.id


async def test_lists_page_by_page(scene: Scene) -> None:
    made = [(await scene.case())["id"] for _ in range(5)]
    client = sync_client(scene, scene.merchant.token).resolution_center_cases
    pager = await in_thread(client.list, first=2, account_id=scene.account.pid, direction="asc", order="created_at")
    pages = await in_thread(lambda: [[row.id for row in page.items or []] for page in pager.iter_pages()])
    assert pages == [made[:2], made[2:4], made[4:]]
    last = await in_thread(client.list, last=2, direction="asc")
    assert [row.id for row in last.items or []] == made[3:]
    info = last.response.page_info
    assert (info.has_next_page, info.has_previous_page) == (False, True)
    earlier = await in_thread(client.list, last=2, before=info.start_cursor, direction="asc")
    assert [row.id for row in earlier.items or []] == made[1:3]
    filtered = await in_thread(
        client.list, status=["awaiting_merchant", "closed"], reason="not_as_described", outcome=None,
        user_id=scene.ada.pid, created_after="2026-11-01", created_before="2026-12-01T00:00:00Z",
    )  # fmt: skip
    assert len(filtered.items or []) == 5
    own = sync_client(scene, scene.customer.token).resolution_center_cases
    assert [row.id for row in (await in_thread(own.list, user_id="me", direction="asc")).items or []] == made


async def test_errors_are_the_clients_own(scene: Scene) -> None:
    buyer = sync_client(scene, scene.customer.token).resolution_center_cases
    seller = sync_client(scene, scene.merchant.token).resolution_center_cases
    nobody = sync_client(scene, "amends_nobody").resolution_center_cases
    case = await scene.case()
    with pytest.raises(UnauthorizedError):
        await in_thread(nobody.list)
    with pytest.raises(ForbiddenError):
        await in_thread(buyer.accept, case["id"])
    with pytest.raises(NotFoundError):
        await in_thread(buyer.retrieve, "reso_nothing")
    with pytest.raises(ConflictError) as conflict:
        await in_thread(buyer.create, message="Again.", reason="fraudulent", receipt_id=case["payment"]["id"])
    assert conflict.value.body["error"]["code"] == "case_exists"
    with pytest.raises(ConflictError):
        await in_thread(buyer.reply, case["id"], message="To what?")
    with pytest.raises((UnprocessableEntityError, ApiError)) as empty:
        await in_thread(seller.deny, case["id"], message=" ")
    assert empty.value.status_code == 422
    with pytest.raises((BadRequestError, ApiError)) as both:
        await in_thread(seller.list, first=1, last=1)
    assert both.value.status_code == 400


async def test_one_idempotency_key_for_every_call(scene: Scene) -> None:
    """The client's constructor takes a key and sends it with everything: paths tell the calls apart."""
    buyer = async_client(scene, scene.customer.token, idempotency_key="the-only-key").resolution_center_cases
    seller = async_client(scene, scene.merchant.token, idempotency_key="the-only-key").resolution_center_cases
    payment = await scene.payment()
    first = await buyer.create(message="Broken.", reason="fraudulent", receipt_id=payment.pid)
    again = await buyer.create(message="Broken.", reason="fraudulent", receipt_id=payment.pid)
    assert again == first
    accepted = await seller.accept(first.id)
    assert await seller.accept(first.id) == accepted
    assert await scene.sum_of_refunds(payment) == {"pending": payment.amount_minor}
    with pytest.raises((BadRequestError, ApiError)) as other:
        await buyer.create(message="Other.", reason="fraudulent", receipt_id=payment.pid)
    assert other.value.status_code == 400


async def test_the_client_retries_a_conflict_and_still_learns_of_it(scene: Scene) -> None:
    case = await scene.case()
    await scene.customer.act(case, "withdraw")
    client = AsyncWhop(token=scene.merchant.token, environment=environment(scene), max_retries=1)
    with pytest.raises(ConflictError) as refused:
        await client.resolution_center_cases.accept(case["id"])
    assert refused.value.body["error"]["code"] == "case_closed"
    assert refused.value.body["error"]["details"]["available_actions"] == []
