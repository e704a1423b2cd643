"""Idempotency keys: one effect, the same bytes, whatever races, fails or repeats."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.access.idempotency import delete_old_keys
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.builders import make_account
from tests.credentials import bearer, make_api_key

pytestmark = pytest.mark.usefixtures("key")


async def effects(pool: Pool) -> int:
    """Count what was caused."""
    return await pool.fetchval("select count(*) from guesses")


async def cause(
    probe: httpx.AsyncClient, key: str | None = "k", *, place: str = "a", token: str | None = None, **body: Any
) -> httpx.Response:
    """Ask for an effect."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return await probe.post(
        f"/api/v1/probe/effects/{place}",
        json={"name": "x", **body},
        headers={**headers, **(bearer(token) if token else {})},
    )


async def test_a_repeated_request_changes_nothing_and_answers_the_same(probe: httpx.AsyncClient, pool: Pool) -> None:
    first = await cause(probe)
    assert (first.status_code, first.json()) == (201, {"made": "x", "secret": "shown once"})
    again = [await cause(probe) for _ in range(2)]
    assert [answer.status_code for answer in again] == [201, 201]
    assert {answer.content for answer in again} == {b'{"made":"x"}'}
    assert {answer.headers["idempotent-replayed"] for answer in again} == {"true"}
    assert "idempotent-replayed" not in first.headers
    assert await effects(pool) == 1


async def test_another_body_is_refused(probe: httpx.AsyncClient, pool: Pool) -> None:
    await cause(probe)
    refused = await cause(probe, name="y")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "idempotency_key_reused")
    assert await effects(pool) == 1


async def test_one_key_serves_all_operations(probe: httpx.AsyncClient, pool: Pool) -> None:
    places = [await cause(probe, place=place) for place in "abc"]
    assert [answer.status_code for answer in places] == [201, 201, 201]
    assert await effects(pool) == 3


async def test_a_key_belongs_to_the_account_not_the_token(probe: httpx.AsyncClient, pool: Pool) -> None:
    account, other = await make_account(pool), await make_account(pool)
    old, new, foreign = [await make_api_key(pool, owner) for owner in (account, account, other)]
    assert "idempotent-replayed" not in (await cause(probe, token=old)).headers
    assert (await cause(probe, token=new)).headers["idempotent-replayed"] == "true"
    await pool.execute("delete from guesses")
    assert "idempotent-replayed" not in (await cause(probe, token=foreign)).headers


async def test_an_answer_is_not_replayed_to_who_reads_less(probe: httpx.AsyncClient, pool: Pool) -> None:
    for account in (await make_account(pool), None):
        reading, blind, other_blind = [
            await make_api_key(pool, account, scopes=scopes)
            for scopes in (["case:write", "member:email:read"], ["case:write"], ["case:write", "case:read"])
        ]
        for first, second in ((reading, blind), (blind, reading)):
            await pool.execute("delete from guesses")
            await pool.execute("delete from idempotency_keys")
            assert (await cause(probe, token=first)).status_code == 201
            refused = await cause(probe, token=second)
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "idempotency_key_reused")
            assert (await cause(probe, token=first)).headers["idempotent-replayed"] == "true"
        await pool.execute("delete from guesses")
        await pool.execute("delete from idempotency_keys")
        assert (await cause(probe, token=blind)).status_code == 201
        assert (await cause(probe, token=other_blind)).headers["idempotent-replayed"] == "true"
        await pool.execute("delete from guesses")


async def test_without_a_key_nothing_is_remembered(probe: httpx.AsyncClient, pool: Pool) -> None:
    assert (await cause(probe, None)).status_code == 201
    assert (await cause(probe, None)).status_code == 500, "the row is there already"
    assert await pool.fetchval("select count(*) from idempotency_keys") == 0


async def test_a_failure_is_not_remembered(probe: httpx.AsyncClient, pool: Pool) -> None:
    assert (await cause(probe, refuse=True)).status_code == 500
    assert (await effects(pool), await pool.fetchval("select count(*) from idempotency_keys")) == (0, 0)
    assert (await cause(probe)).status_code == 201, "the key is free again"


async def test_two_at_once_have_one_effect(probe: httpx.AsyncClient, pool: Pool) -> None:
    answers = await asyncio.gather(*(cause(probe, delay_s=0.5) for _ in range(6)))
    fresh = [answer for answer in answers if answer.status_code == 201 and "idempotent-replayed" not in answer.headers]
    busy = [answer for answer in answers if answer.status_code == 409]
    replayed = [answer for answer in answers if answer.headers.get("idempotent-replayed")]
    assert (len(fresh), len(fresh) + len(busy) + len(replayed)) == (1, 6)
    assert {answer.json()["error"]["code"] for answer in busy} == {"idempotency_key_in_use"}
    assert await effects(pool) == 1


async def test_many_races_have_one_effect_each(probe: httpx.AsyncClient, pool: Pool) -> None:
    keys = [f"key {number}" for number in range(20)]
    await asyncio.gather(*(cause(probe, key, place=key) for key in keys for _ in range(4)))
    assert await effects(pool) == len(keys)


@pytest.mark.parametrize(("length", "status"), [(255, 201), (256, 400), (0, 400)])
async def test_how_long_a_key_may_be(probe: httpx.AsyncClient, length: int, status: int) -> None:
    assert (await cause(probe, "k" * length)).status_code == status


async def test_keys_are_forgotten_after_a_day(probe: httpx.AsyncClient, pool: Pool, clock: ManualClock) -> None:
    await cause(probe)
    clock.advance(timedelta(hours=24) - timedelta(milliseconds=1))
    assert (await cause(probe)).headers["idempotent-replayed"] == "true"
    clock.advance(timedelta(milliseconds=1))
    assert "idempotent-replayed" not in (await cause(probe, name="new")).headers, "a day later the key is new"
    await cause(probe, "another", name="other")
    clock.advance(timedelta(hours=24))
    async with pool.acquire() as connection:
        await delete_old_keys(connection, now=clock.now())
    assert await pool.fetchval("select count(*) from idempotency_keys") == 0


async def test_other_methods_ignore_it(probe: httpx.AsyncClient) -> None:
    answer = await probe.get("/api/v1/probe/query", headers={"Idempotency-Key": "k" * 300})
    assert answer.status_code == 200
