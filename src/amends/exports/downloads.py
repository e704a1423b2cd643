"""The route that sends an export's file, by signed address and without credential."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, get
from litestar.response import Stream

from amends.exports.links import PATH, read_download
from amends.exports.queries import ExportRow, get_export
from amends.exports.resources import CONTENT_TYPES, FILE_WORDS
from amends.exports.schemas import is_offered
from amends.files.names import disposition
from amends.files.sending import send_stored
from amends.kit.errors import NotFound
from amends.services import Services

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@get(PATH + "/{token:str}", opt={"public": True}, summary="Download an export's file", tags=["Exports"])
async def download(token: str, request: Request[Any, Any, Any], services: Services) -> Stream:
    """Send an export's file; one byte range may be asked for."""
    now = services.clock.now()
    export = await get_export(services.pool, read_download(services, token, now))
    key = _stored(export, now)
    if export is None or key is None:
        raise NotFound
    headers = {"Content-Disposition": disposition(file_name(export), is_inline=False), **_HEADERS}
    media_type = CONTENT_TYPES[export.format]
    return await send_stored(services.file_store, key, request, media_type=media_type, headers=headers)


def _stored(export: ExportRow | None, now: datetime) -> str | None:
    return export.storage_key if export is not None and is_offered(export, now) else None


def file_name(export: ExportRow) -> str:
    """Return what an export's file is saved as: what it holds, and the day on the clocks of its time zone."""
    day = (export.started_at or export.created_at).astimezone(ZoneInfo(export.time_zone)).date()
    return f"amends-{FILE_WORDS[export.resource]}-{day.isoformat()}.{export.format}"
