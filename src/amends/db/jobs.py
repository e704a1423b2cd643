"""Background jobs: how one is enqueued, and how its handler is registered. `db.worker` runs them.

A job is inserted on the command's own connection, so it commits with what it is about. Jobs run as soon as a worker is
free, never "later": what is due at a time is a row with that time, which a sweep finds by the Clock and enqueues.
Every effect is first such a row, and the sweeps enqueue whatever is pending: losing the whole queue loses nothing.
A job may run twice, also at the same moment, and must not mind: it locks, looks again, and then acts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import asyncpg
import msgspec

from amends.db.pool import Connection, Pool

SWEEP_INTERVAL_S: Final = 60

S = TypeVar("S")
P = TypeVar("P")

ENQUEUE_SQL: Final = """
    insert into jobs.pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    select 0, job.name, job.payload, job.dedupe_key, 'queued'
    from unnest($1::text[], $2::bytea[], $3::text[]) as job (name, payload, dedupe_key)
    on conflict (dedupe_key) where status in ('queued', 'picked') and dedupe_key is not null
    do nothing
"""
DEAD_JOBS_SQL: Final = """
    select
        j.id,
        j.entrypoint as name,
        j.payload,
        j.attempts,
        j.created as created_at,
        j.updated as failed_at,
        (
            select l.traceback ->> 'exception_message'
            from jobs.pgqueuer_log l
            where l.job_id = j.id
                and l.traceback is not null
            order by l.created desc
            limit 1
        ) as failure
    from jobs.pgqueuer j
    where j.status = 'failed'
    order by j.id desc
    limit $1
"""
COUNT_DEAD_JOBS_SQL: Final = """
    select count(*)
    from jobs.pgqueuer
    where status = 'failed'
"""
RUN_AGAIN_SQL: Final = """
    update jobs.pgqueuer
    set status = 'queued',
        attempts = 0,
        queue_manager_id = null
    where id = $1
        and status = 'failed'
    returning entrypoint
"""
FORGET_ONE_SQL: Final = """
    delete from jobs.pgqueuer
    where id = $1
        and status = 'failed'
    returning entrypoint
"""
WAITING_SQL: Final = """
    select entrypoint as name, status::text as status, count(*) as jobs, min(created) as oldest_at
    from jobs.pgqueuer
    group by entrypoint, status
    order by entrypoint, status
"""
FORGET_SQL: Final = """
    delete from jobs.pgqueuer
    where status = 'failed'
    and updated < $1
"""
FORGET_LOG_SQL: Final = """
    delete from jobs.pgqueuer_log
    where created < $1
"""
FORGET_STATISTICS_SQL: Final = """
    delete from jobs.pgqueuer_statistics
    where created < $1
"""


class Job(msgspec.Struct, frozen=True):
    """Work to be done soon: the name of a registered handler and what it needs to know."""

    name: str
    payload: msgspec.Struct | bytes = b"null"

    def encoded(self) -> bytes:
        """Return the payload as it is stored: JSON, unless it is bytes already."""
        return self.payload if isinstance(self.payload, bytes) else msgspec.json.encode(self.payload)


class DeadJob(msgspec.Struct, frozen=True):
    """A job that failed as often as it may. What it was about stays pending in its own table."""

    id: int
    name: str
    payload: Any
    attempts: int
    created_at: datetime
    failed_at: datetime
    failure: str | None
    """What the last run raised."""


class Waiting(msgspec.Struct, frozen=True):
    """How many jobs of a name are queued, picked (running) or failed (dead)."""

    name: str
    status: str
    jobs: int
    oldest_at: datetime


async def enqueue(connection: Connection, job: Job, *, dedupe_key: str | None = None) -> None:
    """Enqueue a job within the connection's transaction.

    With a `dedupe_key`, nothing happens while a job with the same key waits or runs.
    """
    await enqueue_many(connection, [(job, dedupe_key)])


async def enqueue_many(connection: Connection, jobs: Iterable[tuple[Job, str | None]]) -> None:
    """Enqueue jobs, each with its `dedupe_key` or None, in one statement."""
    listed = list(jobs)
    if not listed:
        return
    names = [job.name for job, _ in listed]
    await connection.execute(ENQUEUE_SQL, names, [job.encoded() for job, _ in listed], [key for _, key in listed])


async def dead_jobs(connection: Connection | Pool, *, limit: int = 100) -> list[DeadJob]:
    """Return the newest dead jobs."""
    rows = await connection.fetch(DEAD_JOBS_SQL, limit)
    return [DeadJob(**{**row, "payload": msgspec.json.decode(row["payload"])}) for row in map(dict, rows)]


async def count_dead_jobs(connection: Connection | Pool) -> int:
    """Return how many dead jobs there are."""
    return await connection.fetchval(COUNT_DEAD_JOBS_SQL)


async def run_again(connection: Connection, job_id: int) -> str | None:
    """Put a dead job back into the queue, with all its tries; return its name, None: it is dead no more.

    One that waits under the same key meanwhile does the same: then the dead one is forgotten.
    """
    try:
        async with connection.transaction():
            return await connection.fetchval(RUN_AGAIN_SQL, job_id)
    except asyncpg.UniqueViolationError:
        return await forget_one(connection, job_id)


async def forget_one(connection: Connection, job_id: int) -> str | None:
    """Delete a dead job; return its name, None: it is dead no more."""
    return await connection.fetchval(FORGET_ONE_SQL, job_id)


async def waiting(connection: Connection) -> list[Waiting]:
    """Return how many jobs there are, by name and status."""
    return [Waiting(**dict(row)) for row in await connection.fetch(WAITING_SQL)]


async def forget(connection: Connection, *, before: datetime) -> None:
    """Delete dead jobs and the queue's log and statistics from before a time."""
    for statement in (FORGET_SQL, FORGET_LOG_SQL, FORGET_STATISTICS_SQL):
        await connection.execute(statement, before)


@dataclass(frozen=True)
class Handler(Generic[S]):
    """What runs the jobs of a name: decodes the payload and does the work."""

    name: str
    run: Callable[[S, bytes], Awaitable[None]]


@dataclass(frozen=True)
class Sweep(Generic[S]):
    """What looks for pending rows from time to time and enqueues jobs for them, in every worker at once."""

    name: str
    run: Callable[[S], Awaitable[None]]
    every_s: float


class JobRegistry(Generic[S]):
    """The jobs and sweeps of one part of Amends; `S` is what its handlers are given to work with."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler[S]] = {}
        self.sweeps: dict[str, Sweep[S]] = {}

    def job(
        self, name: str, payload: type[P]
    ) -> Callable[[Callable[[S, P], Awaitable[None]]], Callable[[S, P], Awaitable[None]]]:
        """Register the decorated function as the handler of the jobs called `name`."""
        decoder = msgspec.json.Decoder(payload)

        def register(function: Callable[[S, P], Awaitable[None]]) -> Callable[[S, P], Awaitable[None]]:
            async def run(services: S, data: bytes) -> None:
                await function(services, decoder.decode(data))

            self._add(self.handlers, Handler(name, run))
            return function

        return register

    def sweep(
        self, name: str, *, every_s: float = SWEEP_INTERVAL_S
    ) -> Callable[[Callable[[S], Awaitable[None]]], Callable[[S], Awaitable[None]]]:
        """Register the decorated function as a sweep: it runs when a worker starts, and then `every_s` seconds."""

        def register(function: Callable[[S], Awaitable[None]]) -> Callable[[S], Awaitable[None]]:
            self._add(self.sweeps, Sweep(name, function, every_s))
            return function

        return register

    def include(self, other: "JobRegistry[S]") -> None:
        """Add everything of another registry."""
        for handler in other.handlers.values():
            self._add(self.handlers, handler)
        for sweep in other.sweeps.values():
            self._add(self.sweeps, sweep)

    @staticmethod
    def _add(known: dict[str, Any], new: Handler[Any] | Sweep[Any]) -> None:
        if new.name in known:
            raise ValueError(f"two are called {new.name}")
        known[new.name] = new
