"""What a mail program gets: headers, text and HTML, and nothing that a name or a subject could smuggle in."""

import msgspec
import pytest

from amends.db.pool import Pool
from amends.kit.smtp import mailbox
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, Receiver
from amends.notifications.unsubscribing import read_unsubscribe_token
from amends.services import Services
from tests.builders import make_user
from tests.notifications.conftest import FROM
from tests.notifications.mail_server import Inbox
from tests.notifications.writing import ADA, LETTER, go, queue


async def test_headers(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool)
    await go(mailing)
    mail = inbox.mail()
    assert str(mail["From"]) == FROM
    assert str(mail["To"]) == "Ada Lovelace <ada@example.com>"
    assert mail["Subject"] == "Fish & <chips>"
    assert mail["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"
    assert mail["Message-ID"].startswith("<mail_")
    assert mail["Message-ID"].endswith("@mail.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


async def test_text_and_html_say_the_same(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool)
    await go(mailing)
    text, html = (part.get_content().replace("\r\n", "\n") for part in inbox.mail().iter_parts())
    for words in ("Hello Ada Lovelace,", "Northbeam", "$49.00", "Answer by", "Open the case", "Small."):
        assert words in text
        assert words in html
    assert "> First line\n> second line with {token} and amends:link\n" in text
    assert "First line<br>second line with {token} and amends:link" in html  # what somebody wrote becomes no link
    assert "It is &lt;b&gt;yours&lt;/b&gt;." in html
    assert "https://amends.example/a?b=1&c=2" in text
    assert 'href="https://amends.example/a?b=1&amp;c=2"' in html


async def test_mails_about_a_case_hang_together(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool, about=About(case_pid="reso_1"))
    await go(mailing)
    assert inbox.mail()["References"] == "<reso_1@mail.example>"


async def test_one_press_unsubscribes(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    user = await make_user(pool)
    about = About(user_id=user.id)
    await queue(pool, about=about, unsubscribe=NoticeKind.PROGRESS)
    await go(mailing)
    mail = inbox.mail()
    url = str(mail["List-Unsubscribe"]).strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url.startswith(f"{mailing.settings.base_url}/unsubscribe/")
    named = read_unsubscribe_token(mailing.signer, url.rpartition("/")[2])
    assert named is not None
    assert (named.user_id, named.kind) == (user.id, NoticeKind.PROGRESS)
    raw = inbox.envelopes[0].content
    assert isinstance(raw, bytes)
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw  # whole, on one line
    text, html = (part.get_content() for part in mail.iter_parts())
    assert url in text
    assert f'href="{url}"' in html


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: everybody@example.com",
        "Ada\nSubject: x",
        'A"da <x@y.example>, ',
        "Ada\u2028\u202e\x00\x07",
        "Ädä Łove",
    ],
)
async def test_a_name_stays_a_name(pool: Pool, inbox: Inbox, mailing: Services, name: str) -> None:
    await queue(pool, Receiver(email="ada@example.com", name=name.replace("\x00", "")))
    await go(mailing)
    mail = inbox.mail()
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    [to] = mail["To"].addresses
    assert to.addr_spec == "ada@example.com"
    assert to.display_name == mailbox(name, "ada@example.com").name


async def test_a_subject_stays_a_subject(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    subject = "Käse\r\nBcc: everybody@example.com\r\n\r\nHello " + "ß日本" * 40
    await queue(pool, letter=msgspec.structs.replace(LETTER, subject=subject))
    await go(mailing)
    mail = inbox.mail()
    assert mail["Bcc"] is None
    assert mail["Subject"] == " ".join(subject.split())


async def test_a_domain_in_any_script(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool, Receiver(email="ada@straße.example"))
    await go(mailing)
    assert inbox.envelopes[0].rcpt_tos == ["ada@xn--strae-oqa.example"]
    assert str(inbox.mail()["To"]) == "ada@xn--strae-oqa.example"


async def test_it_is_written_in_the_receivers_language(pool: Pool, inbox: Inbox, mailing: Services) -> None:
    await queue(pool, msgspec.structs.replace(ADA, locale="es-MX"))
    await go(mailing)
    text, html = (part.get_content() for part in inbox.mail().iter_parts())
    assert "Hola, Ada Lovelace:" in text
    assert '<html lang="es-MX" dir="ltr">' in html
