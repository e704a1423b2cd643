"""Liveness, readiness and numbers."""

import httpx
import psycopg
import pytest


async def test_healthz_and_readyz(probe: httpx.AsyncClient) -> None:
    assert (await probe.get("/healthz")).json() == {"status": "ok"}
    assert (await probe.get("/readyz")).json()["status"] == "ok"


async def test_readyz_wants_the_newest_schema(probe: httpx.AsyncClient, owner: psycopg.Connection) -> None:
    owner.execute("update alembic_version set version_num = 'older-' || version_num")
    try:
        answer = await probe.get("/readyz")
    finally:
        owner.execute("update alembic_version set version_num = substr(version_num, 7)")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "schema_not_current")


@pytest.mark.usefixtures("key")
async def test_metrics_count_requests_by_operation_and_status(probe: httpx.AsyncClient) -> None:
    for _ in range(3):
        await probe.get("/api/v1/probe/query")
    await probe.get("/api/v1/probe/query?no=1")
    await probe.get("/api/v1/nowhere/at/all")
    text = (await probe.get("/metrics")).text
    assert 'amends_http_requests_total{operation="GET /api/v1/probe/query",status="200"} 3.0' in text
    assert 'amends_http_requests_total{operation="GET /api/v1/probe/query",status="400"} 1.0' in text
    assert 'amends_http_requests_total{operation="GET unmatched",status="404"} 1.0' in text
    assert 'amends_http_request_duration_seconds_count{operation="GET /api/v1/probe/query"} 4.0' in text
    assert "# TYPE amends_jobs gauge" in text
    assert "# TYPE amends_refunds_unsettled gauge" in text
