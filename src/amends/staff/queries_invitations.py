"""What is read about invitations: those of an account that wait, and one by its link. SQL and nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.db.pool import Connection, Pool

WAITING_INVITATIONS_SQL: Final = """
select id, pid, email, role, invited_by_name, created_at, sent_at, expires_at
from invitations
where account_id is not distinct from $1
    and accepted_at is null
    and withdrawn_at is null
order by created_at desc, id desc
limit $2
"""

_INVITATION: Final = """
select
    i.id,
    i.pid,
    i.account_id,
    i.email,
    i.role,
    i.locale,
    i.invited_by_name,
    i.expires_at,
    i.accepted_at,
    i.accepted_by,
    i.withdrawn_at,
    a.pid as account_pid,
    a.title as account_title
from invitations i
left join accounts a
    on a.id = i.account_id"""

INVITATION_OF_LINK_SQL: Final = f"""{_INVITATION}
where i.token_hash = $1
"""

INVITATION_SQL: Final = f"""{_INVITATION}
where i.account_id is not distinct from $1
    and i.id = $2
for update of i
"""


async def waiting_invitations(
    where: Pool | Connection, account_id: int | None, *, limit: int = 200
) -> Sequence[Record]:
    """Return the invitations to an account, or the platform's staff, that nobody has ended, the newest first."""
    return await where.fetch(WAITING_INVITATIONS_SQL, account_id, limit)


async def invitation_by_token(where: Pool | Connection, token_hash: bytes) -> Record | None:
    """Return the invitation whose last link has this token, in whatever state."""
    return await where.fetchrow(INVITATION_OF_LINK_SQL, token_hash)


async def lock_invitation(connection: Connection, account_id: int | None, invitation_id: UUID) -> Record | None:
    """Return an invitation to an account, or the platform's staff, locked."""
    return await connection.fetchrow(INVITATION_SQL, account_id, invitation_id)
