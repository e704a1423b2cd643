"""The public shapes of files: the reference client's `File`, and what `create` and `complete` take."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from amends.files.limits import PART_BYTES
from amends.files.links import Links, Variant
from amends.files.queries import FileRow
from amends.kit.clock import iso
from amends.kit.pages import PageInfo

MAX_PARTS = 10_000


class CreateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is going to be uploaded; `byte_size` is required with `multipart`, and binding whenever it is given."""

    filename: Annotated[str, msgspec.Meta(max_length=1000)]
    byte_size: Annotated[int, msgspec.Meta(ge=1)] | None = None
    multipart: bool | None = None
    visibility: Literal["private", "public"] | None = None


class CompletedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part and the ETag that its upload answered."""

    part_number: Annotated[int, msgspec.Meta(ge=1, le=MAX_PARTS)]
    etag: Annotated[str, msgspec.Meta(max_length=100)]


class CompleteUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every part of an upload, in order."""

    multipart_upload_id: Annotated[str, msgspec.Meta(max_length=100)]
    multipart_parts: Annotated[list[CompletedPart], msgspec.Meta(max_length=MAX_PARTS)]


class PartAddress(msgspec.Struct, frozen=True):
    """Where to PUT one part."""

    part_number: int
    url: str


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file; `size` and `content_type` are those of what can be fetched, after images were cleaned."""

    id: str
    object: Literal["file"] = "file"
    filename: str
    content_type: str | None
    size: int | None
    width: int | None
    height: int | None
    duration_seconds: float | None = None
    blurhash: str | None = None
    waveform_url: str | None = None
    url: str | None
    thumbnail_url: str | None
    visibility: Literal["private"] = "private"
    removed_by_moderation: bool = False
    upload_status: str
    failure_reason: str | None
    upload_url: str | None = None
    upload_headers: dict[str, str] | None = None
    multipart_upload_id: str | None = None
    multipart_chunk_size: int | None = None
    multipart_upload_urls: list[PartAddress] | None = None
    created_at: str


class FilePage(msgspec.Struct, frozen=True):
    """A page of files."""

    data: list[File]
    page_info: PageInfo


def file_shape(row: FileRow, links: Links, now: datetime) -> File:
    """Return a file as its owner reads it, with fresh addresses."""
    is_ready = row.upload_status == "ready"
    return File(
        id=row.pid,
        filename=row.filename,
        content_type=row.content_type,
        size=row.size_bytes,
        width=row.width,
        height=row.height,
        url=links.attachment_url(row.id, now) if is_ready else None,
        thumbnail_url=links.attachment_url(row.id, now, Variant.THUMBNAIL) if is_ready and row.thumbnail_key else None,
        upload_status=row.upload_status,
        failure_reason=row.failure,
        created_at=iso(row.created_at),
    )


def created_shape(row: FileRow, links: Links, now: datetime, part_count: int) -> File:
    """Return a file just made, with where its bytes go: to one address, or to one for each part."""
    file = msgspec.structs.replace(file_shape(row, links, now), upload_headers={})
    if row.multipart_upload_id is None:
        return msgspec.structs.replace(file, upload_url=links.upload_url(row.id, now))
    return msgspec.structs.replace(
        file,
        multipart_upload_id=row.multipart_upload_id,
        multipart_chunk_size=PART_BYTES,
        multipart_upload_urls=[
            PartAddress(number, links.upload_url(row.id, now, number)) for number in range(1, part_count + 1)
        ],
    )
