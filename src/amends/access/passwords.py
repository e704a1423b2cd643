"""Passwords of staff, stored as Argon2id (RFC 9106, the library's own parameters).

Hashing runs in two threads of its own: each takes 64 MiB, and the loop must not wait. Without a stored hash to compare
with, a made-up one is compared, so that the time tells nobody who has a password here.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Final, TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from amends.access.people import Person
from amends.db.pool import Connection, Pool
from amends.kit.errors import Unprocessable

T = TypeVar("T")

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1000
"""Longer ones are refused: hashing takes time with the length."""

STORE_HASH_SQL: Final = """
insert into passwords (user_id, argon2, updated_at)
values ($1, $2, $3)
on conflict (user_id) do update
set argon2 = excluded.argon2,
    updated_at = excluded.updated_at
"""

REHASH_SQL: Final = """
update passwords
set argon2 = $3
where user_id = $1
    and argon2 = $2
"""

_hasher: Final = PasswordHasher()
_threads: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


async def set_password(connection: Connection, user_id: UUID, password: str, *, now: datetime) -> None:
    """Give a user a new password, of at least `MIN_LENGTH` characters."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ValueError(f"a password has at least {MIN_LENGTH} characters")
    hashed = await _in_thread(lambda: _hasher.hash(password))
    await connection.execute(STORE_HASH_SQL, user_id, hashed, now)


async def is_right(password: str, stored: str | None) -> bool:
    """Compare a password with a stored hash; None: with a made-up one, which takes as long and is never right."""
    if len(password) > MAX_LENGTH:
        return False
    return await _in_thread(lambda: _compare(password, stored))


def _compare(password: str, stored: str | None) -> bool:
    try:
        return _hasher.verify(stored or _made_up(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _made_up() -> str:
    return _hasher.hash("nobody's")


async def refresh_hash(where: Pool | Connection, user_id: UUID, password: str, stored: str) -> None:
    """Store a password that was right anew if it was hashed with other parameters than ours of today."""
    if _hasher.check_needs_rehash(stored):
        hashed = await _in_thread(lambda: _hasher.hash(password))
        await where.execute(REHASH_SQL, user_id, stored, hashed)


def check_new_password(password: str, person: Person | None = None) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        Unprocessable: `password_too_short`, `password_too_long` or `password_is_known`; `param` is `password`.
    """
    if len(password) < MIN_LENGTH:
        raise Unprocessable(
            "password_too_short", f"Choose at least {MIN_LENGTH} characters. A few words in a row do well.",
            param="password",
        )  # fmt: skip
    if len(password) > MAX_LENGTH:
        raise Unprocessable("password_too_long", f"Choose at most {MAX_LENGTH} characters.", param="password")
    own = {word.casefold() for word in (person.name, person.email) if word} if person else set[str]()
    if password.casefold() in own or len(set(password)) < 5:
        raise Unprocessable(
            "password_is_known", "This is one of the first that somebody would try. Choose another.", param="password"
        )
