"""What a page knows about the person who is signed in: who, on which teams, and how they like it. Types only."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from amends.access.permissions import Role, StaffRole


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """How a person likes the pages; None: as the browser and the account say."""

    locale: str | None = None
    time_zone: str | None = None
    theme: Literal["light", "dark"] | None = None
    density: Literal["comfortable", "compact"] | None = None
    columns: tuple[str, ...] | None = None
    """The columns of the table of cases, in order."""


class TeamPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in an account's team."""

    account_id: int
    account_pid: str
    title: str
    currency: str
    time_zone: str
    role: Role


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which a person is signed in."""

    id: UUID
    user_id: UUID
    user_pid: str
    name: str | None
    email: str | None
    teams: tuple[TeamPlace, ...]
    staff_role: StaffRole | None
    preferences: Preferences
    totp_enabled: bool
    created_at: datetime
