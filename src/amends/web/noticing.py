"""How a person who is signed in was last seen to read: written down where it is news, so that mails read the same.

What somebody chose themselves is never overwritten, nor looked at here. A page that could not write this down is shown
all the same: the next one will.
"""

from asyncio import timeout
from datetime import datetime
from typing import Final

import structlog
from asyncpg import InterfaceError, PostgresError

from amends.access.commands_preferences import Changes, set_preferences
from amends.access.sessions import Preferences, Session
from amends.db.pool import Pool
from amends.web.readers import Seen

WAIT_S: Final = 1.0
"""How long a page waits for it at most."""
_log = structlog.stdlib.get_logger(__name__)


def news_of(preferences: Preferences, seen: Seen) -> Changes:
    """Return what is new about how somebody reads; what the browser does not say is no news. Pure."""
    news = Changes()
    if not preferences.locale and seen.locale and seen.locale != preferences.seen_locale:
        news["seen_locale"] = seen.locale
    if not preferences.time_zone and seen.time_zone and seen.time_zone != preferences.seen_time_zone:
        news["seen_time_zone"] = seen.time_zone
    return news


async def notice_reading(pool: Pool, session: Session, seen: Seen, now: datetime) -> None:
    """Write down what is new about how somebody reads; a database that cannot take it now is no reason to fail."""
    news = news_of(session.preferences, seen)
    if not news:
        return
    try:
        async with timeout(WAIT_S):
            await set_preferences(pool, session.user_id, now=now, **news)
    except (PostgresError, InterfaceError, TimeoutError, OSError) as problem:
        _log.info("reading_not_noted", problem=type(problem).__name__)
