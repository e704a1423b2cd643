"""The route of a case's facts: who may read it, and in what shape."""

from datetime import timedelta

import httpx
import pytest

from amends.db.pool import Pool
from tests.builders import NOW, make_account, make_activity, make_member, make_payment, make_user
from tests.credentials import bearer, make_api_key, make_staff, make_user_token

CASES = "/api/v1/resolution_center_cases"


@pytest.fixture
async def tokens(pool: Pool, http: httpx.AsyncClient) -> dict[str, str]:
    """Open a case on a payment with a log; give everybody's tokens, and the case's id as `case`."""
    account, user = await make_account(pool), await make_user(pool)
    member = await make_member(pool, account, user=user)
    payment = await make_payment(pool, account, member=member, paid_at=NOW - timedelta(days=2))
    opened = await make_activity(pool, account, member=member, occurred_at=NOW - timedelta(days=1))
    customer = make_user_token(user)
    body = {"receipt_id": payment.pid, "reason": "not_as_described", "message": "Not what I bought."}
    case = (await http.post(CASES, json=body, headers=bearer(customer))).json()
    staff = await make_user(pool)
    await make_staff(pool, staff, "reviewer")
    return {
        "case": case["id"],
        "opened": opened.pid,
        "payment": payment.pid,
        "customer": customer,
        "merchant": await make_api_key(pool, account),
        "foreign": await make_api_key(pool, await make_account(pool)),
        "platform": await make_api_key(pool),
        "reviewer": make_user_token(staff),
    }


@pytest.mark.parametrize("who", ["merchant", "platform", "reviewer"])
async def test_facts_of_a_case(http: httpx.AsyncClient, tokens: dict[str, str], who: str) -> None:
    answer = await http.get(f"{CASES}/{tokens['case']}/facts", headers=bearer(tokens[who]))
    assert answer.status_code == 200
    body = answer.json()
    assert body["facts"][0] == {
        "code": "app_opened",
        "source": tokens["opened"],
        "at": "2026-11-22T09:00:00.000Z",
        "count": 1,
        "seconds": None,
    }
    assert body["totals"] == [
        {
            "payments": 1,
            "paid": {"amount": "49.00", "currency": "usd", "decimals": 2, "display_decimals": 2},
            "refunds": 0,
            "refunded": {"amount": "0.00", "currency": "usd", "decimals": 2, "display_decimals": 2},
        }
    ]


async def test_facts_are_not_for_customers_and_strangers(http: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    answer = await http.get(f"{CASES}/{tokens['case']}/facts", headers=bearer(tokens["customer"]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_for_customers")
    for case, who in ((tokens["case"], "foreign"), ("reso_1", "merchant"), ("nothing", "platform")):
        answer = await http.get(f"{CASES}/{case}/facts", headers=bearer(tokens[who]))
        assert answer.status_code == 404


async def test_payment_names_its_case(http: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    answer = await http.get(f"/api/v1/payments/{tokens['payment']}", headers=bearer(tokens["merchant"]))
    assert answer.json()["case_id"] == tokens["case"]
