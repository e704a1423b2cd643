"""The verbs on mails: queue one within the transaction of what it tells, and forget old ones.

There is no delivery yet: what is queued stays queued.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from amends.db.pool import Connection
from amends.kit.ids import uuid7
from amends.notifications.mails import Letter, Receiver, write_mail

KEPT: Final = timedelta(days=30)

QUEUE_MAIL_SQL: Final = """
insert into mail
    (id, kind, recipient, recipient_name, locale, subject, body_text, body_html, state, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9)
"""

DELETE_OLD_MAIL_SQL: Final = """
delete from mail
where created_at < $1
"""


async def queue_mail(connection: Connection, receiver: Receiver, words: Callable[[], Letter], *, now: datetime) -> UUID:
    """Write a mail and queue it: it is there when the command's transaction commits, and not otherwise."""
    mail, mail_id = write_mail(receiver, words, now), uuid7(now)
    await connection.execute(
        QUEUE_MAIL_SQL,
        mail_id,
        mail.kind,
        receiver.email,
        receiver.name,
        mail.language,
        mail.subject,
        mail.text,
        mail.html,
        now,
    )
    return mail_id


async def delete_old_mail(connection: Connection, *, now: datetime) -> None:
    """Forget mails that nobody needs any more: what they link to has long expired."""
    await connection.execute(DELETE_OLD_MAIL_SQL, now - KEPT)
