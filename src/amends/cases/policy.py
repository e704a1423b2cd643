"""The platform's policy: every number of PRODUCT.md section 1, with its default.

A case keeps the version that was in force at its opening, so a policy is always handed in, never looked up here.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from amends.kit.calendar import add_business_days


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that the platform may change without a restart; a missing key has its default."""

    merchant_days: int = 7
    customer_days: int = 7
    appeal_days: int = 14
    negotiation_days: int = 30
    offer_days: int = 7
    offer_min_days: int = 1
    offer_max_days: int = 14
    review_business_days: int = 2
    resume_min_hours: int = 24
    auto_accept_max_hours: int = 48
    info_requests_max: int = 3  # per case
    offers_max: int = 3  # per side
    comments_max: int = 10  # per side
    message_max_chars: int = 10_000
    files_max: int = 3  # per action
    file_max_bytes: int = 10 * 1024 * 1024
    video_max_bytes: int = 100 * 1024 * 1024
    eligibility_days: int = 120
    time_zone: str = "UTC"
    holidays: tuple[date, ...] = ()

    def review_due(self, now: datetime) -> datetime:
        """Find the review target that starts at `now`."""
        return add_business_days(
            now, self.review_business_days, zone=_zone(self.time_zone), holidays=frozenset(self.holidays)
        )

    @property
    def resume_min(self) -> timedelta:
        return timedelta(hours=self.resume_min_hours)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


DEFAULT_POLICY = Policy()
