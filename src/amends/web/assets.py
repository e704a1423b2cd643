"""The static files: what `make` has built from frontend/, and a few plain ones.

Their addresses change with the content, so that browsers keep them for ever.
"""

import hashlib
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec
from litestar import Response, get
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

STATIC: Final = Path(__file__).parent / "static"
DIST: Final = STATIC / "dist"
_LOOK_EVERY_S: Final = 0.5
"""A page names a hundred icons; whether they were built anew is looked at once for all of them."""
FOREVER: Final = CacheControlHeader(max_age=31_536_000, public=True, immutable=True)


class NotBuilt(RuntimeError):
    """The front end was not built."""


def built_assets() -> dict[str, str]:
    """Return the built files by their plain names.

    Raises:
        NotBuilt: says how to build them.
    """
    try:
        return _manifest((DIST / "manifest.json").stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise NotBuilt("The front end is not built. Run `make frontend`.") from error


@cache
def _manifest(_changed_ns: int) -> dict[str, str]:
    return msgspec.json.decode((DIST / "manifest.json").read_bytes(), type=dict[str, str])


@cache
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """Return the address of a static file; it changes with the content, so that it can be cached for ever."""
    return _address(name, int(time.monotonic() / _LOOK_EVERY_S))


@lru_cache(maxsize=256)
def _address(name: str, _turn: int) -> str:
    path = STATIC / name
    if path.is_file():
        return f"/static/{name}?v={_digest(path, path.stat().st_mtime_ns)}"
    return f"/static/dist/{built_assets()[name]}"


@get("/favicon.ico", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    """Answer browsers that ask for an icon by its old name."""
    icon = (STATIC / "icon.svg").read_bytes()
    return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


routes: Final = [
    favicon,
    create_static_files_router(
        path="/static",
        directories=[STATIC],
        include_in_schema=False,
        cache_control=FOREVER,
        html_mode=False,
        opt={"public": True},
    ),
]
