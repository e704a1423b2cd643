"""The verbs on API keys. A key is shown once, stored as a hash, and can never grant what its maker lacks."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.access import audit
from amends.access.permissions import PLATFORM_ONLY, Permission
from amends.access.scopes import MerchantScope, PlatformScope, Principal
from amends.db.pool import Connection
from amends.kit.errors import Forbidden, Unprocessable
from amends.kit.ids import Prefix, base58, public_id, uuid7

TOKEN_PREFIX: Final = "amends_"  # noqa: S105
_TOKEN_BYTES: Final = 32

INSERT_KEY_SQL: Final = """
insert into api_keys (id, pid, account_id, name, scopes, token_hash, token_hint, created_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

REVOKE_KEY_SQL: Final = """
update api_keys
set revoked_at = coalesce(revoked_at, $2)
where id = $1
returning pid, account_id, revoked_at = $2 as changed
"""

TOUCH_KEY_SQL: Final = """
update api_keys
set last_used_at = $2
where id = $1
    and (last_used_at is null or last_used_at < $3)
"""


class NewKey(msgspec.Struct, frozen=True):
    """A key just made, with the only copy of its token."""

    id: UUID
    pid: str
    token: str


def hash_token(token: str) -> bytes:
    """Return what is stored of a token. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def make_token() -> str:
    """Make a token."""
    return TOKEN_PREFIX + base58(int.from_bytes(secrets.token_bytes(_TOKEN_BYTES), "big"))


async def create_api_key(
    connection: Connection,
    *,
    scope: MerchantScope | PlatformScope,
    account_id: int | None,
    name: str,
    scopes: Sequence[Permission],
    expires_at: datetime | None,
    now: datetime,
) -> NewKey:
    """Make a key for an account, or for the platform where `account_id` is None.

    Raises:
        Forbidden: `scope_not_held`, the maker lacks one of the scopes.
        Unprocessable: `platform_only_scope` or `expires_in_the_past`.
    """
    _check_scopes(scopes, scope.permissions, for_account=account_id is not None)
    if expires_at is not None and expires_at <= now:
        raise Unprocessable("expires_in_the_past", "`expires_at` lies in the future.", param="expires_at")
    return await issue_api_key(
        connection,
        principal=scope.principal,
        account_id=account_id,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        now=now,
    )


async def issue_api_key(
    connection: Connection,
    *,
    principal: Principal,
    account_id: int | None,
    name: str,
    scopes: Sequence[Permission],
    expires_at: datetime | None,
    now: datetime,
) -> NewKey:
    """Write a key and its audit line: for `create_api_key`, and for the operator at the command line."""
    row_id, token = uuid7(now), make_token()
    pid = public_id(Prefix.KEY, row_id)
    granted = sorted({permission.value for permission in scopes})
    await connection.execute(
        INSERT_KEY_SQL,
        row_id,
        pid,
        account_id,
        name,
        granted,
        hash_token(token),
        token[-4:],
        principal.id,
        now,
        expires_at,
    )
    await audit.record(
        connection,
        principal=principal,
        action="api_key.created",
        subject=pid,
        account_id=account_id,
        details={"name": name, "scopes": granted},
        now=now,
    )
    return NewKey(row_id, pid, token)


def _check_scopes(scopes: Sequence[Permission], held: frozenset[Permission], *, for_account: bool) -> None:
    wrong = sorted(PLATFORM_ONLY.intersection(scopes)) if for_account else []
    if wrong:
        raise Unprocessable(
            "platform_only_scope",
            f"An account's key cannot have {', '.join(f'`{scope}`' for scope in wrong)}.",
            param="scopes",
            details={"scopes": wrong},
        )
    lacking = sorted(set(scopes) - held)
    if lacking:
        raise Forbidden(
            "scope_not_held",
            f"You cannot grant what you do not have: {', '.join(f'`{scope}`' for scope in lacking)}.",
            param="scopes",
            details={"scopes": lacking},
        )


async def revoke_api_key(connection: Connection, *, key_id: UUID, principal: Principal, now: datetime) -> None:
    """Revoke a key for good; doing it again changes nothing. It stops working within five seconds."""
    row = await connection.fetchrow(REVOKE_KEY_SQL, key_id, now)
    if row is None or not row["changed"]:
        return
    await audit.record(
        connection,
        principal=principal,
        action="api_key.revoked",
        subject=row["pid"],
        account_id=row["account_id"],
        now=now,
    )
