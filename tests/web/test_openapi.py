"""The OpenAPI document and the reference made from it."""

import json
import re

import httpx
import pytest

from amends.web.versions import KNOWN_VERSIONS


async def test_the_document_says_what_holds_for_all(probe: httpx.AsyncClient) -> None:
    answer = await probe.get("/api/v1/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {"/api/v1/api_keys", "/api/v1/api_keys/{key_id}"}
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    create = document["paths"]["/api/v1/api_keys"]["post"]
    assert {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429"} == set(create["responses"])
    headers = {parameter["name"]: parameter for parameter in create["parameters"] if parameter["in"] == "header"}
    assert set(headers) == {"Api-Version-Date", "Idempotency-Key"}
    assert headers["Api-Version-Date"]["schema"]["enum"] == list(KNOWN_VERSIONS)
    refusal = create["responses"]["400"]["content"]["application/json"]["schema"]
    assert refusal == {"$ref": "#/components/schemas/Error"}
    assert create["security"] == [{"bearer": ["key:manage"]}]
    assert document["paths"]["/api/v1/probe/query"]["get"]["security"] == [{"bearer": []}]
    assert document["paths"]["/api/v1/probe/fail"]["get"]["security"] == []
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))
    assert "status_code" not in json.dumps(document), "no shape of the framework shows"


async def test_the_reference_is_self_contained(probe: httpx.AsyncClient) -> None:
    page = await probe.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Create an API key" in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    style = re.search(r'href="(/static/reference.css[^"]*)"', page.text)
    assert style is not None
    assert (await probe.get(style[1])).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs/nothing", "/schema"])
async def test_nothing_else_of_the_framework_is_served(probe: httpx.AsyncClient, path: str) -> None:
    assert (await probe.get(path)).json()["error"]["code"] == "not_found"
