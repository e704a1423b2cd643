"""What is read to let somebody in whom the identity provider knows. SQL and nothing else."""

from typing import Final
from uuid import UUID

from asyncpg import Record

from amends.access.queries_team import HAS_PLACE
from amends.db.pool import Connection, Pool

IDENTITY_SQL: Final = f"""
select
    u.id,
    u.pid,
    u.name,
    u.email,
    {HAS_PLACE} as has_place
from oidc_identities i
join users u
    on u.id = i.user_id
where i.issuer = $1
    and i.subject = $2
"""  # noqa: S608 (constant fragments)

IS_LINKED_SQL: Final = """
select exists (
    select 1
    from oidc_identities i
    where i.issuer = $1
        and i.user_id = $2
)
"""

IS_INVITED_SQL: Final = """
select exists (
    select 1
    from invitations i
    where lower(i.email) = lower($1)
        and i.accepted_at is null
        and i.withdrawn_at is null
        and i.expires_at > $2
)
"""


async def linked_person(where: Pool | Connection, issuer: str, subject: str) -> Record | None:
    """Return who an identity is here, and whether they are on a team or on the platform's staff."""
    return await where.fetchrow(IDENTITY_SQL, issuer, subject)


async def is_linked(where: Pool | Connection, issuer: str, user_id: UUID) -> bool:
    """Tell whether a person has an identity at a provider."""
    return await where.fetchval(IS_LINKED_SQL, issuer, user_id)
