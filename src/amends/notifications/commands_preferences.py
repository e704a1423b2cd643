"""The verb on preferences: choose which kinds of notices one wants. What waits of one switched off is dropped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from amends.db.pool import Connection
from amends.notifications.kinds import Choice, NoticeKind

CHOOSE_SQL: Final = """
insert into notice_choices (user_id, kind, choice, chosen_at)
select $1, chosen.kind, chosen.choice, $4
from unnest($2::text[], $3::text[]) as chosen (kind, choice)
on conflict (user_id, kind) do update
set choice = excluded.choice,
    chosen_at = excluded.chosen_at
"""

USER_IS_THERE_SQL: Final = """
select exists (
    select
    from users
    where id = $1
)
"""

DROP_WAITING_SQL: Final = """
update mail
set state = 'dropped',
    next_try_at = null,
    ended_at = $3
where user_id = $1
    and notice_kind = any($2::text[])
    and state = 'queued'
"""


async def choose_notices(
    connection: Connection, user_id: UUID, choices: Mapping[NoticeKind, Choice], *, now: datetime
) -> bool:
    """Keep what a person chose; the kind that is about their account stays. False: there is no such person."""
    chosen = {kind: choice for kind, choice in choices.items() if kind is not NoticeKind.ACCOUNT}
    if not await connection.fetchval(USER_IS_THERE_SQL, user_id):
        return False
    await connection.execute(CHOOSE_SQL, user_id, list(chosen), list(chosen.values()), now)
    off = [kind for kind, choice in chosen.items() if choice is Choice.OFF]
    await connection.execute(DROP_WAITING_SQL, user_id, off, now)
    return True
