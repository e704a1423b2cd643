"""Upkeep of the job queue's own tables: what a worker throws away, once an hour."""

from datetime import timedelta
from typing import Final, Protocol, TypeVar

from amends.db.jobs import JobRegistry, forget
from amends.db.pool import Pool
from amends.kit.clock import Clock

KEPT_FOR: Final = timedelta(days=7)
EVERY_S: Final = 3600


class Parts(Protocol):
    """What upkeep works with."""

    @property
    def pool(self) -> Pool: ...

    @property
    def clock(self) -> Clock: ...


S = TypeVar("S", bound=Parts)


def upkeep(_services: type[S]) -> JobRegistry[S]:
    """Return the sweep that deletes dead jobs and the queue's log after a week; what they were about stays pending."""
    registry = JobRegistry[S]()

    @registry.sweep("upkeep", every_s=EVERY_S)
    async def forget_old(services: S) -> None:
        async with services.pool.acquire() as connection:
            await forget(connection, before=services.clock.now() - KEPT_FOR)

    return registry
