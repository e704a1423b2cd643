"""The JSON routes of files, as the reference client calls them; the bytes themselves go through `transfers`."""

from typing import Any, Final, Literal
from uuid import UUID

from litestar import get, post
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.keyset import read_page
from amends.db.pool import Pool
from amends.files import commands_uploads as commands
from amends.files import queries
from amends.files.identity import file_uuid
from amends.files.limits import PART_BYTES
from amends.files.links import Links
from amends.files.multipart import assemble, check_parts, part_sizes
from amends.files.queries import FileRow
from amends.files.schemas import CompleteUpload, CreateFile, File, FilePage, created_shape, file_shape
from amends.files.transfers import routes as transfer_routes
from amends.kit.errors import Conflict, InvalidRequest, NotFound, Unprocessable
from amends.kit.ids import MalformedId
from amends.kit.pages import Cursors
from amends.kit.signing import Signer
from amends.services import Services

PATH: Final = "/api/v1/files"
LIST_SIZE: Final = 100
LIST_IDS_MAX: Final = 250
_NEEDS: Final[dict[str, Any]] = {"permission": Permission.FILE_WRITE}


@post(PATH, opt=_NEEDS, summary="Create a file", tags=["Files"])
async def create(data: CreateFile, caller: Caller, idem: Idempotency, services: Services) -> Response[File]:
    """Make a file that waits for its bytes: PUT them to `upload_url`, or each part to its own address."""
    limits = await queries.get_limits(services.pool)
    _check_new(data, limits.upload_max_bytes)
    now, multipart = services.clock.now(), bool(data.multipart)
    row = commands.new_file(
        owner=caller.owner, filename=data.filename, now=now, byte_size=data.byte_size, multipart=multipart
    )
    parts = len(part_sizes(row.declared_bytes or 0)) if multipart else 0
    async with idem.guard(services.pool) as tx:
        if tx.replay is not None:
            return tx.replay  # pyright: ignore[reportReturnType]
        await commands.create_file(tx.connection, row)
        return await tx.answer(201, created_shape(row, _links(services), now, parts))


def _check_new(data: CreateFile, upload_max_bytes: int) -> None:
    if data.visibility == "public":
        raise Unprocessable(
            "public_files_not_supported",
            "Files are private: they are read through the case that carries them. Leave `visibility` out.",
            param="visibility",
        )
    if data.byte_size is not None and data.byte_size > upload_max_bytes:
        raise Unprocessable(
            "byte_size_too_large", f"No file may have more than {upload_max_bytes} bytes.", param="byte_size"
        )
    if data.multipart and (data.byte_size is None or data.byte_size <= PART_BYTES):
        raise Unprocessable(
            "multipart_too_small",
            f"A multipart upload needs `byte_size`, above {PART_BYTES}. Leave `multipart` out for smaller files.",
            param="byte_size",
        )


@get(PATH, opt=_NEEDS, summary="List files", tags=["Files"])
async def list_(
    caller: Caller,
    pool: Pool,
    services: Services,
    signer: Signer,
    file_ids: list[str] | None = None,
    order: Literal["created_at"] | None = None,  # noqa: ARG001 (the only one there is)
    direction: Literal["asc", "desc"] | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> FilePage:
    """List your own files, newest first; ids that are not yours or not there are left out."""
    listing = queries.FILES[direction or "desc"]
    cursors = Cursors(signer, listing.name, listing.order.key_type)
    page = cursors.request(first=first, after=after, last=last, before=before, default=LIST_SIZE)
    rows, info = await read_page(pool, listing, page, cursors, caller.owner, _wanted(file_ids))
    links, now = _links(services), services.clock.now()
    return FilePage([file_shape(FileRow(**dict(row)), links, now) for row in rows], info)


def _wanted(file_ids: list[str] | None) -> list[UUID] | None:
    if file_ids is None:
        return None
    if len(file_ids) > LIST_IDS_MAX:
        raise InvalidRequest("too_many_ids", f"Ask for at most {LIST_IDS_MAX} files at once.", param="file_ids")
    return [found for found in map(_uuid_or_none, file_ids) if found is not None]


def _uuid_or_none(pid: str) -> UUID | None:
    try:
        return file_uuid(pid)
    except MalformedId:
        return None


@get(PATH + "/{file_id:str}", opt=_NEEDS, summary="Retrieve a file", tags=["Files"])
async def retrieve(file_id: str, caller: Caller, services: Services) -> File:
    """Return one of your own files, with a fresh address to fetch it from once it is ready."""
    row = await _own(services, caller, file_id)
    return file_shape(row, _links(services), services.clock.now())


@post(
    PATH + "/{file_id:str}/complete", opt=_NEEDS, status_code=200, summary="Complete a multipart upload", tags=["Files"]
)
async def complete(
    file_id: str, data: CompleteUpload, caller: Caller, idem: Idempotency, services: Services
) -> Response[File]:
    """Put the parts of a multipart upload together; doing it again for a file that is ready changes nothing.

    The bytes are moved before the command's transaction opens, and written down in it.
    """
    row = await _own(services, caller, file_id)
    if row.multipart_upload_id != data.multipart_upload_id:
        raise Unprocessable(
            "multipart_upload_mismatch", "This is not the id that `create` answered.", param="multipart_upload_id"
        )
    if row.upload_status == "ready":
        return await _answer_ready(services, idem, row)
    parts = await queries.list_parts(services.pool, row.id)
    check_parts(row, parts, data.multipart_parts)
    content = await assemble(services, row, parts)
    try:
        async with idem.guard(services.pool) as tx:
            unwanted = content.keys
            if tx.replay is None:
                unwanted = await commands.finish_upload(tx.connection, row.id, content, services.clock.now())
                finished = await queries.get_file(tx.connection, row.id) or row
                answer = await tx.answer(200, file_shape(finished, _links(services), services.clock.now()))
            else:
                answer = tx.replay
    except (Conflict, InvalidRequest):
        await services.file_store.delete(content.keys)
        raise
    await services.file_store.delete(unwanted)
    return answer


async def _answer_ready(services: Services, idem: Idempotency, row: FileRow) -> Response[Any]:
    async with idem.guard(services.pool) as tx:
        if tx.replay is not None:
            return tx.replay
        return await tx.answer(200, file_shape(row, _links(services), services.clock.now()))


async def _own(services: Services, caller: Caller, pid: str) -> FileRow:
    file_id = _uuid_or_none(pid)
    row = None if file_id is None else await queries.get_own_file(services.pool, file_id, caller.owner)
    if row is None:
        raise NotFound
    return row


def _links(services: Services) -> Links:
    return Links(services.signer, services.settings.base_url)


routes: Final = [create, list_, retrieve, complete, *transfer_routes]
