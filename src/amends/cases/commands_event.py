"""What every statement that moves a case writes besides the case: its event with the texts, the notice, count deltas.

`commands_open` and `commands_write` put these parts behind their own change of the case's row, so that a move stays one
statement. The parameters of the parts come first and are the same in both: `EVENT` says where each stands.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from amends.cases.moves import Decided
from amends.cases.states import Action, CaseState
from amends.cases.timeline import EVENT_COLUMNS, TimelineEntry
from amends.db.notices import CaseNotice
from amends.kit.ids import uuid7

INTERNAL: Final = frozenset({Action.NOTE, Action.ASSIGN})
"""Moves of which nobody outside can tell that they happened."""


def numbered(names: Iterable[str], *, after: int = 0) -> Mapping[str, str]:
    """Return where each parameter of a statement stands: `$1` for the first, or whatever comes after some others."""
    return {name: f"${place}" for place, name in enumerate(names, start=after + 1)}


EVENT: Final = numbered(
    ("account_id", "case_id", *EVENT_COLUMNS, "previous_hash", "hash", "salt", "texts", "transition", "reason",
     "delta_ids", "delta_statuses", "delta_outcomes", "delta_ns")
)  # fmt: skip

EVENT_PARTS: Final = f"""
told as (
    insert into case_events (account_id, case_id, {", ".join(EVENT_COLUMNS)}, previous_hash, hash)
    values ($1, $2, {", ".join(EVENT[name] for name in EVENT_COLUMNS)}, {EVENT["previous_hash"]}, {EVENT["hash"]})
),
worded as (
    insert into case_event_texts (account_id, case_id, event_id, salt, texts)
    select $1, $2, {EVENT["id"]}, {EVENT["salt"]}::bytea, {EVENT["texts"]}::jsonb
    where {EVENT["salt"]}::bytea is not null
),
noticed as (
    insert into case_notices (account_id, case_id, event_id, transition, created_at)
    values ($1, $2, {EVENT["id"]}, {EVENT["transition"]}, {EVENT["created_at"]})
)
insert into case_count_deltas (account_id, id, status, reason, outcome, n)
select $1, d.id, d.status, {EVENT["reason"]}::text, d.outcome, d.n
from unnest(
    {EVENT["delta_ids"]}::uuid[],
    {EVENT["delta_statuses"]}::text[],
    {EVENT["delta_outcomes"]}::text[],
    {EVENT["delta_ns"]}::smallint[]
) as d (id, status, outcome, n)
"""  # noqa: S608 (columns of the structs)


def event_values(entry: TimelineEntry, decided: Decided, *, reason: str, before: CaseState | None) -> tuple[Any, ...]:
    """Return the parameters of `EVENT_PARTS`, in the order of `EVENT`; `before`: the case's state, None: it is new."""
    event = entry.row
    deltas = _count_deltas(before, decided.state, event.created_at)
    return (event.account_id, event.case_id, *entry.values, decided.row, reason, *deltas)


def _count_deltas(before: CaseState | None, after: CaseState, now: datetime) -> tuple[list[Any], ...]:
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
