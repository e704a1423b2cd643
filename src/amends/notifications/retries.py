"""PURE. What follows from what a mail server said: the mail is done, tried again later, or given up."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from amends.notifications.mailer import Answer, Outcome

WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""After the first, second … attempt without success; the last one repeats."""
GIVE_UP_AFTER: Final = timedelta(days=3)
"""Counted from when the mail became due."""
CLAIM: Final = timedelta(minutes=5)
"""How long a mail is its worker's; after that another takes it for lost. Longer than a hand-over may take."""


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"
    HANDING_OVER = "handing_over"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    """The server will never take it."""
    FAILED = "failed"
    """It was given up."""
    DROPPED = "dropped"
    """Its receiver switched its kind off before it went."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail's row says after an answer."""

    state: MailState
    next_try_at: datetime | None = None


def after(answer: Answer, *, attempt: int, due_at: datetime, now: datetime) -> Step:
    """Return what follows from the answer to an attempt, counted from 1."""
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Step(state=MailState.HANDED_OVER)
        case Outcome.REFUSED:
            return Step(state=MailState.REFUSED)
        case Outcome.DEFERRED:
            again = now + WAITS[min(attempt, len(WAITS)) - 1]
            if again > due_at + GIVE_UP_AFTER:
                return Step(state=MailState.FAILED)
            return Step(state=MailState.QUEUED, next_try_at=again)
