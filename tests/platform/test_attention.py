"""What needs attention: failed money is sent again or resolved by hand once, dead jobs run again or are forgotten."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx

from amends.app import job_registry
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, parse_public_id
from amends.people.rows import UserRow
from amends.platform.job_words import known_jobs
from amends.services import Services
from tests.cases.scene import Scene
from tests.credentials import make_staff
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser, make_staff_person

ATTENTION = "/platform/attention"
BY_HAND = {"note": "Bank transfer of 23 November, by Rosa."}


async def failed_refund(scene: Scene, worker: Worker[Services], code: str = "card_declined") -> str:
    """Accept a case whose refund the provider refuses; return the refund's public id."""
    payment = await scene.payment()
    await scene.pool.execute(
        """
        insert into sandbox.behaviours (payment_ref, kind, times_left, code)
        values ($1, 'decline', 1, $2)
        """,
        payment.pid,
        code,
    )
    case = await scene.case(payment)
    accepted = await scene.merchant.act(case, "accept")
    await worker.run_until_idle()
    return accepted["refunds"][0]["id"]


async def refund(pool: Pool, pid: str) -> dict[str, Any]:
    """Return what is stored of a refund and of its payment's money."""
    parsed = parse_public_id(Prefix.REFUND, pid)
    row = await pool.fetchrow(
        """
        select r.state, r.method, r.amount_minor, r.attempt, r.resolution_note,
            p.refunded_minor, p.refund_reserved_minor, c.settlement
        from refunds r
        join payments p on p.account_id = r.account_id and p.id = r.payment_id
        join cases c on c.account_id = r.account_id and c.id = r.case_id
        where r.account_id = $1 and r.id = $2
        """,
        parsed.account,
        parsed.row_id,
    )
    return dict(row or {})


def at(pid: str, action: str) -> str:
    return f"{ATTENTION}/refunds/{pid}/{action}"


async def test_nothing_to_do(admin: httpx.AsyncClient) -> None:
    assert "All is well" in text_of(await admin.get(ATTENTION))


async def test_a_failed_refund_is_sent_again(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, admin_person: UserRow
) -> None:
    pid = await failed_refund(scene, worker)
    shown = text_of(await admin.get(ATTENTION))
    for words in ("$49.00", "Failed", "Ada Lovelace · Visa ••4242", "Acme", pid, "Send $49.00 again"):
        assert words in shown, words
    done = await admin.post(at(pid, "retry"))
    assert (done.status_code, done.headers["location"]) == (303, ATTENTION)
    await worker.run_until_idle()
    after = await refund(scene.pool, pid)
    assert (after["state"], after["attempt"], after["settlement"]) == ("succeeded", 2, "succeeded")
    assert (after["refunded_minor"], after["refund_reserved_minor"]) == (4900, 0)
    assert await audited(scene.pool, "refund.%") == [("refund.retried", admin_person.pid, pid)]
    assert "All is well" in text_of(await admin.get(ATTENTION))


async def test_a_failed_refund_is_resolved_by_hand(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, admin_person: UserRow
) -> None:
    pid = await failed_refund(scene, worker)
    done = await admin.post(at(pid, "resolve"), data={**BY_HAND, "amount": "20.50"})
    assert done.status_code == 303
    assert await refund(scene.pool, pid) == {
        "state": "succeeded", "method": "manual", "amount_minor": 2050, "attempt": 1,
        "resolution_note": BY_HAND["note"], "refunded_minor": 2050, "refund_reserved_minor": 0,
        "settlement": "succeeded",
    }  # fmt: skip
    assert await audited(scene.pool, "refund.%") == [("refund.resolved_by_hand", admin_person.pid, pid)]


async def test_what_cannot_be_is_said_at_the_field_and_keeps_what_was_typed(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient
) -> None:
    pid = await failed_refund(scene, worker)
    for form, words in (
        ({"note": " ", "amount": "49"}, "This is needed."),
        ({**BY_HAND, "amount": "49.01"}, "at most what was to be refunded"),
        ({**BY_HAND, "amount": "0"}, "above zero"),
        ({**BY_HAND, "amount": "1.005"}, "an amount that this currency can hold"),
        ({**BY_HAND, "amount": "much"}, "Write an amount"),
    ):
        answer = await admin.post(at(pid, "resolve"), data=form)
        assert (answer.status_code, words in text_of(answer)) == (422, True), form
        assert f'value="{form["amount"]}"' in answer.text
    assert (await refund(scene.pool, pid))["state"] == "failed"


async def test_of_two_who_resolve_at_once_one_is_told(
    scene: Scene, worker: Worker[Services], server: Server, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    pid = await failed_refund(scene, worker)
    other = await make_staff_person(scene.pool, "admin")
    async with browser(server.url, scene.pool, other, clock) as theirs:
        answers = await asyncio.gather(*(http.post(at(pid, "resolve"), data=BY_HAND) for http in (admin, theirs)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "somebody was quicker" in text_of(refused)
    after = await refund(scene.pool, pid)
    assert (after["refunded_minor"], after["amount_minor"]) == (4900, 4900)
    assert len(await audited(scene.pool, "refund.%")) == 1


async def test_a_refund_that_is_owed_no_more_is_closed(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock
) -> None:
    pid = await failed_refund(scene, worker)
    empty = await admin.post(at(pid, "close"), data={"note": " "})
    assert (empty.status_code, "This is needed." in text_of(empty)) == (422, True)
    done = await admin.post(at(pid, "close"), data={"note": "Refunded with another order."})
    assert (done.status_code, done.headers["location"]) == (303, ATTENTION)
    assert await refund(scene.pool, pid) == {
        "state": "canceled", "method": "provider", "amount_minor": 4900, "attempt": 1,
        "resolution_note": "Refunded with another order.", "refunded_minor": 0, "refund_reserved_minor": 0,
        "settlement": "succeeded",
    }  # fmt: skip
    assert await audited(scene.pool, "refund.%") == [("refund.closed_by_hand", admin_person.pid, pid)]
    shown = await admin.get(ATTENTION)
    assert "All is well" in text_of(shown)
    clock.advance(timedelta(minutes=10))
    await worker.sweep()
    await worker.run_until_idle()
    letters = [row["letter"] for row in await scene.pool.fetch("select letter::text as letter from mail")]
    assert any("You have got this money in another way" in letter for letter in letters), letters
    again = await admin.post(at(pid, "close"), data={"note": "Once more."})
    assert (again.status_code, "somebody was quicker" in text_of(again)) == (409, True)


async def test_a_refund_of_which_nothing_is_left_can_only_be_closed(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient
) -> None:
    pid = await failed_refund(scene, worker)
    await scene.pool.execute(
        "update payments set refund_reserved_minor = 0, refunded_minor = 2900, disputed_minor = 2000, lost_disputes = 1"
    )
    shown = text_of(await admin.get(ATTENTION))
    assert "Nothing is left of the payment" in shown
    assert "Nothing is owed any more" in shown
    assert "Resolve by hand" not in shown
    assert (await admin.post(at(pid, "close"), data={"note": "The bank gave it back."})).status_code == 303
    assert (await refund(scene.pool, pid))["refunded_minor"] == 2900


async def test_of_two_who_close_and_resolve_at_once_one_is_told(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient
) -> None:
    pid = await failed_refund(scene, worker)
    answers = await asyncio.gather(*(admin.post(at(pid, action), data=BY_HAND) for action in ("close", "resolve")))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    after = await refund(scene.pool, pid)
    assert after["refunded_minor"] == (4900 if after["state"] == "succeeded" else 0)
    assert len(await audited(scene.pool, "refund.%")) == 1


async def test_the_case_leads_to_it(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, reviewer: httpx.AsyncClient
) -> None:
    await failed_refund(scene, worker)
    [path] = set(re.findall(r'href="(/accounts/\w+/cases/\w+)"', (await admin.get(ATTENTION)).text))
    for http, leads in ((admin, True), (reviewer, False)):
        page = await http.get(path)
        assert ("Send the refund again, or resolve it by hand" in page.text, page.status_code) == (leads, 200)


async def test_a_reviewer_may_not(scene: Scene, worker: Worker[Services], reviewer: httpx.AsyncClient) -> None:
    pid = await failed_refund(scene, worker)
    for answer in (
        await reviewer.get(ATTENTION),
        await reviewer.post(at(pid, "retry")),
        await reviewer.post(at(pid, "resolve"), data=BY_HAND),
        await reviewer.post(at(pid, "close"), data=BY_HAND),
    ):
        assert (answer.status_code, "Your role does not include this" in text_of(answer)) == (403, True)
        assert "Ask a platform admin to do this, or for another role." in text_of(answer)
    assert (await refund(scene.pool, pid))["state"] == "failed"


async def test_a_refund_that_is_nobodys_is_not_there(admin: httpx.AsyncClient) -> None:
    for pid in ("rf_1", "nothing", "reso_1"):
        assert (await admin.post(at(pid, "retry"))).status_code == 404


async def test_an_open_bank_dispute_holds_everything(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient
) -> None:
    pid = await failed_refund(scene, worker)
    payment = await scene.pool.fetchval("select pid from payments")
    held = await scene.case()
    await scene.merchant.act(held, "accept")
    other = await scene.pool.fetchval("select pid from payments where pid <> $1", payment)
    for one in (payment, other):
        answer = await scene.http.post(
            "/api/v1/disputes",
            json={"payment_id": one},
            headers={"Authorization": f"Bearer {scene.platform.token}"},
        )
        assert answer.status_code == 201
    await worker.run_until_idle()
    shown = text_of(await admin.get(ATTENTION))
    assert "On hold" in shown
    assert "Held while the bank dispute on this payment is open." in shown
    assert "Send $49.00 again" not in shown
    refused = await admin.post(at(pid, "retry"))
    assert (refused.status_code, "A bank dispute has been opened" in text_of(refused)) == (409, True)


async def test_a_refund_without_an_answer_shows_when_it_is_stuck(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "accept")
    assert "All is well" in text_of(await admin.get(ATTENTION))
    clock.advance(timedelta(hours=2))
    shown = text_of(await admin.get(ATTENTION))
    assert "It waits to be sent." in shown
    assert "Resolve by hand" not in shown
    await worker.run_until_idle()
    assert "All is well" in text_of(await admin.get(ATTENTION))


async def test_refunds_of_ones_own_are_closed(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, server: Server, clock: ManualClock
) -> None:
    pid = await failed_refund(scene, worker)
    await make_staff(scene.pool, scene.ada, "admin")
    helper, _ = await scene.colleague("viewer")
    await make_staff(scene.pool, helper, "admin")
    for user, why, refused in (
        (scene.ada, "it is your own purchase", "You are the customer on this payment"),
        (helper, "you are on its team", "You are on the team of this account"),
    ):
        async with browser(server.url, scene.pool, user, clock) as http:
            own = await http.get(ATTENTION)
            assert f"Closed to you Not yours: {why} Acme" in text_of(own)
            assert not {words for words in ("$49.00", "Visa", "declined", "Resolve", pid) if words in own.text}
            for action in ("retry", "resolve", "close"):
                answer = await http.post(at(pid, action), data=BY_HAND)
                assert (answer.status_code, refused in text_of(answer)) == (403, True), action
    assert (await refund(scene.pool, pid))["state"] == "failed"
    assert await audited(scene.pool, "refund.%") == []
    assert (await admin.post(at(pid, "retry"))).status_code == 303


async def test_an_overdue_review_shows_until_it_is_decided(
    scene: Scene, worker: Worker[Services], admin: httpx.AsyncClient, server: Server, clock: ManualClock
) -> None:
    case = await scene.under_review()
    assert "All is well" in text_of(await admin.get(ATTENTION))
    clock.advance(timedelta(days=3))
    await worker.sweep()
    await worker.run_until_idle()
    shown = text_of(await admin.get(ATTENTION))
    assert "Missed 1 target" in shown
    path = f"/accounts/{scene.account.pid}/cases/{case['id']}"
    leads = re.findall(rf'href="({path}[^"]*)"', (await admin.get(ATTENTION)).text)
    assert leads == [path, f"{path}?panel=decide"]
    assert 'id="decide-choice"' in (await admin.get(leads[1])).text
    await scene.pool.execute("update cases set reviewer_id = 'user_rosa', reviewer_name = 'Rosa'")
    assert "With Rosa" in text_of(await admin.get(ATTENTION))
    await make_staff(scene.pool, scene.ada, "admin")
    async with browser(server.url, scene.pool, scene.ada, clock) as http:
        own = await http.get(ATTENTION)
    assert "Closed to you: you are on one of the sides of this case." in text_of(own)
    assert ("Rosa" in text_of(own), "panel=decide" in own.text) == (False, False)
    await scene.platform.act(case, "decide", **(await scene.verdict(case)))
    assert "Overdue reviews" not in text_of(await admin.get(ATTENTION))


async def dead_job(pool: Pool, name: str = "note.nobody.knows", payload: bytes = b"{}") -> int:
    return await pool.fetchval(
        """
        insert into jobs.pgqueuer (priority, entrypoint, payload, status, attempts)
        values (0, $1, $2, 'failed', 10)
        returning id
        """,
        name,
        payload,
    )


def test_every_job_has_its_words() -> None:
    assert known_jobs() == set(job_registry().handlers)


async def test_dead_jobs_run_again_or_are_forgotten(
    scene: Scene, admin: httpx.AsyncClient, admin_person: UserRow
) -> None:
    case = parse_public_id(Prefix.CASE, (await scene.case())["id"])
    await scene.pool.execute("delete from jobs.pgqueuer")
    work = f'{{"account_id":{case.account},"case_id":"{case.row_id}"}}'.encode()
    known, unknown = await dead_job(scene.pool, "cases.due", work), await dead_job(scene.pool)
    shown = text_of(await admin.get(ATTENTION))
    assert "Act on a case whose time has run out" in shown
    assert "reso_" in shown
    assert "Job “note.nobody.knows”" in shown
    for job, action in ((known, "run-again"), (unknown, "forget")):
        url = f"{ATTENTION}/jobs/{job}/{action}"
        assert [(await admin.post(url)).status_code for _ in range(2)] == [303, 409]
    assert [tuple(row) for row in await scene.pool.fetch("select id, status from jobs.pgqueuer")] == [(known, "queued")]
    assert await audited(scene.pool, "job.%") == [
        ("job.run_again", admin_person.pid, None),
        ("job.forgotten", admin_person.pid, None),
    ]


async def test_mails_that_were_lost_lead_to_their_log(pool: Pool, admin: httpx.AsyncClient, clock: ManualClock) -> None:
    await pool.execute(
        """
        insert into mail
            (id, kind, recipient, subject, letter, state, due_at, ended_at, created_at)
        values (gen_random_uuid(), 'note', 'ada@example.com', 'Hello', '{}', 'refused', $1, $1, $1)
        """,
        clock.now(),
    )
    answer = await admin.get(ATTENTION)
    assert "1 was refused by the mail server" in text_of(answer)
    assert "/platform/mail?state=refused" in answer.text
