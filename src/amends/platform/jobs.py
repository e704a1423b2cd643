"""The job that counts an account for the platform's pages, and the sweep that finds whose numbers are an hour old."""

from datetime import timedelta
from typing import Final

import msgspec

from amends.db.jobs import Job, JobRegistry, enqueue_many
from amends.db.transactions import transaction
from amends.platform.commands_rates import count_account
from amends.platform.queries_accounts import accounts_to_count
from amends.services import Services

COUNT_ACCOUNT: Final = "platform.count_account"
STALE_AFTER: Final = timedelta(hours=1)
EVERY_S: Final = 300
AT_ONCE: Final = 1_000

jobs: Final[JobRegistry[Services]] = JobRegistry()


class AccountToCount(msgspec.Struct, frozen=True):
    """Which account."""

    account_id: int


@jobs.sweep("platform.counts", every_s=EVERY_S)
async def enqueue_counting(services: Services) -> None:
    """Find accounts whose numbers are older than an hour."""
    async with transaction(services.pool) as connection:
        accounts = await accounts_to_count(connection, before=services.clock.now() - STALE_AFTER, limit=AT_ONCE)
        await enqueue_many(
            connection,
            [(Job(COUNT_ACCOUNT, AccountToCount(number)), f"{COUNT_ACCOUNT}:{number}") for number in accounts],
        )


@jobs.job(COUNT_ACCOUNT, AccountToCount)
async def count(services: Services, work: AccountToCount) -> None:
    """Count an account."""
    async with transaction(services.pool) as connection:
        await count_account(connection, work.account_id, now=services.clock.now())
