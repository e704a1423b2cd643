"""Passwords of staff, stored as Argon2id (RFC 9106, the library's own parameters)."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher

from amends.db.pool import Connection

MIN_LENGTH: Final = 12

STORE_HASH_SQL: Final = """
insert into passwords (user_id, argon2, updated_at)
values ($1, $2, $3)
on conflict (user_id) do update
set argon2 = excluded.argon2,
    updated_at = excluded.updated_at
"""

_hasher: Final = PasswordHasher()


async def set_password(connection: Connection, user_id: UUID, password: str, *, now: datetime) -> None:
    """Give a user a new password, of at least `MIN_LENGTH` characters."""
    if len(password) < MIN_LENGTH:
        raise ValueError(f"a password has at least {MIN_LENGTH} characters")
    hashed = await asyncio.to_thread(_hasher.hash, password)
    await connection.execute(STORE_HASH_SQL, user_id, hashed, now)
