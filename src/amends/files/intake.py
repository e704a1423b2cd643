"""From landed bytes to stored content: inspected, cleaned, put into the store. Refusals are noted on the file.

No transaction is open while bytes move. A file is never `processing` here: the request that brings the last byte
answers when the file is ready or refused.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.to_thread

from amends.db.transactions import transaction
from amends.files import commands_uploads as commands
from amends.files.commands_uploads import Content
from amends.files.image_process import rework_image
from amends.files.landing import Landed, land
from amends.files.limits import FileLimits
from amends.files.queries import FileRow
from amends.files.sniff import HEAD_BYTES, Family, FileKind, check_whole, sniff
from amends.files.store import new_key
from amends.kit.errors import ApiError, PayloadTooLarge, Unprocessable
from amends.services import Services


def incoming_folder(services: Services) -> Path:
    """Return where bodies land."""
    return services.settings.data_dir / "incoming"


async def take_in(
    services: Services, file: FileRow, chunks: AsyncIterator[bytes], folder: Path, limits: FileLimits
) -> tuple[Landed, Content]:
    """Land a whole file in `folder`, inspect and clean it, and put it into the store.

    Raises:
        Unprocessable, PayloadTooLarge: the bytes cannot be attached, which is noted on the file.
        InvalidRequest: they broke off or are not as many as announced, which leaves the file as it was.
    """

    def max_bytes(head: bytes) -> int:
        return limits.video_max_bytes if sniff(head).family is Family.VIDEO else limits.file_max_bytes

    try:
        landed = await land(chunks, folder / "original", max_bytes=max_bytes, expected_bytes=file.declared_bytes)
        return landed, await _stored_clean(services, file, folder)
    except (Unprocessable, PayloadTooLarge) as refusal:
        await note_refusal(services, file, refusal)
        raise


async def note_refusal(services: Services, file: FileRow, refusal: ApiError) -> None:
    """Write on the file why its bytes were not taken."""
    async with transaction(services.pool) as connection:
        await commands.fail_upload(connection, file.id, refusal.message, services.clock.now())


async def _stored_clean(services: Services, file: FileRow, folder: Path) -> Content:
    original = folder / "original"
    kind = await anyio.to_thread.run_sync(_recognise, original)
    if kind.family is not Family.IMAGE:
        key = await _put(services, file, original)
        return Content(content_type=kind.content_type, size_bytes=await _size(original), storage_key=key)
    clean, thumbnail = folder / "clean", folder / "thumbnail"
    image = await rework_image(original, clean, thumbnail, kind.content_type)
    return Content(
        content_type=image.content_type,
        size_bytes=await _size(clean),
        width=image.width,
        height=image.height,
        storage_key=await _put(services, file, clean),
        thumbnail_key=await _put(services, file, thumbnail),
    )


def _recognise(path: Path) -> FileKind:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    check_whole(kind, path)
    return kind


async def _put(services: Services, file: FileRow, path: Path) -> str:
    key = new_key(file.id)
    await services.file_store.put(key, path)
    return key


async def _size(path: Path) -> int:
    return (await anyio.Path(path).stat()).st_size
