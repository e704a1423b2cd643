"""The connection to a mail server: encrypted, signed in, and never in the clear with a password."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from amends.kit.smtp import parse_smtp_url
from amends.notifications.mailer import Answer, Message, Outcome
from amends.notifications.smtp import SmtpMailer
from tests.notifications.certificates import make_certificate
from tests.notifications.mail_server import Inbox, listening

MESSAGE = Message("no-reply@mail.example", "ada@example.com", b"Subject: x\r\n\r\nHello\r\n", international=False)


class Encrypted(Inbox):
    """Notes whether each mail came encrypted, and by whom."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bool, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.seen.append((session.ssl is not None, bool(session.authenticated)))
        return await super().handle_DATA(server, session, envelope)


def let_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"amends", b"p@ss w/rd")
    return AuthResult(success=right, handled=right, message=None if right else "535 5.7.8 Not you")


@asynccontextmanager
async def at(listener: socket.socket, inbox: Inbox, **how: Any) -> AsyncGenerator[str]:
    """Serve, and give the host and port."""
    async with listening(listener, inbox, **how):
        yield f"127.0.0.1:{listener.getsockname()[1]}"


async def send(url: str, message: Message = MESSAGE) -> Answer:
    mailer = SmtpMailer(parse_smtp_url(url), hello="mail.example")
    async with mailer.session() as session:
        return await session.hand_over(message)


async def test_starttls_and_a_password(mail_listener: socket.socket, tmp_path: Path) -> None:
    file, context = make_certificate(tmp_path)
    inbox = Encrypted()
    async with at(
        mail_listener, inbox, tls_context=context, require_starttls=True, authenticator=let_in, auth_required=True
    ) as where:
        answer = await send(f"smtp://amends:p%40ss%20w%2Frd@{where}?ca_file={file}")
    assert answer.outcome is Outcome.ACCEPTED
    assert inbox.seen == [(True, True)]


async def test_encrypted_from_the_beginning(mail_listener: socket.socket, tmp_path: Path) -> None:
    file, context = make_certificate(tmp_path)
    inbox = Inbox()
    async with at(mail_listener, inbox, at_once=context) as where:
        assert (await send(f"smtps://{where}?ca_file={file}")).outcome is Outcome.ACCEPTED
    assert len(inbox.envelopes) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_trusts(mail_listener: socket.socket, tmp_path: Path, scheme: str) -> None:
    _, context = make_certificate(tmp_path)
    inbox = Inbox()
    how = {"at_once": context} if scheme == "smtps" else {"tls_context": context}
    async with at(mail_listener, inbox, **how) as where:
        answer = await send(f"{scheme}://{where}?timeout=30")
    assert (answer.outcome, answer.is_reachable, inbox.envelopes) == (Outcome.DEFERRED, False, [])
    assert "certificate" in answer.words.lower()


async def test_no_password_in_the_clear(mail_listener: socket.socket) -> None:
    inbox = Inbox()
    async with at(mail_listener, inbox, authenticator=let_in, auth_require_tls=False) as where:
        answer = await send(f"smtp://amends:p%40ss%20w%2Frd@{where}")
        assert (answer.outcome, inbox.envelopes) == (Outcome.DEFERRED, [])
        assert "STARTTLS" in answer.words
        answer = await send(f"smtp://amends:p%40ss%20w%2Frd@{where}?starttls=never")
        assert answer.outcome is Outcome.ACCEPTED


async def test_a_password_that_is_wrong_loses_no_mail(mail_listener: socket.socket) -> None:
    inbox = Inbox()
    async with at(mail_listener, inbox, authenticator=let_in, auth_require_tls=False) as where:
        answer = await send(f"smtp://amends:wrong@{where}?starttls=never")
    assert (answer.outcome, answer.code, answer.is_reachable) == (Outcome.DEFERRED, 535, False)


async def test_a_server_that_never_greets(mail_listener: socket.socket) -> None:
    answer = await send(f"smtp://127.0.0.1:{mail_listener.getsockname()[1]}?timeout=0.2")
    assert (answer.outcome, answer.code, answer.is_reachable) == (Outcome.DEFERRED, None, False)


async def test_letters_of_any_script_before_the_at(mail_listener: socket.socket) -> None:
    message = Message("no-reply@mail.example", "józef@example.com", b"Subject: x\r\n\r\nHello\r\n", international=True)
    inbox = Inbox()
    async with at(mail_listener, inbox, enable_SMTPUTF8=True) as where:
        assert (await send(f"smtp://{where}", message)).outcome is Outcome.ACCEPTED
    assert inbox.envelopes[0].rcpt_tos == ["józef@example.com"]


async def test_a_server_that_knows_ascii_alone(mail_listener: socket.socket) -> None:
    message = Message("no-reply@mail.example", "józef@example.com", b"Subject: x\r\n\r\nHello\r\n", international=True)
    inbox = Inbox()
    async with at(mail_listener, inbox) as where:
        answer = await send(f"smtp://{where}", message)
    assert (answer.outcome, answer.words) == (Outcome.REFUSED, "SMTPUTF8 is not supported by this server")


async def test_a_sender_that_is_refused_loses_no_mail(mail_listener: socket.socket) -> None:
    class Strict(Inbox):
        async def handle_MAIL(self, *_what: Any) -> str:  # noqa: N802
            return "550 5.7.1 Not your domain"

    inbox = Strict()
    async with at(mail_listener, inbox) as where:
        answer = await send(f"smtp://{where}")
    assert (answer.outcome, answer.code, answer.words) == (Outcome.DEFERRED, 550, "5.7.1 Not your domain")
