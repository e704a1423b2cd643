"""What the hourly upkeep throws away, and what it keeps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amends.db.jobs import Job, JobRegistry, enqueue
from amends.db.pool import Pool
from amends.db.upkeep import KEPT_FOR, upkeep
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from tests.conftest import Database

ROWS = """
    select
        (select count(*) from jobs.pgqueuer where status = 'failed') as dead,
        (select count(*) from jobs.pgqueuer where status = 'queued') as waiting,
        (select count(*) from jobs.pgqueuer_log) as log
"""


@dataclass(frozen=True)
class Parts:
    pool: Pool
    clock: ManualClock


async def test_dead_jobs_and_the_log_go_after_a_week_and_waiting_jobs_stay(pool: Pool, database: Database) -> None:
    clock = ManualClock(datetime.now(UTC))
    registry = JobRegistry[Parts]()
    registry.include(upkeep(Parts))

    @registry.job("nothing", dict)
    async def nothing(_parts: Parts, _payload: object) -> None:
        return

    worker = Worker(Parts(pool, clock), registry, url=database.url)
    async with pool.acquire() as connection:
        await enqueue(connection, Job("nothing", b"{}"))
        assert await worker.run_until_idle() == 1
        await enqueue(connection, Job("dies"))
        await connection.execute("update jobs.pgqueuer set status = 'failed'")
        await enqueue(connection, Job("waits"))

    clock.advance(KEPT_FOR - timedelta(minutes=1))
    await worker.sweep()
    before = dict(await pool.fetchrow(ROWS) or {})
    assert (before["dead"], before["waiting"], before["log"] > 0) == (1, 1, True)

    clock.advance(timedelta(minutes=2))
    await worker.sweep()
    assert dict(await pool.fetchrow(ROWS) or {}) == {"dead": 0, "waiting": 1, "log": 0}
