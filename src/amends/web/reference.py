"""The readable reference: one page made from the OpenAPI document, without scripts, served from our own files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from amends.web.pages import render_text

Document = dict[str, Any]

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter, or a field of a body; `depth` is how deep it is nested."""

    name: str
    kind: str
    required: bool
    words: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    words: str
    needs: str
    parameters: list[Entry]
    body: list[Entry]
    answer: list[Entry]
    statuses: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one resource."""

    name: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """What the template shows."""

    title: str
    version: str
    words: str
    groups: list[Group]


def render_reference(document: Document) -> bytes:
    """Write the page."""
    return render_text("reference/page.html", page=reference_page(document)).encode()


def reference_page(document: Document) -> ReferencePage:
    """Read a document into what the template shows."""
    groups: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                name = (item[method].get("tags") or [_resource(path)])[0]
                groups.setdefault(name, []).append(_operation(document, path, method, item[method]))
    return ReferencePage(
        title=document["info"]["title"],
        version=document["info"]["version"],
        words=document["info"].get("description", ""),
        groups=[Group(name, groups[name]) for name in sorted(groups)],
    )


def _resource(path: str) -> str:
    return path.removeprefix("/api/v1/").partition("/")[0].replace("_", " ").capitalize()


def _operation(document: Document, path: str, method: str, operation: Document) -> Operation:
    body = operation.get("requestBody", {}).get("content", {})
    good = next((answer for status, answer in operation["responses"].items() if status.startswith("2")), {})
    return Operation(
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        words=operation.get("description", ""),
        needs=_needs(operation.get("security", [])),
        parameters=[_parameter(document, parameter) for parameter in operation.get("parameters", [])],
        body=[entry for media in body.values() for entry in _fields(document, media.get("schema", {}))],
        answer=[
            entry for media in good.get("content", {}).values() for entry in _fields(document, media.get("schema", {}))
        ],
        statuses=[(status, answer.get("description", "")) for status, answer in operation["responses"].items()],
    )


def _needs(security: list[dict[str, list[str]]]) -> str:
    """Say what a caller needs, from the security requirements."""
    if not security:
        return "No credential."
    scopes = [scope for requirement in security for scope in requirement.get("bearer", [])]
    return f"A credential with {', '.join(scopes)}." if scopes else "Any credential."


def _parameter(document: Document, parameter: Document) -> Entry:
    return Entry(
        name=parameter["name"],
        kind=f"{parameter['in']}, {_kind(document, parameter.get('schema', {}))}",
        required=parameter.get("required", False),
        words=parameter.get("description", ""),
    )


def _resolved(document: Document, schema: Document) -> Document:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return document["components"]["schemas"][reference.rpartition("/")[2]]


def _variants(schema: Document) -> list[Document]:
    return [*schema.get("oneOf", ()), *schema.get("anyOf", ())]


def _kind(document: Document, schema: Document) -> str:
    """Say a schema's type in words: `string, null`, `list of integer`, `one of a, b`."""
    schema = _resolved(document, schema)
    if "enum" in schema:
        values = [str(value) for value in schema["enum"]]
        return f"one of {', '.join(values)}" if len(values) <= 12 else "one of a fixed set"
    if variants := _variants(schema):
        return " or ".join(dict.fromkeys(_kind(document, variant) for variant in variants))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    return kind if isinstance(kind, str) else " or ".join(kind)


def _fields(document: Document, schema: Document, depth: int = 0) -> Iterator[Entry]:
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), depth)
    for variant in _variants(schema):
        yield from _fields(document, variant, depth)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        words = _resolved(document, field).get("description", "")
        yield Entry(name, _kind(document, field), name in required, words, depth)
        if depth < _MAX_DEPTH:
            yield from _fields(document, field, depth + 1)
