"""Uploads in one piece: the body of one PUT becomes the file.

The same address may be tried again until it succeeds. Whoever finishes first wins; what another one stored is deleted.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from litestar import Request

from amends.db.transactions import transaction
from amends.files import commands_uploads as commands
from amends.files.commands_uploads import Content, new_file
from amends.files.intake import incoming_folder, note_refusal, take_in
from amends.files.landing import announced_bytes, body_of, check_size, work_folder
from amends.files.limits import FileLimits
from amends.files.queries import FileRow, get_limits
from amends.kit.errors import Conflict, PayloadTooLarge
from amends.services import Services


async def receive_file(services: Services, file: FileRow, request: Request[Any, Any, Any]) -> str:
    """Take a whole file in from a request's body and return its etag; the file is ready then.

    Raises:
        Conflict: `upload_finished`.
        Unprocessable, PayloadTooLarge, InvalidRequest: see `take_in`.
    """
    limits = await get_limits(services.pool)
    await _check_announced(services, file, request, limits)
    async with work_folder(incoming_folder(services)) as folder:
        landed, content = await take_in(services, file, body_of(request), folder, limits)
    await _finish(services, file, content, services.clock.now())
    return landed.etag


async def add_file(
    services: Services, *, owner: str, filename: str, data: bytes | AsyncIterator[bytes], now: datetime
) -> FileRow:
    """Make a file of bytes that we have ourselves, or of chunks as they come; it is ready, as if uploaded at `now`.

    Raises:
        Unprocessable, PayloadTooLarge: see `take_in`.
    """
    file = new_file(owner=owner, filename=filename, now=now)
    limits = await get_limits(services.pool)
    async with transaction(services.pool) as connection:
        await commands.create_file(connection, file)
    async with work_folder(incoming_folder(services)) as folder:
        chunks = _once(data) if isinstance(data, bytes) else data
        _, content = await take_in(services, file, chunks, folder, limits)
    await _finish(services, file, content, now)
    return file


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _check_announced(
    services: Services, file: FileRow, request: Request[Any, Any, Any], limits: FileLimits
) -> None:
    """Refuse before the first byte what Content-Length shows to be wrong."""
    announced = announced_bytes(request)
    if announced is None:
        return
    try:
        check_size(announced, limit=limits.upload_max_bytes, expected_bytes=file.declared_bytes, is_all=True)
    except PayloadTooLarge as refusal:
        await note_refusal(services, file, refusal)
        raise


async def _finish(services: Services, file: FileRow, content: Content, now: datetime) -> None:
    """Write the content down; where it is not known whether that was committed, the sweep sees to what is left."""
    try:
        async with transaction(services.pool) as connection:
            await commands.finish_upload(connection, file.id, content, now)
    except Conflict:
        await services.file_store.delete(content.keys)
        raise
