"""Withdrawing from a contract over HTTP: two steps, one withdrawal, and what follows from it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from amends.access.permissions import Permission
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.people.rows import PaymentRow
from amends.services import Services
from tests.builders import make_member, make_payment, make_product, make_user
from tests.cases.scene import Scene
from tests.credentials import bearer, make_api_key
from tests.running import Server
from tests.staff import browser, make_team_person

STATED = {"name": "Ada Lovelace", "email": "ada@example.com"}


def path_of(payment: PaymentRow | str) -> str:
    return f"/purchases/{payment if isinstance(payment, str) else payment.pid}/withdrawal"


async def confirm(client: httpx.AsyncClient, payment: PaymentRow, **more: str) -> httpx.Response:
    return await client.post(path_of(payment) + "/confirm", data={**STATED, **more})


async def refunds(pool: Pool, payment: PaymentRow) -> list[tuple[Any, ...]]:
    rows = await pool.fetch(
        "select amount_minor, state, reason, payer, case_id from refunds where payment_id = $1 order by id", payment.id
    )
    return [tuple(row) for row in rows]


async def mails(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("select kind, recipient from mail order by kind, recipient")
    return [(row["kind"], row["recipient"]) for row in rows]


async def test_two_steps(scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool) -> None:
    first = await ada.get(path_of(payment))
    assert first.status_code == 200
    for words in ("Withdraw from contract here", "Step 1 of 2", "Trading course", "Acme", "Mon 7 Dec, 23:59",
                  payment.pid, 'value="Ada Lovelace"', 'value="ada@example.com"'):  # fmt: skip
        assert words in first.text
    second = await ada.post(path_of(payment), data=STATED)
    assert second.status_code == 200
    for words in ("Step 2 of 2", ">Confirm withdrawal</button>", "I withdraw from my contract about “Trading course”.",
                  "$49.00 goes back to you by Visa ••4242, by Mon 7 Dec at the latest."):  # fmt: skip
        assert words in second.text
    assert await pool.fetchval("select count(*) from withdrawals") == 0
    done = await confirm(ada, payment)
    assert (done.status_code, done.headers["location"]) == (303, path_of(payment))
    third = await ada.get(path_of(payment))
    for words in ("You have withdrawn from the contract", "Received on November 23, 2026, 09:00:00 UTC", "$49.00",
                  "The money is on its way to you.", "ada@example.com"):  # fmt: skip
        assert words in third.text


async def test_everything_that_follows_is_written(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    owner, admin = [await make_team_person(pool, scene.account, role) for role in ("owner", "admin")]
    await make_team_person(pool, scene.account, "support")
    await confirm(ada, payment)
    row = await pool.fetchrow("select * from withdrawals")
    assert row is not None
    assert row["pid"].startswith("wdrl_")
    assert (row["payment_id"], row["user_id"], row["amount_minor"], row["currency"]) == (
        payment.id, scene.ada.id, 4900, "usd",
    )  # fmt: skip
    assert (row["customer_name"], row["email"], row["product_title"]) == (*STATED.values(), "Trading course")
    assert (row["created_at"], row["period_ends_at"]) == (clock.now(), datetime.fromisoformat("2026-12-08T00:00Z"))
    assert await refunds(pool, payment) == [(4900, "pending", "withdrawn", "merchant", None)]
    stored = await pool.fetchrow("select withdrawn_at, refund_reserved_minor from payments where id = $1", payment.id)
    assert stored is not None
    assert tuple(stored) == (clock.now(), 4900)
    log = await pool.fetch("select kind, payment_id from activity order by id")
    assert [tuple(line) for line in log] == [
        ("contract_withdrawn", payment.id), ("membership_ended", payment.id),
    ]  # fmt: skip
    audit = await pool.fetchrow("select principal, subject, details from audit_log where action = 'payment.withdrawn'")
    assert audit is not None
    assert tuple(audit) == (
        scene.ada.pid, payment.pid, {"withdrawal": row["pid"], "amount_minor": 4900, "currency": "usd"},
    )  # fmt: skip
    assert await mails(pool) == [
        ("withdrawal_confirmation", "ada@example.com"), ("withdrawal_notice", admin.email or ""),
        ("withdrawal_notice", owner.email or ""),
    ]  # fmt: skip


async def test_confirmation_holds_what_was_stated_and_when(
    payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool
) -> None:
    await confirm(ada, payment, name="A. Lovelace", email="other@example.org")
    assert await mails(pool) == [
        ("withdrawal_confirmation", "ada@example.com"), ("withdrawal_confirmation", "other@example.org"),
    ]  # fmt: skip
    subject, letter = (await pool.fetch("select subject, letter from mail where recipient = 'other@example.org'"))[0]
    assert subject == "We have received your withdrawal: Trading course"
    facts = {fact["label"]: fact["value"] for fact in letter["facts"]}
    assert facts["Received"] == "November 23, 2026, 09:00:00 UTC"
    assert (facts["Name"], facts["Confirmation to"]) == ("A. Lovelace", "other@example.org")
    assert (facts["Product"], facts["Seller"], facts["Purchase number"], facts["Amount"]) == (
        "Trading course", "Acme", payment.pid, "$49.00",
    )  # fmt: skip
    assert letter["quote"] == {"text": "I withdraw from my contract about “Trading course”.", "author": "A. Lovelace"}
    assert letter["button"]["url"].endswith(path_of(payment))


async def test_money_moves_and_no_case_can_follow(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, worker: Worker[Services]
) -> None:
    await confirm(ada, payment)
    await worker.run_until_idle()
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["succeeded"]
    assert "The money has been sent to you." in (await ada.get(path_of(payment))).text
    refused = await scene.customer.post(
        "", {"receipt_id": payment.pid, "reason": "not_as_described", "message": "It is not what I bought."}
    )
    assert (refused.status, refused.code) == (422, "payment_withdrawn")
    shown = await scene.http.get(f"/api/v1/payments/{payment.pid}", headers=bearer(scene.merchant.token))
    assert shown.json()["withdrawn_at"] == "2026-11-23T09:00:00.000Z"
    assert shown.json()["refunded"]["amount"] == "49.00"


async def test_pressed_many_times_it_is_one(payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool) -> None:
    answers = await asyncio.gather(*(confirm(ada, payment) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {303}
    again = await confirm(ada, payment, name="Somebody Else")
    assert again.status_code == 303
    assert (await ada.post(path_of(payment), data=STATED)).headers["location"] == path_of(payment)
    assert len(await refunds(pool, payment)) == 1
    assert await mails(pool) == [("withdrawal_confirmation", "ada@example.com")]
    assert [tuple(row) for row in await pool.fetch("select customer_name from withdrawals")] == [("Ada Lovelace",)]


async def test_against_a_case_that_is_just_being_opened(scene: Scene, ada: httpx.AsyncClient, pool: Pool) -> None:
    for _ in range(5):
        payment = await scene.payment()
        body = {"receipt_id": payment.pid, "reason": "not_as_described", "message": "It is not what I bought."}
        pressed, opened = await asyncio.gather(confirm(ada, payment), scene.customer.post("", body))
        assert (pressed.status_code, opened.status) in {(303, 422), (409, 201)}
        withdrawn = await pool.fetchval("select withdrawn_at is not null from payments where id = $1", payment.id)
        assert withdrawn == (pressed.status_code == 303)
        assert len(await refunds(pool, payment)) == (1 if withdrawn else 0)
        assert opened.status == 201 or opened.code == "payment_withdrawn"


async def test_refused_refund_is_seen_and_can_be_tried_again(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, services: Services, worker: Worker[Services]
) -> None:
    sandbox = services.providers["sandbox"]
    assert isinstance(sandbox, SandboxProvider)
    await sandbox.behave(payment.pid, Kind.DECLINE, times=1)
    await confirm(ada, payment)
    await worker.run_until_idle()
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["failed"]
    assert "takes care of it" in (await ada.get(path_of(payment))).text
    headers = bearer(await make_api_key(scene.pool))
    listed = await scene.http.get("/api/v1/refunds?state=failed", headers=headers)
    [refund] = listed.json()["data"]
    assert (refund["payment_id"], refund["case_id"], refund["reason"]) == (payment.pid, None, "withdrawn")
    retried = await scene.http.post(f"/api/v1/refunds/{refund['id']}/retry", headers=headers)
    assert retried.status_code == 200, retried.text
    await worker.run_until_idle()
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["succeeded"]


async def test_refused_refund_is_closed_when_the_money_went_back_otherwise(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, services: Services, worker: Worker[Services]
) -> None:
    sandbox = services.providers["sandbox"]
    assert isinstance(sandbox, SandboxProvider)
    await sandbox.behave(payment.pid, Kind.DECLINE, times=1)
    await confirm(ada, payment)
    await worker.run_until_idle()
    headers = bearer(await make_api_key(scene.pool))
    [refund] = (await scene.http.get("/api/v1/refunds?state=failed", headers=headers)).json()["data"]
    closed = await scene.http.post(
        f"/api/v1/refunds/{refund['id']}/close", headers=headers, json={"note": "Bank transfer, with another order."}
    )
    assert closed.status_code == 200, closed.text
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["canceled"]
    assert "You have got this money back in another way." in (await ada.get(path_of(payment))).text


async def test_only_what_is_left_goes_back(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, worker: Worker[Services]
) -> None:
    case = await scene.case(payment)
    offered = await scene.merchant.act(case, "offers", amount=10)
    refused = await confirm(ada, payment)
    assert refused.status_code == 409
    assert "You have reported a problem with this purchase" in refused.text
    await scene.customer.done(f"/{case['id']}/offers/{offered['offers'][0]['id']}/accept")
    await worker.run_until_idle()
    assert "$39.00 goes back to you" in (await ada.post(path_of(payment), data=STATED)).text
    assert (await confirm(ada, payment)).status_code == 303
    assert [row[:2] for row in await refunds(scene.pool, payment)] == [(1000, "succeeded"), (3900, "pending")]


async def test_bank_that_comes_afterwards(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, worker: Worker[Services]
) -> None:
    await confirm(ada, payment)
    headers = bearer(await make_api_key(scene.pool))
    opened = await scene.http.post("/api/v1/disputes", json={"payment_id": payment.pid}, headers=headers)
    assert opened.status_code == 201, opened.text
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["on_hold"]
    assert "The money waits until it has decided." in (await ada.get(path_of(payment))).text
    dispute = opened.json()["id"]
    closed = await scene.http.post(f"/api/v1/disputes/{dispute}/close", json={"won_by": "customer"}, headers=headers)
    assert closed.status_code == 200, closed.text
    await worker.run_until_idle()
    assert [row[1] for row in await refunds(scene.pool, payment)] == ["canceled"]
    assert "in another way" in (await ada.get(path_of(payment))).text


async def test_membership_goes_on_with_another_purchase(
    scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool
) -> None:
    other = await scene.payment()
    await confirm(ada, payment)
    assert await pool.fetchval("select ended_at from members where id = $1", scene.member.id) is None
    await confirm(ada, other)
    assert await pool.fetchval("select ended_at is not null from members where id = $1", scene.member.id)


async def test_every_refusal_in_kind_words(
    scene: Scene, ada: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    now, plain = clock.now(), await make_product(pool, scene.account, title="Poster")
    payments = {
        "This payment did not go through": await scene.payment(status="pending"),
        "You cannot withdraw from this contract here": await scene.payment(product=plain, plan=None),
        "This payment renewed a contract that you already had": await scene.payment(is_renewal=True),
        "The 14 days are over": await scene.payment(paid_at=now - timedelta(days=30)),
        "You have reported a problem with this purchase": await scene.payment(),
        "Your bank is looking into this payment": await scene.payment(),
    }
    await scene.case(payments["You have reported a problem with this purchase"])
    headers = bearer(await make_api_key(pool))
    disputed = payments["Your bank is looking into this payment"].pid
    opened = await scene.http.post("/api/v1/disputes", json={"payment_id": disputed}, headers=headers)
    assert opened.status_code == 201, opened.text
    for words, payment in payments.items():
        for answer, status in (
            (await ada.get(path_of(payment)), 200),
            (await ada.post(path_of(payment), data=STATED), 409),
            (await confirm(ada, payment), 409),
        ):
            assert (answer.status_code, words in answer.text) == (status, True), (words, answer.text)
    assert await pool.fetchval("select count(*) from withdrawals") == 0
    over = (await ada.get(path_of(payments["The 14 days are over"]))).text
    assert "You could withdraw until Mon 9 Nov, 23:59." in over
    assert f'href="/purchases/{payments["The 14 days are over"].pid}/report"' in over


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": "", "email": "ada@example.com"}, "This is needed."),
        ({"name": "Ada", "email": ""}, "This is needed."),
        ({"name": "Ada", "email": "not an address"}, "That is not an e-mail address."),
        ({"name": "A" * 201, "email": "ada@example.com"}, "This is too long."),
        ({"name": "Ada", "email": "a@" + "b" * 330}, "That is not an e-mail address."),
        ({"name": "Ada\x00", "email": "ada@example.com"}, "This holds a character that cannot be stored."),
    ],
)
async def test_statement_that_is_not_complete(
    payment: PaymentRow, ada: httpx.AsyncClient, pool: Pool, sent: dict[str, str], words: str
) -> None:
    answer = await ada.post(path_of(payment), data=sent)
    assert answer.status_code == 422
    assert words in answer.text
    unconfirmed = await ada.post(path_of(payment) + "/confirm", data=sent)
    assert (unconfirmed.status_code, unconfirmed.headers["location"]) == (303, path_of(payment))
    assert await pool.fetchval("select count(*) from withdrawals") == 0


async def test_nobody_else_has_it(
    server: Server, scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient, clock: ManualClock
) -> None:
    eve = await make_user(scene.pool)
    await make_member(scene.pool, scene.account, user=eve)
    elsewhere = await make_payment(scene.pool, scene.account)
    owner = await make_team_person(scene.pool, scene.account, "owner")
    for person in (eve, owner):
        async with browser(server.url, scene.pool, person, clock) as client:
            assert (await client.get(path_of(payment))).status_code == 404
            assert (await client.post(path_of(payment), data=STATED)).status_code == 404
            assert (await confirm(client, payment)).status_code == 404
    for pid in (elsewhere.pid, "pay_2", "pay_0", scene.account.pid, "x"):
        assert (await ada.get(path_of(pid))).status_code == 404
        assert (await ada.post(path_of(pid) + "/confirm", data=STATED)).status_code == 404
    assert await scene.pool.fetchval("select count(*) from withdrawals") == 0


async def test_list_by_api(scene: Scene, payment: PaymentRow, ada: httpx.AsyncClient) -> None:
    await confirm(ada, payment)
    listed = await scene.http.get("/api/v1/withdrawals", headers=bearer(scene.merchant.token))
    [one] = listed.json()["data"]
    assert (one["payment_id"], one["member_id"], one["user_id"]) == (payment.pid, scene.member.pid, scene.ada.pid)
    assert (one["amount"]["amount"], one["name"], one["email"]) == ("49.00", *STATED.values())
    assert (one["created_at"], one["period_ends_at"]) == ("2026-11-23T09:00:00.000Z", "2026-12-08T00:00:00.000Z")
    by_platform = await scene.http.get(
        f"/api/v1/accounts/{scene.account.pid}/withdrawals", headers=bearer(scene.platform.token)
    )
    assert by_platform.json() == listed.json()
    blind = await make_api_key(scene.pool, scene.account, scopes={Permission.PAYMENT_READ})
    hidden = await scene.http.get("/api/v1/withdrawals", headers=bearer(blind))
    assert [row["email"] for row in hidden.json()["data"]] == [None]
