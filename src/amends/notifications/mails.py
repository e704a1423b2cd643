"""How a mail is written: from a few sentences to text and HTML, in the receiver's language and time zone.

Who has something to say gives a function that returns a `Letter`; it is called while the receiver is the reader, so
that `_` and the dates speak to them. Links are absolute.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from amends.web.pages import render_text
from amends.web.readers import absent_reader, reading_as

TEXT: Final = "mail/letter.txt"
HTML: Final = "mail/letter.html"


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a mail, and how they read; None: not known."""

    email: str
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None


class Button(msgspec.Struct, frozen=True):
    """What a mail asks to be done: a label and an absolute address."""

    label: str
    url: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says, in words of the receiver's language."""

    kind: str
    """What it is about, for the log of mails: `reset_password`, `invitation` …"""
    subject: str
    paragraphs: tuple[str, ...]
    """Before the button."""
    button: Button | None = None
    small_print: tuple[str, ...] = ()
    """After the button."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it will be sent."""

    kind: str
    receiver: Receiver
    language: str
    subject: str
    text: str
    html: str


def write_mail(receiver: Receiver, words: Callable[[], Letter], now: datetime) -> Mail:
    """Write a mail to its receiver."""
    with reading_as(absent_reader(receiver.locale, receiver.time_zone, now)) as reader:
        letter = words()
        return Mail(
            kind=letter.kind,
            receiver=receiver,
            language=reader.language,
            subject=" ".join(letter.subject.split()),
            text=render_text(TEXT, letter=letter, receiver=receiver, reader=reader),
            html=render_text(HTML, letter=letter, receiver=receiver, reader=reader),
        )
