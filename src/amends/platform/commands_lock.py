"""The platform's lock on an account's auto-respond: why it was set stands beside it, for the merchant to read."""

from datetime import datetime
from typing import Final

from amends.access import audit
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import PlatformScope
from amends.db.pool import Connection
from amends.kit.errors import Conflict

LOCK_SQL: Final = """
update accounts
set auto_respond_locked = true,
    auto_respond_lock_reason = $2,
    updated_at = $3
where id = $1
    and not auto_respond_locked
"""
UNLOCK_SQL: Final = """
update accounts
set auto_respond_locked = false,
    auto_respond_lock_reason = null,
    updated_at = $2
where id = $1
    and auto_respond_locked
"""


async def lock_auto_respond(
    connection: Connection, scope: PlatformScope, account_id: int, account_pid: str, *, reason: str, now: datetime
) -> None:
    """Stop an account's rules from answering cases by themselves.

    Raises:
        Forbidden: `missing_permission`.
        Conflict: `already_locked`.
    """
    allow(scope, Permission.POLICY_MANAGE)
    if await connection.execute(LOCK_SQL, account_id, reason, now) == "UPDATE 0":
        raise Conflict("already_locked", "Auto-respond is locked for this account already.")
    await _record(connection, scope, "account.auto_respond_locked", account_id, account_pid, now, reason)


async def unlock_auto_respond(
    connection: Connection, scope: PlatformScope, account_id: int, account_pid: str, *, now: datetime
) -> None:
    """Let an account's rules answer cases by themselves again.

    Raises:
        Forbidden: `missing_permission`.
        Conflict: `not_locked`.
    """
    allow(scope, Permission.POLICY_MANAGE)
    if await connection.execute(UNLOCK_SQL, account_id, now) == "UPDATE 0":
        raise Conflict("not_locked", "Auto-respond is not locked for this account.")
    await _record(connection, scope, "account.auto_respond_unlocked", account_id, account_pid, now, None)


async def _record(
    connection: Connection,
    scope: PlatformScope,
    action: str,
    account_id: int,
    account_pid: str,
    now: datetime,
    reason: str | None,
) -> None:
    await audit.record(
        connection,
        principal=scope.principal,
        action=action,
        subject=account_pid,
        account_id=account_id,
        now=now,
        details={} if reason is None else {"reason": reason},
    )
