"""The outbox of a demonstration: mails as they would be sent, to look at, without letting them do anything."""

import re
from datetime import timedelta

import httpx
import msgspec
import pytest

from amends.access.commands_links import Purpose, find_link
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id
from amends.notifications.commands import KEPT, queue_mail
from amends.notifications.links import token_of
from amends.notifications.mails import LINK, About, Button, CaseLink, Letter, Receiver, write_letter
from amends.services import Services
from amends.settings import Settings
from amends.web.text import _, day_and_time
from tests.builders import NOW, make_user
from tests.notifications.outbox import count, newest
from tests.running import Server
from tests.staff import browser, make_staff_person


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give a server with an outbox."""
    return msgspec.structs.replace(settings, outbox=True)


def letter() -> Letter:
    return Letter(
        kind="test",
        subject="Fish & <chips>",
        paragraphs=("It's <b>due</b> on " + day_and_time(NOW) + ".", _("Yes")),
        button=Button("Open", "https://amends.example/a?b=1&c=2"),
        small_print=("Small.",),
    )


ADA = Receiver(email="ada@example.com", name="Ada <3", locale="en", time_zone="Asia/Tokyo")


async def queue(pool: Pool, receiver: Receiver = ADA) -> None:
    async with transaction(pool) as connection:
        await queue_mail(connection, receiver, letter, now=NOW)


async def test_a_mail_is_text_and_html_for_its_receiver(pool: Pool) -> None:
    await queue(pool)
    mail = await newest(pool, ADA.email)
    assert mail["subject"] == "Fish & <chips>"
    assert "Hello Ada <3," in mail["body_text"]
    assert "It's <b>due</b> on Mon 23 Nov, 18:00." in mail["body_text"]
    assert "https://amends.example/a?b=1&c=2" in mail["body_text"]
    assert "Hello Ada &lt;3," in mail["body_html"]
    assert "&lt;b&gt;due" in mail["body_html"]
    assert 'href="https://amends.example/a?b=1&amp;c=2"' in mail["body_html"]


def test_a_subject_is_one_line() -> None:
    folded = msgspec.structs.replace(letter(), subject="One\r\nBcc: everybody@example.com")
    assert write_letter(ADA, lambda: folded, NOW).subject == "One Bcc: everybody@example.com"


def test_writing_leaves_the_reader_as_it_was() -> None:
    before = day_and_time(NOW)
    write_letter(Receiver(email="a@b.example", locale="es", time_zone="Asia/Tokyo"), letter, NOW)
    assert day_and_time(NOW) == before


async def test_a_mail_goes_with_its_transaction(pool: Pool) -> None:
    with pytest.raises(LookupError):
        await _queue_and_fail(pool)
    assert await count(pool) == 0


async def _queue_and_fail(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await queue_mail(connection, ADA, letter, now=NOW)
        raise LookupError


async def test_the_outbox_shows_what_waits(pool: Pool, http: httpx.AsyncClient) -> None:
    assert "No e-mail yet" in (await http.get("/_outbox")).text
    await queue(pool)
    listed = (await http.get("/_outbox")).text
    assert "Fish &amp; &lt;chips&gt;" in listed
    [path] = set(re.findall(r'href="(/_outbox/mail_\w+)"', listed))
    page = await http.get(path)
    assert page.status_code == 200
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert f'src="{path}/html"' in page.text
    assert "It&#39;s &lt;b&gt;due" in page.text


async def test_the_log_leads_to_it(pool: Pool, server: Server, clock: ManualClock) -> None:
    await queue(pool)
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        listed = (await http.get("/platform/mail")).text
        [path] = set(re.findall(r'href="(/platform/mail/mail_\w+)"', listed))
        for page in (listed, (await http.get(path)).text):
            assert 'href="/_outbox"' in page
            assert "No mail server is set" not in page


async def test_it_is_narrowed_to_a_receiver(pool: Pool, http: httpx.AsyncClient) -> None:
    await queue(pool)
    await queue(pool, Receiver(email="grace@example.com"))
    listed = (await http.get("/_outbox")).text
    assert 'href="/_outbox?to=grace%40example.com"' in listed
    assert len(set(re.findall(r"/_outbox/mail_\w+", listed))) == 2
    assert len(set(re.findall(r"/_outbox/mail_\w+", (await http.get("/_outbox?to=GRACE@example.com")).text))) == 1
    assert "No e-mail to this address" in (await http.get("/_outbox?to=nobody@example.com")).text


async def test_a_link_works_for_who_reads_the_mail_here(pool: Pool, http: httpx.AsyncClient, server: Server) -> None:
    user = await make_user(pool)
    async with transaction(pool) as connection:
        mail_id = await queue_mail(
            connection,
            ADA,
            lambda: msgspec.structs.replace(letter(), button=Button("Open", LINK)),
            now=NOW,
            about=About(user_id=user.id, case_pid="reso_1"),
            opens=CaseLink(path="/cases/reso_1", case_pid="reso_1"),
        )
    assert mail_id is not None
    token = token_of(server.services.signer, mail_id)
    assert await find_link(pool, token, Purpose.NOTICE, NOW) is None
    for _time in range(2):
        page = await http.get(f"/_outbox/{public_id(Prefix.MAIL, mail_id)}")
        assert f"{server.url}/open/{token}" in page.text
    assert await find_link(pool, token, Purpose.NOTICE, NOW) is not None


async def test_the_frame_can_do_nothing(pool: Pool, http: httpx.AsyncClient) -> None:
    await queue(pool)
    [path] = set(re.findall(r'href="(/_outbox/mail_\w+)"', (await http.get("/_outbox")).text))
    frame = await http.get(f"{path}/html")
    policy = str(frame.headers["content-security-policy"]).split(";")
    assert dict(part.strip().split(" ", 1) for part in policy) == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }


@pytest.mark.parametrize("mail_id", ["x", "mail_1", "user_ChKavzsoAcAiHiH33TkCV", "%00"])
async def test_what_is_no_mail_is_not_there(http: httpx.AsyncClient, mail_id: str) -> None:
    assert (await http.get(f"/_outbox/{mail_id}")).status_code == 404
    assert (await http.get(f"/_outbox/{mail_id}/html")).status_code == 404


async def test_old_mails_are_forgotten(pool: Pool, worker: Worker[Services], clock: ManualClock) -> None:
    await queue(pool)
    clock.advance(KEPT)
    await worker.sweep()
    assert await count(pool) == 1
    clock.advance(timedelta(seconds=1))
    await worker.sweep()
    assert await count(pool) == 0


class TestWithoutOutbox:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Give a server as it is set up for real."""
        return msgspec.structs.replace(settings, outbox=False)

    async def test_nobody_sees_it(self, pool: Pool, http: httpx.AsyncClient) -> None:
        await queue(pool)
        assert (await http.get("/_outbox")).status_code == 404
