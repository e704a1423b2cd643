"""The summary of a caller's cases: totals by status, reason and outcome under the filters of the list."""

from collections import Counter
from collections.abc import Collection, Sequence
from enum import StrEnum

from amends.cases.filters import CLOSED_STAGES, REASONS, CaseFilter
from amends.cases.listing import Place
from amends.cases.queries_list import FIRST_TIME, LAST_TIME
from amends.cases.queries_summary import Counts, counts_between, counts_of_accounts, counts_of_buyer
from amends.cases.schemas import CaseSummary, SummaryGroups
from amends.cases.states import Outcome, Status
from amends.db.pool import Pool


class Group(StrEnum):
    """A breakdown that can be asked for."""

    STATUS = "status"
    REASON = "reason"
    OUTCOME = "outcome"


async def summarize(
    pool: Pool, places: Sequence[Place], wanted: CaseFilter, *, groups: Collection[Group]
) -> CaseSummary:
    """Count what the list of the same places and filter would show."""
    stages, reasons = set(wanted.stages), set(wanted.reasons)
    counted: Counter[tuple[str, str]] = Counter()
    for place in places:
        for key, n in (await _count(pool, place, wanted)).items():
            if key[0] in stages and key[1] in reasons:
                counted[key] += n
    return CaseSummary(total=counted.total(), groups=_grouped(counted, groups))


async def _count(pool: Pool, place: Place, wanted: CaseFilter) -> Counts:
    after, before = wanted.created_after or FIRST_TIME, wanted.created_before or LAST_TIME
    if place.user_id is not None:
        return await counts_of_buyer(pool, place.account_ids or (), place.user_id, after=after, before=before)
    if wanted.created_after is None and wanted.created_before is None:
        return await counts_of_accounts(pool, place.account_ids)
    account = None if place.account_ids is None else place.account_ids[0]
    return await counts_between(pool, account, after=after, before=before, runs=wanted.runs(), stages=wanted.stages)


def _grouped(counted: Counter[tuple[str, str]], groups: Collection[Group]) -> SummaryGroups:
    statuses, outcomes, reasons = Counter[str](), Counter[str](), Counter[str]()
    for (stage, reason), n in counted.items():
        reasons[reason] += n
        if stage in CLOSED_STAGES:
            outcomes[stage] += n
        statuses[Status.CLOSED.value if stage in CLOSED_STAGES else stage] += n
    shown = {
        Group.STATUS: {status.value: statuses[status.value] for status in Status},
        Group.REASON: {reason: reasons[reason] for reason in REASONS},
        Group.OUTCOME: {outcome.value: outcomes[outcome.value] for outcome in Outcome},
    }
    return SummaryGroups(**{group.value: shown[group] for group in Group if group in groups})
