"""Where the bytes are: a local folder, or a bucket of S3, Google Cloud Storage or Azure, by address.

Keys are made by us, `files/<uuid of the file>/<random>`, and never contain anything that a person sent. An object is
written whole or not at all. Nothing here happens inside a database transaction.
"""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import anyio
import anyio.to_thread
import obstore
from obstore.store import LocalStore, ObjectStore, from_url

if TYPE_CHECKING:
    from obstore import GetOptions

CHUNK_BYTES: Final = 256 * 1024
STORE_PART_BYTES: Final = 5 * 1024 * 1024
"""The least that S3 takes as a part of its own multipart uploads."""
PARTS_AT_ONCE: Final = 2
PUTS_AT_ONCE: Final = 4


class MissingObject(LookupError):
    """The store has nothing under this key."""


def folder_of(file_id: UUID) -> str:
    """Return the folder that holds every object of one file, and no other's."""
    return f"files/{file_id.hex}"


def new_key(file_id: UUID) -> str:
    """Make the key of a new object of a file; nobody can guess it, none is used twice."""
    return f"{folder_of(file_id)}/{secrets.token_hex(12)}"


class FileStore:
    """Puts, opens and deletes objects."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._puts = anyio.CapacityLimiter(PUTS_AT_ONCE)

    @classmethod
    def open(cls, url: str) -> "FileStore":
        """Open the store at a `file://`, `s3://`, `gs://` or `az://` address.

        Credentials of the clouds come from their usual environment variables.
        """
        if url.startswith("file://"):
            return cls(LocalStore.from_url(url, mkdir=True, automatic_cleanup=True))
        return cls(from_url(url))

    async def put(self, key: str, source: Path) -> None:
        """Store a local file's bytes under `key`, holding at most `PUTS_AT_ONCE` × `PARTS_AT_ONCE` parts in memory."""
        async with self._puts:
            await obstore.put_async(
                self._store, key, source, chunk_size=STORE_PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )

    @asynccontextmanager
    async def writing(self, key: str) -> AsyncGenerator[Callable[[bytes], Awaitable[int]]]:
        """Give what takes an object's bytes as they are made, best a megabyte at a time.

        The object is there once the block has ended well, and never half. A process that is killed within the block
        may leave parts behind: `delete_folder` takes those of a local folder, a rule of the bucket those of a cloud.
        """
        writer = obstore.open_writer_async(
            self._store, key, buffer_size=STORE_PART_BYTES, max_concurrency=PARTS_AT_ONCE
        )
        yield writer.write
        await writer.close()

    async def size(self, key: str) -> int:
        """Return how many bytes an object has.

        Raises:
            MissingObject: there is no such object.
        """
        try:
            return (await obstore.head_async(self._store, key))["size"]
        except FileNotFoundError as error:
            raise MissingObject(key) from error

    async def chunks(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the bytes of an object from `start` up to, not including, `end`; None: to the end.

        Raises:
            MissingObject: there is no such object.
        """
        if start == end:
            return  # a range of nothing cannot be asked for
        options: GetOptions = {"range": {"offset": start} if end is None else (start, end)}
        try:
            found = await obstore.get_async(self._store, key, options=options)
        except FileNotFoundError as error:
            raise MissingObject(key) from error
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)

    async def delete(self, keys: Collection[str]) -> None:
        """Delete objects; one that is gone already is no error."""
        for key in keys:
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue

    async def delete_folder(self, folder: str, *, keep: Collection[str] = ()) -> int:
        """Delete every object in a folder but those to keep, and return how many there were."""
        found = [item["path"] async for batch in obstore.list(self._store, folder) for item in batch]
        doomed = [key for key in found if key not in keep]
        await self.delete(doomed)
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            await anyio.to_thread.run_sync(_delete_parts, self._store.prefix / folder)
        return len(doomed)


def _delete_parts(folder: Path) -> None:
    """Delete what was never finished; the store writes to `<name>#<number>` and does not list it."""
    for part in folder.glob("*#*"):
        part.unlink(missing_ok=True)
