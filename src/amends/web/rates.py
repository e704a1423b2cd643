"""The rate limit: requests of one credential for one operation in a minute of the clock.

Counted in this process alone: the limit of the installation is divided by the number of its processes. The counters of
a minute are dropped with it.
"""

from typing import NamedTuple

from amends.kit.errors import RateLimited

_MINUTE_MS = 60_000


class Allowance(NamedTuple):
    """What is left of a minute, for the `RateLimit-*` headers."""

    limit: int
    remaining: int
    reset_s: int


class RateLimit:
    """Counts requests."""

    def __init__(self, per_minute: int, processes: int) -> None:
        self._limit = max(1, per_minute // max(1, processes))
        self._minute = -1
        self._counts: dict[tuple[str, str], int] = {}

    def spend(self, operation: str, credential: str, now_ms: int) -> Allowance:
        """Count one request; `remaining` is negative when it is one too many."""
        minute, into_ms = divmod(now_ms, _MINUTE_MS)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        key = (operation, credential)
        made = self._counts.get(key, 0) + 1
        self._counts[key] = made
        return Allowance(self._limit, self._limit - made, (_MINUTE_MS - into_ms + 999) // 1000)


def over_limit(allowance: Allowance) -> RateLimited:
    """Make the refusal of a request too many."""
    return RateLimited(
        "rate_limited",
        f"More than {allowance.limit} requests a minute for this operation. Try again in {allowance.reset_s} s.",
        headers={"Retry-After": str(allowance.reset_s)},
    )
