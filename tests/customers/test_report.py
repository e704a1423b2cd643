"""Reporting a problem without JavaScript: every step, what is wrong with an answer, drafts, files, and sending once."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import anyio
import pytest

from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.people.rows import PaymentRow
from amends.services import Services
from tests.builders import make_account, make_member, make_payment, make_user
from tests.cases.scene import Scene
from tests.customers.reporter import DONE, Reporter, at, reporting, said
from tests.files import samples
from tests.running import Server
from tests.staff import browser

WAITING = """
select count(*)
from pg_stat_activity
where datname = current_database() and wait_event in ('transactionid', 'tuple')
"""

pytestmark = pytest.mark.anyio


@pytest.fixture
async def payment(scene: Scene) -> PaymentRow:
    """Give a payment of the customer's."""
    return await scene.payment()


@pytest.fixture
async def ada(server: Server, scene: Scene, payment: PaymentRow) -> AsyncGenerator[Reporter]:
    """Give the customer's browser on the report of that payment."""
    async with reporting(server.url, scene, payment) as reporter:
        yield reporter


async def count(scene: Scene, table: str) -> int:
    return await scene.pool.fetchval(f"select count(*) from {table}")


async def the_case(scene: Scene) -> dict[str, Any]:
    """Return the customer's only case."""
    (case,) = (await scene.customer.get()).body["data"]
    return await scene.customer.read(case)


async def test_the_whole_way(ada: Reporter, scene: Scene) -> None:
    for step, title in (
        ("reason", "What went wrong?"),
        ("details", "What is different?"),
        ("story", "In your own words"),
        ("files", "Pictures and papers"),
        ("wish", "A full refund $49.00"),
    ):
        page = await ada.get(step)
        assert (page.status_code, at(page)) == (200, ada.path(step))
        assert title in said(page)
        assert (await ada.send(step)).status_code == 303
    review = await ada.get("review")
    for words in ("It is not what was promised", "Half of the lessons are missing.", "I was promised twelve lessons."):
        assert words in said(review)
    assert "What is different?" in said(review)
    assert "Acme gets it at once and has until" in said(review)
    assert await count(scene, "cases") == 0
    sent = await ada.finish()
    assert at(sent) == f"/purchases/{ada.payment.pid}/reported"
    case = await the_case(scene)
    assert case["reason"] == "not_as_described"
    assert case["answers"] == {"difference": "Half of the lessons are missing.", "used": False}
    assert case["remedy"] == {"kind": "full_refund", "amount": None, "text": None}
    assert case["events"][-1]["details"] == DONE["story"]["message"]
    assert await count(scene, "case_drafts") == 0
    gone = await ada.http.get(at(sent))
    assert "Your report was sent" in said(gone)
    assert "Acme has until Mon 30 Nov, 09:00 UTC (in 7 days)" in said(gone)
    assert f'href="/cases/{case["id"]}"' in gone.text


async def test_it_begins_at_the_first_step_and_goes_on_where_it_was_left(ada: Reporter) -> None:
    assert at(await ada.get()) == ada.path("reason")
    await ada.send("reason")
    await ada.send("details")
    assert at(await ada.get()) == ada.path("story")
    await ada.send("story", {"message": "Half a sentence", "go": "later"})
    assert at(await ada.get()) == ada.path("story")
    await ada.send("story", {"message": "A sentence.", "go": "back"})
    page = await ada.get()
    assert at(page) == ada.path("details")
    assert "A sentence." in (await ada.get("story")).text


async def test_steps_come_in_their_order(ada: Reporter) -> None:
    for step in ("details", "story", "files", "wish", "review"):
        assert at(await ada.get(step)) == ada.path("reason")
    await ada.send("reason")
    assert at(await ada.get("review")) == ada.path("details")
    assert at(await ada.send("review", {"revision": "1"})) == ada.path("details") + "?then=review"
    assert (await ada.get("nonsense")).status_code == 404


async def test_the_purchases_say_that_there_is_a_draft(ada: Reporter) -> None:
    assert "Continue your report" not in (await ada.http.get("/purchases")).text
    await ada.send("reason")
    assert "Continue your report" in (await ada.http.get("/purchases")).text
    await ada.http.post(ada.path("discard"))
    assert "Continue your report" not in (await ada.http.get("/purchases")).text


async def test_a_change_from_the_review_leads_back_to_it(ada: Reporter) -> None:
    await ada.fill_in()
    changed = await ada.send("story", {"message": "Shorter."}, query="?then=review")
    assert at(changed) == ada.path("review")
    other = await ada.send("reason", {"reason": "duplicate"}, query="?then=review")
    assert at(other) == ada.path("details") + "?then=review"
    fields = {"other_payment_on": "2026-11-20", "times_charged": "2"}
    assert at(await ada.send("details", fields, query="?then=review")) == ada.path("review")
    assert "I paid twice" in said(await ada.get("review"))
    assert "Half of the lessons" not in said(await ada.get("review"))


WRONG: list[tuple[str, str, dict[str, str], str, str]] = [
    ("not_as_described", "reason", {}, "reason", "Choose what fits best."),
    ("not_as_described", "reason", {"reason": "nonsense"}, "reason", "Choose what fits best."),
    ("not_as_described", "details", {"used": "yes"}, "difference", "Write a few words."),
    ("not_as_described", "details", {"difference": "x" * 501, "used": "yes"}, "difference", "too long by 1 character"),
    ("not_as_described", "details", {"difference": "All."}, "used", "Choose yes or no."),
    ("not_as_described", "details", {"difference": "All.", "used": "maybe"}, "used", "Choose one of the answers."),
    ("subscription_canceled", "details", {"canceled_on": "2026-11-24"}, "canceled_on", "still to come"),
    ("subscription_canceled", "details", {"canceled_on": "1926-11-20"}, "canceled_on", "too long ago"),
    ("subscription_canceled", "details", {"canceled_on": "yesterday"}, "canceled_on", "such as 2026-11-23"),
    ("subscription_canceled", "details", {"canceled_on": "2026-11-23"}, "canceled_how", "Choose what fits best."),
    ("duplicate", "details", {"times_charged": "1"}, "times_charged", "Write a number from 2 to 99."),
    ("duplicate", "details", {"times_charged": "2.5"}, "times_charged", "Write a number from 2 to 99."),
    ("duplicate", "details", {"times_charged": "²"}, "times_charged", "Write a number from 2 to 99."),
    ("duplicate", "story", {"message": "   "}, "message", "Write what happened"),
    ("duplicate", "story", {"message": "x" * 10_001}, "message", "too long by 1 character. At most 10,000 go."),
    ("duplicate", "wish", {}, "wish", "Choose what you would like."),
    ("duplicate", "wish", {"wish": "everything"}, "wish", "Choose what you would like."),
    ("duplicate", "wish", {"wish": "partial_refund"}, "amount", "Write the amount"),
    ("duplicate", "wish", {"wish": "partial_refund", "amount": "a lot"}, "amount", "such as $24.00"),
    ("duplicate", "wish", {"wish": "partial_refund", "amount": "10.005"}, "amount", "2 decimals"),
    ("duplicate", "wish", {"wish": "partial_refund", "amount": "0"}, "amount", "above nothing"),
    ("duplicate", "wish", {"wish": "partial_refund", "amount": "49.00"}, "amount", "Ask for less than $49.00"),
    ("duplicate", "wish", {"wish": "partial_refund", "amount": "-5"}, "amount", "such as $24.00"),
    ("duplicate", "wish", {"wish": "other", "wish_words": " "}, "wish_words", "Write what would settle it"),
    ("duplicate", "wish", {"wish": "other", "wish_words": "x" * 2_001}, "wish_words", "too long by 1 character"),
]


CANNOT_BE_SHOWN = {"nonsense", "maybe", "everything"}
"""What no choice stands for."""


@pytest.mark.parametrize(("reason", "step", "fields", "field", "words"), WRONG)
async def test_what_is_wrong_is_said_at_its_field_and_kept(
    ada: Reporter, reason: str, step: str, fields: dict[str, str], field: str, words: str
) -> None:
    await ada.send("reason", {"reason": reason})
    answer = await ada.send(step, fields)
    assert answer.status_code == 422
    assert words in said(answer)
    assert f'href="#f-{field}"' in answer.text, "the summary leads to the field"
    assert f'id="f-{field}"' in answer.text
    assert f'id="e-{field}"' in answer.text
    assert all(value in answer.text for value in fields.values() if value not in CANNOT_BE_SHOWN), "it is still there"


async def test_a_wrong_story_is_kept_however_long(ada: Reporter) -> None:
    await ada.send("reason", {"reason": "duplicate"})
    await ada.send("details", {"other_payment_on": "2026-11-20", "times_charged": "2"})
    await ada.send("story", {"message": "x" * 12_000})
    assert "x" * 12_000 in (await ada.get("story")).text
    await ada.send("story", {"message": "a\x00b"})
    assert "ab</textarea>" in (await ada.get("story")).text


PARTIAL = "partial_refund"
WISHES: list[tuple[dict[str, str], dict[str, Any], str]] = [
    ({"wish": PARTIAL, "amount": "20.5"}, {"kind": PARTIAL, "amount": 20.5, "text": None}, "A refund of $20.50"),
    ({"wish": PARTIAL, "amount": "$ 48.99"}, {"kind": PARTIAL, "amount": 48.99, "text": None}, "A refund of $48.99"),
    ({"wish": "other", "wish_words": "A new one"}, {"kind": "other", "amount": None, "text": "A new one"}, "A new one"),
]


@pytest.mark.parametrize(("fields", "remedy", "words"), WISHES)
async def test_what_the_customer_would_like(
    ada: Reporter, scene: Scene, fields: dict[str, str], remedy: dict[str, Any], words: str
) -> None:
    await ada.fill_in(but={"wish": fields})
    assert words in said(await ada.get("review"))
    await ada.finish()
    assert (await the_case(scene))["remedy"] == remedy


@pytest.mark.parametrize(
    ("currency", "amount", "wish", "words"),
    [
        ("jpy", "4900", "100.5", "This currency has no decimals. Write a whole amount such as ¥2,450."),
        ("kwd", "49.500", "1.2345", "This currency has 3 decimals."),
        ("kwd", "49.500", "49.500", "Ask for less than KWD 49.500 here."),
    ],
)
async def test_amounts_are_exact_in_every_currency(
    server: Server, scene: Scene, currency: str, amount: str, wish: str, words: str
) -> None:
    payment = await scene.payment(currency=currency, amount=amount)
    async with reporting(server.url, scene, payment) as ada:
        await ada.send("reason")
        answer = await ada.send("wish", {"wish": "partial_refund", "amount": wish})
        assert words in said(answer)


async def test_answers_of_another_reason_stay_out(ada: Reporter, scene: Scene) -> None:
    await ada.fill_in()
    await ada.send("reason", {"reason": "product_not_received"})
    await ada.send("details", {"received": "part", "expected_on": ""})
    await ada.finish()
    assert (await the_case(scene))["answers"] == {"received": "part"}


async def test_files_are_added_and_removed(ada: Reporter, scene: Scene) -> None:
    await ada.send("reason")
    await ada.send("details")
    await ada.send("story")
    added = await ada.send("files", {"go": "upload"}, files=[("photo.png", samples.png()), ("chat.txt", b"words")])
    assert at(added) == ada.path("files")
    page = await ada.get("files")
    assert "photo.png" in page.text
    assert "chat.txt" in page.text
    assert 'class="upload-picture" src="/api/v1/downloads/' in page.text
    photo, chat = attachments(page.text)
    await ada.send("files", {"go": f"remove:{photo}", "attachment": [photo, chat]})
    assert attachments((await ada.get("files")).text) == [chat]
    await ada.send("files", {"attachment": [chat]}, files=[("more.txt", b"more words")])
    await ada.send("wish")
    assert "more.txt" in said(await ada.get("review"))
    await ada.finish()
    event = (await the_case(scene))["events"][-1]
    assert [file["filename"] for file in event["attachments"]] == ["chat.txt", "more.txt"]


def attachments(page: str) -> list[str]:
    """Return the files that a page's form names."""
    parts = page.split('name="attachment" value="')[1:]
    return [part.split('"', 1)[0] for part in parts]


async def test_files_that_cannot_be_added_are_named_and_others_stay(ada: Reporter) -> None:
    await ada.send("reason")
    await ada.send("details")
    await ada.send("story")
    wrong = [("page.html", samples.HTML), ("chat.txt", b"words"), ("empty.txt", b"")]
    answer = await ada.send("files", {"go": "upload"}, files=wrong)
    assert answer.status_code == 422
    assert "page.html: Files can be images" in said(answer)
    assert "empty.txt: This file has no content." in said(answer)
    (chat,) = attachments(answer.text)
    many = [(f"{n}.txt", b"words") for n in range(4)]
    answer = await ada.send("files", {"attachment": [chat]}, files=many)
    assert "At most 3 files go with a report. Not added: 2.txt, 3.txt." in said(answer)
    assert len(attachments((await ada.get("files")).text)) == 3


async def test_files_of_a_draft_outlive_the_day(
    ada: Reporter, scene: Scene, services: Services, worker: Worker[Services]
) -> None:
    await ada.send("reason")
    await ada.send("details")
    await ada.send("story")
    await ada.send("files", {}, files=[("chat.txt", b"words")])
    scene.clock.advance(timedelta(days=10))
    await worker.sweep()
    await ada.send("wish")
    assert "chat.txt" in said(await ada.get("review"))
    scene.clock.advance(timedelta(days=29))
    await worker.sweep()
    async with browser(str(ada.http.base_url), scene.pool, scene.ada, scene.clock) as http:
        assert "chat.txt" in said(await Reporter(http, ada.payment).get("review"))
    assert await count(scene, "files") == 1
    scene.clock.advance(timedelta(days=1))
    await worker.sweep()
    assert await count(scene, "case_drafts") == 0
    await worker.sweep()
    assert await count(scene, "files") == 0


async def test_pressed_twice_opens_one_case(ada: Reporter, scene: Scene) -> None:
    await ada.fill_in()
    revision, answers = await ada.revision(), list[tuple[int, str]]()

    async def press() -> None:
        answer = await ada.send("review", {"revision": revision})
        answers.append((answer.status_code, at(answer)))

    async with anyio.create_task_group() as tasks:
        for _press in range(4):
            tasks.start_soon(press)
    await press()
    assert answers == [(303, f"/purchases/{ada.payment.pid}/reported")] * 5
    assert await count(scene, "cases") == 1


async def test_what_another_window_changed_is_read_again(ada: Reporter, scene: Scene) -> None:
    await ada.fill_in()
    revision = await ada.revision()
    await ada.send("story", {"message": "Something else."})
    answer = await ada.send("review", {"revision": revision})
    assert answer.status_code == 409
    assert "Your report was changed in another window." in said(answer)
    assert "Something else." in said(answer)
    assert await count(scene, "cases") == 0


async def test_a_page_that_keeps_by_itself_does_not_undo_what_was_kept_since(ada: Reporter) -> None:
    await ada.send("reason")
    await ada.send("details")
    saved = await ada.send("story", {"message": "By itself", "go": "save", "revision": "2"})
    assert (saved.status_code, saved.headers["draft-revision"]) == (204, "3")
    await ada.send("story", {"message": "By hand"})
    late = await ada.send("story", {"message": "Too late", "go": "save", "revision": "3"})
    assert late.status_code == 409
    assert "By hand" in (await ada.get("story")).text


async def test_of_pages_that_keep_at_once_one_is_told_that_it_was_kept(ada: Reporter, scene: Scene) -> None:
    """Both have read the same draft when the first of them is kept."""
    await ada.send("reason")
    told = list[int]()

    async def keep() -> None:
        told.append((await ada.send("story", {"message": "By itself", "go": "save", "revision": "1"})).status_code)

    async with anyio.create_task_group() as tasks, transaction(scene.pool) as connection:
        await connection.execute("select from case_drafts for update")
        for _page in range(2):
            tasks.start_soon(keep)
        with anyio.fail_after(120):
            while await scene.pool.fetchval(WAITING) < 2:  # noqa: ASYNC110 (the database tells nobody)
                await anyio.sleep(0.01)
    assert sorted(told) == [204, 409]


async def test_what_arrives_late_does_not_bring_back_what_was_thrown_away(ada: Reporter, scene: Scene) -> None:
    await ada.send("reason")
    assert (await ada.http.post(ada.path("discard"))).status_code == 303
    late = await ada.send("story", {"message": "Too late", "go": "save", "revision": "1"})
    assert late.status_code == 409
    assert await count(scene, "case_drafts") == 0


async def test_a_case_opened_elsewhere_is_linked_and_nothing_is_thrown_away(ada: Reporter, scene: Scene) -> None:
    await ada.fill_in()
    revision = await ada.revision()
    case = await scene.case(ada.payment)
    answer = await ada.send("review", {"revision": revision})
    assert answer.status_code == 409
    assert "You reported a problem with this purchase already" in said(answer)
    assert "What you had written was not sent." in said(answer)
    assert f'href="/cases/{case["id"]}"' in answer.text
    for step in ("", "reason", "review"):
        page = await ada.get(step)
        assert (page.status_code, "already" in said(page)) == (200, True)
    assert (await ada.send("story")).status_code == 409


async def test_a_bank_dispute_meanwhile_is_said_kindly(ada: Reporter, scene: Scene) -> None:
    await ada.fill_in()
    revision = await ada.revision()
    opened = await scene.http.post(
        "/api/v1/disputes",
        json={"payment_id": ada.payment.pid},
        headers={"Authorization": f"Bearer {scene.platform.token}"},
    )
    assert opened.status_code == 201
    answer = await ada.send("review", {"revision": revision})
    assert answer.status_code == 409
    assert "Your bank is looking into this payment" in said(answer)
    assert await count(scene, "cases") == 0
    assert await count(scene, "case_drafts") == 1


async def test_a_payment_that_cannot_be_claimed_has_no_form(server: Server, scene: Scene) -> None:
    payment = await scene.payment(paid_at=scene.clock.now() - timedelta(days=200))
    async with reporting(server.url, scene, payment) as ada:
        page = await ada.get()
    assert page.status_code == 200
    assert "The time to report a problem is over" in said(page)
    assert "<textarea" not in page.text


async def test_drafts_are_their_writers_own(ada: Reporter, server: Server, scene: Scene) -> None:
    await ada.send("reason")
    other = await make_user(scene.pool, now=scene.clock.now())
    await make_member(scene.pool, scene.account, user=other, now=scene.clock.now())
    async with reporting(server.url, scene, ada.payment, user=other) as stranger:
        for step in ("", "reason", "review"):
            assert (await stranger.get(step)).status_code == 404
        for step in ("reason", "review"):
            assert (await stranger.send(step, {})).status_code == 404
        assert (await stranger.http.post(stranger.path("discard"))).status_code == 404
        assert (await stranger.http.get(f"/purchases/{ada.payment.pid}/reported")).status_code == 404
    foreign = await make_payment(scene.pool, await make_account(scene.pool), now=scene.clock.now())
    for pid in (foreign.pid, "pay_nonsense", ada.payment.pid[:-1], "x"):
        answer = await ada.http.get(f"/purchases/{pid}/report")
        assert answer.status_code == 404
    assert await count(scene, "case_drafts") == 1


async def test_an_unfinished_report_has_no_confirmation(ada: Reporter) -> None:
    answer = await ada.http.get(f"/purchases/{ada.payment.pid}/reported")
    assert at(answer) == ada.path()


async def test_an_expired_session_leads_back_to_the_step(ada: Reporter, scene: Scene) -> None:
    await ada.send("reason")
    await scene.pool.execute("delete from sessions")
    here = f"{ada.http.base_url}{ada.path('details')}".replace("//purchases", "/purchases")
    answer = await ada.http.post(ada.path("details"), data=DONE["details"], headers={"Referer": here})
    assert answer.status_code == 303
    assert at(answer).startswith("/sign-in?next=%2Fpurchases%2Fpay_")
    assert at(answer).endswith("%2Freport%2Fdetails")
