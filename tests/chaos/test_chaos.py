"""The short form of `make chaos`: a few kills under load, and the money is right."""

from pathlib import Path

import pytest

from tests.chaos.run import Plan, run_chaos
from tests.conftest import Cluster


@pytest.mark.slow
async def test_no_refund_is_lost_or_doubled_when_processes_are_killed(cluster: Cluster, tmp_path: Path) -> None:
    database = cluster.create()
    plan = Plan(kills=10, seed=20261123, every_s=1.2, webs=1, workers=1, clients=4)
    outcome = await run_chaos(plan, database_url=database.url, folder=tmp_path)
    assert outcome.verdict.wrong == [], outcome.summary()
    assert outcome.kills == 10
    assert len(outcome.noted.accepted) >= 10, outcome.summary()
    assert outcome.verdict.refunds == outcome.verdict.accepted
