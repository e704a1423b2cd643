"""Attaching files to a case's event: inside the caller's transaction, each file once and for good.

The database decides who wins when one file is attached twice at once: the update is guarded by `attached_to is null`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection
from amends.files.identity import file_uuid
from amends.files.limits import DEFAULT_FILES_MAX
from amends.kit.errors import Unprocessable
from amends.kit.ids import MalformedId

ATTACH_FILE_SQL: Final = """
update files
set attached_to = $3,
    attached_at = $4,
    updated_at = $4
where id = $1
  and owner = $2
  and attached_to is null
  and upload_status in ('processing', 'ready')
  and content_type is not null
returning id, filename, content_type, size_bytes
"""

KEEP_FILES_SQL: Final = """
update files
set kept_until = $3,
    updated_at = $4
where id = any($1::uuid[])
  and owner = $2
  and attached_to is null
  and upload_status = 'ready'
"""


class AttachmentInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a request names a file; `direct_upload_id` is a synonym of `id`."""

    id: str | None = None
    direct_upload_id: str | None = None


class AttachedFile(msgspec.Struct, frozen=True):
    """What an event keeps of a file that it carries."""

    file_id: UUID
    filename: str
    content_type: str
    size_bytes: int


async def attach_files(
    connection: Connection,
    *,
    owner: str,
    attachments: Sequence[AttachmentInput],
    event_pid: str,
    now: datetime,
    files_max: int = DEFAULT_FILES_MAX,
) -> list[AttachedFile]:
    """Bind the owner's files to an event, in the order in which they were named.

    Raises:
        Unprocessable: `too_many_files`; or `file_not_attachable`: unknown, another's, attached already, named twice,
            or its upload has not succeeded. Nothing is attached then, once the caller's transaction rolls back.
    """
    if len(attachments) > files_max:
        raise Unprocessable(
            "too_many_files", f"At most {files_max} files go with one message. Send fewer.", param="attachments"
        )
    file_ids = [_file_id(attachment, position) for position, attachment in enumerate(attachments)]
    attached: dict[UUID, AttachedFile] = {}
    for file_id in sorted(file_ids):  # one order for everybody: no deadlock between two requests with the same files
        row = (
            None if file_id in attached else await connection.fetchrow(ATTACH_FILE_SQL, file_id, owner, event_pid, now)
        )
        if row is None:
            raise _not_attachable(file_ids.index(file_id))
        attached[file_id] = AttachedFile(row["id"], row["filename"], row["content_type"], row["size_bytes"])
    return [attached[file_id] for file_id in file_ids]


async def keep_files(
    connection: Connection, *, owner: str, file_ids: Sequence[UUID], until: datetime | None, now: datetime
) -> None:
    """Keep the owner's files that nothing carries yet until a time; None: no longer than usual."""
    if file_ids:
        await connection.execute(KEEP_FILES_SQL, list(file_ids), owner, until, now)


def _file_id(attachment: AttachmentInput, position: int) -> UUID:
    named = {text for text in (attachment.id, attachment.direct_upload_id) if text is not None}
    if len(named) != 1:
        raise _not_attachable(position)
    try:
        return file_uuid(named.pop())
    except MalformedId as error:
        raise _not_attachable(position) from error


def _not_attachable(position: int) -> Unprocessable:
    return Unprocessable(
        "file_not_attachable",
        "This is not a file of yours that can be attached: upload it until it is `ready`; each file is attached once.",
        param=f"attachments[{position}]",
    )
