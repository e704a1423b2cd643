"""What every move writes, in one statement: the case's row, its event with the texts, the notice, and counter deltas.

What follows is decided already, and the case and its payment are locked. Internal moves (note, assign) leave version
and `updated_at` alone, so that nobody outside can tell that they happened.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from amends.cases import lifecycle
from amends.cases.acting import ActingScope
from amends.cases.commands_event import EVENT, EVENT_PARTS, INTERNAL, event_values, notice_of, numbered
from amends.cases.moves import Decided
from amends.cases.reminding import first_reminder
from amends.cases.rows import STATE_FIELDS, LockedCase, state_values
from amends.cases.states import Action, CaseState, Status
from amends.cases.timeline import TimelineEntry
from amends.db.notices import tell
from amends.db.pool import Connection

_CASE: Final = numbered(
    ("versions", "updated_at", "closed_at", "deadline_at", "remind_at", "open_offer_id", "reviewer_id", *STATE_FIELDS),
    after=len(EVENT),
)
_NOW: Final = EVENT["created_at"]
_STATUS: Final = _CASE["status"]
_DUE: Final = _CASE["response_due_at"]

WRITE_MOVE_SQL: Final = f"""
with written as (
    update cases
    set version = version + {_CASE["versions"]}::int,
        updated_at = coalesce({_CASE["updated_at"]}::timestamptz, updated_at),
        last_activity_at = {_NOW},
        closed_at = {_CASE["closed_at"]},
        deadline_at = {_CASE["deadline_at"]},
        remind_at = case
            when status = {_STATUS}
             and response_due_at is not distinct from {_DUE}
             and appeal_due_at is not distinct from {_CASE["appeal_due_at"]}
            then remind_at
            else {_CASE["remind_at"]}::timestamptz
        end,
        review_since = case
            when {_STATUS} <> 'under_review' then null
            when status = 'under_review' then review_since
            else {_NOW}::timestamptz
        end,
        review_due_at = case
            when {_STATUS} <> 'under_review' or {_DUE} is null then null
            when status = 'under_review' then coalesce(review_due_at, {_DUE})
            else {_DUE}
        end,
        open_offer_id = {_CASE["open_offer_id"]},
        first_reviewer_id = coalesce(first_reviewer_id, {_CASE["reviewer_id"]}::text),
        event_count = {EVENT["position"]},
        head_hash = {EVENT["hash"]},
        {", ".join(f"{name} = {_CASE[name]}" for name in STATE_FIELDS)}
    where account_id = $1
      and id = $2
),
{EVENT_PARTS}
"""  # noqa: S608 (columns of the structs)


async def write_move(
    connection: Connection,
    scope: ActingScope,
    case: LockedCase,
    decided: Decided,
    entry: TimelineEntry,
    *,
    open_offer_id: UUID | None,
) -> None:
    """Write the case's row, the event with its texts, its notice, and the counter deltas, in one statement."""
    state, now = decided.state, entry.row.created_at
    internal = decided.event.action in INTERNAL
    await connection.execute(
        WRITE_MOVE_SQL,
        *event_values(entry, decided, reason=case.reason, before=case.state),
        0 if internal else 1,
        None if internal else now,
        _closed_at(case, state, now),
        lifecycle.next_deadline(state),
        first_reminder(state, now=now),
        open_offer_id,
        scope.principal.id if decided.event.action is Action.DECIDE else None,
        *state_values(state),
    )
    tell(connection, notice_of(entry, case.pid, case.user_id, state, version=case.version + (0 if internal else 1)))


def _closed_at(case: LockedCase, state: CaseState, now: datetime) -> datetime | None:
    if state.status is not Status.CLOSED:
        return None
    return case.closed_at or now
