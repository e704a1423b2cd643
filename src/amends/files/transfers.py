"""The routes that move bytes, by signed address and without credential: PUT an upload, GET a download.

A download never runs anything in a browser: its type is the one that was found, and the page is sandboxed.
"""

from typing import Any, Final

from litestar import Request, get, put, route
from litestar.response import Response, Stream

from amends.files import queries
from amends.files.commands_uploads import upload_finished
from amends.files.links import Links, Variant
from amends.files.multipart import receive_part
from amends.files.names import disposition, download_name
from amends.files.queries import FileRow
from amends.files.sending import send_stored
from amends.files.sniff import DOCX, PDF, WEBP
from amends.files.uploads import receive_file
from amends.kit.errors import NotFound
from amends.services import Services

_PUBLIC: Final[dict[str, Any]] = {"public": True}
_UPLOAD_PATH: Final = "/api/v1/uploads/{token:str}"
_CROSS_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "PUT",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Max-Age": "3600",
}
_NOTHING: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"
_POLICIES: Final = {PDF.content_type: f"{_NOTHING}; object-src 'self'"}  # browsers show no PDF in a sandbox
_SANDBOX: Final = f"{_NOTHING}; sandbox"
_ATTACHED_ONLY: Final = frozenset({DOCX.content_type})


@put(
    _UPLOAD_PATH,
    opt=_PUBLIC,
    request_max_body_size=None,
    status_code=200,
    summary="Upload a file's bytes",
    tags=["Files"],
)
async def upload(token: str, request: Request[Any, Any, Any], services: Services) -> Response[bytes]:
    """Take the bytes of a file, or of one part of it, whatever the Content-Type; answer with their ETag."""
    file_id, part_number = _links(services).read_upload(token, services.clock.now())
    file = await queries.get_file(services.pool, file_id)
    if file is None:
        raise NotFound
    if file.upload_status == "ready":
        raise upload_finished()
    if part_number:
        etag = await receive_part(services, file, part_number, request)
    else:
        etag = await receive_file(services, file, request)
    return Response(b"", status_code=200, headers={"ETag": f'"{etag}"', **_CROSS_ORIGIN})


@route(_UPLOAD_PATH, http_method="OPTIONS", opt=_PUBLIC, status_code=204, include_in_schema=False)
async def allow_upload(token: str) -> Response[None]:  # noqa: ARG001 (a browser asks before it sends anything)
    """Let a page of any origin upload: the address itself is the permission."""
    return Response(None, status_code=204, headers=_CROSS_ORIGIN)


@get(
    "/api/v1/downloads/{token:str}",
    opt=_PUBLIC,
    summary="Download a file's bytes",
    tags=["Files"],
)
async def download(token: str, request: Request[Any, Any, Any], services: Services) -> Stream:
    """Send a file's content or thumbnail; one byte range may be asked for."""
    file_id, variant = _links(services).read_download(token, services.clock.now())
    file = await queries.get_file(services.pool, file_id)
    key, content_type, name = _wanted(file, variant)
    headers = {
        "Content-Disposition": disposition(name, is_inline=content_type not in _ATTACHED_ONLY),
        "Content-Security-Policy": _POLICIES.get(content_type, _SANDBOX),
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return await send_stored(services.file_store, key, request, media_type=content_type, headers=headers)


def _wanted(file: FileRow | None, variant: Variant) -> tuple[str, str, str]:
    """Return the key, the type and the name of what an address is for."""
    if file is None or file.upload_status != "ready" or file.content_type is None:
        raise NotFound
    key, content_type = file.storage_key, file.content_type
    if variant is Variant.THUMBNAIL:
        key, content_type = file.thumbnail_key, WEBP.content_type
    if key is None:
        raise NotFound
    return key, content_type, download_name(file.filename, content_type)


def _links(services: Services) -> Links:
    return Links(services.signer, services.settings.base_url)


routes: Final = [allow_upload, upload, download]  # OPTIONS first: Litestar would add its own to a path without
