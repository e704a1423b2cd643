"""Real SMTP servers on loopback (aiosmtpd): what they take, and how they misbehave when they are told to."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"
NAME = "mail.test"
"""What a server calls itself; it would otherwise ask the machine's name servers at each connection."""


class Inbox:
    """Takes every mail, and answers as `rcpt` and `data` say; each may wait, and may hang up."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.rcpt: Callable[[str], str] = lambda _address: OK
        self.data: Callable[[SMTP, Envelope], Any] = _take

    def mails(self) -> list[EmailMessage]:
        """Return what was taken."""
        return [read(envelope) for envelope in self.envelopes]

    def mail(self) -> EmailMessage:
        """Return the only mail that was taken."""
        [mail] = self.mails()
        return mail

    async def handle_EHLO(  # noqa: N802 (the name is the protocol's)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = self.rcpt(address)
        if said == OK:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await self.data(server, envelope)
        if said == OK:
            self.envelopes.append(envelope)
        return said


async def _take(_server: SMTP, _envelope: Envelope) -> str:
    return OK


class Stall:
    """Answers nothing; `reached` tells when it is asked, `asked` what it was given. It hangs up when it is `over`."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.over = asyncio.Event()
        self.asked: Envelope

    async def __call__(self, server: SMTP, envelope: Envelope) -> str:
        """Take the mail's content and keep silent."""
        self.asked = envelope
        self.reached.set()
        await self.over.wait()
        return await hang_up(server, envelope)


async def hang_up(server: SMTP, _envelope: Envelope) -> str:
    """Close the connection instead of an answer."""
    assert server.transport is not None
    server.transport.abort()  # pyright: ignore[reportAttributeAccessIssue] (a transport of sockets has it)
    return OK


def read(envelope: Envelope) -> EmailMessage:
    """Return a mail as its receiver reads it."""
    assert isinstance(envelope.content, bytes)
    return BytesParser(policy=default).parsebytes(envelope.content)  # pyright: ignore[reportReturnType]


@asynccontextmanager
async def listening(
    listener: socket.socket, inbox: Inbox, *, at_once: ssl.SSLContext | None = None, **how: Any
) -> AsyncGenerator[None]:
    """Serve on a socket; `at_once` begins encrypted, `how` are the words of aiosmtpd.smtp.SMTP."""
    loop = asyncio.get_running_loop()
    serving = await loop.create_server(lambda: SMTP(inbox, hostname=NAME, loop=loop, **how), sock=listener, ssl=at_once)
    try:
        yield
    finally:
        serving.close()
