"""What a page knows about the person who is signed in: who, on which teams, and how they like it. Types and numbers.

A session ends after `IDLE` without a request, and after `LONGEST` in any case. Most open everything that is the
person's; how far the others reach says `Reach`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

from amends.access.permissions import Role, StaffRole

COOKIE: Final = "amends_session"
IDLE: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=90)
TOUCH_EVERY: Final = timedelta(minutes=1)

Theme = Literal["light", "dark"]
Density = Literal["comfortable", "compact"]


class TeamPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in an account's team."""

    account_id: int
    account_pid: str
    title: str
    currency: str
    time_zone: str
    role: Role


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How a person likes the pages; None: as the browser and the account say."""

    locale: str | None = None
    told_locale: str | None = None
    """What the host platform said when it last asked for a sign-in link."""
    seen_locale: str | None = None
    """What the person last read pages in, for who has chosen nothing."""
    time_zone: str | None = None
    seen_time_zone: str | None = None
    """Where the person's browser last was."""
    theme: Theme | None = None
    density: Density | None = None
    columns: tuple[str, ...] | None = None
    """The columns of the table of cases, in order."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far a session reaches; as it stands: to everything that is the person's."""

    only_case: str | None = None
    """A case's public id: that case and nothing else."""
    embedded: bool = False
    """In a frame of the platform's site: the person as a customer and nothing else."""
    until: datetime | None = None
    """When it ends at the latest; None: after `LONGEST`."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which a person is signed in."""

    id: UUID
    user_id: UUID
    user_pid: str
    name: str | None
    email: str | None
    teams: tuple[TeamPlace, ...]
    """By title."""
    staff_role: StaffRole | None
    preferences: Preferences
    totp_enabled: bool
    created_at: datetime
    only_case: str | None = None
    """A case's public id: this session opens that case and nothing else."""
    embedded: bool = False
    """In a frame of the platform's site: the customer's pages and nothing else."""


def read_preferences(stored: Mapping[str, Any]) -> Preferences:
    """Read what is stored; what this version does not understand counts as not chosen."""
    columns = stored.get("columns")
    return Preferences(
        locale=_text(stored.get("locale")),
        told_locale=_text(stored.get("told_locale")),
        seen_locale=_text(stored.get("seen_locale")),
        time_zone=_text(stored.get("time_zone")),
        seen_time_zone=_text(stored.get("seen_time_zone")),
        theme=_word(stored.get("theme"), get_args(Theme)),
        density=_word(stored.get("density"), get_args(Density)),
        columns=tuple(map(str, columns)) if isinstance(columns, list) else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _word(value: Any, words: tuple[Any, ...]) -> Any:
    return value if value in words else None
