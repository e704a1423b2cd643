"""The worker: runs the registered jobs and sweeps over pgqueuer.

Any number of workers may run. One that is killed has its jobs taken over by another after HEARTBEAT_TIMEOUT_S seconds.
A job that raises runs again after 1, 2, 4 … seconds, at most five minutes, and after MAX_ATTEMPTS failures stays in the
queue as dead, for people to see. On `stop` running jobs may finish for `grace_s` seconds; then they are cut and go
back into the queue. When the database goes away, the worker waits until it is back.
"""

import asyncio
import contextlib
import uuid
from datetime import timedelta
from typing import Final, Generic, TypeVar

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.executors import EntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import cancel_on_exit
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.repository import EntrypointExecutionParameter

from amends.db.jobs import Handler, JobRegistry, Sweep
from amends.db.pool import session_settings

HEARTBEAT_TIMEOUT_S: Final = 10
IDLE_POLL_S: Final = 0.5
MAX_ATTEMPTS: Final = 10
LONGEST_DELAY_S: Final = 300
GRACE_S: Final = 6.0
CUT_S: Final = 2.0
RECONNECT_S: Final = 1.0
BATCH: Final = 5
CONCURRENT_JOBS: Final = 10

S = TypeVar("S")

log = structlog.get_logger("amends.worker")


class Worker(Generic[S]):
    """Runs the jobs and sweeps of a registry, handing `services` to each, on the queue of the database at `url`."""

    def __init__(
        self, services: S, registry: JobRegistry[S], *, url: str, grace_s: float = GRACE_S, cut_s: float = CUT_S
    ) -> None:
        self._services = services
        self._registry = registry
        self._url = url
        self._grace_s = grace_s
        self._cut_s = cut_s
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Ask `run` to finish, within `grace_s` and `cut_s`; may be called from a signal handler."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop` is called."""
        async with asyncio.TaskGroup() as tasks:
            sweeps = [tasks.create_task(self._repeat(sweep)) for sweep in self._registry.sweeps.values()]
            await self._work()
            for sweep in sweeps:
                sweep.cancel()

    async def run_until_idle(self) -> int:
        """Run the waiting jobs one after another until none is ready, and return how many ran.

        For tests and one-off commands. A job's error passes to the caller once the job is back in the queue.
        """
        connection = await asyncpg.connect(self._url, server_settings=session_settings("amends worker"))
        try:
            queries = _queries(AsyncpgDriver(connection))
            manager_id = QueueManagerId(uuid.uuid4())
            ran = 0
            while jobs := await self._claim_one(queries, manager_id):
                await self._run_here(queries, jobs[0])
                ran += 1
            return ran
        finally:
            await connection.close()

    async def sweep(self) -> None:
        """Run every sweep once."""
        for sweep in self._registry.sweeps.values():
            await sweep.run(self._services)

    async def _claim_one(self, queries: Queries, manager_id: QueueManagerId) -> list[QueuedJob]:
        return await queries.dequeue(
            batch_size=1,
            entrypoints={QueueEntrypoint(name): EntrypointExecutionParameter(0) for name in self._registry.handlers},
            queue_manager_id=manager_id,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=HEARTBEAT_TIMEOUT_S),
        )

    async def _run_here(self, queries: Queries, job: QueuedJob) -> None:
        try:
            await self._registry.handlers[job.entrypoint].run(self._services, job.payload or b"null")
        except BaseException:
            await queries.retry_job(job, _delay(job.attempts), None)
            raise
        await queries.log_jobs([(job, "successful", None)])

    async def _repeat(self, sweep: Sweep[S]) -> None:
        while not self._stopping.is_set():
            try:
                await sweep.run(self._services)
            except Exception:  # one that fails must not take the others with it; it runs again soon
                log.exception("sweep_failed", sweep=sweep.name)
            await self._wait(sweep.every_s)

    async def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._work_while_connected()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                log.exception("queue_unreachable", retry_in_s=RECONNECT_S)
                await self._wait(RECONNECT_S)

    async def _work_while_connected(self) -> None:
        settings = session_settings("amends worker")
        async with (
            asyncpg.create_pool(self._url, min_size=2, max_size=4, server_settings=settings) as pool,
            cancel_on_exit(asyncio.create_task(self._stopping.wait())) as stopping,
        ):
            manager = QueueManager(_queries(AsyncpgPoolDriver(pool)))
            for handler in self._registry.handlers.values():
                manager.register_executor(handler.name, self._executor(handler))
            working = asyncio.create_task(
                manager.run(
                    dequeue_timeout=timedelta(seconds=IDLE_POLL_S),
                    batch_size=BATCH,
                    max_concurrent_tasks=CONCURRENT_JOBS,
                    heartbeat_timeout=timedelta(seconds=HEARTBEAT_TIMEOUT_S),
                    shutdown_on_listener_failure=False,  # nothing is announced: the worker looks by itself
                )
            )
            try:
                await asyncio.wait((stopping, working), return_when=asyncio.FIRST_COMPLETED)
                manager.shutdown.set()
                await asyncio.wait((working,), timeout=self._grace_s)
                for job in self._running:
                    job.cancel()
                await asyncio.wait((working,), timeout=self._cut_s)
                if working.done():
                    working.result()
            finally:
                working.cancel()

    def _executor(self, handler: Handler[S]) -> EntrypointExecutor:
        async def run(job: QueuedJob) -> None:
            """Do the work in a task of its own, which `stop` may cut."""
            work = asyncio.ensure_future(handler.run(self._services, job.payload or b"null"))
            self._running.add(work)
            try:
                await work
            except asyncio.CancelledError:
                if not (self._stopping.is_set() and work.cancelled()):
                    raise
                raise RetryRequested(reason="the worker stopped") from None
            except Exception as error:
                log.exception("job_failed", job=job.entrypoint, attempt=job.attempts + 1, job_id=job.id)
                if job.attempts + 1 >= MAX_ATTEMPTS:
                    raise
                raise RetryRequested(delay=_delay(job.attempts), reason=repr(error)) from error
            finally:
                self._running.discard(work)

        parameters = EntrypointExecutorParameters(concurrency_limit=0, func=run, on_failure="hold")
        return EntrypointExecutor(parameters)

    async def _wait(self, seconds: float) -> None:
        """Wait, or return at once when the worker is to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _delay(attempts: int) -> timedelta:
    """Return how long to wait after the failure of an attempt, counted from 0."""
    return timedelta(seconds=min(2**attempts, LONGEST_DELAY_S))


def _queries(driver: Driver) -> Queries:
    """Return pgqueuer's statements on our schema `jobs`, whatever the environment says."""
    settings = DBSettings(db_schema="jobs")
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )
