"""Reading files: one, the list of the caller's own, the parts of an upload, the limits in force."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool
from amends.files.limits import FileLimits

_FILE: Final = """id, pid, owner, filename, declared_bytes, upload_status, failure, multipart_upload_id, content_type,
    size_bytes, width, height, storage_key, thumbnail_key, attached_to, created_at"""

GET_FILE_SQL: Final = f"""
select {_FILE}
from files
where id = $1
"""  # noqa: S608 (constant fragments)

GET_OWN_FILE_SQL: Final = f"""
select {_FILE}
from files
where id = $1
    and owner = $2
"""  # noqa: S608 (constant fragments)

LIST_OWN_FILES_SQL: Final = f"""
select {_FILE}
from files
where id = any($1)
    and owner = $2
    and attached_to is null
    and upload_status = 'ready'
"""  # noqa: S608 (constant fragments)

LIST_PARTS_SQL: Final = """
select part_number, etag, size_bytes, storage_key
from file_parts
where file_id = $1
order by part_number
"""

GET_LIMITS_SQL: Final = """
select policy
from policy_versions
order by version desc
limit 1
"""

_OWN: Final = "owner = $1\n    and ($2::uuid[] is null or id = any($2))"
_OLDEST_FIRST, _NEWEST_FIRST = by_time("created_at", descending=False), by_time("created_at")

FILES_ASC_SQLS: Final = statements(_FILE, "files", _OWN, _OLDEST_FIRST, 3)
FILES_DESC_SQLS: Final = statements(_FILE, "files", _OWN, _NEWEST_FIRST, 3)
FILES: Final = {
    "asc": Listing("files:asc", _OLDEST_FIRST, FILES_ASC_SQLS),
    "desc": Listing("files:desc", _NEWEST_FIRST, FILES_DESC_SQLS),
}
"""By direction. Parameters: the owner, and of which ids; null: any."""


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is stored."""

    id: UUID
    pid: str
    owner: str
    filename: str
    declared_bytes: int | None = None
    upload_status: str
    failure: str | None = None
    multipart_upload_id: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    storage_key: str | None = None
    thumbnail_key: str | None = None
    attached_to: str | None = None
    created_at: datetime


class PartRow(msgspec.Struct, frozen=True):
    """A part that has arrived."""

    part_number: int
    etag: str
    size_bytes: int
    storage_key: str


async def get_file(connection: Connection | Pool, file_id: UUID) -> FileRow | None:
    """Return any file: for addresses that we signed, and for jobs."""
    row = await connection.fetchrow(GET_FILE_SQL, file_id)
    return FileRow(**dict(row)) if row else None


async def get_own_file(connection: Connection | Pool, file_id: UUID, owner: str) -> FileRow | None:
    """Return a file of this owner."""
    row = await connection.fetchrow(GET_OWN_FILE_SQL, file_id, owner)
    return FileRow(**dict(row)) if row else None


async def list_own_files(connection: Connection | Pool, file_ids: Sequence[UUID], owner: str) -> list[FileRow]:
    """Return those of the files that are this owner's and can be attached, in the order asked for."""
    rows = {row["id"]: FileRow(**dict(row)) for row in await connection.fetch(LIST_OWN_FILES_SQL, file_ids, owner)}
    return [rows[file_id] for file_id in file_ids if file_id in rows]


async def list_parts(connection: Connection | Pool, file_id: UUID) -> list[PartRow]:
    """Return the parts that have arrived, in order."""
    return [PartRow(**dict(row)) for row in await connection.fetch(LIST_PARTS_SQL, file_id)]


async def get_limits(connection: Connection | Pool) -> FileLimits:
    """Return the limits of the newest policy."""
    return msgspec.convert(await connection.fetchval(GET_LIMITS_SQL) or {}, FileLimits)
