"""Merchant credits: listed by state and account, sent again or resolved by hand, by who may."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx

from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, parse_public_id
from amends.people.rows import UserRow
from amends.services import Services
from tests.builders import make_account
from tests.cases.scene import Scene
from tests.credentials import make_staff
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser, make_staff_person

CREDITS = "/platform/credits"
BY_HAND = {"note": "Bank transfer of 23 November."}


async def failed_credit(scene: Scene, worker: Worker[Services]) -> str:
    """Have a decision reversed, and the credit that follows fail; return its public id."""
    case = await scene.under_review()
    await scene.platform.act(case, "decide", **(await scene.verdict(case)))
    await worker.run_until_idle()
    await scene.merchant.act(case, "appeal", message="The customer has kept it.")
    _, second = await scene.reviewer(name="Second Reviewer")
    ruling: dict[str, Any] = {**(await scene.verdict(case)), "answer": "reversed", "reason_code": "other"}
    del ruling["outcome"]
    await second.act(case, "decide", **ruling)
    credit = await scene.pool.fetchrow("select account_id, id, pid from merchant_credits")
    assert credit is not None
    await scene.pool.execute(
        """
        update merchant_credits
        set state = 'failed', failure_code = 'account_closed', failure_message = 'The account is closed.'
        where account_id = $1 and id = $2
        """,
        credit["account_id"],
        credit["id"],
    )
    return credit["pid"]


async def state(scene: Scene, pid: str) -> tuple[str, int, str | None]:
    parsed = parse_public_id(Prefix.MERCHANT_CREDIT, pid)
    row = await scene.pool.fetchrow(
        "select state, attempt, resolution_note from merchant_credits where account_id = $1 and id = $2",
        parsed.account,
        parsed.row_id,
    )
    assert row is not None
    return row["state"], row["attempt"], row["resolution_note"]


async def test_sent_again(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, admin_person: UserRow
) -> None:
    pid = await failed_credit(scene, worker)
    for page in (CREDITS, f"{CREDITS}?state=failed", f"{CREDITS}?account={scene.account.pid}", "/platform/attention"):
        shown = text_of(await admin.get(page))
        assert ("$49.00" in shown, "The account is closed." in shown, "Send $49.00 again" in shown) == (True,) * 3, page
    done = await admin.post(f"{CREDITS}/{pid}/retry")
    assert (done.status_code, done.headers["location"]) == (303, CREDITS)
    await worker.run_until_idle()
    assert await state(scene, pid) == ("succeeded", 2, None)
    assert await audited(scene.pool, "merchant_credit.%") == [("merchant_credit.retried", admin_person.pid, pid)]
    assert await scene.pool.fetchval("select sum(amount_minor) from sandbox.credits") == Decimal(4900)
    assert "No credits match" in text_of(await admin.get(f"{CREDITS}?state=failed"))


async def test_resolved_by_hand_from_needs_attention(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient
) -> None:
    pid = await failed_credit(scene, worker)
    empty = await admin.post(f"{CREDITS}/{pid}/resolve", data={"note": " "})
    assert (empty.status_code, "This is needed." in text_of(empty)) == (422, True)
    done = await admin.post(f"{CREDITS}/{pid}/resolve", data={**BY_HAND, "then": "attention"})
    assert (done.status_code, done.headers["location"]) == (303, "/platform/attention")
    assert await state(scene, pid) == ("succeeded", 1, BY_HAND["note"])
    assert "By hand" in text_of(await admin.get(CREDITS))


async def test_of_two_at_once_one_is_told(
    scene: Scene, worker: Worker[Services], server: Server, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    pid = await failed_credit(scene, worker)
    other = await make_staff_person(scene.pool, "admin")
    async with browser(server.url, scene.pool, other, clock) as theirs:
        answers = await asyncio.gather(
            admin.post(f"{CREDITS}/{pid}/retry"), theirs.post(f"{CREDITS}/{pid}/resolve", data=BY_HAND)
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "somebody was quicker" in text_of(refused)


async def test_a_reviewer_reads_and_may_not_act(
    scene: Scene, worker: Worker[Services], reviewer: httpx.AsyncClient
) -> None:
    pid = await failed_credit(scene, worker)
    shown = text_of(await reviewer.get(CREDITS))
    assert ("$49.00" in shown, "Send $49.00 again" in shown) == (True, False)
    for answer in (
        await reviewer.post(f"{CREDITS}/{pid}/retry"),
        await reviewer.post(f"{CREDITS}/{pid}/resolve", data=BY_HAND),
    ):
        assert answer.status_code == 403
    assert (await state(scene, pid))[0] == "failed"


async def test_credits_of_ones_own_are_closed(
    scene: Scene, worker: Worker[Services], server: Server, clock: ManualClock
) -> None:
    pid = await failed_credit(scene, worker)
    await make_staff(scene.pool, scene.ada, "admin")
    helper, _ = await scene.colleague("viewer")
    await make_staff(scene.pool, helper, "admin")
    account = f"/platform/accounts/{scene.account.pid}"
    for user, why in ((scene.ada, "it is your own purchase"), (helper, "you are on its team")):
        async with browser(server.url, scene.pool, user, clock) as http:
            for page in (CREDITS, "/platform/attention"):
                own = await http.get(page)
                assert f"Closed to you Not yours: {why} Acme" in text_of(own)
                assert not {words for words in ("$49.00", "The account is closed", pid) if words in own.text}, page
            assert "$49.00" not in (shown := text_of(await http.get(account)))
            assert "Closed to you" in shown
            for action in ("retry", "resolve"):
                assert (await http.post(f"{CREDITS}/{pid}/{action}", data=BY_HAND)).status_code == 403
    assert await state(scene, pid) == ("failed", 1, None)


async def test_what_is_not_there(scene: Scene, admin: httpx.AsyncClient) -> None:
    other = await make_account(scene.pool, title="Quiet")
    assert "No merchant credits yet" in text_of(await admin.get(CREDITS))
    assert "No credits match" in text_of(await admin.get(f"{CREDITS}?account={other.pid}"))
    assert (await admin.get(f"{CREDITS}?account=biz_1")).status_code == 404
    assert (await admin.post(f"{CREDITS}/crdt_1/retry")).status_code == 404
