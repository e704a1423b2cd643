"""What the people around a case are told, from its opening to its end, by real commands through the API."""

import asyncio
import re
from datetime import timedelta

import anyio
import msgspec
import pytest

from amends.access.permissions import Role
from amends.cases.rows import CaseRef
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.notifications.case_notices import HOLD, TOO_OLD, tell_case
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.people.commands import upsert_user
from amends.people.records import UserRecord
from amends.services import Services
from tests.cases.scene import Party, Scene, ref_of
from tests.cases.test_deadlines import dispute
from tests.notifications.post import Mail, Post, receivers, to

DAY = timedelta(days=1)
SOON = timedelta(seconds=5)


@pytest.fixture
async def olga(post: Post) -> Party:
    """Put an owner on the team."""
    return (await post.colleague(Role.OWNER, "Olga Owner"))[1]


@pytest.fixture
async def sam(post: Post) -> Party:
    """Put somebody of support on the team."""
    return (await post.colleague(Role.SUPPORT, "Sam Support"))[1]


@pytest.fixture
async def rosa(post: Post) -> Party:
    """Put a reviewer on the platform's staff."""
    return (await post.staff("reviewer", "Rosa Review"))[1]


@pytest.fixture
async def alan(post: Post) -> Party:
    """Put an admin on the platform's staff."""
    return (await post.staff("admin", "Alan Admin"))[1]


@pytest.mark.usefixtures("olga", "alan")
async def test_a_whole_case(scene: Scene, post: Post, sam: Party, rosa: Party) -> None:
    case = await scene.case()
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_created", "olga": "merchant_created", "sam": "merchant_created"}
    assert to(told, "ada")["subject"] == "We received your case · Trading course, $49.00"
    assert to(told, "sam")["notice_kind"] == "your_turn"

    await sam.act(case, "request_info", message="Which one do you mean?")
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_requested_more_info"}
    assert "> Which one do you mean?" in to(told, "ada")["text"]
    assert "Please answer by Mon 30 Nov, 09:01 UTC (in 7 days)." in to(told, "ada")["text"]

    await scene.customer.act(case, "reply", message="The blue one.")
    assert receivers(await post.wait()) == {"olga": "merchant_responded", "sam": "merchant_responded"}

    await sam.act(case, "deny", message="It works for everybody else.")
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_denied"}
    assert "you can ask for a second look until Mon 7 Dec, 09:03 UTC (in 14 days)" in to(told, "ada")["text"]

    await scene.customer.act(case, "appeal", message="Not for me.")
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_appealed", "olga": "merchant_appealed", "rosa": "platform_appealed"}

    await rosa.act(case, "ask", of="merchant", message="What did you test?")
    told = await post.wait()
    assert receivers(told) == {
        "ada": "customer_requested_more_info",
        "olga": "merchant_requested_more_info",
        "sam": "merchant_requested_more_info",
    }
    assert [to(told, name)["notice_kind"] for name in ("ada", "olga")] == ["progress", "your_turn"]

    await sam.act(case, "reply", message="The red one, as it happens.")
    assert receivers(await post.wait()) == {"ada": "customer_responded", "rosa": "platform_responded"}

    await rosa.act(case, "decide", **await scene.verdict(case))
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_decided", "olga": "merchant_decided"}
    assert "$49.00 goes back to you" in to(told, "ada")["text"]
    assert "appeal until" not in to(told, "olga")["text"], "the decision on an appeal is final"
    assert await post.wait() == []


async def test_a_letter_opens_the_case_of_its_reader(scene: Scene, post: Post) -> None:
    await post.colleague(Role.OWNER, "Olga Owner")
    await post.staff("reviewer", "Rosa Review")
    case = await scene.under_review()
    told = await post.wait()
    assert to(told, "ada")["link_opens"] == f"/cases/{case['id']}"
    assert to(told, "olga")["link_opens"] == f"/accounts/{scene.account.pid}/cases/{case['id']}"
    review = to(told, "rosa")
    assert review["link_opens"] is None, "the staff sign in as ever"
    assert f"/accounts/{scene.account.pid}/cases/{case['id']}" in review["text"]


@pytest.mark.usefixtures("olga", "rosa")
async def test_what_follows_within_a_minute_is_told_by_one_letter_that_names_every_event(
    scene: Scene, post: Post
) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=20, message="Would this do?")
    await post.wait()
    offer = (await scene.customer.read(case))["offers"][0]["id"]
    await scene.customer.act(case, f"offers/{offer}/decline", counter={"amount": 30}, message="Rather this.")
    scene.clock.advance(SOON)
    await scene.customer.act(case, "comment", message="I forgot to say thank you.")
    scene.clock.advance(SOON)
    await scene.customer.act(case, "comment", message="And to add this.")
    assert await post.wait(HOLD - 2 * SOON - timedelta(seconds=1)) == []
    told = await post.wait(timedelta(seconds=1))
    assert receivers(told) == {"olga": "merchant_offer_made"}
    [letter] = told
    assert letter["notice_kind"] == "your_turn"
    assert letter["subject"].startswith("Ada Lovelace proposes $30.00")
    positions = [
        letter["text"].index(words) for words in ("Rather this.", "thank you", "add this", "Take the proposal")
    ]
    assert positions == sorted(positions)
    named = await scene.pool.fetch(
        """
        select e.kind
        from case_letters l
        join case_events e
          on e.account_id = l.account_id
         and e.case_id = l.case_id
         and e.id = l.event_id
        where l.account_id = $1 and l.mail_id = $2
        order by e.position
        """,
        scene.account.id,
        letter["id"],
    )
    assert [row["kind"] for row in named] == ["offer_made", "commented", "commented"]


@pytest.mark.usefixtures("olga")
async def test_who_has_answered_meanwhile_is_asked_nothing(scene: Scene, post: Post, sam: Party) -> None:
    case = await scene.case()
    await sam.act(case, "request_info", message="Which?")
    told = await post.wait()
    assert receivers(told) == {
        "ada": "customer_requested_more_info",
        "olga": "merchant_created",
    }
    assert to(told, "olga")["notice_kind"] == "progress"
    assert "has until" in to(told, "olga")["text"]


@pytest.mark.usefixtures("olga")
async def test_a_lost_queue_loses_nothing_and_a_job_that_runs_again_tells_nothing_again(
    scene: Scene, post: Post, worker: Worker[Services]
) -> None:
    case = await scene.case()
    scene.clock.advance(HOLD)
    await worker.sweep()
    await scene.pool.execute("delete from jobs.pgqueuer")
    assert receivers(await post.wait()) == {"ada": "customer_created", "olga": "merchant_created"}
    async with transaction(scene.pool) as connection:
        again = await tell_case(connection, ref_of(case), base_url="https://a.example", now=scene.clock.now())
    assert again == 0
    assert await post.wait() == []


@pytest.mark.usefixtures("olga", "sam")
async def test_of_two_workers_one_tells(scene: Scene) -> None:
    case = await scene.case()
    scene.clock.advance(HOLD)

    async def once(ref: CaseRef) -> int:
        async with transaction(scene.pool) as connection:
            return await tell_case(connection, ref, base_url="https://a.example", now=scene.clock.now())

    queued = await asyncio.gather(*(once(ref_of(case)) for _ in range(4)))
    assert sorted(queued) == [0, 0, 0, 3]


@pytest.mark.usefixtures("olga")
async def test_what_happened_long_ago_is_not_told_any_more(scene: Scene, post: Post) -> None:
    await scene.case()
    scene.clock.advance(TOO_OLD)
    told = await post.wait(timedelta(seconds=1))
    assert {mail["kind"] for mail in told} <= {"customer_escalated", "merchant_escalated"}
    assert await scene.pool.fetchval("select count(*) from case_notices where transition = 1") == 0


async def test_without_an_address_nobody_is_written_to(scene: Scene, post: Post) -> None:
    record = UserRecord(name="Ada Lovelace", username="ada", email=None)
    async with transaction(scene.pool) as connection:
        await upsert_user(connection, scene.ada.external_id, record, now=scene.clock.now())
    await scene.colleague("owner")
    await scene.case()
    assert await post.wait() == []


async def test_each_reads_in_their_own_language_and_time_zone(scene: Scene, post: Post) -> None:
    record = UserRecord(
        name="Ada Lovelace", username="ada", email="ada@example.com", locale="es", time_zone="America/New_York"
    )
    async with transaction(scene.pool) as connection:
        await upsert_user(connection, scene.ada.external_id, record, now=scene.clock.now())
    await scene.pool.execute("update accounts set time_zone = 'Asia/Tokyo' where id = $1", scene.account.id)
    await post.colleague(Role.OWNER, "Olga Owner")
    await scene.case()
    told = await post.wait()
    assert to(told, "ada")["locale"] == "es"
    assert "04:00 EST" in to(told, "ada")["text"]
    assert "18:00 JST" in to(told, "olga")["text"]


@pytest.mark.usefixtures("olga", "sam")
async def test_an_assignment_is_told_to_the_new_assignee_and_nobody_else(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await post.wait()
    sam = await scene.pool.fetchval("select pid from users where email = 'sam@example.com'")

    await scene.merchant.act(case, "assign", assignee_id=sam)
    told = await post.wait()
    assert receivers(told) == {"sam": "merchant_assigned"}
    assert "Please answer by" in told[0]["text"]
    await scene.merchant.act(case, "deny", message="No.")
    assert receivers(await post.wait()) == {"ada": "customer_denied", "sam": "merchant_denied"}


@pytest.mark.usefixtures("olga", "rosa", "alan")
async def test_a_refund_that_fails_is_told_to_the_sides_kindly_and_to_the_platforms_admins(
    scene: Scene, post: Post, services: Services
) -> None:
    payment = await scene.payment()
    sandbox = services.providers["sandbox"]
    assert isinstance(sandbox, SandboxProvider)
    await sandbox.behave(payment.pid, Kind.DECLINE, times=100)
    case = await scene.case(payment)
    await post.wait()
    await scene.merchant.act(case, "accept", message="You are right.")
    told = await post.wait()
    told += await post.wait()
    kinds = {(mail["recipient"].partition("@")[0], mail["kind"]) for mail in told}
    assert {("ada", "customer_accepted"), ("alan", "platform_refund_failed")} <= kinds
    assert "rosa" not in {name for name, _ in kinds}
    attention = next(mail for mail in told if mail["kind"] == "platform_refund_failed")
    assert "/platform/attention" in attention["text"]
    assert "could not send your refund" in "".join(mail["text"] for mail in told if mail["recipient"][:3] == "ada")


@pytest.mark.usefixtures("olga", "alan")
async def test_an_overdue_review_is_told_to_the_platforms_admins_alone(scene: Scene, post: Post) -> None:
    await scene.under_review()
    await post.wait()
    told = await post.wait(3 * DAY)
    told += await post.wait()
    assert ("alan@example.com", "platform_review_overdue") in {(m["recipient"], m["kind"]) for m in told}
    assert not any("overdue" in mail["kind"] for mail in told if mail["recipient"] != "alan@example.com")


async def _everything(scene: Scene, post: Post, sam: Party, rosa: Party) -> list[Mail]:
    """Live through a case in which everybody writes what only some may read; return every mail."""
    case = await scene.case()
    told = await post.wait()
    await sam.act(case, "notes", message="SECRET-OF-THE-TEAM")
    await sam.act(case, "deny", message="No.")
    told += await post.wait()
    await scene.customer.act(case, "appeal", message="Yes.")
    told += await post.wait()
    await rosa.act(case, "notes", message="SECRET-OF-THE-PLATFORM")
    await rosa.act(case, "ask", of="customer", message="QUESTION-TO-THE-CUSTOMER")
    told += await post.wait()
    await scene.customer.act(case, "reply", message="Here.")
    told += await post.wait()
    verdict = await scene.verdict(case, to_customer="WORDS-FOR-THE-CUSTOMER", to_merchant="WORDS-FOR-THE-MERCHANT")
    await rosa.act(case, "decide", **verdict)
    return told + await post.wait() + await post.wait()


def _all(mails: list[Mail], party: str) -> str:
    stored = [msgspec.json.encode(mail["letter"]).decode() for mail in mails if mail["kind"].startswith(party)]
    read = [mail["text"] + mail["html"] + mail["subject"] for mail in mails if mail["kind"].startswith(party)]
    return "".join(stored + read)


@pytest.mark.usefixtures("olga", "alan")
async def test_nothing_reaches_a_party_that_it_may_not_see(scene: Scene, post: Post, sam: Party, rosa: Party) -> None:
    mails = await _everything(scene, post, sam, rosa)
    customer, merchant, platform = (_all(mails, party) for party in ("customer", "merchant", "platform"))
    everything = customer + merchant + platform
    assert len(mails) == len([m for m in mails if m["kind"].startswith(("customer_", "merchant_", "platform_"))])
    assert "SECRET-OF" not in everything
    assert "WORDS-FOR-THE-CUSTOMER" in customer
    assert "WORDS-FOR-THE-MERCHANT" in merchant
    assert "WORDS-FOR-THE-MERCHANT" not in customer
    assert "WORDS-FOR-THE-CUSTOMER" not in merchant
    assert "QUESTION-TO-THE-CUSTOMER" in customer
    assert "ada@example.com" not in merchant + platform
    assert "Sam Support" not in customer + platform.replace("Hello Sam", ""), "the merchant’s people have no names"
    assert not re.search(r"\bRosa\b", customer + merchant), "nor have the platform’s"


@pytest.mark.usefixtures("olga", "sam", "rosa")
async def test_what_the_clock_does_is_told_to_both_sides(scene: Scene, post: Post) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=20)
    await post.wait()
    told = [mail for mail in await post.wait(7 * DAY) if not mail["kind"].endswith("reminder")]
    told += await post.wait()
    assert receivers(told) == {
        "ada": "customer_offer_expired",
        "olga": "merchant_offer_expired",
        "sam": "merchant_offer_expired",
    }
    assert "The case waits for you again." in to(told, "sam")["text"]
    await scene.merchant.act(case, "request_info")
    await post.wait()
    told = [mail for mail in await post.wait(7 * DAY) if not mail["kind"].endswith("reminder")]
    told += await post.wait()
    assert receivers(told) == {"ada": "customer_closed_no_reply", "olga": "merchant_closed_no_reply"}
    assert "you can ask for a second look until" in to(told, "ada")["text"]


@pytest.mark.usefixtures("olga", "rosa")
async def test_silence_of_the_merchant_brings_the_platform_in(scene: Scene, post: Post) -> None:
    await scene.case()
    await post.wait()
    told = [mail for mail in await post.wait(7 * DAY) if not mail["kind"].endswith("reminder")]
    told += await post.wait()
    assert receivers(told) == {"ada": "customer_escalated", "olga": "merchant_escalated", "rosa": "platform_escalated"}
    assert "The platform decides by Wed 2 Dec" in to(told, "ada")["text"]


@pytest.mark.usefixtures("olga", "rosa")
async def test_what_the_bank_does_is_told_to_both_sides(scene: Scene, post: Post) -> None:
    payment = await scene.payment()
    await scene.case(payment)
    await post.wait()
    await dispute(scene, payment, opened=1, lost=0)
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_dispute_opened", "olga": "merchant_dispute_opened"}
    assert "Everything waits for the bank now." in to(told, "ada")["text"]
    await dispute(scene, payment, opened=0, lost=0)
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_dispute_merchant_won", "olga": "merchant_dispute_merchant_won"}
    assert to(told, "olga")["notice_kind"] == "your_turn"
    await dispute(scene, payment, opened=1, lost=0)
    await dispute(scene, payment, opened=0, lost=1)
    told = await post.wait()
    assert receivers(told) == {"ada": "customer_dispute_customer_won", "olga": "merchant_dispute_customer_won"}


@pytest.mark.usefixtures("olga", "sam")
async def test_the_mails_of_many_cases_can_be_queued_at_once(scene: Scene) -> None:
    """Who queues a mail must not hold what another transaction needs to queue its own."""
    refs = [ref_of(await scene.case()) for _ in range(8)]
    scene.clock.advance(HOLD)

    all_queued = asyncio.Barrier(len(refs))

    async def tell_with_the_others(ref: CaseRef) -> int:
        async with transaction(scene.pool) as connection:
            queued = await tell_case(connection, ref, base_url="https://a.example", now=scene.clock.now())
            await all_queued.wait()
            return queued

    with anyio.fail_after(120):
        assert await asyncio.gather(*map(tell_with_the_others, refs)) == [3] * 8
