"""The rate limit by operation and credential, and its headers."""

from datetime import timedelta

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from amends.web.rates import RateLimit
from tests.credentials import bearer, make_api_key

QUERY, WHO = "/api/v1/probe/query", "/api/v1/probe/who"


@pytest.fixture
def settings() -> Settings:
    return Settings(rate_limit_per_minute=7, workers=2)


@pytest.mark.usefixtures("key")
async def test_limit_counts_by_operation_and_credential(
    probe: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    clock.advance(timedelta(seconds=20))
    seen = [await probe.get(QUERY) for _ in range(4)]
    assert [answer.status_code for answer in seen] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in seen] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in seen} == {"3"}, "the limit is divided by the processes"
    assert {answer.headers["ratelimit-reset"] for answer in seen} == {"40"}
    assert seen[3].headers["retry-after"] == "40"
    assert seen[3].json()["error"]["type"] == "rate_limited"

    assert (await probe.get(WHO)).status_code == 200, "another operation"
    other = bearer(await make_api_key(pool))
    assert (await probe.get(QUERY, headers=other)).status_code == 200, "another credential"
    clock.advance(timedelta(seconds=40))
    assert (await probe.get(QUERY)).status_code == 200, "another minute"


async def test_public_routes_have_no_limit(probe: httpx.AsyncClient) -> None:
    answers = [await probe.get("/healthz") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit-limit" not in answers[0].headers


def test_counters_are_dropped_with_their_minute() -> None:
    limit = RateLimit(2, 1)
    assert [limit.spend("op", "key", now).remaining for now in (0, 59_999, 60_000)] == [1, 0, 1]
    assert RateLimit(1, 8).spend("op", "key", 0).limit == 1, "never less than one"
