"""The sweep of imports: what a killed process has left running is told to have failed."""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.imports.commands import stop_stalled
from amends.services import Services

SWEEP_EVERY_S: Final = 300

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.sweep("imports", every_s=SWEEP_EVERY_S)
async def sweep_imports(services: Services) -> None:
    """End the imports that came no further for an hour."""
    async with transaction(services.pool) as connection:
        await stop_stalled(connection, now=services.clock.now())
