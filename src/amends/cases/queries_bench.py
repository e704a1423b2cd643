"""What a reviewer decides with, in one statement: the reasons, how both sides read, and who else may decide."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from amends.cases.queries_reading import SIDES_READING_SQL, SidesReading, sides_of
from amends.cases.queries_reasons import REASON_CODES_SQL, reason_of
from amends.cases.queries_reviewers import OTHER_REVIEWERS_SQL, reviewer_of
from amends.cases.queries_team import Colleague
from amends.cases.reasons import ReasonCode
from amends.db.pool import Connection, Pool

BENCH_SQL: Final = f"""
select
    (select coalesce(json_agg(r), '[]') from ({REASON_CODES_SQL}) r) as reasons,
    (select coalesce(json_agg(s), '[]') from ({SIDES_READING_SQL}) s) as sides,
    (select coalesce(json_agg(o), '[]') from ({OTHER_REVIEWERS_SQL}) o) as others
"""  # noqa: S608 (statements of ours, side by side)


class BenchRow(NamedTuple):
    """What is read for a review."""

    reasons: Sequence[ReasonCode]
    reading: SidesReading
    others: Sequence[Colleague]
    """Who may decide besides some, by name; at most 20."""


async def read_bench(where: Pool | Connection, *, account_id: int, buyer: UUID, but: Collection[str]) -> BenchRow:
    """Return what decides a case of a buyer at an account; `but`: the public ids of who does not decide it."""
    (row,) = await where.fetch(BENCH_SQL, account_id, buyer, list(but))
    return BenchRow(
        reasons=[reason_of(one) for one in row["reasons"]],
        reading=sides_of(row["sides"]),
        others=[reviewer_of(one) for one in row["others"]],
    )
