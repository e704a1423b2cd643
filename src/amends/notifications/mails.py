"""What a mail is made of. Who has something to say gives a function that returns a `Letter`.

It is called while the receiver is the reader, so that `_` and the dates speak to them. The letter is stored; text and
HTML are made of it when it is handed over (`composing`). Links are absolute. A link that proves who somebody is never
stands in a letter: the button's address is `LINK`, and the token is derived from the mail's id when it is needed.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.web.readers import absent_reader, reading_as

LINK: Final = "amends:link"
"""The address of a button that opens the mail's own link: see `CaseLink` and `CarriedLink`."""
TOKEN: Final = "{token}"  # noqa: S105
"""What stands for the token in a path that is stored."""

_BREAKS: Final = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""White space, but that which holds an amount or a time together."""
_TURNING: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that change the direction of writing: a name with one makes what follows it read differently."""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a mail, and how they read; None: not known."""

    email: str
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None


class Button(msgspec.Struct, frozen=True):
    """What a mail asks to be done: a label and an absolute address, or LINK."""

    label: str
    url: str


class Quote(msgspec.Struct, frozen=True):
    """What somebody wrote, word for word, with its own line breaks."""

    text: str
    author: str | None = None


class Fact(msgspec.Struct, frozen=True):
    """One line of what the mail is about: `Amount`, `$49.00`."""

    label: str
    value: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says, in words of the receiver's language. Shown in this order."""

    kind: str
    """What it is about, for the log of mails: `reset_password`, `invitation`, `merchant_denied` …"""
    subject: str
    paragraphs: tuple[str | Quote, ...]
    """What somebody wrote may stand in between."""
    title: str | None = None
    """Above the text; None: the subject."""
    quote: Quote | None = None
    facts: tuple[Fact, ...] = ()
    button: Button | None = None
    small_print: tuple[str, ...] = ()
    """After the button."""
    preheader: str | None = None
    """What lists of mails show behind the subject; None: the first paragraph."""
    why: str | None = None
    """Why the receiver gets it, in a sentence; None: the words of its notice's kind."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail tells of. About one event, a person gets one mail of a kind and part."""

    user_id: UUID | None = None
    account_id: int | None = None
    case_pid: str | None = None
    event_pid: str | None = None
    part: str = ""


class CaseLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link of seven days that signs its receiver in to one case, on a button press; `path` is its page."""

    path: str
    case_pid: str


class CarriedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link whose token its owner has made for a mail that is not queued yet (`links.carry`)."""

    mail_id: UUID
    token: str
    path: str
    """As it is stored, with TOKEN."""


def write_letter(receiver: Receiver, words: Callable[[], Letter], now: datetime) -> Letter:
    """Have a letter written to its receiver; only what it quotes has lines of its own.

    Names and titles stand in all the rest, and whoever chose them must not write paragraphs or links of ours by them.
    """
    with reading_as(absent_reader(receiver.locale, receiver.time_zone, now)):
        letter = words()
        return msgspec.structs.replace(
            letter,
            subject=in_one_line(letter.subject),
            title=None if letter.title is None else in_one_line(letter.title),
            paragraphs=tuple(
                _quoted(part) if isinstance(part, Quote) else in_one_line(part) for part in letter.paragraphs
            ),
            quote=None if letter.quote is None else _quoted(letter.quote),
            facts=tuple(Fact(fact.label, in_one_line(fact.value)) for fact in letter.facts),
            small_print=tuple(map(in_one_line, letter.small_print)),
        )


def _quoted(quote: Quote) -> Quote:
    return Quote(quote.text, None if quote.author is None else in_one_line(quote.author))


def in_one_line(text: str) -> str:
    """Return a text without line breaks, and without marks that turn the direction of writing."""
    return _BREAKS.sub(" ", text.translate(_TURNING)).strip()
