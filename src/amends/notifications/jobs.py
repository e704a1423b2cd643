"""The job that hands mails over, and the sweeps that find what is due, give up what is late and forget what is old."""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.notifications.commands import HAND_OVER, HandOverWork, delete_old_mail
from amends.notifications.commands_hand_over import enqueue_due_mail, give_up_old_mail
from amends.notifications.hand_over import hand_over_due
from amends.services import Services

DUE_EVERY_S: Final = 5.0
OLD_EVERY_S: Final = 3600

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.job(HAND_OVER, HandOverWork)
async def hand_over(services: Services, _work: HandOverWork) -> None:
    """Hand over what is due."""
    await hand_over_due(services)


@jobs.sweep("due_mail", every_s=DUE_EVERY_S)
async def sweep_due_mail(services: Services) -> None:
    """Enqueue what is due and has no job."""
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        await give_up_old_mail(connection, now=now)
        if services.mailer is not None:
            await enqueue_due_mail(connection, now=now)


@jobs.sweep("mail", every_s=OLD_EVERY_S)
async def sweep_mail(services: Services) -> None:
    """Delete mails that are past their time."""
    async with transaction(services.pool) as connection:
        await delete_old_mail(connection, now=services.clock.now())
