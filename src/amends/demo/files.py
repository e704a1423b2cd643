"""Uploads what the demo's people attach, through the same steps as an upload over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import anyio

from amends.db.transactions import transaction
from amends.demo.cast import acting_user
from amends.demo.pictures import Attachment, attachments
from amends.demo.story import CasePlan, Planned
from amends.files import commands_uploads as commands
from amends.files.intake import incoming_folder, take_in
from amends.files.landing import work_folder
from amends.files.limits import FileLimits
from amends.files.queries import FileRow, get_limits
from amends.kit.ids import Prefix, public_id, uuid7
from amends.services import Services

AT_ONCE: Final = 4
BEFORE_THE_STEP: Final = timedelta(minutes=3)

Files = Mapping[tuple[str, int], Sequence[str]]
"""The public ids of a step's files, by the case's payment and the step's position."""


async def upload_attachments(
    services: Services, plans: Sequence[CasePlan], owners: Mapping[str, str], advance: Callable[[str, int, int], None]
) -> Files:
    """Upload everything that will be attached; `owners` are people's public ids by the platform's own."""
    carrying = [
        (plan, position, step)
        for plan in plans
        for position, step in enumerate(plan.steps)
        if step.attachments
    ]  # fmt: skip
    limits = await get_limits(services.pool)
    limiter = anyio.CapacityLimiter(AT_ONCE)
    made: dict[tuple[str, int], list[str]] = {}

    async def upload_all(plan: CasePlan, position: int, step: Planned) -> None:
        async with limiter:
            owner = owners[acting_user(plan, step)]
            made[plan.sale.id, position] = [
                await _upload(services, limits, owner, step, file) for file in attachments(plan, step)
            ]
            advance("Uploading attachments", len(made), len(carrying))

    async with anyio.create_task_group() as uploads:
        for plan, position, step in carrying:
            uploads.start_soon(upload_all, plan, position, step)
    return made


async def _upload(services: Services, limits: FileLimits, owner: str, step: Planned, file: Attachment) -> str:
    at = step.at - BEFORE_THE_STEP
    file_id = uuid7(at)
    row = FileRow(
        id=file_id,
        pid=public_id(Prefix.FILE, file_id),
        owner=owner,
        filename=file.filename,
        upload_status="pending",
        created_at=at,
    )
    async with transaction(services.pool) as connection:
        await commands.create_file(connection, row)
    async with work_folder(incoming_folder(services)) as folder:
        _, content = await take_in(services, row, _once(file.content), folder, limits)
    async with transaction(services.pool) as connection:
        await commands.finish_upload(connection, file_id, content, at)
    return row.pid


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
