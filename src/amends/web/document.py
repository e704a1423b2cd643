"""What the OpenAPI document says of every operation: credentials, headers, errors. The rest comes from the handlers.

Also mends how unions are written: a value may fit several of its types (20 is an integer and a number).
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from litestar.routes import BaseRoute, HTTPRoute

from amends.access.permissions import Permission
from amends.web.versions import DEFAULT_VERSION, KNOWN_VERSIONS
from amends.web.wording import PARAMETERS

Document = dict[str, Any]
Needs = Mapping[tuple[str, str], Permission | bool | None]
"""By method and path: the permission that an operation needs; None: any credential; False: none at all."""

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


def needs_of(routes: Iterable[BaseRoute]) -> Needs:
    """Return what every route wants of its caller."""
    return {
        (method.lower(), route.path_format): False if handler.opt.get("public") else handler.opt.get("permission")
        for route in routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
    }


def complete(generated: Document, needs: Needs) -> Document:
    """Return Litestar's document with what holds for every operation; only what is under /api/v1 is in it."""
    document = deepcopy(generated)
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/v1/")}
    document.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR_SCHEMA
    for path, method, operation in operations(document):
        _complete_operation(method, operation, needs.get((method, path)))
    _mend_unions(document)
    return document


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Go over the operations of a document: path, method, operation."""
    for path, item in document["paths"].items():
        yield from ((path, method, item[method]) for method in _METHODS if method in item)


def _complete_operation(method: str, operation: Document, needs: Permission | bool | None) -> None:
    public = needs is False
    parameters: list[Document] = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
    parameters.append(_VERSION_HEADER)
    if method == "post" and not public:
        parameters.append(_IDEMPOTENCY_HEADER)
    operation["security"] = [] if public else [{"bearer": [needs.value] if isinstance(needs, Permission) else []}]
    answers = operation["responses"]
    if method == "put" and not public and "200" in answers:
        answers["201"] = {**answers["200"], "description": "It was made; 200: it was there."}
    for status, words in (_ALWAYS if method == "get" else _ALWAYS | _WITH_BODY).items():
        answers[status] = _error_answer(words)


def _error_answer(words: str) -> Document:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _mend_unions(node: Any) -> None:
    """Say anyOf where Litestar says oneOf."""
    if isinstance(node, dict):
        if "oneOf" in node:
            node["anyOf"] = _without_integer_beside_number(node.pop("oneOf"))
        for inner in node.values():
            _mend_unions(inner)
    elif isinstance(node, list):
        for inner in node:
            _mend_unions(inner)


def _without_integer_beside_number(variants: list[Document]) -> list[Document]:
    if {"type": "number"} not in variants:
        return variants
    return [variant for variant in variants if variant != {"type": "integer"}]
