"""The life of a file's row: made, its parts noted, finished or failed, swept. Each change is guarded by the status.

pending ──► ready          failed ──► ready (the bytes may be sent again)
   └──────► failed         ready: never changes; it can be attached, once
"""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection
from amends.files.names import clean_filename
from amends.files.queries import FileRow, PartRow
from amends.kit.errors import Conflict, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7

CREATE_FILE_SQL: Final = """
insert into files (
    id, pid, owner, filename, declared_bytes, upload_status, multipart_upload_id, created_at, updated_at
)
values ($1, $2, $3, $4, $5, 'pending', $6, $7, $7)
"""

COUNT_WAITING_SQL: Final = """
select count(*)
from (
    select
    from files
    where owner = $1
      and attached_to is null
    limit $2
) waiting
"""

LOCK_UNFINISHED_SQL: Final = """
select id
from files
where id = $1
  and upload_status in ('pending', 'failed')
  and created_at > $2
for update
"""

GET_PART_KEY_SQL: Final = """
select storage_key
from file_parts
where file_id = $1
  and part_number = $2
"""

PUT_PART_SQL: Final = """
insert into file_parts (file_id, part_number, etag, size_bytes, storage_key)
values ($1, $2, $3, $4, $5)
on conflict (file_id, part_number) do update
set etag = excluded.etag,
    size_bytes = excluded.size_bytes,
    storage_key = excluded.storage_key
"""

FINISH_UPLOAD_SQL: Final = """
update files
set upload_status = 'ready',
    failure = null,
    content_type = $2,
    size_bytes = $3,
    width = $4,
    height = $5,
    storage_key = $6,
    thumbnail_key = $7,
    updated_at = $8
where id = $1
  and upload_status in ('pending', 'failed')
  and created_at > $9
returning id
"""

FAIL_UPLOAD_SQL: Final = """
update files
set upload_status = 'failed',
    failure = $2,
    updated_at = $3
where id = $1
  and upload_status in ('pending', 'failed')
"""

DELETE_PARTS_SQL: Final = """
delete from file_parts
where file_id = $1
returning storage_key
"""

LIST_UNSWEPT_SQL: Final = """
select id
from files
where swept_at is null
  and created_at <= $1
  and (attached_to is not null or kept_until is null or kept_until <= $2)
order by created_at
limit $3
"""

CLOSE_FILE_SQL: Final = """
update files
set upload_status = case when attached_to is null then 'failed' else upload_status end,
    updated_at = $3
where id = $1
  and swept_at is null
  and created_at <= $2
  and (attached_to is not null or kept_until is null or kept_until <= $3)
returning attached_to, storage_key, thumbnail_key
"""

DELETE_FILE_SQL: Final = """
delete from files
where id = $1
  and attached_to is null
  and created_at <= $2
"""

MARK_SWEPT_SQL: Final = """
update files
set swept_at = $2
where id = $1
"""

UNATTACHED_LIFE: Final = timedelta(hours=24)
WAITING_MAX: Final = 60
"""Files of one person that nothing carries: a customer is anybody, and must not fill the store."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished upload has put into the store."""

    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    storage_key: str
    thumbnail_key: str | None = None

    @property
    def keys(self) -> list[str]:
        """Return the keys of its objects."""
        return [key for key in (self.storage_key, self.thumbnail_key) if key is not None]


def new_file(
    *, owner: str, filename: str, now: datetime, byte_size: int | None = None, multipart: bool = False
) -> FileRow:
    """Return a file that waits for its bytes; `create_file` writes it.

    Raises:
        Unprocessable: `invalid_filename`.
    """
    file_id = uuid7(now)
    return FileRow(
        id=file_id,
        pid=public_id(Prefix.FILE, file_id),
        owner=owner,
        filename=clean_filename(filename),
        declared_bytes=byte_size,
        upload_status="pending",
        multipart_upload_id=f"mpu_{secrets.token_urlsafe(18)}" if multipart else None,
        created_at=now,
    )


async def create_file(connection: Connection, row: FileRow) -> None:
    """Write a new file that waits for its bytes.

    Raises:
        Unprocessable: `too_many_files_waiting`, of a person; keys belong to the platform and its merchants.
    """
    if row.owner.startswith(f"{Prefix.USER}_") and await _waiting(connection, row.owner) >= WAITING_MAX:
        raise Unprocessable(
            "too_many_files_waiting",
            f"{WAITING_MAX} files of yours go with no message yet. Send them, or wait: they are deleted in a day.",
        )
    await connection.execute(
        CREATE_FILE_SQL,
        row.id,
        row.pid,
        row.owner,
        row.filename,
        row.declared_bytes,
        row.multipart_upload_id,
        row.created_at,
    )


async def _waiting(connection: Connection, owner: str) -> int:
    return await connection.fetchval(COUNT_WAITING_SQL, owner, WAITING_MAX)


async def put_part(connection: Connection, file_id: UUID, part: PartRow, now: datetime) -> list[str]:
    """Note a part that has arrived, and return the keys that are nobody's now: of the part that it replaces.

    Raises:
        Conflict: `upload_finished`.
    """
    if await connection.fetchval(LOCK_UNFINISHED_SQL, file_id, now - UNATTACHED_LIFE) is None:
        raise upload_finished()
    replaced: str | None = await connection.fetchval(GET_PART_KEY_SQL, file_id, part.part_number)
    await connection.execute(PUT_PART_SQL, file_id, part.part_number, part.etag, part.size_bytes, part.storage_key)
    return [] if replaced is None else [replaced]


async def finish_upload(connection: Connection, file_id: UUID, content: Content, now: datetime) -> list[str]:
    """Make the file ready, and return the keys that are nobody's now: those of its parts.

    Raises:
        Conflict: `upload_finished`, another request was first.
    """
    finished = await connection.fetchval(
        FINISH_UPLOAD_SQL,
        file_id,
        content.content_type,
        content.size_bytes,
        content.width,
        content.height,
        content.storage_key,
        content.thumbnail_key,
        now,
        now - UNATTACHED_LIFE,
    )
    if finished is None:
        raise upload_finished()
    return [row["storage_key"] for row in await connection.fetch(DELETE_PARTS_SQL, file_id)]


async def fail_upload(connection: Connection, file_id: UUID, reason: str, now: datetime) -> None:
    """Note why the bytes were not taken; they may be sent again."""
    await connection.execute(FAIL_UPLOAD_SQL, file_id, reason, now)


async def close_file(connection: Connection, file_id: UUID, now: datetime) -> list[str] | None:
    """Shut a file of yesterday against uploads and, if nothing carries it, attaching; return the keys to keep.

    None: there is nothing to do any more.
    """
    row = await connection.fetchrow(CLOSE_FILE_SQL, file_id, now - UNATTACHED_LIFE, now)
    if row is None:
        return None
    await connection.execute(DELETE_PARTS_SQL, file_id)
    return [] if row["attached_to"] is None else [key for key in (row["storage_key"], row["thumbnail_key"]) if key]


async def forget_file(connection: Connection, file_id: UUID, now: datetime) -> None:
    """Delete a closed file that nothing carries; note of another that it has been looked at."""
    await connection.execute(DELETE_FILE_SQL, file_id, now - UNATTACHED_LIFE)
    await connection.execute(MARK_SWEPT_SQL, file_id, now)


def upload_finished() -> Conflict:
    """Make the refusal of bytes for a file that has its bytes."""
    return Conflict("upload_finished", "This file has its bytes already, which never change. Create another file.")
