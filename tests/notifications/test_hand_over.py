"""Handing mails over to real SMTP servers that accept, refuse, put off, stall and hang up; and to none."""

import asyncio
from datetime import timedelta

import anyio
import pytest
from aiosmtpd.smtp import SMTP, Envelope

from amends.app import create_worker, open_services
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.notifications.commands import queue_mail
from amends.notifications.commands_hand_over import claim_mail, record_answer
from amends.notifications.hand_over import hand_over_due
from amends.notifications.mailer import LANES, Answer, Outcome
from amends.notifications.mails import About, Receiver
from amends.notifications.retries import CLAIM, GIVE_UP_AFTER, WAITS, MailState, Step
from amends.services import Services
from amends.settings import Settings
from tests.builders import NOW
from tests.notifications.mail_server import OK, Inbox, Stall, hang_up
from tests.notifications.writing import ADA, LETTER, go, queue, standing, wait_until_due

ACCEPTED = Answer(outcome=Outcome.ACCEPTED, code=250, words="OK")
REFUSED = Answer(outcome=Outcome.REFUSED, code=550, words="No")
OPEN_TRANSACTIONS_SQL = """
select count(*)
from pg_stat_activity
where state like 'idle in transaction%' and datname = current_database()
"""


async def test_the_server_takes_it(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool)
    await go(mailing)
    assert await standing(pool) == ("handed_over", 1, 250, "OK")
    assert inbox.envelopes[0].mail_from == "no-reply@mail.example"
    assert inbox.envelopes[0].rcpt_tos == ["ada@example.com"]
    assert await standing(pool) == ("handed_over", 1, 250, "OK")
    attempts = await pool.fetch("select attempt, outcome, code, began_at, ended_at from mail_attempts")
    assert [tuple(row) for row in attempts] == [(1, "accepted", 250, NOW, NOW)]


async def test_a_mail_is_handed_over_by_its_job(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool)
    assert await create_worker(mailing).run_until_idle() == 1
    assert len(inbox.envelopes) == 1


async def test_many_go_over_one_connection(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    for number in range(5):
        await queue(pool, Receiver(email=f"number{number}@example.com"))
    await go(mailing)
    assert (len(inbox.envelopes), inbox.connections) == (5, 1)


async def test_a_lost_queue_loses_nothing(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool)
    await pool.execute("delete from jobs.pgqueuer")
    worker = create_worker(mailing)
    assert await worker.run_until_idle() == 0
    await worker.sweep()
    await worker.run_until_idle()
    assert len(inbox.envelopes) == 1


async def test_what_is_for_later_waits(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    await queue(pool, send_after=NOW + timedelta(minutes=10))
    await go(mailing)
    assert inbox.envelopes == []
    clock.advance(timedelta(minutes=10))
    await go(mailing)
    assert len(inbox.envelopes) == 1


async def test_a_recipient_who_is_refused(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    inbox.rcpt = lambda _address: "550 5.1.1 No such user here"
    await queue(pool)
    await go(mailing)
    assert await standing(pool) == ("refused", 1, 550, "5.1.1 No such user here")
    clock.advance(timedelta(days=1))
    await go(mailing)
    assert (await standing(pool))[1] == 1


async def test_the_next_one_goes_on_after_a_refusal(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    inbox.rcpt = lambda address: OK if address == "ada@example.com" else "550 No"
    await queue(pool, Receiver(email="nobody@example.com"))
    await queue(pool)
    await go(mailing)
    assert ([envelope.rcpt_tos for envelope in inbox.envelopes], inbox.connections) == ([["ada@example.com"]], 1)


async def test_content_that_is_refused(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    async def refuse(*_what: object) -> str:
        return "554 Looks like spam"

    inbox.data = refuse
    await queue(pool)
    await go(mailing)
    assert await standing(pool) == ("refused", 1, 554, "Looks like spam")


async def test_greylisting(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    inbox.rcpt = lambda _address: "451 4.7.1 Come back later"
    await queue(pool)
    await go(mailing)
    assert await standing(pool) == ("queued", 1, 451, "4.7.1 Come back later")
    assert await wait_until_due(pool, NOW) == WAITS[0]
    inbox.rcpt = lambda _address: OK
    await go(mailing)
    assert inbox.envelopes == []
    clock.advance(WAITS[0])
    await go(mailing)
    assert (len(inbox.envelopes), await standing(pool)) == (1, ("handed_over", 2, 250, "OK"))
    answers = await pool.fetch("select outcome, code from mail_attempts order by attempt")
    assert [tuple(row) for row in answers] == [("deferred", 451), ("accepted", 250)]


async def test_it_is_given_up_after_three_days(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    inbox.rcpt = lambda _address: "451 Not now"
    await queue(pool)
    waits = [timedelta()]
    while (await standing(pool))[0] == "queued":
        clock.advance(waits[-1])
        await go(mailing)
        if (await standing(pool))[0] == "queued":
            waits.append(await wait_until_due(pool, clock.now()))
    assert waits[1:7] == [*WAITS, WAITS[-1]]
    assert GIVE_UP_AFTER - WAITS[-1] < sum(waits, timedelta()) <= GIVE_UP_AFTER
    assert (await standing(pool))[0::2] == ("failed", 451)


@pytest.mark.parametrize("patience_s", [2])
async def test_a_server_that_stalls(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    inbox.data = Stall()
    await queue(pool)
    await go(mailing)
    state, attempts, code, words = await standing(pool)
    assert (state, attempts, code) == ("queued", 1, None)
    assert "imed out" in (words or "")
    assert await wait_until_due(pool, NOW) == WAITS[0]


async def test_other_work_goes_on_while_a_server_stalls(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    inbox.data = stall = Stall()
    await queue(pool)
    handing_over = asyncio.create_task(hand_over_due(mailing))
    await stall.reached.wait()
    async with transaction(pool) as connection:  # neither a lock nor a transaction is held meanwhile
        assert await connection.fetchval("select state from mail for update nowait") == "handing_over"
        assert await connection.fetchval(OPEN_TRANSACTIONS_SQL) == 0
    stall.over.set()
    await handing_over
    assert (await standing(pool))[:2] == ("queued", 1)


async def test_a_server_that_hangs_up_within_the_mail(
    pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    inbox.data = hang_up
    await queue(pool)
    await go(mailing)
    assert (await standing(pool))[:3] == ("queued", 1, None)
    inbox.data = Inbox().data
    clock.advance(WAITS[0])
    await go(mailing)
    assert (await standing(pool)) == ("handed_over", 2, 250, "OK")


async def test_no_server_there(pool: Pool, mailing: Services, mail_listener: object) -> None:
    mail_listener.close()  # pyright: ignore[reportAttributeAccessIssue]
    for number in range(3):
        await queue(pool, Receiver(email=f"number{number}@example.com"))
    await go(mailing)
    states = await pool.fetch("select attempts, state from mail order by attempts desc")
    assert [tuple(row) for row in states] == [(1, "queued"), (0, "queued"), (0, "queued")]


async def test_a_worker_that_died_with_a_mail(pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock) -> None:
    await queue(pool)
    async with transaction(pool) as connection:
        assert await claim_mail(connection, now=clock.now()) is not None
    await go(mailing)  # it may still be at it
    assert inbox.envelopes == []
    clock.advance(CLAIM)
    await go(mailing)
    assert await standing(pool) == ("handed_over", 2, 250, "OK")
    lost, _ = await pool.fetch("select outcome, ended_at from mail_attempts order by attempt")
    assert tuple(lost) == (None, None)


async def test_a_worker_that_is_cut_within_a_hand_over(
    pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    inbox.data = stall = Stall()
    await queue(pool)
    handing_over = asyncio.create_task(hand_over_due(mailing))
    await stall.reached.wait()
    handing_over.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handing_over
    assert await standing(pool) == ("handing_over", 1, None, None)
    inbox.data = Inbox().data
    clock.advance(CLAIM)
    await go(mailing)
    assert (await standing(pool))[:2] == ("handed_over", 2)


async def test_an_answer_that_comes_after_the_claim_ran_out(
    pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    """That a server has it is recorded, whoever heard it; anything else only by who has the mail."""
    mail_id = await queue(pool)
    async with transaction(pool) as connection:
        await claim_mail(connection, now=clock.now())
    clock.advance(CLAIM)
    async with transaction(pool) as connection:
        await claim_mail(connection, now=clock.now())
        await record_answer(connection, mail_id, 1, REFUSED, Step(state=MailState.REFUSED), now=clock.now())
    assert (await standing(pool))[:2] == ("handing_over", 2)
    async with transaction(pool) as connection:
        await record_answer(connection, mail_id, 1, ACCEPTED, Step(state=MailState.HANDED_OVER), now=clock.now())
        await record_answer(connection, mail_id, 2, REFUSED, Step(state=MailState.REFUSED), now=clock.now())
    assert await standing(pool) == ("handed_over", 2, 250, "OK")


async def test_a_repeated_mail_is_the_same_mail(
    pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    """The server has the mail, and the worker dies before it can write that down."""
    await queue(pool)
    await go(mailing)
    await pool.execute("update mail set state = 'handing_over', ended_at = null, next_try_at = $1", NOW + CLAIM)
    clock.advance(CLAIM)
    await go(mailing)
    first, second = inbox.mails()
    assert (first["Message-ID"], first["Date"], first.as_bytes()) == (
        second["Message-ID"], second["Date"], second.as_bytes(),
    )  # fmt: skip


async def test_two_workers_hand_over_each_mail_once(
    pool: Pool, inbox: Inbox, mailing: Services, mail_settings: Settings, clock: ManualClock
) -> None:
    for number in range(40):
        await queue(pool, Receiver(email=f"number{number}@example.com"))
    async with open_services(mail_settings, clock=clock) as other:
        await asyncio.gather(*(hand_over_due(services) for services in (mailing, other, mailing, other)))
    taken = [envelope.rcpt_tos[0] for envelope in inbox.envelopes]
    assert sorted(taken) == sorted(f"number{number}@example.com" for number in range(40))
    assert await pool.fetchval("select count(*) from mail_attempts") == 40


async def test_a_process_opens_two_sessions_at_most(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    stalls = [Stall() for _ in range(LANES)]
    waiting = iter(stalls)

    async def stall_each(server: SMTP, envelope: Envelope) -> str:
        return await next(waiting)(server, envelope)

    inbox.data = stall_each
    for number in range(LANES + 1):
        await queue(pool, Receiver(email=f"number{number}@example.com"))
    handing_over = [asyncio.create_task(hand_over_due(mailing)) for _ in range(LANES)]
    for stall in stalls:
        await stall.reached.wait()
    await hand_over_due(mailing)  # leaves it to them, and the third mail waits
    assert await pool.fetchval("select count(*) from mail where attempts > 0") == LANES
    for stall in stalls:
        stall.over.set()
    await asyncio.gather(*handing_over)


async def test_transactions_that_queue_mails_do_not_wait_for_each_other(pool: Pool) -> None:
    async with transaction(pool) as one, transaction(pool) as other:
        for connection in (one, other, one, other):
            with anyio.fail_after(120):
                assert await queue_mail(connection, ADA, lambda: LETTER, now=NOW) is not None


async def test_an_event_is_told_to_a_person_once(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    about = About(event_pid="revt_1")
    assert await queue(pool, about=about) is not None
    assert await queue(pool, about=about) is None
    assert await queue(pool, Receiver(email="ADA@example.com"), about=about) is None
    assert await queue(pool, Receiver(email="grace@example.com"), about=about) is not None
    assert await queue(pool, about=About(event_pid="revt_2")) is not None
    await go(mailing)
    assert len(inbox.envelopes) == 3


@pytest.mark.parametrize("address", ["no address", "a@b@c", "a b@example.com", "x@exa mple.com", "@example.com"])
async def test_what_is_no_address_is_refused_here(pool: Pool, inbox: Inbox, mailing: Services, address: str) -> None:
    await queue(pool, Receiver(email=address))
    await go(mailing)
    assert (await standing(pool))[:3] == ("refused", 1, None)
    assert inbox.connections == 0


class TestWithoutServer:
    @pytest.fixture
    def mail_settings(self, settings: Settings) -> Settings:
        """Give settings that name no mail server."""
        return settings

    async def test_nothing_is_sent_and_what_is_old_is_given_up(
        self, pool: Pool, mailing: Services, clock: ManualClock
    ) -> None:
        await queue(pool)
        await go(mailing)
        assert await standing(pool) == ("queued", 0, None, None)
        clock.advance(GIVE_UP_AFTER + timedelta(seconds=1))
        await go(mailing)
        assert await standing(pool) == ("failed", 0, None, None)
