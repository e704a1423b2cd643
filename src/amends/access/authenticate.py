"""From a bearer token to a `Caller`: API keys and user tokens, remembered for a few seconds.

What was found is kept in the process under the token's hash, so that a request costs no round trip; a revoked key or a
changed role therefore takes effect within `credential_memory_s`. Wrong tokens are never remembered; they count against
a limit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from asyncpg import Record
from litestar import Request

from amends.access._proof import SEAL
from amends.access.commands import TOKEN_PREFIX, TOUCH_KEY_SQL
from amends.access.guesses import count_failed_token
from amends.access.permissions import (
    ACCOUNT_PERMISSIONS,
    ALL_PERMISSIONS,
    ROLE_PERMISSIONS,
    STAFF_PERMISSIONS,
    Permission,
    Role,
    StaffRole,
)
from amends.access.queries import find_key, find_user
from amends.access.scopes import Caller, CustomerScope, MerchantScope, PlatformScope, Principal
from amends.access.tokens import MAX_TOKEN_BYTES, TokenVerifier, invalid_token, looks_like_jwt
from amends.db.pool import Pool
from amends.kit.clock import Clock, epoch_ms
from amends.kit.errors import Unauthorized
from amends.settings import TokenIssuer

_MAX_REMEMBERED: Final = 10_000
_TOUCH_EVERY: Final = timedelta(minutes=1)
_CHALLENGE: Final = 'Bearer realm="amends"'


class _Found(NamedTuple):
    caller: Caller
    until_ms: int


class Authenticator:
    """Recognises callers for one process."""

    def __init__(self, pool: Pool, clock: Clock, issuers: Sequence[TokenIssuer], *, memory_s: int) -> None:
        self._pool = pool
        self._memory_ms = memory_s * 1000
        self._verifier = TokenVerifier(issuers, clock)
        self._remembered: dict[bytes, _Found] = {}

    async def authenticate(self, header: bytes | None, address: str, now: datetime) -> Caller:
        """Return who sent this Authorization header from this address.

        Raises:
            Unauthorized: no token, or a wrong one; it says how to authenticate.
            RateLimited: too many wrong ones.
        """
        token = _bearer(header)
        digest = sha256(token).digest()
        now_ms = epoch_ms(now)
        found = self._remembered.get(digest)
        if found is not None and now_ms < found.until_ms:
            return found.caller
        try:
            caller, expires_ms = await self._recognise(token.decode("ascii", "replace"), digest, now)
        except Unauthorized as refusal:
            self._remembered.pop(digest, None)
            await count_failed_token(self._pool, address=address, now=now)
            raise _challenged(refusal) from refusal
        self._remember(digest, _Found(caller, min(now_ms + self._memory_ms, expires_ms)))
        return caller

    def _remember(self, digest: bytes, found: _Found) -> None:
        self._remembered.pop(digest, None)
        if len(self._remembered) >= _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = found

    async def _recognise(self, token: str, digest: bytes, now: datetime) -> tuple[Caller, int]:
        if token.startswith(TOKEN_PREFIX):
            return await self._recognise_key(digest, now)
        if looks_like_jwt(token):
            return await self._recognise_user(token)
        raise invalid_token(f"It is neither an API key, which begins with {TOKEN_PREFIX}, nor a user token.")

    async def _recognise_key(self, digest: bytes, now: datetime) -> tuple[Caller, int]:
        row = await find_key(self._pool, digest)
        if row is None:
            raise invalid_token("No such API key, or it was revoked.")
        if row["expires_at"] is not None and row["expires_at"] <= now:
            raise Unauthorized("token_expired", "The API key has expired. Make a new one.")
        if row["last_used_at"] is None or row["last_used_at"] <= now - _TOUCH_EVERY:
            await self._pool.execute(TOUCH_KEY_SQL, row["id"], now, now - _TOUCH_EVERY + timedelta(milliseconds=1))
        return key_caller(row), _FOREVER if row["expires_at"] is None else epoch_ms(row["expires_at"])

    async def _recognise_user(self, token: str) -> tuple[Caller, int]:
        verified = await self._verifier.verify(token)
        found = await find_user(self._pool, verified.subject)
        if found is None:
            raise Unauthorized(
                "unknown_user", "The token is valid, but its subject is not a user here. Create the user first."
            )
        return user_caller(*found), verified.expires_ms


_FOREVER: Final = 2**62


def _bearer(header: bytes | None) -> bytes:
    scheme, _, token = (header or b"").partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        raise _challenged(
            Unauthorized("authentication_required", "Send an API key or a user's token: Authorization: Bearer <token>.")
        )
    if len(token) > MAX_TOKEN_BYTES:
        raise _challenged(invalid_token("It is longer than any token of yours can be."))
    return token


def _challenged(refusal: Unauthorized) -> Unauthorized:
    error = "" if refusal.code == "authentication_required" else ', error="invalid_token"'
    refusal.headers["WWW-Authenticate"] = _CHALLENGE + error
    return refusal


def key_caller(row: Record) -> Caller:
    """Make the caller of an API key from its row; an account's key never gets what only the platform may."""
    principal = Principal(kind="api_key", id=row["pid"], name=row["name"])
    granted = frozenset(Permission(word) for word in row["scopes"] if word in _WORDS)
    if row["account_id"] is None:
        platform = PlatformScope(seal=SEAL, principal=principal, permissions=granted, role=None)
        return Caller(seal=SEAL, principal=principal, platform=platform)
    merchant = MerchantScope(
        seal=SEAL,
        account_id=row["account_id"],
        account_pid=row["account_pid"],
        principal=principal,
        permissions=granted & ACCOUNT_PERMISSIONS,
        role=None,
        refund_limits=None,
    )
    return Caller(seal=SEAL, principal=principal, merchants=(merchant,))


_WORDS: Final = frozenset(permission.value for permission in ALL_PERMISSIONS)


Row = Record | Mapping[str, Any]


def user_caller(user: Row, teams: Sequence[Row]) -> Caller:
    """Make the caller of a user: a customer always, and whatever teams and staff the user belongs to."""
    principal = Principal(kind="user", id=user["pid"], name=user["name"])
    customer = CustomerScope(
        seal=SEAL,
        user_id=user["id"],
        user_pid=user["pid"],
        principal=principal,
        account_ids=tuple(user["account_ids"]),
    )
    return Caller(
        seal=SEAL,
        principal=principal,
        customer=customer,
        merchants=tuple(_team_scope(user, team, principal) for team in teams),
        platform=_staff_scope(user, principal),
    )


def _team_scope(user: Row, team: Row, principal: Principal) -> MerchantScope:
    role = Role(team["role"])
    return MerchantScope(
        seal=SEAL,
        account_id=team["account_id"],
        account_pid=team["account_pid"],
        principal=principal,
        permissions=ROLE_PERMISSIONS[role],
        role=role,
        refund_limits=_limits(team["support_limits"]) if role is Role.SUPPORT else None,
        user_id=user["id"],
    )


def _staff_scope(user: Row, principal: Principal) -> PlatformScope | None:
    if user["staff_role"] is None:
        return None
    role = StaffRole(user["staff_role"])
    return PlatformScope(
        seal=SEAL, principal=principal, permissions=STAFF_PERMISSIONS[role], role=role, user_id=user["id"]
    )


def _limits(stored: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType({currency.lower(): int(limit) for currency, limit in stored.items()})


async def provide_caller(request: Request[Any, Caller, Any]) -> Caller:
    """Give a handler its caller."""
    return request.auth
