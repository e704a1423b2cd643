"""What a list or a summary of cases is narrowed to: checked words, without SQL and without HTTP.

A *stage* is an open status, or the outcome of a closed case; statuses and outcomes asked for become the set of stages
that meets both. Stage and reason together name one ordered run of an index, so that a rare one costs no scan.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from amends.cases.states import Outcome, Reason, Status

OPEN_STAGES: Final = tuple(status.value for status in Status if status is not Status.CLOSED)
CLOSED_STAGES: Final = tuple(outcome.value for outcome in Outcome)
STAGES: Final = OPEN_STAGES + CLOSED_STAGES
REASONS: Final = tuple(reason.value for reason in Reason)


class Order(StrEnum):
    """What a list of cases is sorted by."""

    CREATED_AT = "created_at"
    RESPONSE_DUE_AT = "response_due_at"


class Direction(StrEnum):
    """Which way; null due times come last in either."""

    ASC = "asc"
    DESC = "desc"


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list; empty sequences and None narrow nothing."""

    account_id: int | None = None
    user_id: UUID | None = None
    status: Sequence[Status] = ()
    reason: Sequence[Reason] = ()
    outcome: Sequence[Outcome] = ()
    created_after: datetime | None = None  # exclusive
    created_before: datetime | None = None  # exclusive
    among: tuple[str, ...] | None = None  # the stages, where they are known already

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages that meet status and outcome; none: no case can match."""
        if self.among is not None:
            return self.among
        stages = STAGES
        if self.status:
            wanted = set(self.status)
            closed = CLOSED_STAGES if Status.CLOSED in wanted else ()
            stages = tuple(stage for stage in OPEN_STAGES if stage in wanted) + closed
        if self.outcome:
            stages = tuple(stage for stage in stages if stage in set(self.outcome))
        return stages

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons asked for; all of them when none is."""
        return tuple(reason for reason in REASONS if not self.reason or reason in set(self.reason))

    @property
    def has_stage_or_reason(self) -> bool:
        """Tell whether the filter names a status, an outcome or a reason."""
        return bool(self.status or self.outcome or self.reason)

    def only(self, stages: Sequence[str]) -> "CaseFilter":
        """Return this filter's runs narrowed to some stages."""
        kept = set(stages)
        return CaseFilter(reason=self.reason, among=tuple(stage for stage in self.stages if stage in kept))

    def runs(self) -> tuple[list[str], list[str]]:
        """Return the runs of the stage index to merge, as two lists of equal length: stages and reasons."""
        pairs = [(stage, reason) for stage in self.stages for reason in self.reasons]
        return [stage for stage, _ in pairs], [reason for _, reason in pairs]
