"""Uploads in parts of 5 MiB: each part is an object of its own until `complete` puts them together.

A part sent again replaces the first. Sizes are exact: every part but the last is `PART_BYTES`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from litestar import Request

from amends.db.transactions import transaction
from amends.files import commands_uploads as commands
from amends.files.commands_uploads import Content
from amends.files.intake import incoming_folder, take_in
from amends.files.landing import announced_bytes, body_of, check_size, land, work_folder
from amends.files.limits import PART_BYTES
from amends.files.queries import FileRow, PartRow, get_limits
from amends.files.schemas import CompletedPart
from amends.files.store import MissingObject, new_key
from amends.kit.errors import Conflict, Unprocessable
from amends.services import Services


def part_sizes(declared_bytes: int) -> list[int]:
    """Return the exact size of each part of an upload of so many bytes."""
    whole, rest = divmod(declared_bytes, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])


async def receive_part(services: Services, file: FileRow, part_number: int, request: Request[Any, Any, Any]) -> str:
    """Take one part in and return its etag.

    Raises:
        Conflict: `upload_finished`.
        InvalidRequest: `file_size_mismatch` or `upload_interrupted`.
    """
    expected, key = part_sizes(file.declared_bytes or 0)[part_number - 1], new_key(file.id)
    announced = announced_bytes(request)
    if announced is not None:
        check_size(announced, limit=None, expected_bytes=expected, is_all=True)
    async with work_folder(incoming_folder(services)) as folder:
        landed = await land(
            body_of(request), folder / "part", max_bytes=lambda _head: expected, expected_bytes=expected
        )
        await services.file_store.put(key, folder / "part")
    part = PartRow(part_number, landed.etag, landed.size_bytes, key)
    try:
        async with transaction(services.pool) as connection:
            replaced = await commands.put_part(connection, file.id, part, services.clock.now())
    except Conflict:
        await services.file_store.delete([key])
        raise
    await services.file_store.delete(replaced)
    return landed.etag


def check_parts(file: FileRow, arrived: Sequence[PartRow], named: Sequence[CompletedPart]) -> None:
    """Hold what the caller says was sent against what has arrived.

    Raises:
        Unprocessable: `multipart_parts_mismatch`: a part is missing, doubled, out of order or another than ours.
    """
    count = len(part_sizes(file.declared_bytes or 0))
    if [part.part_number for part in named] != list(range(1, count + 1)):
        raise _mismatch({"part_count": count})
    etags = {part.part_number: part.etag for part in arrived}
    for part in named:
        if etags.get(part.part_number) != _bare(part.etag):
            raise _mismatch({"part_number": part.part_number})


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def _mismatch(details: Mapping[str, int]) -> Unprocessable:
    return Unprocessable(
        "multipart_parts_mismatch",
        "Name every part once, in order, each with the etag that its upload answered; `details` says what is wrong.",
        param="multipart_parts",
        details=details,
    )


async def assemble(services: Services, file: FileRow, parts: Sequence[PartRow]) -> Content:
    """Put an upload's parts together and take the whole in; the caller finishes the file or deletes the content.

    Raises:
        Unprocessable, PayloadTooLarge: see `take_in`.
        Conflict: `upload_changed`, a part was sent again meanwhile.
    """
    limits = await get_limits(services.pool)
    async with work_folder(incoming_folder(services)) as folder:
        try:
            _, content = await take_in(services, file, _joined(services, parts), folder, limits)
        except MissingObject as error:
            raise Conflict("upload_changed", "A part was sent again meanwhile. Complete the upload anew.") from error
    return content


async def _joined(services: Services, parts: Sequence[PartRow]) -> AsyncIterator[bytes]:
    for part in parts:
        async for chunk in services.file_store.chunks(part.storage_key):
            yield chunk
