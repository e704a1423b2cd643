"""What a person chooses for themselves, and how they were last seen to read.

Each change replaces its own key; keys of other versions stay.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict, Unpack
from uuid import UUID

from amends.access.sessions import Density, Theme
from amends.db.pool import Connection, Pool

SET_PREFERENCES_SQL: Final = """
insert into user_preferences (user_id, preferences, updated_at)
values ($1, $2, $3)
on conflict (user_id) do update
set preferences = user_preferences.preferences || excluded.preferences,
    updated_at = excluded.updated_at
where user_preferences.preferences || excluded.preferences <> user_preferences.preferences
"""


class Changes(TypedDict, total=False):
    """What is changed; None: as if never chosen."""

    locale: str | None
    told_locale: str | None
    seen_locale: str | None
    seen_time_zone: str | None
    time_zone: str | None
    theme: Theme | None
    density: Density | None
    columns: Sequence[str] | None


async def set_preferences(
    connection: Connection | Pool, user_id: UUID, *, now: datetime, **changes: Unpack[Changes]
) -> None:
    """Change some of a person's preferences; nothing is written where they are so already."""
    await connection.execute(SET_PREFERENCES_SQL, user_id, dict(changes), now)
