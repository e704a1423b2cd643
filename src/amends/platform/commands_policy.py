"""Changing the policy: a new version, which cases opened from now on keep, with its line in the audit log.

Of two who change the same version at once, the second is refused: nobody overwrites what they have not seen.
"""

from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from amends.access import audit
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import PlatformScope
from amends.cases.policy import Policy
from amends.db.pool import Connection
from amends.kit.errors import Conflict
from amends.platform.policy_rules import changes, check, fields_of
from amends.platform.queries_policy import PolicyVersion, policy_in_force

INSERT_POLICY_SQL: Final = """
insert into policy_versions (version, policy, created_at, created_by, created_by_name)
values ($1, $2, $3, $4, $5)
"""


async def change_policy(
    connection: Connection, scope: PlatformScope, policy: Policy, *, version: int, now: datetime
) -> PolicyVersion:
    """Put a policy into force, as a new version after `version`, the one it was made from; return what is in force.

    The same policy again makes no version.

    Raises:
        Forbidden: `missing_permission`.
        Unprocessable: see `policy_rules.check`.
        Conflict: `policy_changed`, somebody has changed it since `version`.
    """
    allow(scope, Permission.POLICY_MANAGE)
    policy = check(policy)
    before = await policy_in_force(connection)
    if before.version != version:
        raise _changed(before.version)
    changed = changes(before.policy, policy)
    if not changed:
        return before
    principal = scope.principal
    try:
        async with connection.transaction():
            await connection.execute(
                INSERT_POLICY_SQL,
                version + 1,
                msgspec.to_builtins(fields_of(policy)),
                now,
                principal.id,
                principal.name,
            )
    except asyncpg.UniqueViolationError as problem:
        raise _changed(version + 1) from problem
    await audit.record(
        connection,
        principal=principal,
        action="policy.changed",
        subject=None,
        account_id=None,
        now=now,
        details={"version": version + 1, "changes": _facts(changed)},
    )
    return await policy_in_force(connection)


def _changed(version: int) -> Conflict:
    return Conflict(
        "policy_changed",
        "Somebody has changed the policy in the meantime. Look at the new version, and change that one.",
        details={"version": version},
    )


def _facts(changed: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {
        name: {"from": msgspec.to_builtins(old), "to": msgspec.to_builtins(new)} for name, (old, new) in changed.items()
    }
