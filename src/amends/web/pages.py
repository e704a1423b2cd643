"""How a page is rendered, and the static files that pages use.

A page works without JavaScript and carries a strict content security policy: nothing inline, nothing from elsewhere.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.static_files import create_static_files_router

_STATIC = Path(__file__).parent / "static"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def static_url(name: str) -> str:
    """Return the address of a static file; it changes with the content, so that it can be cached for ever."""
    digest = hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("amends.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast("dict[str, Any]", environment.globals)["static_url"] = static_url
    return environment


_TEMPLATES = _environment()


def page(template: str, context: Mapping[str, Any], *, status: int = 200) -> Response[str]:
    """Render a page."""
    html = _TEMPLATES.get_template(template).render(context)
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=SECURITY_HEADERS)


@get("/favicon.ico", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    """Answer browsers that ask for an icon by its old name."""
    icon = (_STATIC / "icon.svg").read_bytes()
    return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


routes = [
    favicon,
    create_static_files_router(
        path="/static",
        directories=[_STATIC],
        include_in_schema=False,
        cache_control=None,
        html_mode=False,
        opt={"public": True},
    ),
]
