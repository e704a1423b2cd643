"""The OpenAPI document of the whole application."""

import httpx


async def test_every_parameter_of_every_operation_is_described(http: httpx.AsyncClient) -> None:
    document = (await http.get("/api/v1/openapi.json")).json()
    silent = [
        (path, parameter["name"])
        for path, item in document["paths"].items()
        for operation in item.values()
        for parameter in operation["parameters"]
        if not parameter.get("description")
    ]
    assert silent == []
