"""The log of mails as it is read: newest first, one mail with its attempts, what needs a look. SQL and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Pool

_LINE: Final = """id, kind, notice_kind, user_id, recipient, recipient_name, subject, case_pid, state, attempts,
    next_try_at, due_at, answer_code, answer, ended_at, created_at,
    (
        select a.pid
        from accounts a
        where a.id = mail.account_id
    ) as account_pid"""
_WANTED: Final = """($1::text is null or case_pid = $1)
    and ($2::text is null or lower(recipient) like $2)
    and ($3::text[] is null or state = any($3))
    and ($4::text[] is null or kind = any($4))"""
_NEWEST_FIRST: Final = by_time("created_at")

MAIL_LOG_SQLS: Final = statements(_LINE, "mail", _WANTED, _NEWEST_FIRST, 5)
MAIL_LOG: Final = Listing("mail_log", _NEWEST_FIRST, MAIL_LOG_SQLS)
"""Its parameters: the case, a pattern of the recipient in lower case, the states, the kinds; null: any."""

LOGGED_MAIL_SQL: Final = """
select
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, account_id, case_pid,
    event_pid, state, attempts, next_try_at, due_at, answer_code, answer, ended_at, created_at,
    (
        select a.pid
        from accounts a
        where a.id = mail.account_id
    ) as account_pid
from mail
where id = $1
"""

ATTEMPTS_SQL: Final = """
select attempt, began_at, ended_at, outcome, code, answer
from mail_attempts
where mail_id = $1
order by attempt desc
limit 50
"""

TOLD_BY_SQL: Final = """
select e.kind, e.created_at
from case_letters l
join case_events e
    on e.account_id = l.account_id
    and e.case_id = l.case_id
    and e.id = l.event_id
where l.account_id = $1
    and l.mail_id = $2
order by e.position
"""

UNSETTLED_SQL: Final = """
select state, count(*) as mails
from mail
where state in ('queued', 'handing_over', 'refused', 'failed')
group by state
"""


def begins_with(typed: str | None) -> str | None:
    """Return the pattern of addresses that begin as was typed; None: any."""
    if not typed:
        return None
    for sign in ("\\", "%", "_"):
        typed = typed.replace(sign, f"\\{sign}")
    return f"{typed.lower()}%"


async def logged_mail(pool: Pool, mail_id: UUID) -> Record | None:
    """Return one mail."""
    return await pool.fetchrow(LOGGED_MAIL_SQL, mail_id)


async def attempts_of(pool: Pool, mail_id: UUID) -> Sequence[Record]:
    """Return the newest attempts at handing a mail over, the newest first."""
    return await pool.fetch(ATTEMPTS_SQL, mail_id)


async def told_by(pool: Pool, account_id: int, mail_id: UUID) -> Sequence[Record]:
    """Return the events of a case that a mail tells of, in order."""
    return await pool.fetch(TOLD_BY_SQL, account_id, mail_id)


async def count_unsettled(pool: Pool) -> Mapping[str, int]:
    """Return how many mails are not handed over, by state."""
    return {row["state"]: row["mails"] for row in await pool.fetch(UNSETTLED_SQL)}
