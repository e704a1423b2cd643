"""A session of ours: its types, its time zone, and that a connection comes back clean."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from amends.db.pool import Pool
from amends.db.transactions import snapshot, transaction
from amends.kit.clock import ManualClock


@pytest.mark.parametrize("value", [{"a": [1, None, "é"]}, [], "text", 7, {"deep": {"er": True}}])
@pytest.mark.parametrize("kind", ["json", "jsonb"])
async def test_json_passes_as_values(pool: Pool, kind: str, value: Any) -> None:
    assert await pool.fetchval(f"select $1::{kind}", value) == value


async def test_raw_json_passes_as_it_is(pool: Pool) -> None:
    assert await pool.fetchval("select $1::jsonb", msgspec.Raw(b'{"b":1,"a":2}')) == {"a": 2, "b": 1}


async def test_json_cast_to_text_is_not_read(pool: Pool) -> None:
    assert await pool.fetchval("select json_build_object('n', 1)::text") == '{"n" : 1}'


async def test_times_are_aware_and_in_utc(pool: Pool) -> None:
    moment = datetime(2026, 11, 23, 9, 0, 0, 123000, tzinfo=UTC)
    read = await pool.fetchval("select $1::timestamptz", moment)
    assert (read, read.tzinfo) == (moment, UTC)
    assert await pool.fetchval("select $1::timestamptz::text", moment) == "2026-11-23 09:00:00.123+00"


ADD = "insert into guesses (bucket, window_start, n) values ('a', $1, 1)"
COUNT = "select count(*) from guesses"


async def test_transaction_commits_at_the_end(pool: Pool, clock: ManualClock) -> None:
    async with transaction(pool) as connection:
        await connection.execute(ADD, clock.now())
        assert await pool.fetchval(COUNT) == 0
    assert await pool.fetchval(COUNT) == 1


async def test_transaction_rolls_back_on_an_error(pool: Pool, clock: ManualClock) -> None:
    async def fail_after_adding() -> None:
        async with transaction(pool) as connection:
            await connection.execute(ADD, clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_adding()
    assert await pool.fetchval(COUNT) == 0


async def test_snapshot_sees_one_moment(pool: Pool, clock: ManualClock) -> None:
    async with snapshot(pool) as connection:
        assert await connection.fetchval(COUNT) == 0
        await pool.execute(ADD, clock.now())
        assert await connection.fetchval(COUNT) == 0
