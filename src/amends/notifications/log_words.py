"""How the log speaks of a mail's state, and by which states it can be narrowed."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from amends.notifications.retries import MailState
from amends.web.text import lazy


class StateFilter(StrEnum):
    """What the log can be narrowed to."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    FAILED = "failed"
    DROPPED = "dropped"


class StateWords(msgspec.Struct, frozen=True):
    """How a state is shown."""

    title: Any
    tone: str
    icon: str


FILTERS: Final = {
    StateFilter.WAITING: (lazy("Waiting"), (MailState.QUEUED, MailState.HANDING_OVER)),
    StateFilter.HANDED_OVER: (lazy("Handed over"), (MailState.HANDED_OVER,)),
    StateFilter.REFUSED: (lazy("Refused"), (MailState.REFUSED,)),
    StateFilter.FAILED: (lazy("Given up"), (MailState.FAILED,)),
    StateFilter.DROPPED: (lazy("Not wanted"), (MailState.DROPPED,)),
}

STATES: Final = {
    MailState.QUEUED: StateWords(lazy("Waiting"), "neutral", "clock"),
    MailState.HANDING_OVER: StateWords(lazy("On its way"), "info", "send"),
    MailState.HANDED_OVER: StateWords(lazy("Handed over"), "success", "circle-check"),
    MailState.REFUSED: StateWords(lazy("Refused"), "error", "ban"),
    MailState.FAILED: StateWords(lazy("Given up"), "error", "circle-x"),
    MailState.DROPPED: StateWords(lazy("Not wanted"), "neutral", "circle-minus"),
}
TRIES_AGAIN: Final = StateWords(lazy("Will try again"), "warning", "refresh-cw")


def words_of(state: MailState, attempts: int) -> StateWords:
    """Return how a state is shown after some attempts."""
    return TRIES_AGAIN if state is MailState.QUEUED and attempts else STATES[state]
