"""History that is loaded is told to nobody: neither what happened long ago, nor reminders whose moment is over.

What is still to come is told as ever: the next reminder of a clock that runs.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from amends.cases.reminding import next_reminder
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.notifications.commands_notices import forget_notices, set_reminder, take_reminder
from amends.notifications.queries_notices import due_reminders

BATCH: Final = 500


async def leave_history(pool: Pool, account_ids: Iterable[int], *, before: datetime, now: datetime) -> None:
    """Leave what happened at some accounts before a time untold, and skip reminders that are due by now."""
    for account_id in account_ids:
        async with transaction(pool) as connection:
            await forget_notices(connection, account_id, before=before)
    skipped = BATCH
    while skipped == BATCH:
        skipped = await _skip_reminders(pool, now)


async def _skip_reminders(pool: Pool, now: datetime) -> int:
    due = await due_reminders(pool, now=now, limit=BATCH)
    for ref in due:
        async with transaction(pool) as connection:
            state = await take_reminder(connection, ref, now=now)
            following = None if state is None else next_reminder(state, now=now)
            if following is not None:
                await set_reminder(connection, ref, following)
    return len(due)
