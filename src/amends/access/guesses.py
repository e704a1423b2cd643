"""Exact limits against guessing, counted in the database, so that they hold over all processes and restarts.

Tokens: wrong ones are counted for a minute, and a right one is never refused: a neighbour behind the same address who
sends bad tokens must not lock others out, and nobody guesses 256 bits. Passwords and codes can be guessed: there each
try is counted before it is looked at and given back when it was right, so that no two at once get past the limit.
Whoever is signed in stays so.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from amends.db.pool import Connection, Pool
from amends.kit.clock import EPOCH, epoch_ms
from amends.kit.errors import RateLimited

TOKENS_PER_WINDOW: Final = 100
WINDOW: Final = timedelta(minutes=1)
_KEEP: Final = timedelta(days=2)
"""Longer than the longest window."""


class Limit(NamedTuple):
    """How often something may be guessed wrong within a window, which begins at a full multiple of it."""

    word: str
    tries: int
    window: timedelta


PASSWORDS_OF_ADDRESS: Final = Limit("password", 10, timedelta(minutes=15))
"""Wrong passwords for one e-mail address, wherever they come from."""
PASSWORDS_FROM_IP: Final = Limit("password-from", 100, timedelta(minutes=15))
"""Wrong passwords from one IP address, whomever they are for."""
CODES_OF_USER: Final = Limit("code", 5, timedelta(minutes=15))
"""Wrong second-step codes of one person."""

COUNT_GUESS_SQL: Final = """
insert into guesses (bucket, window_start, n)
values ($1, $2, 1)
on conflict (bucket, window_start) do update
set n = guesses.n + excluded.n
returning n
"""

GIVE_BACK_GUESS_SQL: Final = """
update guesses
set n = n - 1
where bucket = $1
    and window_start = $2
    and n > 0
"""

DELETE_OLD_GUESSES_SQL: Final = """
delete from guesses
where window_start < $1
"""


def whose(email: str) -> str:
    """Return the same for every spelling of an e-mail address that PostgreSQL's `lower` takes for one.

    To `lower` a capital I with a dot is an i. Folding it in Python leaves the dot: whoever writes it had more tries.
    """
    return email.replace("\u0130", "i").casefold()


def window_start(now: datetime) -> datetime:
    """Return the beginning of the window that `now` is in."""
    return now.replace(second=0, microsecond=0)


async def count_failed_token(pool: Pool, *, address: str, now: datetime) -> None:
    """Count one token that was wrong against the address that sent it.

    Raises:
        RateLimited: `too_many_failures`, from the first one over the limit to the window's end.
    """
    start = window_start(now)
    made = await pool.fetchval(COUNT_GUESS_SQL, f"token:{address}", start)
    if made > TOKENS_PER_WINDOW:
        left_s = max(1, (epoch_ms(start + WINDOW) - epoch_ms(now) + 999) // 1000)
        raise RateLimited(
            "too_many_failures",
            f"Too many wrong tokens from your address. Check the token, then try again in {left_s} s.",
            headers={"Retry-After": str(left_s)},
        )


class Guess(NamedTuple):
    """A try that was counted."""

    bucket: str
    window_start: datetime


async def count_guess(where: Pool | Connection, limit: Limit, whom: str, now: datetime) -> Guess:
    """Count a try before it is looked at; `whom` is not stored as it is.

    Raises:
        RateLimited: `too_many_tries`, it must not be looked at.
    """
    start = now - (now - EPOCH) % limit.window
    guess = Guess(f"{limit.word}:{hashlib.sha256(whom.encode('utf-8', 'replace')).hexdigest()}", start)
    if await where.fetchval(COUNT_GUESS_SQL, *guess) > limit.tries:
        left_s = (epoch_ms(start + limit.window) - epoch_ms(now) + 999) // 1000
        raise RateLimited(
            "too_many_tries",
            f"Too many wrong tries. Try again in {-(-left_s // 60)} min.",
            headers={"Retry-After": str(left_s)},
        )
    return guess


async def give_back(where: Pool | Connection, guesses: Iterable[Guess]) -> None:
    """Take tries back that were right."""
    await where.executemany(GIVE_BACK_GUESS_SQL, list(guesses))


async def delete_old_guesses(connection: Connection, *, now: datetime) -> None:
    """Forget windows that are long over."""
    await connection.execute(DELETE_OLD_GUESSES_SQL, now - _KEEP)
