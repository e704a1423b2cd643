"""Connections to PostgreSQL: how a pool is made and what a session of ours looks like.

Every session speaks UTC, gives up on a statement after 30 seconds, and turns `json` and `jsonb` into Python values
with msgspec. A statement that builds a response casts its JSON to text, so that the bytes pass through unread.
Sessions keep no state between requests: nothing is set, listened to or locked outside a transaction, which is why a
connection goes back to the pool without a round trip.
"""

from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:  # the classes of asyncpg cannot be subscripted at run time
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection | PoolConnectionProxy

STATEMENT_TIMEOUT_S: Final = 30
JSONB_VERSION: Final = b"\x01"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def _encode_jsonb(value: Any) -> bytes:
    return JSONB_VERSION + _encode(value)


def _decode_jsonb(data: bytes) -> Any:
    return _decode(memoryview(data)[1:])


async def prepare_session(connection: Connection) -> None:
    """Teach a new connection our types. `msgspec.Raw` passes as JSON that is written already."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
    )
    await connection.set_type_codec("json", schema="pg_catalog", encoder=_encode, decoder=_decode, format="binary")


async def _keep_session(_connection: Connection) -> None:
    """Hand a connection back as it is: there is no session state to reset."""


def session_settings(application: str, statement_timeout_s: int = STATEMENT_TIMEOUT_S) -> dict[str, str]:
    """Return the settings of each session, sent when it connects."""
    return {
        "application_name": application,
        "timezone": "UTC",
        "jit": "off",
        "statement_timeout": str(statement_timeout_s * 1000),
        "idle_in_transaction_session_timeout": "60000",
    }


def create_pool(
    url: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    application: str = "amends",
    statement_timeout_s: int = STATEMENT_TIMEOUT_S,
) -> Pool:
    """Return a pool of sessions on the database at the URL: await it, or open it with `async with`."""
    return asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=prepare_session,
        reset=_keep_session,
        server_settings=session_settings(application, statement_timeout_s),
    )


async def connect(
    url: str, *, application: str = "amends", statement_timeout_s: int = STATEMENT_TIMEOUT_S
) -> Connection:
    """Open a single session like those of the pool; the caller closes it."""
    connection: Connection = await asyncpg.connect(
        url, server_settings=session_settings(application, statement_timeout_s)
    )
    await prepare_session(connection)
    return connection
