"""What is read about mails. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Pool

NEWEST_MAIL_SQL: Final = """
select id, kind, recipient, recipient_name, subject, case_pid, state, created_at
from mail
where $2::text is null or lower(recipient) = lower($2)
order by created_at desc, id desc
limit $1
"""

MAIL_SQL: Final = """
select
    id, kind, notice_kind, user_id, recipient, recipient_name, locale, subject, letter, link_path, link_opens,
    case_pid, state, due_at, created_at
from mail
where id = $1
"""


async def newest_mail(pool: Pool, limit: int, recipient: str | None = None) -> Sequence[Record]:
    """Return mails, the newest first, without their letters; those to one address if one is given."""
    return await pool.fetch(NEWEST_MAIL_SQL, limit, recipient)


async def find_mail(pool: Pool, mail_id: UUID) -> Record | None:
    """Return one mail with its letter."""
    return await pool.fetchrow(MAIL_SQL, mail_id)
