"""The OpenAPI 3.1 document at /api/v1/openapi.json and the reference made from it at /api/docs."""

from typing import Any, Final

from litestar import Request, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme

from amends import __version__
from amends.web.document import Document, complete, needs_of
from amends.web.pages import SECURITY_HEADERS
from amends.web.reference import render_reference

DOCUMENT_PATH: Final = "/v1/openapi.json"
REFERENCE_PATH: Final = "/docs"
OUR_PAGES: Final = frozenset({DOCUMENT_PATH, REFERENCE_PATH})


def openapi_config() -> OpenAPIConfig:
    """Return the configuration of the document; its pages need no credential."""
    return OpenAPIConfig(
        title="Amends",
        version=__version__,
        description="Resolution cases between customers, merchants and the platform. One credential, one error shape.",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API key (`amends_…`), or a user's token signed by a configured issuer.",
                )
            }
        ),
        security=[{"bearer": []}],
        servers=[],
        openapi_router=_DocumentRouter(
            path="/api",
            route_handlers=[],
            opt={"public": True},
            include_in_schema=False,
            response_headers=SECURITY_HEADERS,
        ),
        render_plugins=[_DocumentPlugin(path=DOCUMENT_PATH), _ReferencePlugin(path=REFERENCE_PATH)],
    )


class _DocumentRouter(Router):
    """Takes our pages; Litestar would add a second document and a 404 page of its own."""

    def register(self, value: Any) -> Any:
        """Add a page of ours."""
        paths = getattr(value, "paths", ())
        return super().register(value) if OUR_PAGES.intersection(paths) else []


class _DocumentPlugin(JsonRenderPlugin):
    """Serves the document."""

    _done: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Write the document as JSON."""
        if self._done is None:
            self._done = self.render_json(request, complete(openapi_schema, needs_of(request.app.routes)))
        return self._done


class _ReferencePlugin(OpenAPIRenderPlugin):
    """Serves the reference page."""

    _done: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Write the page."""
        if self._done is None:
            self._done = render_reference(complete(openapi_schema, needs_of(request.app.routes)))
        return self._done
