"""The sweep of files: each file is looked at once, a day after it was made, or when no draft keeps it any more.

What no event carries by then is deleted, and so is whatever broken uploads have left beside a file that stays. A file
is first closed, so that nothing can be attached or uploaded any more; then its objects go; then its row. Dying in
between loses nothing: the next sweep begins again. Work folders that a killed process left go after an hour.
"""

import contextlib
import shutil
import time
from pathlib import Path
from typing import Final
from uuid import UUID

import anyio.to_thread

from amends.db.jobs import JobRegistry
from amends.db.transactions import transaction
from amends.files import commands_uploads as commands
from amends.files.intake import incoming_folder
from amends.files.store import folder_of
from amends.services import Services

SWEEP_EVERY_S: Final = 300
_BATCH: Final = 500
_STALE_S: Final = 3600

jobs: Final[JobRegistry[Services]] = JobRegistry()


@jobs.sweep("files", every_s=SWEEP_EVERY_S)
async def sweep_files(services: Services) -> None:
    """Look at every file of yesterday that has not been looked at."""
    await anyio.to_thread.run_sync(_remove_stale, incoming_folder(services))
    while file_ids := await _unswept(services):
        for file_id in file_ids:
            await sweep_file(services, file_id)


async def _unswept(services: Services) -> list[UUID]:
    now = services.clock.now()
    before = now - commands.UNATTACHED_LIFE
    return [row["id"] for row in await services.pool.fetch(commands.LIST_UNSWEPT_SQL, before, now, _BATCH)]


async def sweep_file(services: Services, file_id: UUID) -> None:
    """Close one file, delete its objects but those that an attached one needs, and then its row."""
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        keep = await commands.close_file(connection, file_id, now)
    if keep is None:
        return
    await services.file_store.delete_folder(folder_of(file_id), keep=keep)
    async with transaction(services.pool) as connection:
        await commands.forget_file(connection, file_id, now)


def _remove_stale(incoming: Path) -> None:
    """Remove work folders in which nothing has been written for an hour of the machine's clock."""
    for folder in incoming.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - max(path.stat().st_mtime for path in (folder, *folder.glob("*"))) > _STALE_S:
                shutil.rmtree(folder, ignore_errors=True)
