"""Background work of exports: the job that writes one, and the sweeps that find what waits and what has expired.

A process writes two exports at a time, so that they leave it room for what cannot wait. A job that finds no room ends;
the sweep brings the export back within seconds, to whichever worker is free. A run that was killed begins again.
"""

from typing import Final

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.exports import commands
from amends.exports.commands import JOB, ExportJob
from amends.exports.queries import ExportRef, expired_exports, unfinished_exports
from amends.exports.run import folder_of, run_export
from amends.services import Services

AT_ONCE: Final = 2
FIND_EVERY_S: Final = 10
EXPIRE_EVERY_S: Final = 300
_BATCH: Final = 100

jobs: Final[JobRegistry[Services]] = JobRegistry()
_running: Final = set[ExportRef]()
"""What this process writes: not the truth about any export, only how busy it is."""


@jobs.job(JOB, ExportJob)
async def write_export(services: Services, job: ExportJob) -> None:
    """Write an export's file, if there is room."""
    if len(_running) >= AT_ONCE or job.ref in _running:
        return
    _running.add(job.ref)
    try:
        await run_export(services, job.ref)
    finally:
        _running.discard(job.ref)


@jobs.sweep("exports", every_s=FIND_EVERY_S)
async def find_exports(services: Services) -> None:
    """Have the oldest exports written that are not, unless a job is about to."""
    async with transaction(services.pool) as connection:
        for ref in await unfinished_exports(connection, _BATCH):
            await commands.enqueue_export(connection, ref)


@jobs.sweep("expired_exports", every_s=EXPIRE_EVERY_S)
async def expire_exports(services: Services) -> None:
    """Delete the files that have outlived their 30 days."""
    now = services.clock.now()
    while refs := await expired_exports(services.pool, now, _BATCH):
        for ref in refs:
            await _expire(services, ref)


async def _expire(services: Services, ref: ExportRef) -> None:
    """Offer a file no longer, delete it, and write that it is gone. Dying in between, the next sweep begins again."""
    async with transaction(services.pool) as connection:
        await commands.expire_export(connection, ref, services.clock.now())
    await services.file_store.delete_folder(folder_of(ref.export_id))
    async with transaction(services.pool) as connection:
        await commands.forget_file(connection, ref)
