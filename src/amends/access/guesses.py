"""Exact limits against guessing, counted in the database, so that they hold over all processes and restarts.

A window is a whole minute. The limit never refuses a credential that is right: a neighbour behind the same address who
sends bad tokens must not lock others out, and nobody guesses 256 bits.
"""

from datetime import datetime, timedelta
from typing import Final

from amends.db.pool import Connection, Pool
from amends.kit.clock import epoch_ms
from amends.kit.errors import RateLimited

TOKENS_PER_WINDOW: Final = 100
WINDOW: Final = timedelta(minutes=1)
_KEEP: Final = timedelta(hours=1)

COUNT_GUESS_SQL: Final = """
insert into guesses (bucket, window_start, n)
values ($1, $2, 1)
on conflict (bucket, window_start) do update
set n = guesses.n + excluded.n
returning n
"""

DELETE_OLD_GUESSES_SQL: Final = """
delete from guesses
where window_start < $1
"""


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


async def delete_old_guesses(connection: Connection, *, now: datetime) -> None:
    """Forget windows that are long over."""
    await connection.execute(DELETE_OLD_GUESSES_SQL, now - _KEEP)
