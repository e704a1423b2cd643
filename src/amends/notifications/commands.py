"""The verbs on mails: queue one within the transaction of what it tells, and forget old ones.

What becomes of a queued mail: `commands_hand_over`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from amends.db.jobs import Job, enqueue
from amends.db.pool import Connection
from amends.kit.ids import uuid7
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import TOKEN, About, CarriedLink, CaseLink, Letter, Receiver, write_letter
from amends.notifications.preferences import wants
from amends.web import urls

KEPT: Final = timedelta(days=30)
HAND_OVER: Final = "mail.hand_over"


class HandOverWork(msgspec.Struct, frozen=True):
    """Hand over whatever is due."""


QUEUE_MAIL_SQL: Final = """
insert into mail (
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
    account_id, case_pid, event_pid, part, state, due_at, next_try_at, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'queued', $16, $16, $17)
on conflict do nothing
returning id
"""

DELETE_OLD_MAIL_SQL: Final = """
delete from mail
where created_at < $1
"""


async def queue_mail(
    connection: Connection,
    receiver: Receiver,
    words: Callable[[], Letter],
    *,
    now: datetime,
    about: About | None = None,
    opens: CaseLink | CarriedLink | None = None,
    unsubscribe: NoticeKind | None = None,
    send_after: datetime | None = None,
) -> UUID | None:
    """Write a mail and queue it: it is there when the command's transaction commits, and not otherwise.

    `opens` is what a button with the address LINK opens. `unsubscribe` is the kind of notice that the mail is, which
    its receiver can switch off. Returns None where nothing was queued: `about.user_id` does not want that kind, or has
    this mail about this event already.
    """
    about = about or About()
    if not await _is_wanted(connection, about.user_id, unsubscribe):
        return None
    letter = write_letter(receiver, words, now)
    mail_id = opens.mail_id if isinstance(opens, CarriedLink) else uuid7(now)
    path, page = _link(opens, about)
    queued = await connection.fetchval(
        QUEUE_MAIL_SQL, mail_id, letter.kind, unsubscribe, about.user_id, receiver.email, receiver.name,
        receiver.locale, letter.subject, msgspec.to_builtins(letter), path, page, about.account_id,
        about.case_pid, about.event_pid, about.part, send_after or now, now,
    )  # fmt: skip
    if queued is not None and send_after is None:
        # Without a key: transactions that queue many mails at once would wait for each other at a common one.
        await enqueue(connection, Job(HAND_OVER, HandOverWork()))
    return queued


async def _is_wanted(connection: Connection, user_id: UUID | None, kind: NoticeKind | None) -> bool:
    return kind is None or user_id is None or bool(await wants(connection, {user_id}, kind))


def _link(opens: CaseLink | CarriedLink | None, about: About) -> tuple[str | None, str | None]:
    """Return the path of the mail's link with TOKEN, and the page behind one that signs in to a case."""
    match opens:
        case None:
            return None, None
        case CarriedLink():
            return opens.path, None
        case CaseLink():
            if about.user_id is None or about.case_pid != opens.case_pid:
                raise ValueError("a link into a case is for a user, in a mail about that case")
            return urls.case_link_url(TOKEN), opens.path


async def delete_old_mail(connection: Connection, *, now: datetime) -> None:
    """Forget mails that nobody needs any more: what they link to has long expired."""
    await connection.execute(DELETE_OLD_MAIL_SQL, now - KEPT)
