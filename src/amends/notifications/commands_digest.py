"""What is written of digests: a person's morning is taken once, whoever looks, and named with the mail that told it."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from amends.db.pool import Connection

TAKE_MORNING_SQL: Final = """
insert into digests (user_id, account_id, day, until)
values ($1, $2, $3, $4)
on conflict (user_id, account_id) do update
set day = excluded.day,
    until = excluded.until,
    mail_id = null
where digests.day < excluded.day
returning user_id
"""
NAME_DIGEST_SQL: Final = """
update digests
set mail_id = $3
where user_id = $1
  and account_id = $2
"""


async def take_morning(connection: Connection, user_id: UUID, account_id: int, *, day: date, now: datetime) -> bool:
    """Take a person's morning at an account; False: it was taken before."""
    return await connection.fetchval(TAKE_MORNING_SQL, user_id, account_id, day, now) is not None


async def name_digest(connection: Connection, user_id: UUID, account_id: int, mail_id: UUID) -> None:
    """Note which mail is the digest."""
    await connection.execute(NAME_DIGEST_SQL, user_id, account_id, mail_id)
