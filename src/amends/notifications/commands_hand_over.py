"""The verbs on mails that leave: claim one, record what the server said, give up, send again.

A claim is one update, so that of two workers one gets the mail; it says until when it holds. A mail whose worker died
is claimed again after that. Recording is bound to its attempt, but that a server accepted a mail is recorded always.
A notice waits for days where the server is down. It goes to the address that its receiver has by then: whoever has an
address that was given up gets neither what it says nor the link in it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.jobs import Job, enqueue, enqueue_many
from amends.db.pool import Connection
from amends.notifications.commands import HAND_OVER, HandOverWork
from amends.notifications.mailer import LANES, Answer
from amends.notifications.retries import CLAIM, GIVE_UP_AFTER, MailState, Step

CLAIM_MAIL_SQL: Final = """
with claimed as (
    update mail
    set state = 'handing_over',
        attempts = attempts + 1,
        next_try_at = $2,
        recipient = coalesce(
            (
                select u.email
                from users u
                where u.id = mail.user_id
                    and mail.notice_kind is not null
            ),
            recipient
        )
    where id = (
        select id
        from mail
        where next_try_at <= $1
        order by next_try_at, id
        limit 1
        for update skip locked
    )
    returning
        id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
        case_pid, due_at, attempts
),
begun as (
    insert into mail_attempts (mail_id, attempt, began_at)
    select id, attempts, $1
    from claimed
)
select
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
    case_pid, due_at, attempts,
    notice_kind is not null and exists (
        select 1
        from users u
        where u.id = user_id
            and u.email is null
    ) as has_no_address
from claimed
"""

RECORD_ANSWER_SQL: Final = """
update mail
set state = $3,
    next_try_at = $4,
    answer_code = $5,
    answer = $6,
    ended_at = $7
where id = $1
    and state <> 'handed_over'
    and ($3 = 'handed_over' or (state = 'handing_over' and attempts = $2))
"""

RECORD_ATTEMPT_SQL: Final = """
update mail_attempts
set ended_at = $3,
    outcome = $4,
    code = $5,
    answer = $6
where mail_id = $1
    and attempt = $2
"""

GIVE_UP_SQL: Final = """
update mail
set state = 'failed',
    next_try_at = null,
    ended_at = $2
where state in ('queued', 'handing_over')
    and next_try_at <= $2
    and due_at < $1
"""

DUE_MAIL_SQL: Final = """
select exists (
    select
    from mail
    where next_try_at <= $1
)
"""

SEND_AGAIN_SQL: Final = """
update mail
set state = 'queued',
    due_at = $2,
    next_try_at = $2,
    ended_at = null
where id = $1
    and state in ('refused', 'failed')
returning id
"""


async def claim_mail(connection: Connection, *, now: datetime) -> Record | None:
    """Take a mail that is due, the longest-waiting first; None: there is none."""
    return await connection.fetchrow(CLAIM_MAIL_SQL, now, now + CLAIM)


async def record_answer(
    connection: Connection, mail_id: UUID, attempt: int, answer: Answer, step: Step, *, now: datetime
) -> None:
    """Write down what the server said to an attempt, and what follows."""
    ended_at = None if step.state is MailState.QUEUED else now
    code, words = answer.code, answer.words
    await connection.execute(RECORD_ATTEMPT_SQL, mail_id, attempt, now, answer.outcome, code, words)
    await connection.execute(RECORD_ANSWER_SQL, mail_id, attempt, step.state, step.next_try_at, code, words, ended_at)


async def give_up_old_mail(connection: Connection, *, now: datetime) -> None:
    """End what has waited for too long, as where no mail server was set: old news is worse than none."""
    await connection.execute(GIVE_UP_SQL, now - GIVE_UP_AFTER, now)


async def enqueue_due_mail(connection: Connection, *, now: datetime) -> None:
    """Enqueue the jobs that hand over what is due, if anything is."""
    if await connection.fetchval(DUE_MAIL_SQL, now):
        await enqueue_many(
            connection, [(Job(HAND_OVER, HandOverWork()), f"{HAND_OVER}:{lane}") for lane in range(LANES)]
        )


async def send_again(connection: Connection, mail_id: UUID, *, now: datetime) -> bool:
    """Queue a mail again that was refused or given up; False: it is neither."""
    if await connection.fetchval(SEND_AGAIN_SQL, mail_id, now) is None:
        return False
    await enqueue(connection, Job(HAND_OVER, HandOverWork()))
    return True
