"""Credentials for tests: API keys through the command, user tokens of an issuer that the test's settings know."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from amends.access.commands import issue_api_key
from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS, Permission
from amends.access.scopes import system_scope
from amends.db.pool import Connection, Pool
from amends.people.rows import AccountRow, UserRow
from amends.settings import TokenIssuer
from tests.builders import NOW

_SIGNING_KEY = ec.generate_private_key(ec.SECP256R1())
_KID = "test-1"

ISSUER = TokenIssuer(
    issuer="https://platform.test",
    audience="amends",
    jwks={"keys": [{**ECAlgorithm.to_jwk(_SIGNING_KEY.public_key(), as_dict=True), "kid": _KID, "use": "sig"}]},
)
"""Goes into `Settings.token_issuers` of a server under test."""

_ADD_TO_TEAM_SQL = """
insert into team_members (account_id, user_id, role, created_at)
values ($1, $2, $3, $4)
on conflict (account_id, user_id) do update
set role = excluded.role
"""

_ADD_TO_STAFF_SQL = """
insert into platform_staff (user_id, role, created_at)
values ($1, $2, $3)
on conflict (user_id) do update
set role = excluded.role
"""


async def make_api_key(
    where: Pool | Connection,
    account: AccountRow | None = None,
    *,
    scopes: Iterable[Permission | str] | None = None,
    name: str = "test",
    expires_at: datetime | None = None,
    now: datetime = NOW,
) -> str:
    """Make a key of an account, platform-wide without one, and return its token. No `scopes`: every one it can have."""
    if isinstance(where, asyncpg.Pool):
        async with where.acquire() as connection, connection.transaction():
            return await make_api_key(connection, account, scopes=scopes, name=name, expires_at=expires_at, now=now)
    every = ALL_PERMISSIONS if account is None else ACCOUNT_PERMISSIONS
    key = await issue_api_key(
        where,
        principal=system_scope().principal,
        account_id=account.id if account else None,
        name=name,
        scopes=[Permission(scope) for scope in (every if scopes is None else scopes)],
        expires_at=expires_at,
        now=now,
    )
    return key.token


def make_user_token(
    user: UserRow | str,
    *,
    now: datetime = NOW,
    lifetime: timedelta = timedelta(hours=12),
    claims: Mapping[str, Any] | None = None,
) -> str:
    """Return a token of `ISSUER` for a user, or for any subject; `claims` replace, None takes one away."""
    every: dict[str, Any] = {
        "iss": ISSUER.issuer,
        "aud": ISSUER.audience,
        "sub": user if isinstance(user, str) else user.external_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        **(claims or {}),
    }
    kept = {name: value for name, value in every.items() if value is not None}
    return jwt.encode(kept, _SIGNING_KEY, algorithm="ES256", headers={"kid": _KID})


async def make_team_member(where: Pool | Connection, account: AccountRow, user: UserRow, role: str) -> None:
    """Put a user on an account's team: viewer, support, admin, owner."""
    await where.execute(_ADD_TO_TEAM_SQL, account.id, user.id, role, NOW)


async def make_staff(where: Pool | Connection, user: UserRow, role: str) -> None:
    """Put a user on the platform's staff: reviewer, admin."""
    await where.execute(_ADD_TO_STAFF_SQL, user.id, role, NOW)


def bearer(token: str) -> dict[str, str]:
    """Return the header that a token goes in."""
    return {"Authorization": f"Bearer {token}"}
