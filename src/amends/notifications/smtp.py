"""Hands mails over by SMTP (aiosmtplib): one connection for many, and never longer than its time.

What a server says about a recipient or a mail's content decides: 5xx is the end, 4xx means later. What it says about
us (connecting, signing in, our address) is for the operator to mend: also later, so that no mail is lost by it.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiosmtplib

from amends.kit.smtp import SmtpServer, Tls
from amends.notifications.mailer import LANES, Answer, MailSession, Message, Outcome

LONGEST_S: Final = 120.0
"""For one mail, connecting included. Less than the claim of a mail lasts."""
_GOODBYE_S: Final = 5.0
_WORDS: Final = 500
_PERMANENT: Final = 500
_STARTTLS: Final = {Tls.AT_ONCE: False, Tls.REQUIRED: True, Tls.IF_OFFERED: None, Tls.NEVER: False}


class SmtpMailer:
    """The mail server that the settings name; `hello` is what we call ourselves there."""

    def __init__(self, server: SmtpServer, *, hello: str) -> None:
        self._server = server
        self._hello = hello
        self._open = 0
        self._context = ssl.create_default_context(cafile=server.ca_file)

    @property
    def is_busy(self) -> bool:
        """See the port."""
        return self._open >= LANES

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[MailSession]:
        """Open a session, whose connection ends with it."""
        session = _SmtpSession(self._client)
        self._open += 1
        try:
            yield session
        finally:
            self._open -= 1
            await session.end()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._hello,
            timeout=server.timeout_s,
            use_tls=server.tls is Tls.AT_ONCE,
            start_tls=_STARTTLS[server.tls],
            tls_context=self._context,
        )


class _SmtpSession:
    """A connection that is made again when it is gone."""

    def __init__(self, make: Callable[[], aiosmtplib.SMTP]) -> None:
        self._make = make
        self._client: aiosmtplib.SMTP | None = None

    async def hand_over(self, message: Message) -> Answer:
        """See the port."""
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._hand_over(message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            self._drop()
            return _no_answer(problem)

    async def _hand_over(self, message: Message) -> Answer:
        client = await self._connected()
        options = ["SMTPUTF8"] if message.international else []
        try:
            _, said = await client.sendmail(message.sender, [message.recipient], message.content, mail_options=options)
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            return _answer(refusal.recipients[0].code, refusal.recipients[0].message)
        except aiosmtplib.SMTPDataError as refusal:
            return _answer(refusal.code, refusal.message)
        except aiosmtplib.SMTPNotSupported as refusal:
            return Answer(outcome=Outcome.REFUSED, words=_words(refusal.message))
        except aiosmtplib.SMTPResponseException as refusal:  # of us, not of the mail
            return Answer(outcome=Outcome.DEFERRED, code=refusal.code, words=_words(refusal.message))
        except ValueError as refusal:  # an address that no server would take
            return Answer(outcome=Outcome.REFUSED, words=_words(str(refusal)))
        return Answer(outcome=Outcome.ACCEPTED, code=250, words=_words(said))

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            self._drop()
            self._client = self._make()
            await self._client.connect()
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def end(self) -> None:
        """Say goodbye, if there is still somebody to hear it."""
        if self._client is not None and self._client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=_GOODBYE_S)
        self._drop()


def _answer(code: int, message: str) -> Answer:
    outcome = Outcome.REFUSED if code >= _PERMANENT else Outcome.DEFERRED
    return Answer(outcome=outcome, code=code, words=_words(message))


def _no_answer(problem: BaseException) -> Answer:
    """Return what a lost, refused or silent connection amounts to."""
    code = problem.code if isinstance(problem, aiosmtplib.SMTPResponseException) else None
    words = getattr(problem, "message", None) or str(problem) or type(problem).__name__
    return Answer(outcome=Outcome.DEFERRED, code=code, words=_words(words), is_reachable=False)


def _words(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_WORDS]
