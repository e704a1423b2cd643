"""The public shapes of exports: the reference client's `Export` and what is ours besides."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from amends.exports.links import download_url
from amends.exports.queries import ExportRow
from amends.exports.resources import Format, Resource, State
from amends.kit.clock import iso
from amends.kit.pages import PageInfo
from amends.services import Services

FAILURES: Final = {
    "canceled": "It was canceled before it was finished.",
    "took_too_long": "It took longer than an hour. Narrow it with filters, or ask for fewer columns, and retry.",
    "storage_failed": "The file could not be stored. Retry; if it fails again, tell your operator.",
    "database_failed": "The database could not deliver the rows. Retry; if it fails again, tell your operator.",
    "interrupted": "It was interrupted too often. Retry; if it fails again, tell your operator.",
}
"""Why an export failed, by `error.code`, and what to do."""


class CreateExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to export. Without `columns` all that the credential may see; `format` is ours, csv by default."""

    resource: Resource
    account_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    columns: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=100)] | None = None
    filters: dict[str, Any] | None = None
    timezone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    format: Format | None = None


class Failure(msgspec.Struct, frozen=True):
    """Why an export failed."""

    code: str
    message: str


class Requester(msgspec.Struct, frozen=True):
    """Who asked for an export."""

    id: str
    name: str | None


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export. `rows` are those written so far, `total_rows` null until they are counted."""

    id: str
    object: str = "export"
    account_id: str
    resource: Resource
    format: Format
    columns: list[str]
    filters: dict[str, Any]
    timezone: str
    status: State
    progress_percent: int
    rows: int
    total_rows: int | None
    size_bytes: int | None
    download_url: str | None
    error: Failure | None
    requested_by: Requester
    created_at: str
    updated_at: str
    finished_at: str | None
    expires_at: str


class ExportPage(msgspec.Struct, frozen=True):
    """A page of exports."""

    data: list[Export]
    page_info: PageInfo


def export_shape(row: ExportRow, account_pid: str, services: Services, now: datetime) -> Export:
    """Return an export as the API answers it, with a fresh address of its file."""
    return Export(
        id=row.pid,
        account_id=account_pid,
        resource=row.resource,
        format=row.format,
        columns=row.columns,
        filters=row.filters,
        timezone=row.time_zone,
        status=row.state,
        progress_percent=row.progress_percent,
        rows=row.rows_done,
        total_rows=row.total_rows,
        size_bytes=row.size_bytes,
        download_url=download_url(services, row.ref, now) if is_offered(row, now) else None,
        error=None if row.error_code is None else Failure(row.error_code, FAILURES[row.error_code]),
        requested_by=Requester(row.requested_by, row.requested_by_name),
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        finished_at=None if row.finished_at is None else iso(row.finished_at),
        expires_at=iso(row.expires_at),
    )


def is_offered(row: ExportRow, now: datetime) -> bool:
    """Tell whether an export's file can be downloaded."""
    return row.state is State.COMPLETED and now < row.expires_at
