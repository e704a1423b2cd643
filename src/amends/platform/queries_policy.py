"""The versions of the policy. SQL and nothing else; read anew each time, so that a change counts in every process."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from asyncpg import Record

from amends.cases.policy import Policy
from amends.cases.rows import read_policy
from amends.db.pool import Connection, Pool

VERSIONS_SQL: Final = """
select version, policy::text as policy, created_at, created_by, created_by_name
from policy_versions
order by version desc
limit $1
"""


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, and who put it into force when."""

    version: int
    policy: Policy
    created_at: datetime
    created_by: str
    created_by_name: str | None


async def policy_versions(where: Pool | Connection, *, limit: int) -> Sequence[PolicyVersion]:
    """Return the versions of the policy, the one in force first."""
    return [_version(row) for row in await where.fetch(VERSIONS_SQL, limit)]


async def policy_in_force(where: Pool | Connection) -> PolicyVersion:
    """Return the policy in force."""
    return (await policy_versions(where, limit=1))[0]


def _version(row: Record) -> PolicyVersion:
    return PolicyVersion(
        version=row["version"],
        policy=read_policy(row["policy"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        created_by_name=row["created_by_name"],
    )
