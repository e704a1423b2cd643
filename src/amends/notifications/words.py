"""The words of notices' kinds: what each is, and why somebody gets it."""

from typing import Any, Final

import msgspec

from amends.notifications.kinds import NoticeKind
from amends.web.text import lazy


class KindWords(msgspec.Struct, frozen=True):
    """How a kind is spoken of."""

    title: Any
    explanation: Any
    why: Any
    """At the foot of each mail of the kind."""


KIND_WORDS: Final = {
    NoticeKind.YOUR_TURN: KindWords(
        lazy("It is your turn"),
        lazy("Somebody waits for your answer: what they ask, and by when you can answer."),
        lazy("You get this e-mail because a case waits for you."),
    ),
    NoticeKind.REMINDER: KindWords(
        lazy("Reminders"),
        lazy("Three days, one day and three hours before your time to answer runs out."),
        lazy("You get this e-mail because your time to answer runs out."),
    ),
    NoticeKind.DECISION: KindWords(
        lazy("Decisions and refunds"),
        lazy("How a case ended, and what became of the money."),
        lazy("You get this e-mail because you are part of the case that it is about."),
    ),
    NoticeKind.PROGRESS: KindWords(
        lazy("What else happens"),
        lazy("New messages and steps on your cases that ask nothing of you."),
        lazy("You get this e-mail because you are part of the case that it is about."),
    ),
    NoticeKind.DIGEST: KindWords(
        lazy("Daily summary"),
        lazy("Once a day, when there is something to say: what is open, what is due next, and what was closed."),
        lazy("You get this e-mail because you look after a team’s cases."),
    ),
    NoticeKind.PLATFORM: KindWords(
        lazy("Platform staff"),
        lazy("Cases that wait for a decision, overdue reviews, and what needs attention."),
        lazy("You get this e-mail because you are on the platform’s staff."),
    ),
    NoticeKind.ACCOUNT: KindWords(
        lazy("Your account"),
        lazy("Signing in, passwords, invitations and confirmations. These always reach you."),
        lazy("You get this e-mail because of something that was done with your e-mail address."),
    ),
}
"""In the order in which they are offered."""


def why_of(kind: NoticeKind | None) -> str:
    """Return why somebody gets a mail of a kind."""
    return str(KIND_WORDS[kind or NoticeKind.ACCOUNT].why)
