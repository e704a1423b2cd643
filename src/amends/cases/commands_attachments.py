"""Files that come with an event: bound to it once, then shown on its case to the sides that see the event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from amends.cases.moves import NewEvent
from amends.cases.rows import LockedCase
from amends.db.pool import Connection
from amends.files.commands import AttachedFile, AttachmentInput, attach_files
from amends.kit.ids import Prefix, public_id, uuid7

INSERT_ATTACHMENTS_SQL: Final = """
insert into case_attachments (
    account_id, case_id, event_id, id, pid, file_id, filename, content_type, size_bytes, viewable_by_customer,
    viewable_by_merchant, created_at
)
select $1, $2, $3, f.id, f.pid, f.file_id, f.filename, f.content_type, f.size_bytes, $4, $5, $6
from unnest($7::uuid[], $8::text[], $9::uuid[], $10::text[], $11::text[], $12::bigint[])
    as f (id, pid, file_id, filename, content_type, size_bytes)
"""


class BoundFiles(NamedTuple):
    """Files that belong to an event now; the rows that show them are written once the case is there."""

    event_id: UUID
    files: Sequence[AttachedFile]
    ids: Sequence[UUID]
    pids: Sequence[str]

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the event's data says of them: their public ids, in order."""
        return {"attachments": list(self.pids)} if self.pids else {}


async def write_attachments(
    connection: Connection,
    case: LockedCase,
    event: NewEvent,
    *,
    event_id: UUID,
    owner: str,
    attachments: Sequence[AttachmentInput],
    now: datetime,
) -> Mapping[str, Any]:
    """Bind the caller's files to the event; return what the event's data says of them."""
    if not attachments:
        return {}
    ref, files_max = (case.account_id, case.id), case.policy.files_max
    bound = await bind_files(
        connection, ref, event_id=event_id, owner=owner, attachments=attachments, files_max=files_max, now=now
    )
    await show_files(connection, ref, event, bound, now=now)
    return bound.facts


async def bind_files(
    connection: Connection,
    ref: tuple[int, UUID],
    *,
    event_id: UUID,
    owner: str,
    attachments: Sequence[AttachmentInput],
    files_max: int,
    now: datetime,
) -> BoundFiles:
    """Attach the owner's files to an event.

    Raises:
        Unprocessable: `too_many_files`, `file_not_attachable`.
    """
    account_id, _ = ref
    if not attachments:
        return BoundFiles(event_id, (), (), ())
    event_pid = public_id(Prefix.EVENT, event_id, account_id)
    files = await attach_files(
        connection, owner=owner, attachments=attachments, event_pid=event_pid, now=now, files_max=files_max
    )
    ids = [uuid7(now) for _ in files]
    return BoundFiles(event_id, files, ids, [public_id(Prefix.ATTACHMENT, row_id, account_id) for row_id in ids])


async def show_files(
    connection: Connection, ref: tuple[int, UUID], event: NewEvent, bound: BoundFiles, *, now: datetime
) -> None:
    """Write the rows that show an event's files on its case, which is there already."""
    if not bound.files:
        return
    await connection.execute(
        INSERT_ATTACHMENTS_SQL,
        *ref,
        bound.event_id,
        event.viewable_by_customer,
        event.viewable_by_merchant,
        now,
        bound.ids,
        bound.pids,
        [file.file_id for file in bound.files],
        [file.filename for file in bound.files],
        [file.content_type for file in bound.files],
        [file.size_bytes for file in bound.files],
    )
