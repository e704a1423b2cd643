"""The job that copies what changed about users to their member rows, one for each account."""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.people.commands_members import copy_users
from amends.people.commands_users import COPY_USERS, CopyUsers
from amends.services import Services

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.job(COPY_USERS, CopyUsers)
async def copy_users_to_members(services: Services, work: CopyUsers) -> None:
    """Bring the account's member rows up to date; doing it twice changes nothing."""
    async with transaction(services.pool) as connection:
        await copy_users(connection, work.account_id, work.user_ids, services.clock.now())
