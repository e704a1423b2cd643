"""Reading files: one, a page of the caller's own, the parts of an upload, the limits in force."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection, Pool
from amends.files.limits import FileLimits
from amends.kit.pages import PageRequest

_FILES: Final = """
select
    id,
    pid,
    owner,
    filename,
    declared_bytes,
    upload_status,
    failure,
    multipart_upload_id,
    content_type,
    size_bytes,
    width,
    height,
    storage_key,
    thumbnail_key,
    attached_to,
    created_at
from files
"""

GET_FILE_SQL: Final = f"{_FILES}where id = $1\n"
GET_OWN_FILE_SQL: Final = f"{_FILES}where id = $1\n  and owner = $2\n"

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


_OWN: Final = "owner = $1\n  and ($2::uuid[] is null or id = any ($2))"
_BETWEEN: Final = "(created_at, id) > ($3::timestamptz, $4::uuid)\n  and (created_at, id) < ($5::timestamptz, $6::uuid)"

LIST_FILES_SQLS: Final = {
    order: f"{_FILES}where {_OWN}\n  and {_BETWEEN}\norder by created_at {order}, id {order}\nlimit $7\n"
    for order in ("asc", "desc")
}
"""By the order in which rows are read, which for a page cut from the list's end is the opposite of the list's."""

BEYOND_SQL: Final = """
select
    exists (
        select 1
        from files
        where owner = $1
          and ($2::uuid[] is null or id = any ($2))
          and (created_at, id) < ($3::timestamptz, $4::uuid)
    ) as is_older,
    exists (
        select 1
        from files
        where owner = $1
          and ($2::uuid[] is null or id = any ($2))
          and (created_at, id) > ($5::timestamptz, $6::uuid)
    ) as is_newer
"""

FileKey = tuple[datetime, UUID]
_FIRST: Final = (datetime(1, 1, 2, tzinfo=UTC), UUID(int=0))
_LAST: Final = (datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1))


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

    @property
    def key(self) -> FileKey:
        """Return the file's place in a list."""
        return (self.created_at, self.id)


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


async def list_files(
    connection: Connection | Pool, owner: str, file_ids: list[UUID] | None, page: PageRequest, *, descending: bool
) -> list[FileRow]:
    """Return up to `page.limit` of the owner's files from the asked end; None: not only those of certain ids."""
    older, newer = (page.before, page.after) if descending else (page.after, page.before)
    order = "desc" if descending != page.from_end else "asc"
    rows = await connection.fetch(
        LIST_FILES_SQLS[order], owner, file_ids, *(older or _FIRST), *(newer or _LAST), page.limit
    )
    return [FileRow(**dict(row)) for row in rows]


async def beyond_page(
    connection: Connection | Pool,
    owner: str,
    file_ids: list[UUID] | None,
    page: PageRequest,
    rows: Sequence[FileRow],
    *,
    descending: bool,
) -> tuple[bool, bool]:
    """Tell whether the list goes on before and after a page; an empty page lies just past its cursor, if it has one."""
    if not rows:
        return (page.after is not None, page.before is not None)
    oldest, newest = (rows[-1], rows[0]) if descending else (rows[0], rows[-1])
    found = await connection.fetchrow(BEYOND_SQL, owner, file_ids, *oldest.key, *newest.key)
    is_older, is_newer = (found["is_older"], found["is_newer"]) if found else (False, False)
    return (is_newer, is_older) if descending else (is_older, is_newer)


async def list_parts(connection: Connection | Pool, file_id: UUID) -> list[PartRow]:
    """Return the parts that have arrived, in order."""
    return [PartRow(**dict(row)) for row in await connection.fetch(LIST_PARTS_SQL, file_id)]


async def get_limits(connection: Connection | Pool) -> FileLimits:
    """Return the limits of the newest policy."""
    return msgspec.convert(await connection.fetchval(GET_LIMITS_SQL) or {}, FileLimits)
