"""The jobs and sweeps that tell people of cases: events, reminders, digests.

A sweep only looks and enqueues: a row says what is due, so that losing the whole queue loses nothing. The job looks
again within its own transaction.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from amends.cases.rows import CaseRef
from amends.db.jobs import Job, JobRegistry, enqueue_many
from amends.db.transactions import transaction
from amends.notifications.case_notices import HOLD, tell_case
from amends.notifications.digest import is_morning, send_digest
from amends.notifications.queries_digest import Reader, digest_reader, digest_readers
from amends.notifications.queries_notices import due_reminders, waiting_notices
from amends.notifications.reminders import remind
from amends.services import Services

TELL: Final = "notices.tell"
REMIND: Final = "notices.remind"
DIGEST: Final = "notices.digest"
LOOK_EVERY_S: Final = 10
DIGESTS_EVERY_S: Final = 300
AT_ONCE: Final = 1_000
NIGHT: Final = timedelta(hours=12)
"""A digest comes no sooner after the last one."""

jobs: Final[JobRegistry[Services]] = JobRegistry()


class CaseWork(msgspec.Struct, frozen=True):
    """Which case."""

    account_id: int
    case_id: UUID


class DigestWork(msgspec.Struct, frozen=True):
    """Whose digest, of which account."""

    account_id: int
    user_id: UUID


@jobs.sweep("notices.waiting", every_s=LOOK_EVERY_S)
async def enqueue_telling(services: Services) -> None:
    """Find cases with events that nobody was told of, and whose time to wait for others is over."""
    async with transaction(services.pool) as connection:
        found = await waiting_notices(connection, until=services.clock.now() - HOLD, limit=AT_ONCE)
        await enqueue_many(connection, [_job(TELL, ref) for ref in found])


@jobs.job(TELL, CaseWork)
async def tell(services: Services, work: CaseWork) -> None:
    """Queue the mails that tell of a case's events."""
    async with transaction(services.pool) as connection:
        ref, base_url = CaseRef(work.account_id, work.case_id), services.settings.base_url
        await tell_case(connection, ref, base_url=base_url, now=services.clock.now())


@jobs.sweep("notices.reminders", every_s=LOOK_EVERY_S)
async def enqueue_reminding(services: Services) -> None:
    """Find cases of which somebody is to be reminded."""
    async with transaction(services.pool) as connection:
        found = await due_reminders(connection, now=services.clock.now(), limit=AT_ONCE)
        await enqueue_many(connection, [_job(REMIND, ref) for ref in found])


@jobs.job(REMIND, CaseWork)
async def send_reminder(services: Services, work: CaseWork) -> None:
    """Queue the reminders of a case's due time, if it is still to be reminded of."""
    async with transaction(services.pool) as connection:
        ref, base_url = CaseRef(work.account_id, work.case_id), services.settings.base_url
        await remind(connection, ref, base_url=base_url, now=services.clock.now())


@jobs.sweep("notices.digests", every_s=DIGESTS_EVERY_S)
async def enqueue_digests(services: Services) -> None:
    """Find people whose morning has come."""
    now, last = services.clock.now(), None
    while True:
        async with transaction(services.pool) as connection:
            found = await digest_readers(connection, untold_since=now - NIGHT, after=last, limit=AT_ONCE)
            await enqueue_many(connection, [_digest_job(reader) for reader in found if is_morning(reader, now)])
        if len(found) < AT_ONCE:
            return
        last = found[-1]


@jobs.job(DIGEST, DigestWork)
async def write_digest(services: Services, work: DigestWork) -> None:
    """Queue a person's digest of an account."""
    async with transaction(services.pool) as connection:
        reader = await digest_reader(connection, work.account_id, work.user_id)
        if reader is not None:
            await send_digest(connection, reader, base_url=services.settings.base_url, now=services.clock.now())


def _digest_job(reader: Reader) -> tuple[Job, str]:
    work = DigestWork(reader.account_id, reader.user_id)
    return Job(DIGEST, work), f"{DIGEST}:{work.account_id}:{work.user_id.hex}"


def _job(name: str, ref: CaseRef) -> tuple[Job, str]:
    return Job(name, CaseWork(ref.account_id, ref.case_id)), f"{name}:{ref.case_id.hex}"
