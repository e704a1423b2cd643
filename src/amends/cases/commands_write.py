"""What every move writes, in one statement: the case's row, its event with the texts, the notice, and counter deltas.

What follows is decided already, and the case and its payment are locked. Internal moves (note, assign) leave version
and `updated_at` alone, so that nobody outside can tell that they happened.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from amends.cases import lifecycle
from amends.cases.acting import ActingScope
from amends.cases.moves import Decided
from amends.cases.reminding import first_reminder
from amends.cases.rows import STATE_FIELDS, LockedCase, state_values
from amends.cases.states import Action, CaseState, Status
from amends.cases.timeline import EventRow, TimelineEntry
from amends.db.notices import CaseNotice, tell
from amends.db.pool import Connection
from amends.kit.ids import uuid7

_STATE_AT: Final = 10
_EVENT_AT: Final = _STATE_AT + len(STATE_FIELDS)
_EVENT_FIELDS: Final = EventRow.__struct_fields__[2:]
_AFTER: Final = _EVENT_AT + len(_EVENT_FIELDS)
_STATUS: Final = _STATE_AT + STATE_FIELDS.index("status")
_DUE: Final = _STATE_AT + STATE_FIELDS.index("response_due_at")

WRITE_MOVE_SQL: Final = f"""
with written as (
    update cases
    set version = version + $3::int,
        updated_at = coalesce($4::timestamptz, updated_at),
        last_activity_at = $5,
        closed_at = $6,
        deadline_at = $7,
        remind_at = case
            when status = ${_STATUS}
             and response_due_at is not distinct from ${_DUE}
             and appeal_due_at is not distinct from ${_STATE_AT + STATE_FIELDS.index("appeal_due_at")}
            then remind_at
            else ${_AFTER + 10}::timestamptz
        end,
        review_since = case
            when ${_STATUS} <> 'under_review' then null
            when status = 'under_review' then review_since
            else $5::timestamptz
        end,
        review_due_at = case
            when ${_STATUS} <> 'under_review' or ${_DUE} is null then null
            when status = 'under_review' then coalesce(review_due_at, ${_DUE})
            else ${_DUE}
        end,
        open_offer_id = $8,
        first_reviewer_id = coalesce(first_reviewer_id, $9::text),
        event_count = ${_EVENT_AT + _EVENT_FIELDS.index("position")},
        head_hash = ${_AFTER + 1},
        {", ".join(f"{name} = ${_STATE_AT + n}" for n, name in enumerate(STATE_FIELDS))}
    where account_id = $1
      and id = $2
),
told as (
    insert into case_events (account_id, case_id, {", ".join(_EVENT_FIELDS)}, previous_hash, hash)
    values ($1, $2, {", ".join(f"${_EVENT_AT + n}" for n in range(len(_EVENT_FIELDS)))}, ${_AFTER}, ${_AFTER + 1})
),
worded as (
    insert into case_event_texts (account_id, case_id, event_id, salt, texts)
    select $1, $2, ${_EVENT_AT}, ${_AFTER + 2}::bytea, ${_AFTER + 3}::jsonb
    where ${_AFTER + 2}::bytea is not null
),
noticed as (
    insert into case_notices (account_id, case_id, event_id, transition, created_at)
    values ($1, $2, ${_EVENT_AT}, ${_AFTER + 9}, $5)
)
insert into case_count_deltas (account_id, id, status, reason, outcome, n)
select $1, d.id, d.status, ${_AFTER + 4}::text, d.outcome, d.n
from unnest(
    ${_AFTER + 5}::uuid[], ${_AFTER + 6}::text[], ${_AFTER + 7}::text[], ${_AFTER + 8}::smallint[]
) as d (id, status, outcome, n)
"""  # noqa: S608 (columns of the structs)

INTERNAL: Final = frozenset({Action.NOTE, Action.ASSIGN})


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
        case.account_id,
        case.id,
        0 if internal else 1,
        None if internal else now,
        now,
        _closed_at(case, state, now),
        lifecycle.next_deadline(state),
        open_offer_id,
        scope.principal.id if decided.event.action is Action.DECIDE else None,
        *state_values(state),
        *entry.values,
        case.reason,
        *count_deltas(case.state, state, now),
        decided.row,
        first_reminder(state, now=now),
    )
    tell(connection, notice_of(entry, case.pid, case.user_id, state, version=case.version + (0 if internal else 1)))


def notice_of(entry: TimelineEntry, pid: str, user_id: UUID, state: CaseState, *, version: int) -> CaseNotice:
    """Make the notice of an event that is being written, with the state and the version after it."""
    event = entry.row
    return CaseNotice(
        account_id=event.account_id,
        id=pid,
        user_id=user_id,
        event_id=event.pid,
        actor=event.actor,
        internal=event.action in INTERNAL,
        viewable_by_customer=event.viewable_by_customer,
        viewable_by_merchant=event.viewable_by_merchant,
        version=version,
        status=state.status.value,
        at=event.created_at,
    )


def _closed_at(case: LockedCase, state: CaseState, now: datetime) -> datetime | None:
    if state.status is not Status.CLOSED:
        return None
    return case.closed_at or now


def count_deltas(before: CaseState | None, after: CaseState, now: datetime) -> tuple[list[Any], ...]:
    """Return the deltas of a change as columns: ids, statuses, outcomes ('' while open) and -1 or 1."""
    places = [None if state is None else (state.status.value, state.outcome or "") for state in (before, after)]
    if places[0] == places[1]:
        return [], [], [], []
    steps = [(place, n) for place, n in zip(places, (-1, 1), strict=True) if place is not None]
    return (
        [uuid7(now) for _ in steps],
        [place[0] for place, _ in steps],
        [place[1] for place, _ in steps],
        [n for _, n in steps],
    )
