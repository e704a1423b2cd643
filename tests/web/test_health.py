"""Liveness, readiness and numbers."""

import anyio
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


async def counted(probe: httpx.AsyncClient, line: str) -> None:
    """Wait until the numbers say something: a request is counted once it has been answered."""
    with anyio.fail_after(60):
        while line not in (await probe.get("/metrics")).text:
            pass


@pytest.mark.usefixtures("key")
async def test_metrics_count_requests_by_operation_and_status(probe: httpx.AsyncClient) -> None:
    for _ in range(3):
        await probe.get("/api/v1/probe/query")
    await probe.get("/api/v1/probe/query?no=1")
    await probe.get("/api/v1/nowhere/at/all")
    await counted(probe, 'amends_http_requests_total{operation="GET /api/v1/probe/query",status="200"} 3.0')
    await counted(probe, 'amends_http_requests_total{operation="GET /api/v1/probe/query",status="400"} 1.0')
    await counted(probe, 'amends_http_requests_total{operation="GET unmatched",status="404"} 1.0')
    await counted(probe, 'amends_http_request_duration_seconds_count{operation="GET /api/v1/probe/query"} 4.0')
    text = (await probe.get("/metrics")).text
    assert "# TYPE amends_jobs gauge" in text
    assert "# TYPE amends_refunds_unsettled gauge" in text
