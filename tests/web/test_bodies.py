"""A misspelt field is an error everywhere: every body that a route takes refuses fields that it does not know."""

from typing import Any

import msgspec
from litestar.routes import HTTPRoute

from amends.app import create_app
from amends.settings import Settings


def lax_structs(annotation: Any) -> set[str]:
    """Return the structs within a body's type that take any field."""
    document = msgspec.json.schema(annotation)
    every = [document, *document.get("$defs", {}).values()]
    return {
        str(schema.get("title"))
        for schema in every
        if schema.get("type") == "object" and "properties" in schema and schema.get("additionalProperties") is not False
    }


def test_every_body_refuses_unknown_fields() -> None:
    app = create_app(Settings(database_url="postgresql://unused", secret_key="x" * 40))
    lax = {
        (method, route.path_format, name)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if (field := handler.parsed_fn_signature.parameters.get("data")) is not None
        for name in lax_structs(field.annotation)
    }
    assert lax == set()
