"""Hands over what is due: claim, the server with no transaction open, record.

Dying in between leaves a claim that runs out, and the same mail goes out again under the same Message-ID (DESIGN.md,
"Money and the outside world").
"""

from typing import Final

from asyncpg import Record

from amends.access.commands_links import CASE_LINK, issue_case_link
from amends.db.pool import Connection
from amends.db.transactions import transaction
from amends.kit.smtp import Mailbox, NotAnAddress, mailbox
from amends.notifications.commands_hand_over import claim_mail, record_answer
from amends.notifications.composing import compose, read_stored
from amends.notifications.links import token_of
from amends.notifications.mailer import Answer, MailSession, Outcome
from amends.notifications.message import write_message
from amends.notifications.retries import after
from amends.services import Services
from amends.settings import mail_route

BATCH: Final = 200
"""Mails of one job, and so of one connection."""
NO_ADDRESS: Final = "the receiver has no e-mail address any more"
"""Why a notice is not handed over that was written to an address which was taken back."""


async def hand_over_due(services: Services) -> None:
    """Hand over what is due, unless others are at it already.

    Stops early where the server cannot be reached: a sweep begins anew.
    """
    route = mail_route(services.settings)
    if services.mailer is None or route is None or services.mailer.is_busy:
        return
    async with services.mailer.session() as session:
        for _ in range(BATCH):
            row = await _claim(services)
            if row is None:
                return
            answer = await _hand_over(services, session, row, route.sender)
            await _record(services, row, answer)
            if not answer.is_reachable:
                return


async def _claim(services: Services) -> Record | None:
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        row = await claim_mail(connection, now=now)
        if row is not None and not row["has_no_address"]:
            await open_link(connection, services, row)
    return row


async def open_link(connection: Connection, services: Services, row: Record) -> None:
    """Have the link of a mail open its case from now on; a second time changes nothing."""
    if row["link_opens"] is not None:
        await issue_case_link(
            connection,
            row["user_id"],
            token=token_of(services.signer, row["id"]),
            path=row["link_opens"],
            case_pid=row["case_pid"],
            lifetime=CASE_LINK,
            now=services.clock.now(),
        )


async def _hand_over(services: Services, session: MailSession, row: Record, sender: Mailbox) -> Answer:
    stored = read_stored(row)
    if row["has_no_address"]:
        return Answer(outcome=Outcome.REFUSED, words=NO_ADDRESS)
    try:
        recipient = mailbox(stored.recipient_name, stored.recipient)
    except NotAnAddress as problem:
        return Answer(outcome=Outcome.REFUSED, words=str(problem))
    composed = compose(stored, services.settings, services.signer)
    message = write_message(
        composed,
        mail_id=stored.id,
        sender=sender,
        recipient=recipient,
        due_at=stored.due_at,
        case_pid=row["case_pid"],
    )
    return await session.hand_over(message)


async def _record(services: Services, row: Record, answer: Answer) -> None:
    now = services.clock.now()
    step = after(answer, attempt=row["attempts"], due_at=row["due_at"], now=now)
    async with transaction(services.pool) as connection:
        await record_answer(connection, row["id"], row["attempts"], answer, step, now=now)
