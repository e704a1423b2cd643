"""A mail as it is read: its letter with everything around it, as text and as HTML, in its receiver's language.

Made when a mail is handed over or looked at, never stored: only here do links carry their tokens.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.kit.signing import Signer
from amends.notifications.kinds import NoticeKind
from amends.notifications.links import token_of
from amends.notifications.mails import LINK, TOKEN, Letter, in_one_line
from amends.notifications.unsubscribing import unsubscribe_token
from amends.notifications.words import why_of
from amends.settings import Settings
from amends.web import urls
from amends.web.layout import help_of
from amends.web.pages import render_text
from amends.web.readers import absent_reader, reading_as

TEXT: Final = "mail/letter.txt"
HTML: Final = "mail/letter.html"
HIDDEN: Final = "…"
"""What stands for a token where a mail is only looked at."""


class StoredMail(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says that a mail is made of."""

    id: UUID
    user_id: UUID | None
    recipient: str
    recipient_name: str | None
    locale: str | None
    notice_kind: NoticeKind | None
    letter: Letter
    link_path: str | None
    due_at: datetime


class ComposedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with its links."""

    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str | None


def read_stored(row: Record) -> StoredMail:
    """Return a mail from its row."""
    fields = {name: row[name] for name in StoredMail.__struct_fields__}
    return msgspec.convert(fields, StoredMail)


def compose(mail: StoredMail, settings: Settings, signer: Signer | None) -> ComposedMail:
    """Make a mail; without a signer to look at only, with no token in it."""
    letter, unsubscribe = _with_link(mail, settings, signer), _unsubscribe_url(mail, settings, signer)
    with reading_as(absent_reader(mail.locale, None, mail.due_at)) as reader:
        values = {
            "letter": letter,
            "name": in_one_line(mail.recipient_name or ""),
            "reader": reader,
            "why": letter.why or why_of(mail.notice_kind),
            "help": help_of(settings),
            "unsubscribe_url": unsubscribe,
            "preferences_url": settings.base_url + urls.NOTIFICATIONS if mail.notice_kind else None,
        }
        return ComposedMail(
            subject=letter.subject,
            text=render_text(TEXT, **values),
            html=render_text(HTML, **values),
            language=reader.language,
            unsubscribe_url=unsubscribe,
        )


def _with_link(mail: StoredMail, settings: Settings, signer: Signer | None) -> Letter:
    """Return the letter with its own link on the button."""
    button = mail.letter.button
    if button is None or button.url != LINK or mail.link_path is None:
        return mail.letter
    token = token_of(signer, mail.id) if signer else HIDDEN
    url = settings.base_url + mail.link_path.replace(TOKEN, token)
    return msgspec.structs.replace(mail.letter, button=msgspec.structs.replace(button, url=url))


def _unsubscribe_url(mail: StoredMail, settings: Settings, signer: Signer | None) -> str | None:
    if mail.notice_kind is None or mail.notice_kind is NoticeKind.ACCOUNT or mail.user_id is None:
        return None
    token = unsubscribe_token(signer, mail.user_id, mail.notice_kind) if signer else HIDDEN
    return settings.base_url + urls.unsubscribe_url(token)
