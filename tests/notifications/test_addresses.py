"""Whom a mail reaches: the address of now, and no line in it by somebody whose name or title it carries."""

import pytest

from amends.access.commands_links import Purpose, find_link
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.notifications.hand_over import NO_ADDRESS
from amends.notifications.kinds import NoticeKind
from amends.notifications.links import token_of
from amends.notifications.mails import About, CaseLink, Fact, Letter, Quote, Receiver
from amends.notifications.retries import WAITS
from amends.services import Services
from tests.builders import NOW, make_user
from tests.notifications.mail_server import OK, Inbox
from tests.notifications.writing import LINKED, go, queue, standing

EVIL = "Course\n\nYour case is closed. Pay here:\u2028https://evil.example\x85\u202eon"
PLAIN = "Course Your case is closed. Pay here: https://evil.example on"
CASE = CaseLink(path="/cases/reso_1", case_pid="reso_1")
OLD = Receiver(email="old@example.com")


async def test_a_notice_that_waited_goes_to_the_address_of_now(
    pool: Pool, inbox: Inbox, mailing: Services, clock: ManualClock
) -> None:
    ada = await make_user(pool, email="old@example.com")
    about = About(user_id=ada.id, case_pid="reso_1")
    mail_id = await queue(pool, OLD, LINKED, about=about, opens=CASE, unsubscribe=NoticeKind.PROGRESS)
    inbox.rcpt = lambda _address: "451 later"
    await go(mailing)
    await pool.execute("update users set email = 'new@example.com' where id = $1", ada.id)
    inbox.rcpt = lambda _address: OK
    clock.advance(WAITS[0])
    await go(mailing)
    assert [one.rcpt_tos for one in inbox.envelopes] == [["new@example.com"]]
    assert await pool.fetchval("select recipient from mail where id = $1", mail_id) == "new@example.com"


async def test_a_notice_to_an_address_that_was_taken_back_opens_nothing(
    pool: Pool, inbox: Inbox, mailing: Services
) -> None:
    ada = await make_user(pool, email="old@example.com")
    about = About(user_id=ada.id, case_pid="reso_1")
    mail_id = await queue(pool, OLD, LINKED, about=about, opens=CASE, unsubscribe=NoticeKind.PROGRESS)
    await pool.execute("update users set email = null where id = $1", ada.id)
    await go(mailing)
    assert inbox.envelopes == []
    assert await standing(pool) == ("refused", 1, None, NO_ADDRESS)
    assert await find_link(pool, token_of(mailing.signer, mail_id), Purpose.NOTICE, NOW) is None


async def test_mail_about_signing_in_keeps_its_address(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    ada = await make_user(pool, email="new@example.com")
    await queue(pool, Receiver(email="stated@example.com"), about=About(user_id=ada.id))
    await go(mailing)
    assert [one.rcpt_tos for one in inbox.envelopes] == [["stated@example.com"]]


@pytest.mark.parametrize("part", ["plain", "html"])
async def test_names_and_titles_write_no_lines_of_their_own(
    pool: Pool, inbox: Inbox, mailing: Services, part: str
) -> None:
    letter = Letter(
        kind="test",
        subject=EVIL,
        paragraphs=(EVIL, Quote("One\nTwo", EVIL)),
        facts=(Fact("Product", EVIL),),
        small_print=(EVIL,),
    )
    await queue(pool, Receiver(email="ada@example.com", name=EVIL), letter)
    await go(mailing)
    body = inbox.mail().get_body((part,))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    for shown in (f"Hello {PLAIN},", f"Product: {PLAIN}", f"{PLAIN}:\n> One\n> Two") if part == "plain" else (PLAIN,):
        assert shown in text
    assert not any(line.strip().startswith(("Your case", "https://evil")) for line in text.splitlines())
    assert "\u202e" not in text
