"""The jobs of signing in: who has asked for a new password or a link gets a mail, if there is such a person."""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.services import Services
from amends.staff.commands_mailed_links import MAIL_SIGN_IN_LINKS, MailSignInLinks, mail_sign_in_links
from amends.staff.commands_reset import MAIL_LINKS, MailLinks, mail_reset_links

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.job(MAIL_LINKS, MailLinks)
async def mail_links(services: Services, asked: MailLinks) -> None:
    """Queue the mails."""
    async with transaction(services.pool) as connection:
        await mail_reset_links(connection, asked.email, signer=services.signer, now=services.clock.now())


@jobs.job(MAIL_SIGN_IN_LINKS, MailSignInLinks)
async def mail_sign_in(services: Services, asked: MailSignInLinks) -> None:
    """Queue the mails with links that sign in."""
    async with transaction(services.pool) as connection:
        await mail_sign_in_links(connection, asked.email, asked.then, signer=services.signer, now=services.clock.now())
