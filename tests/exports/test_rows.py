"""Which rows an export has: each filter alone, against what is known of every case."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import make_member, make_product, make_user
from tests.exports.place import Exporting

pytestmark = pytest.mark.anyio


async def ids(exporting: Exporting, resource: str = "resolution_center_cases", **filters: Any) -> list[str]:
    """Return the ids of the rows of an export, in its order."""
    content = await exporting.content(resource, format="jsonl", columns=["id"], filters=filters)
    return [json.loads(line)["id"] for line in content.splitlines()]


async def test_each_filter(exporting: Exporting) -> None:
    scene = exporting.scene
    first = await scene.case(await scene.payment(amount="10.00", payment_method_type="paypal"))
    exporting.clock.advance(timedelta(hours=1))
    other = await make_product(exporting.pool, scene.account, title="Other")
    second = await scene.case(await scene.payment(amount="20.00", product=other, plan=None), reason="duplicate")
    exporting.clock.advance(timedelta(hours=1))
    await scene.merchant.act(second, "deny", message="No.")
    grace = await make_user(exporting.pool, name="Grace Hopper", username="grace", email="gh@example.com")
    member = await make_member(exporting.pool, scene.account, user=grace)
    payment = await scene.payment(amount="3000", currency="jpy", member=member)
    third = await scene.user(grace).done("", {"receipt_id": payment.pid, "reason": "fraudulent", "message": "Not me."})
    colleague, _ = await scene.colleague("support")
    await scene.merchant.act(third, "assign", assignee_id=colleague.pid)
    a, b, c = (case["id"] for case in (first, second, third))

    assert await ids(exporting) == [c, b, a]
    assert await ids(exporting, status="closed") == [b]
    assert await ids(exporting, status=["closed", "awaiting_merchant"]) == [c, b, a]
    assert await ids(exporting, outcome=["merchant_won"]) == [b]
    assert await ids(exporting, reason=["duplicate", "fraudulent"]) == [c, b]
    assert await ids(exporting, created_after=first["created_at"]) == [c, b]
    assert await ids(exporting, created_before=second["created_at"]) == [a]
    assert await ids(exporting, due_after=first["response_due_at"]) == [c]
    assert await ids(exporting, due_before=third["response_due_at"]) == [a]
    assert await ids(exporting, closed_after="2026-11-23T10:00:00Z", closed_before="2026-11-24T00:00:00Z") == [b]
    assert await ids(exporting, user_id=grace.pid) == [c]
    assert await ids(exporting, user_id="user_nobody") == []
    assert await ids(exporting, product_id=other.pid) == [b]
    assert await ids(exporting, product_id="prod_nothing") == []
    assert await ids(exporting, payment_method="paypal") == [a]
    assert await ids(exporting, assignee_id=colleague.pid) == [c]
    assert await ids(exporting, assignee_id="nobody") == [b, a]
    assert await ids(exporting, escalated=True) == []
    assert await ids(exporting, currency="jpy") == [c]
    assert await ids(exporting, currency="USD", amount_min=20) == [b]
    assert await ids(exporting, currency="usd", amount_max="10.00") == [a]
    for text in (c, payment.pid, "grace", "HOPPER gr", "@grace", "gh@example"):
        assert await ids(exporting, search=text) == [c], text
    assert await ids(exporting, search="rac") == []
    assert await ids(exporting, search="  ") == [c, b, a]
    assert await ids(exporting, search="'; drop table cases; --") == []
    blind = await exporting.without("member:email:read")
    assert await ids(blind, search="gh@example") == []


async def test_payments_and_disputes(exporting: Exporting) -> None:
    scene = exporting.scene
    paid = await scene.payment()
    pending = await scene.payment(status="pending")
    case = await scene.case(paid)
    answer = await exporting.http.post(
        "/api/v1/disputes",
        json={"payment_id": paid.pid, "amount": 12.5, "reason": "fraudulent"},
        headers={"Authorization": f"Bearer {exporting.platform.token}"},
    )
    dispute = answer.json()
    assert set(await ids(exporting, "receipts")) == {paid.pid, pending.pid}
    assert await ids(exporting, "receipts", status="pending") == [pending.pid]
    assert await ids(exporting, "receipts", paid_after="2026-11-22T00:00:00Z") == [paid.pid]
    assert await ids(exporting, "receipts", currency="eur") == []
    [row] = [json.loads(line) for line in (await exporting.content("disputes", format="jsonl")).splitlines()]
    assert (row["id"], row["payment_id"], row["case_id"]) == (dispute["id"], paid.pid, case["id"])
    assert (row["amount"], row["currency"], row["state"], row["reason"]) == (12.5, "usd", "open", "fraudulent")
    assert await ids(exporting, "disputes", state="won") == []


async def test_what_is_known_of_a_customer_and_of_credits(exporting: Exporting) -> None:
    scene = exporting.scene
    await scene.payment(amount="1.00")
    await scene.payment(amount="500", currency="jpy")
    await scene.case(await scene.payment(amount="2.00"))
    case = await scene.case(await scene.payment(amount="4.00"))
    await scene.merchant.act(case, "accept")
    await exporting.worker.run_until_idle()
    columns = ["customer_cases", "customer_spend", "currency", "refunded", "settlement", "credit_amount"]
    content = await exporting.content(format="jsonl", columns=columns, filters={"status": "closed"})
    assert [json.loads(line) for line in content.splitlines()] == [
        {
            "customer_cases": 2,
            "customer_spend": 3.0,
            "currency": "usd",
            "refunded": 4.0,
            "settlement": "succeeded",
            "credit_amount": None,
        }
    ]


async def test_assignees_are_those_of_ones_own_side(exporting: Exporting) -> None:
    scene = exporting.scene
    case = await scene.under_review()
    colleague, _ = await scene.colleague("support", name="Grace Hopper")
    reviewer, _ = await scene.reviewer(name="Rosa Review")
    await scene.merchant.act(case, "assign", assignee_id=colleague.pid)
    await scene.platform.act(case, "assign", assignee_id=reviewer.pid)
    platform = exporting.like(exporting.platform.token)
    ours = await exporting.content(format="jsonl", columns=["assignee"])
    theirs = await platform.content(format="jsonl", columns=["assignee"], account_id=scene.account.pid)
    assert (json.loads(ours), json.loads(theirs)) == ({"assignee": "Grace Hopper"}, {"assignee": "Rosa Review"})


async def test_notes_of_the_other_side_are_no_activity(exporting: Exporting) -> None:
    scene = exporting.scene
    case = await scene.under_review()
    asked: dict[str, Any] = {"format": "jsonl", "columns": ["last_activity_at"]}
    before = await exporting.content(**asked)
    scene.clock.advance(timedelta(hours=1))
    await scene.platform.act(case, "notes", message="Watch this account.")
    assert await exporting.content(**asked) == before
