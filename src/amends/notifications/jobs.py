"""The sweep of old mails."""

from typing import Any, Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.notifications.commands import HAND_OVER, delete_old_mail
from amends.services import Services

SWEEP_EVERY_S: Final = 3600

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.sweep("mail", every_s=SWEEP_EVERY_S)
async def sweep_mail(services: Services) -> None:
    """Delete mails that are past their time."""
    async with transaction(services.pool) as connection:
        await delete_old_mail(connection, now=services.clock.now())


@jobs.job(HAND_OVER, Any)
async def hand_over(services: Services, _nothing: Any) -> None:
    """Hand over what is due."""
