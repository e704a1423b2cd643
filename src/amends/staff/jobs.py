"""The jobs of signing in: who has asked for a new password gets a mail, if there is such a person."""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.services import Services
from amends.staff.commands_reset import MAIL_LINKS, MailLinks, mail_reset_links

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.job(MAIL_LINKS, MailLinks)
async def mail_links(services: Services, asked: MailLinks) -> None:
    """Queue the mails."""
    async with transaction(services.pool) as connection:
        await mail_reset_links(connection, asked.email, signer=services.signer, now=services.clock.now())
