"""The OpenAPI 3.1 document at /api/v1/openapi.json and the reference made from it at /api/docs.

Litestar reads the operations from the handlers; what holds for all of them (errors, credentials, the headers that every
operation takes) is added here once.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from litestar import Request, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme

from amends import __version__
from amends.settings import Settings
from amends.web.pages import SECURITY_HEADERS
from amends.web.reference import render_reference
from amends.web.versions import DEFAULT_VERSION, KNOWN_VERSIONS

Document = dict[str, Any]

DOCUMENT_PATH: Final = "/v1/openapi.json"
REFERENCE_PATH: Final = "/docs"
OUR_PAGES: Final = frozenset({DOCUMENT_PATH, REFERENCE_PATH})

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_ALWAYS: Final = {
    "400": "The request is malformed; `param` names where.",
    "401": "No credential, or a wrong one.",
    "403": "This caller may never do this.",
    "404": "Not there, or not visible to this caller.",
    "429": "Too many requests; `Retry-After` says when to come back.",
}
_WITH_BODY: Final = {
    "409": "Not now: the state forbids it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A well-formed value that cannot be.",
}
_ERROR_SCHEMA: Final[Document] = {
    "type": "object",
    "title": "Error",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "code", "message"],
            "properties": {
                "type": {
                    "type": "string",
                    "enum": [
                        "invalid_request",
                        "unauthorized",
                        "forbidden",
                        "not_found",
                        "conflict",
                        "unprocessable",
                        "rate_limited",
                        "internal",
                    ],
                },
                "code": {"type": "string", "description": "Stable and documented."},
                "message": {"type": "string", "description": "What to do."},
                "param": {"type": "string", "description": "Which field or parameter."},
                "details": {"type": "object", "description": "Facts that help, by code."},
            },
        }
    },
}
_VERSION_HEADER: Final[Document] = {
    "name": "Api-Version-Date",
    "in": "header",
    "required": False,
    "description": "Which dated version is meant; all have one shape.",
    "schema": {"type": "string", "enum": list(KNOWN_VERSIONS), "default": DEFAULT_VERSION},
}
_IDEMPOTENCY_HEADER: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeating the request with the same key within 24 h changes nothing and answers the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def openapi_config(_settings: Settings) -> OpenAPIConfig:
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

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Write the document as JSON."""
        return self.render_json(request, complete(openapi_schema))


class _ReferencePlugin(OpenAPIRenderPlugin):
    """Serves the reference page."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:  # noqa: ARG002
        """Write the page."""
        return render_reference(complete(openapi_schema))


def complete(generated: Document) -> Document:
    """Return Litestar's document with what holds for every operation; only what is under /api/v1 is in it."""
    document = deepcopy(generated)
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/v1/")}
    document.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR_SCHEMA
    for method, operation in operations(document):
        _complete_operation(method, operation)
    return document


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    """Go over the operations of a document, with their methods."""
    for item in document["paths"].values():
        yield from ((method, item[method]) for method in _METHODS if method in item)


def _complete_operation(method: str, operation: Document) -> None:
    public = operation.get("security") == [{}] or operation.get("security") == []
    parameters: list[Document] = operation.setdefault("parameters", [])
    parameters.append(_VERSION_HEADER)
    if method == "post" and not public:
        parameters.append(_IDEMPOTENCY_HEADER)
    answers = operation["responses"]
    for status, words in (_ALWAYS if method == "get" else _ALWAYS | _WITH_BODY).items():
        answers[status] = _error_answer(words)


def _error_answer(words: str) -> Document:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
