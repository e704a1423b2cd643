"""The rules of HTTP that hold for every route: ids, versions, bodies, parameters, errors. Through a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from amends.web.versions import DEFAULT_VERSION, KNOWN_VERSIONS

pytestmark = pytest.mark.usefixtures("key")

QUERY = "/api/v1/probe/query"
BODY = "/api/v1/probe/body"


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the error of an answer in the one shape."""
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert {"type", "code", "message"} <= set(error) <= {"type", "code", "message", "param", "details"}
    return error


@pytest.mark.parametrize("path", [QUERY, "/nowhere", "/api/v1/probe/fail?how=bug", "/healthz", "/api/v1/openapi.json"])
async def test_every_answer_has_a_request_id(probe: httpx.AsyncClient, path: str) -> None:
    first, second = await probe.get(path), await probe.get(path)
    assert first.headers["x-request-id"].startswith("req_")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_sound_request_id_is_taken_over(probe: httpx.AsyncClient) -> None:
    assert (await probe.get(QUERY, headers={"X-Request-Id": "trace-1"})).headers["x-request-id"] == "trace-1"
    assert (await probe.get(QUERY, headers={"X-Request-Id": "a b"})).headers["x-request-id"].startswith("req_")


async def test_every_known_version_is_echoed(probe: httpx.AsyncClient) -> None:
    for date in KNOWN_VERSIONS:
        answer = await probe.get(QUERY, headers={"Api-Version-Date": date})
        assert (answer.status_code, answer.headers["api-version-date"]) == (200, date)
    assert (await probe.get(QUERY)).headers["api-version-date"] == DEFAULT_VERSION


@pytest.mark.parametrize("date", ["2026-10-16", "", "yesterday", "2026-10-15-1x"])
async def test_an_unknown_version_is_refused(probe: httpx.AsyncClient, date: str) -> None:
    answer = await probe.get(QUERY, headers={"Api-Version-Date": date})
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "unknown_version"


async def test_unknown_paths_and_methods(probe: httpx.AsyncClient) -> None:
    missing = await probe.get("/api/v1/nothing")
    assert (missing.status_code, error_of(missing)["code"]) == (404, "not_found")
    wrong = await probe.delete(QUERY)
    assert (wrong.status_code, error_of(wrong)["code"]) == (405, "method_not_allowed")
    assert set(wrong.headers["allow"].replace(" ", "").split(",")) == {"GET", "OPTIONS"}


async def test_head_and_options(probe: httpx.AsyncClient) -> None:
    got, head = await probe.get(QUERY), await probe.head(QUERY)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    options = await probe.options(QUERY, headers={"Authorization": ""})
    assert (options.status_code, options.content) == (204, b"")
    assert "GET" in options.headers["allow"]


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("frist=1", "unknown_parameter", "frist"),
        ("first=1&first=2", "repeated_parameter", "first"),
        ("first=one", "invalid_parameter", "first"),
        ("first=1.5", "invalid_parameter", "first"),
        ("text=a%00b", "invalid_character", None),
        ("%66rist=1", "unknown_parameter", "frist"),
    ],
)
async def test_bad_parameters(probe: httpx.AsyncClient, query: str, code: str, param: str | None) -> None:
    answer = await probe.get(f"{QUERY}?{query}")
    assert answer.status_code == 400
    assert (error_of(answer)["code"], error_of(answer).get("param")) == (code, param)


async def test_good_parameters(probe: httpx.AsyncClient) -> None:
    answer = await probe.get(f"{QUERY}?first=3&status=a&status=b&te%78t=%C3%A9")
    assert answer.json() == {"first": 3, "status": ["a", "b"], "text": "é"}
    assert (await probe.get(f"{QUERY}?status=a&")).json()["status"] == ["a"]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b'{"text": "\xff"}', "invalid_json", None),
        (b'{"text": "\\ud800 alone"}', "invalid_json", None),
        (b'{"text": NaN}', "invalid_json", None),
        (b"[" * 100_000, "invalid_parameter", None),
        (b"[]", "invalid_parameter", None),
        (b"null", "invalid_parameter", None),
        (b"{}", "missing_parameter", "text"),
        (b'{"text": 5}', "invalid_parameter", "text"),
        (b'{"text": "a", "number": "5"}', "invalid_parameter", "number"),
        (b'{"text": "a", "number": -1}', "invalid_parameter", "number"),
        (b'{"text": "a", "number": 1e400}', "invalid_parameter", "number"),
        (b'{"text": "a", "more": 1}', "unknown_parameter", "more"),
        (b'{"text": "a", "inner": {"numbers": [1, "2"]}}', "invalid_parameter", "inner.numbers[1]"),
        (b'{"text": "a", "inner": {"numbres": []}}', "unknown_parameter", "inner.numbres"),
        (b'{"text": "a\\u0000b"}', "invalid_character", None),
        (b"", "missing_body", None),
    ],
)
async def test_bad_bodies(probe: httpx.AsyncClient, body: bytes, code: str, param: str | None) -> None:
    answer = await probe.post(BODY, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert (error_of(answer)["code"], error_of(answer).get("param")) == (code, param)


async def test_good_bodies(probe: httpx.AsyncClient) -> None:
    text = "a backslash, then u0000: \\u0000; \U0001f600"
    answer = await probe.post(BODY, json={"text": text, "number": 2**70})
    assert answer.json() == {"text": text, "number": 2**70, "inner": None}
    for kind in ("application/json; charset=utf-8", "application/merge-patch+json"):
        sent = await probe.post(BODY, content=b'{"text": "a"}', headers={"Content-Type": kind})
        assert sent.status_code == 200
    assert (await probe.post("/api/v1/probe/optional")).json() == {"given": False}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_bodies_that_are_not_json(probe: httpx.AsyncClient, kind: str) -> None:
    answer = await probe.post(BODY, content=b'{"text": "a"}', headers={"Content-Type": kind})
    assert (answer.status_code, error_of(answer)["code"]) == (415, "unsupported_media_type")


async def test_bodies_have_a_limit(probe: httpx.AsyncClient) -> None:
    large = json.dumps({"text": "x" * (1024 * 1024)}).encode()
    answer = await probe.post(BODY, content=large, headers={"Content-Type": "application/json"})
    assert (answer.status_code, error_of(answer)["code"]) == (413, "body_too_large")

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    streamed = await probe.post(BODY, content=parts(), headers={"Content-Type": "application/json"})
    assert (streamed.status_code, error_of(streamed)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("how", ["value", "text"])
async def test_what_the_database_cannot_store_is_a_400(probe: httpx.AsyncClient, how: str) -> None:
    answer = await probe.get(f"/api/v1/probe/fail?how={how}")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_value")


async def test_a_client_that_goes_away_is_no_bug(probe: httpx.AsyncClient, key: str) -> None:
    url = probe.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST {BODY} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"text": ')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""
    counted = f'amends_http_requests_total{{operation="POST {BODY}",status="400"}} 1.0'
    with anyio.fail_after(120):
        while counted not in (await probe.get("/metrics")).text:  # noqa: ASYNC110 (no event tells us)
            await anyio.sleep(0.02)


async def test_a_bug_is_a_500_without_its_text(probe: httpx.AsyncClient) -> None:
    answer = await probe.get("/api/v1/probe/fail?how=secret-detail")
    assert (answer.status_code, error_of(answer)["type"]) == (500, "internal")
    assert "secret-detail" not in answer.text
