"""Idempotency keys: repeating a POST with the same key changes nothing and answers the same bytes.

A key belongs to the caller's owner (account, user or platform; not the token), the method and the path. While the
first request runs it holds an advisory lock of its transaction, which a crash releases; a second one answers 409. The
answer is stored in the command's own transaction: it exists exactly when the change does. Only 2xx, for a day.
"""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Request, Response

from amends.access.permissions import Permission
from amends.access.scopes import Caller, PlatformScope
from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.errors import Conflict, InvalidRequest

KEEP: Final = timedelta(hours=24)
MAX_KEY_BYTES: Final = 255
_JSON: Final = "application/json"

TRY_KEY_LOCK_SQL: Final = """
select pg_try_advisory_xact_lock($1)
"""

WAIT_FOR_KEY_LOCK_SQL: Final = """
select pg_advisory_xact_lock($1)
"""

GET_KEY_SQL: Final = """
select request_hash, status, body
from idempotency_keys
where principal = $1
    and operation = $2
    and key = $3
    and created_at > $4
"""

STORE_KEY_SQL: Final = """
insert into idempotency_keys (principal, operation, key, request_hash, status, body, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (principal, operation, key) do update
set request_hash = excluded.request_hash,
    status = excluded.status,
    body = excluded.body,
    created_at = excluded.created_at
"""

DELETE_OLD_KEYS_SQL: Final = """
delete from idempotency_keys
where created_at <= $1
"""


@dataclass(slots=True)
class Command:
    """A command's transaction, and its stored answer when it has run before."""

    connection: Connection
    replay: Response[Any] | None
    _idempotency: "Idempotency" = field(repr=False)

    async def answer(self, status: int, body: Any = None, *, stored: Any = None) -> Response[Any]:
        """Return the answer, and store it with the change when the request had a key.

        `body` is JSON bytes or anything msgspec can write; `stored` replaces it in replays, without secrets.
        """
        content = _json(body)
        await self._idempotency.store(self.connection, status, content if stored is None else _json(stored))
        return Response(content, status_code=status, media_type=_JSON)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What a request says about being repeated."""

    principal: str
    operation: str
    key: str | None
    request_hash: bytes
    now: datetime

    @asynccontextmanager
    async def guard(self, pool: Pool, *, wait: bool = False) -> AsyncGenerator[Command]:
        """Open the command's transaction and claim the key in it.

        `replay` is set when the same request was answered before; then nothing is to be done but to return it.
        With `wait` a second request waits for the first one, as somebody who pressed a button twice does.

        Raises:
            Conflict: `idempotency_key_in_use`, the first request still runs.
            InvalidRequest: `idempotency_key_reused`, the key came with another body, or another right to read e-mail
                addresses: the stored answer may show one, or lack it.
        """
        async with transaction(pool) as connection:
            replay = None if self.key is None else await self._claim(connection, wait=wait)
            yield Command(connection, replay, self)

    async def _claim(self, connection: Connection, *, wait: bool) -> Response[Any] | None:
        if wait:
            await connection.execute(WAIT_FOR_KEY_LOCK_SQL, self._lock_number())
        elif not await connection.fetchval(TRY_KEY_LOCK_SQL, self._lock_number()):
            raise Conflict(
                "idempotency_key_in_use",
                "A request with this Idempotency-Key is still running. Ask again in a moment.",
                headers={"Retry-After": "1"},
            )
        found = await connection.fetchrow(GET_KEY_SQL, self.principal, self.operation, self.key, self.now - KEEP)
        if found is None:
            return None
        if found["request_hash"] != self.request_hash:
            raise InvalidRequest(
                "idempotency_key_reused",
                "This Idempotency-Key came before with another body, or another right to read e-mail addresses. Use a"
                " new key for a new request.",
                param="Idempotency-Key",
            )
        headers = {"Idempotent-Replayed": "true"}
        return Response(found["body"], status_code=found["status"], media_type=_JSON, headers=headers)

    def _lock_number(self) -> int:
        text = "\x00".join(("idempotency", self.principal, self.operation, self.key or ""))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)

    async def store(self, connection: Connection, status: int, body: bytes) -> None:
        """Keep an answer for replays, where the request had a key."""
        if self.key is None:
            return
        await connection.execute(
            STORE_KEY_SQL, self.principal, self.operation, self.key, self.request_hash, status, body, self.now
        )


def _json(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


async def provide_idempotency(request: Request[Any, Caller, Any]) -> Idempotency:
    """Read a request's Idempotency-Key.

    Raises:
        InvalidRequest: `invalid_idempotency_key`.
    """
    clock: Clock = request.app.state.services.clock
    key = _checked_key(request.headers.get("idempotency-key")) if request.method == "POST" else None
    return Idempotency(
        principal=request.auth.owner,
        operation=f"{request.method} {request.scope['path']}",
        key=key,
        request_hash=b"" if key is None else await _request_hash(request),
        now=clock.now(),
    )


def _checked_key(key: str | None) -> str | None:
    if key is None:
        return None
    if not 0 < len(key.encode("latin-1")) <= MAX_KEY_BYTES or "\x00" in key:
        raise InvalidRequest(
            "invalid_idempotency_key",
            f"Idempotency-Key is 1 to {MAX_KEY_BYTES} bytes.",
            param="Idempotency-Key",
        )
    return key


async def _request_hash(request: Request[Any, Caller, Any]) -> bytes:
    query: bytes = request.scope["query_string"]
    return hashlib.sha256(b"\n".join((_reads_email_of(request.auth), query, await request.body()))).digest()


def _reads_email_of(caller: Caller) -> bytes:
    """Say where the caller sees e-mail addresses: keys of one account differ in that and share their answers."""
    scopes = (*caller.merchants, *((caller.platform,) if caller.platform else ()))
    readable = (scope for scope in scopes if Permission.MEMBER_EMAIL_READ in scope.permissions)
    return ",".join(
        "platform" if isinstance(scope, PlatformScope) else scope.account_pid for scope in readable
    ).encode()


async def delete_old_keys(connection: Connection, *, now: datetime) -> None:
    """Forget answers older than a day."""
    await connection.execute(DELETE_OLD_KEYS_SQL, now - KEEP)
