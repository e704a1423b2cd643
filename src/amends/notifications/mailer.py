"""The port through which mails leave: a session on a mail server, and what it answers. `smtp` is the real one."""

from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Final, Protocol

import msgspec

LANES: Final = 2
"""How many sessions a process opens at once; each takes mail after mail, whatever is due."""


class Message(msgspec.Struct, frozen=True):
    """A mail as it goes over the wire."""

    sender: str
    recipient: str
    content: bytes
    international: bool
    """The address before the @ is not ASCII, so that the server must speak SMTPUTF8 (RFC 6531)."""


class Outcome(StrEnum):
    """What became of one hand-over."""

    ACCEPTED = "accepted"
    """The server has it now, and answers for it."""
    REFUSED = "refused"
    """It never will take it."""
    DEFERRED = "deferred"
    """Not this time, or there was no answer: once more later."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said."""

    outcome: Outcome
    code: int | None = None
    """The number in front of its words (RFC 5321); None: it said nothing."""
    words: str = ""
    is_reachable: bool = True
    """Whether another mail may fare better at once."""


class MailSession(Protocol):
    """One connection, used for mail after mail; made at the first."""

    async def hand_over(self, message: Message) -> Answer:
        """Hand a mail over; takes a bounded time, and never raises for what a server does."""
        ...


class Mailer(Protocol):
    """Where mails are handed over."""

    @property
    def is_busy(self) -> bool:
        """Tell whether as many sessions are open as may be: they will take what is due now, too."""
        ...

    def session(self) -> AbstractAsyncContextManager[MailSession]:
        """Open a session."""
        ...
