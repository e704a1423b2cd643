"""Runs waiting jobs at once, in the order in which they were enqueued: the demo's stand-in for a worker.

While history is replayed, a job must run at the time of the step that caused it, and before the next one.
"""

from collections.abc import Mapping
from typing import Final

from amends.db.jobs import Handler
from amends.services import Services

TAKE_JOBS_SQL: Final = """
with taken as (
    delete from jobs.pgqueuer
    where status = 'queued'
        and entrypoint is distinct from $1
    returning id, entrypoint, payload
)
select entrypoint, payload
from taken
order by id
"""


class Queue:
    """The jobs that wait, and what runs them, by name."""

    def __init__(self, services: Services, handlers: Mapping[str, Handler[Services]]) -> None:
        self._services = services
        self._handlers = handlers

    async def drain(self, *, leave: str | None = None) -> None:
        """Run jobs until none waits, those called `leave` aside; they may enqueue others."""
        while jobs := await self._services.pool.fetch(TAKE_JOBS_SQL, leave):
            for job in jobs:
                await self._handlers[job["entrypoint"]].run(self._services, job["payload"])
