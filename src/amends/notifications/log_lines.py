"""A line of the log of mails, and the addresses that it leads to."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.kit.ids import Prefix, public_id
from amends.notifications.log_kinds import kind_words
from amends.notifications.log_words import StateWords, words_of
from amends.notifications.retries import MailState
from amends.web import urls


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the log."""

    pid: str
    url: str
    subject: str
    kind: str
    about: str
    """Its kind in words."""
    recipient: str
    recipient_name: str | None
    to_url: str
    case_pid: str | None
    case_url: str | None
    words: StateWords
    state: MailState
    attempts: int
    next_try_at: datetime | None
    answer_code: int | None
    answer: str | None
    ended_at: datetime | None
    created_at: datetime
    is_closed: bool = False
    """It was written to others about a case of the reader's own: the list says nothing else of it."""


def log_url(**query: str) -> str:
    """Return the address of the log, narrowed; what is empty is left out."""
    return urls.platform_url("mail", query=urlencode({name: value for name, value in query.items() if value}))


def mail_url(mail_id: UUID) -> str:
    """Return the address of one mail of the log."""
    return urls.platform_url("mail", public_id(Prefix.MAIL, mail_id))


def line_of(row: Record, *, is_closed: bool = False) -> LogLine:
    """Return a mail as a line of the log."""
    case, account, state = row["case_pid"], row["account_pid"], MailState(row["state"])
    return LogLine(
        pid=public_id(Prefix.MAIL, row["id"]),
        url=mail_url(row["id"]),
        subject=row["subject"],
        kind=row["kind"],
        about=kind_words(row["kind"]),
        recipient=row["recipient"],
        recipient_name=row["recipient_name"],
        to_url=log_url(to=row["recipient"]),
        case_pid=case,
        case_url=urls.case_url(account, case) if case and account else None,
        words=words_of(state, row["attempts"]),
        state=state,
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        answer_code=row["answer_code"],
        answer=row["answer"],
        ended_at=row["ended_at"],
        created_at=row["created_at"],
        is_closed=is_closed,
    )
