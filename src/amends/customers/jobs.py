"""The sweep of reports that were begun and never sent."""

from typing import Final

from amends.customers.commands_drafts import delete_old_drafts
from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.services import Services

SWEEP_EVERY_S: Final = 3600

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.sweep("case_drafts", every_s=SWEEP_EVERY_S)
async def sweep_drafts(services: Services) -> None:
    """Delete the drafts that nobody has touched for thirty days."""
    async with transaction(services.pool) as connection:
        await delete_old_drafts(connection, now=services.clock.now())
