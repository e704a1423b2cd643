"""The kinds of notices that a person can switch on and off, one by one."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a mail is about, as its receiver's preferences have it."""

    YOUR_TURN = "your_turn"
    """Somebody waits for the receiver's answer."""
    PROGRESS = "progress"
    """Something happened on a case of theirs, and nothing is asked of them."""
    DECISION = "decision"
    """A case of theirs was decided, or its money moved."""
    REMINDER = "reminder"
    """A due time comes near."""
    DIGEST = "digest"
    """What the day brought, once a day, to teams."""
    PLATFORM = "platform"
    """What needs the platform's staff."""
    ACCOUNT = "account"
    """Signing in, invitations, confirmations: cannot be switched off."""


class Choice(StrEnum):
    """What a person wants of a kind."""

    AT_ONCE = "at_once"
    OFF = "off"
