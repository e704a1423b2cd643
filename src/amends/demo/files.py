"""Uploads what the demo's people attach, through the same steps as an upload over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import anyio

from amends.demo.cast import acting_user
from amends.demo.pictures import Attachment, attachments
from amends.demo.story import CasePlan, Planned
from amends.files.uploads import add_file
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
    limiter = anyio.CapacityLimiter(AT_ONCE)
    made: dict[tuple[str, int], list[str]] = {}

    async def upload_all(plan: CasePlan, position: int, step: Planned) -> None:
        async with limiter:
            owner = owners[acting_user(plan, step)]
            made[plan.sale.id, position] = [
                await _upload(services, owner, step, file) for file in attachments(plan, step)
            ]
            advance("Uploading attachments", len(made), len(carrying))

    async with anyio.create_task_group() as uploads:
        for plan, position, step in carrying:
            uploads.start_soon(upload_all, plan, position, step)
    return made


async def _upload(services: Services, owner: str, step: Planned, file: Attachment) -> str:
    at = step.at - BEFORE_THE_STEP
    row = await add_file(services, owner=owner, filename=file.filename, data=file.content, now=at)
    return row.pid
