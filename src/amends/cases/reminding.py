"""When somebody is to be reminded of a due time. Pure: the rule of PRODUCT.md section 7, "72 h / 24 h / 3 h before".

A case keeps the moment of its next reminder. A lead is left out where the clock was set for less than one and a half
times as long: who was told an hour ago needs no reminder. The end of a customer's time to appeal is reminded of once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from amends.cases.states import CaseState, Outcome

LEADS: Final = tuple(timedelta(hours=hours) for hours in (72, 24, 3))
"""How long before a due time, the longest first."""


def reminded_of(state: CaseState) -> tuple[datetime | None, Sequence[timedelta]]:
    """Return the due time that is reminded of, and how long before it; None: there is none."""
    if state.is_open:
        return (None if state.auto_accept_at is not None else state.response_due_at), LEADS
    lost_by_customer = state.outcome is Outcome.MERCHANT_WON or state.settled_with_remedy
    return (state.appeal_due_at if lost_by_customer else None), LEADS[:1]


def first_reminder(state: CaseState, *, now: datetime) -> datetime | None:
    """Return the first moment to remind of a clock that is set now; None: never."""
    due_at, leads = reminded_of(state)
    if due_at is None:
        return None
    return next((due_at - lead for lead in leads if due_at - now >= lead * 1.5), None)


def nearest_lead(state: CaseState, *, now: datetime) -> timedelta | None:
    """Return the shortest lead whose moment has come; None: none has, or the due time is over."""
    due_at, leads = reminded_of(state)
    if due_at is None or due_at <= now:
        return None
    return min((lead for lead in leads if due_at - lead <= now), default=None)


def next_reminder(state: CaseState, *, now: datetime) -> datetime | None:
    """Return the first moment to remind that is still to come, of a clock that runs; None: there is none."""
    due_at, leads = reminded_of(state)
    if due_at is None:
        return None
    return next((due_at - lead for lead in leads if due_at - lead > now), None)
