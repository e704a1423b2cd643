"""What happens to an export: asked for, canceled, retried by people; begun, counted, finished, failed by its run.

A run is one attempt to write the file. Only the run that began last may change the export, so that a run whose worker
was taken for dead can do no harm, and one that is canceled notices: its next word finds nothing to change.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.audit import record
from amends.access.scopes import Principal
from amends.db.jobs import Job, enqueue
from amends.db.notices import ExportNotice, tell
from amends.db.pool import Connection
from amends.exports.queries import COLUMNS, ExportRef, ExportRow, count_unfinished, export_row
from amends.exports.resources import Format, Resource, Side
from amends.kit.errors import Conflict
from amends.kit.ids import Prefix, public_id, uuid7

KEPT_FOR: Final = timedelta(days=30)
MAX_UNFINISHED: Final = 10
JOB: Final = "export"
CANCELED: Final = "canceled"

INSERT_EXPORT_SQL: Final = f"""
insert into exports
    (account_id, id, pid, resource, format, columns, headings, filters, table_query, side, sees_email, time_zone,
    with_email, state, requested_by, requested_by_name, created_at, updated_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'pending', $14, $15, $16, $16, $17)
returning {COLUMNS}
"""  # noqa: S608 (a constant)
CANCEL_EXPORT_SQL: Final = f"""
update exports
set state = 'failed',
    error_code = 'canceled',
    run_id = null,
    finished_at = $3,
    updated_at = $3
where account_id = $1
    and id = $2
    and state in ('pending', 'processing')
returning {COLUMNS}
"""  # noqa: S608 (a constant)
RETRY_EXPORT_SQL: Final = f"""
update exports
set state = 'pending',
    error_code = null,
    total_rows = null,
    rows_done = 0,
    runs = 0,
    run_id = null,
    started_at = null,
    finished_at = null,
    updated_at = $3,
    expires_at = $4
where account_id = $1
    and id = $2
    and state = 'failed'
returning {COLUMNS}
"""  # noqa: S608 (a constant)
BEGIN_RUN_SQL: Final = f"""
update exports
set state = 'processing',
    run_id = $3,
    runs = runs + 1,
    total_rows = null,
    rows_done = 0,
    storage_key = $4,
    started_at = $5,
    updated_at = $5
where account_id = $1
    and id = $2
    and state in ('pending', 'processing')
returning {COLUMNS}
"""  # noqa: S608 (a constant)
COUNT_ROWS_SQL: Final = f"""
update exports
set total_rows = $4,
    rows_done = $5,
    updated_at = $6
where account_id = $1
    and id = $2
    and run_id = $3
returning {COLUMNS}
"""  # noqa: S608 (a constant)
FINISH_RUN_SQL: Final = f"""
update exports
set state = 'completed',
    total_rows = $4,
    rows_done = $4,
    size_bytes = $5,
    run_id = null,
    finished_at = $6,
    updated_at = $6,
    expires_at = $7
where account_id = $1
    and id = $2
    and run_id = $3
returning {COLUMNS}
"""  # noqa: S608 (a constant)
FAIL_RUN_SQL: Final = f"""
update exports
set state = 'failed',
    error_code = $4,
    run_id = null,
    finished_at = $5,
    updated_at = $5
where account_id = $1
    and id = $2
    and run_id = $3
returning {COLUMNS}
"""  # noqa: S608 (a constant)
EXPIRE_EXPORT_SQL: Final = f"""
update exports
set state = 'expired',
    updated_at = $3
where account_id = $1
    and id = $2
    and state = 'completed'
returning {COLUMNS}
"""  # noqa: S608 (a constant)
FORGET_FILE_SQL: Final = """
update exports
set storage_key = null
where account_id = $1
    and id = $2
    and state in ('expired', 'failed')
"""


class ExportJob(msgspec.Struct, frozen=True):
    """Which export is to be written."""

    account_id: int
    export_id: UUID

    @property
    def ref(self) -> ExportRef:
        """Return which export."""
        return ExportRef(self.account_id, self.export_id)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, checked."""

    resource: Resource
    format: Format
    columns: Sequence[str]
    headings: Sequence[str] | None
    filters: dict[str, Any]
    table_query: str | None
    side: Side
    sees_email: bool
    time_zone: str
    with_email: bool


async def request_export(
    connection: Connection, account_id: int, wanted: Wanted, *, principal: Principal, now: datetime
) -> ExportRow:
    """Write an export down and have a worker begin it.

    Raises:
        Conflict: `too_many_exports`, ten of the account wait or run already.
    """
    if await count_unfinished(connection, account_id) >= MAX_UNFINISHED:
        raise Conflict(
            "too_many_exports",
            f"{MAX_UNFINISHED} exports of this account are still being written. Wait for one, or cancel one.",
        )
    export_id = uuid7(now)
    ref, pid = ExportRef(account_id, export_id), public_id(Prefix.EXPORT, export_id, account_id)
    row = await connection.fetchrow(
        INSERT_EXPORT_SQL, *ref, pid, wanted.resource, wanted.format, wanted.columns, wanted.headings, wanted.filters,
        wanted.table_query, wanted.side, wanted.sees_email, wanted.time_zone,
        wanted.with_email, principal.id, principal.name, now, now + KEPT_FOR,
    )  # fmt: skip
    if row is None:
        raise LookupError(f"the export {pid} was not written")
    await enqueue_export(connection, ref)
    return await _changed_by(connection, row, "export.created", principal, now)


async def cancel_export(connection: Connection, export: ExportRow, *, principal: Principal, now: datetime) -> ExportRow:
    """End an export that waits or runs; what was written of it goes.

    Raises:
        Conflict: `export_finished`.
    """
    row = await connection.fetchrow(CANCEL_EXPORT_SQL, *export.ref, now)
    if row is None:
        raise Conflict("export_finished", "This export is finished: there is nothing to cancel.")
    return await _changed_by(connection, row, "export.canceled", principal, now)


async def retry_export(connection: Connection, export: ExportRow, *, principal: Principal, now: datetime) -> ExportRow:
    """Have a failed export written once more, with the rows of today.

    Raises:
        Conflict: `export_not_failed`.
    """
    row = await connection.fetchrow(RETRY_EXPORT_SQL, *export.ref, now, now + KEPT_FOR)
    if row is None:
        raise Conflict("export_not_failed", "Only a failed export can be retried. Make a new one.")
    await enqueue_export(connection, export.ref)
    return await _changed_by(connection, row, "export.retried", principal, now)


async def enqueue_export(connection: Connection, ref: ExportRef) -> None:
    """Have a worker write an export, unless one is about to."""
    job = Job(JOB, ExportJob(ref.account_id, ref.export_id))
    await enqueue(connection, job, dedupe_key=f"export:{ref.export_id}")


async def begin_run(
    connection: Connection, ref: ExportRef, run_id: UUID, *, storage_key: str, now: datetime
) -> ExportRow | None:
    """Begin a run, which ends the right of every other; None: there is nothing to write.

    Where it will write is known from now on, so that nothing of it can stay for ever.
    """
    return _tell(connection, await connection.fetchrow(BEGIN_RUN_SQL, *ref, run_id, storage_key, now), now)


async def count_rows(
    connection: Connection, ref: ExportRef, run_id: UUID, *, total: int, done: int, now: datetime
) -> bool:
    """Write how far a run is; False: it is to stop."""
    row = await connection.fetchrow(COUNT_ROWS_SQL, *ref, run_id, total, done, now)
    return _tell(connection, row, now) is not None


async def finish_run(
    connection: Connection, ref: ExportRef, run_id: UUID, *, rows: int, size_bytes: int, now: datetime
) -> bool:
    """Offer the file that a run has written; False: it is no longer wanted."""
    values = (*ref, run_id, rows, size_bytes, now, now + KEPT_FOR)
    return _tell(connection, await connection.fetchrow(FINISH_RUN_SQL, *values), now) is not None


async def fail_run(connection: Connection, ref: ExportRef, run_id: UUID, code: str, now: datetime) -> bool:
    """Write that a run cannot be finished, and why; False: that is known already."""
    return _tell(connection, await connection.fetchrow(FAIL_RUN_SQL, *ref, run_id, code, now), now) is not None


async def expire_export(connection: Connection, ref: ExportRef, now: datetime) -> None:
    """Offer a file no longer."""
    _tell(connection, await connection.fetchrow(EXPIRE_EXPORT_SQL, *ref, now), now)


async def forget_file(connection: Connection, ref: ExportRef) -> None:
    """Write that nothing is left of a file."""
    await connection.execute(FORGET_FILE_SQL, *ref)


async def _changed_by(
    connection: Connection, row: Record, action: str, principal: Principal, now: datetime
) -> ExportRow:
    """Write who did it, and tell those who look at the export."""
    await record(
        connection, principal=principal, action=action, subject=row["pid"], account_id=row["account_id"], now=now
    )
    return _told(connection, export_row(row), now)


def _tell(connection: Connection, row: Record | None, now: datetime) -> ExportRow | None:
    return None if row is None else _told(connection, export_row(row), now)


def _told(connection: Connection, export: ExportRow, now: datetime) -> ExportRow:
    """Tell those who look at an export how far it is."""
    account_id, progress = export.account_id, export.progress_percent
    tell(connection, ExportNotice(account_id=account_id, id=export.pid, state=export.state, progress=progress, at=now))
    return export
