"""What is read about mails. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Pool

NEWEST_MAIL_SQL: Final = """
select id, kind, recipient, recipient_name, locale, subject, state, created_at
from mail
order by created_at desc, id desc
limit $1
"""

MAIL_SQL: Final = """
select id, kind, recipient, recipient_name, locale, subject, body_text, body_html, state, created_at
from mail
where id = $1
"""


async def newest_mail(pool: Pool, limit: int) -> Sequence[Record]:
    """Return mails, the newest first, without their texts."""
    return await pool.fetch(NEWEST_MAIL_SQL, limit)


async def find_mail(pool: Pool, mail_id: UUID) -> Record | None:
    """Return one mail."""
    return await pool.fetchrow(MAIL_SQL, mail_id)
