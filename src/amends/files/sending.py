"""Sending stored bytes as the answer to a download: the whole, or the one byte range that was asked for."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.response import Stream

from amends.files.ranges import asked_range
from amends.files.store import FileStore, MissingObject
from amends.kit.errors import NotFound

_SAFE: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "bytes",
}


async def send_stored(
    store: FileStore, key: str, request: Request[Any, Any, Any], *, media_type: str, headers: Mapping[str, str]
) -> Stream:
    """Answer with what is stored under a key, never kept by a cache; `headers` say how it is to be shown.

    Raises:
        NotFound: nothing is stored there.
        RangeNotSatisfiable: nothing of the range exists.
    """
    try:
        size = await store.size(key)
    except MissingObject as error:
        raise NotFound from error
    asked = asked_range(request.headers.get("range"), size)
    start, end = asked or (0, size)
    return Stream(
        store.chunks(key, start, end),
        status_code=200 if asked is None else 206,
        media_type=media_type,
        headers={
            "Content-Length": str(end - start),
            **({} if asked is None else {"Content-Range": f"bytes {start}-{end - 1}/{size}"}),
            **_SAFE,
            **headers,
        },
    )
