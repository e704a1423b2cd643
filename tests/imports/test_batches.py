"""Imports in batches: what one batch knows of another, what a broken stream leaves, and two at once."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import anyio.lowlevel
import pytest

from amends.access.scopes import system_scope
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.imports.commands import STALLED
from amends.imports.queries import ImportRow, get_import
from amends.imports.run import Reach, Source, run_import
from amends.kit.clock import ManualClock
from amends.people.records import Kind
from amends.services import Services
from tests.builders import make_account

EVERY = frozenset(Kind)


class Broken(Exception):
    """The stream ends in the middle."""


def shop(count: int) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [{"kind": "account", "id": "shop", "title": "Shop", "currency": "usd"}]
    for n in range(count):
        member = {"account": "shop", "member": f"m{n}"}
        records += [
            {"kind": "user", "id": f"u{n}", "email": f"u{n}@example.com"},
            {"kind": "member", "id": f"m{n}", "account": "shop", "user": f"u{n}"},
            {"kind": "payment", "id": f"p{n}", "amount": n + 1, "currency": "usd", "provider_ref": f"r{n}", **member},
            {"kind": "activity", "id": f"a{n}", "activity": "login", "payment": f"p{n}", **member},
        ]
    return records


async def stream(records: list[dict[str, Any]], *, breaks: bool = False) -> AsyncIterator[bytes]:
    for record in records:
        yield json.dumps(record).encode() + b"\n"
    if breaks:
        raise Broken


async def run(pool: Pool, clock: ManualClock, chunks: AsyncIterator[bytes], *, batch_lines: int) -> ImportRow:
    source = Source(chunks=chunks, kind=None)
    import_id = await run_import(
        pool,
        clock,
        source,
        principal=system_scope().principal,
        reach=Reach(None, EVERY),
        batch_lines=batch_lines,
    )
    return await report(pool, import_id)


async def report(pool: Pool, import_id: UUID) -> ImportRow:
    row = await get_import(pool, import_id, None)
    assert row is not None
    return row


@pytest.mark.parametrize("batch_lines", [1, 3, 7, 1000])
async def test_batches_know_what_came_before(pool: Pool, clock: ManualClock, batch_lines: int) -> None:
    row = await run(pool, clock, stream(shop(20)), batch_lines=batch_lines)
    assert (row.state, row.lines, row.landed, row.rejected) == ("completed", 81, 81, 0)
    again = await run(pool, clock, stream(shop(20)), batch_lines=batch_lines)
    assert (again.lines, again.landed, again.unchanged) == (81, 0, 81)
    linked = await pool.fetchval("select count(*) from activity a join payments p on p.id = a.payment_id")
    assert (linked, await pool.fetchval("select count(*) from provider_refs")) == (20, 20)


@pytest.mark.parametrize("distinct", [5, 10, 40])
async def test_last_line_of_a_payment_wins_whatever_is_under_way(pool: Pool, clock: ManualClock, distinct: int) -> None:
    records = shop(1)[:3]
    payment = {**shop(1)[3], "provider_ref": None}
    records += [{**payment, "id": f"p{n % distinct}", "amount": n + 1} for n in range(200)]
    row = await run(pool, clock, stream(records), batch_lines=10)
    assert (row.lines, row.landed, row.rejected) == (203, 203, 0)
    amounts = {row["external_id"]: row["amount_minor"] for row in await pool.fetch("select * from payments")}
    assert amounts == {f"p{n % distinct}": (n + 1) * 100 for n in range(200 - distinct, 200)}


async def test_broken_stream_leaves_what_has_landed(pool: Pool, clock: ManualClock) -> None:
    with pytest.raises(Broken):
        await run(pool, clock, stream(shop(20), breaks=True), batch_lines=10)
    row = await report(pool, await pool.fetchval("select id from imports"))
    assert (row.state, row.lines, row.landed) == ("failed", 80, 80)
    assert row.failure is not None
    again = await run(pool, clock, stream(shop(20)), batch_lines=10)
    assert (again.state, again.landed, again.unchanged) == ("completed", 1, 80)


async def test_killed_import_is_told_to_have_failed(pool: Pool, worker: Worker[Services], clock: ManualClock) -> None:
    begun = clock.now()
    arrived, killed = anyio.Event(), anyio.Event()

    async def first_batch_only() -> AsyncIterator[bytes]:
        async for chunk in stream(shop(3)[:10]):
            yield chunk
        clock.set(begun + timedelta(hours=1))
        yield b"{\n" * 10
        await _until_counted(pool, 20)
        arrived.set()
        await killed.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(run, pool, clock, first_batch_only(), batch_lines=10))
        await arrived.wait()
        clock.set(begun + timedelta(hours=2))
        await worker.sweep()
        assert await pool.fetchval("select state from imports") == "running"
        clock.set(begun + timedelta(hours=2, milliseconds=1))
        await worker.sweep()
        row = await report(pool, await pool.fetchval("select id from imports"))
        assert (row.state, row.failure, row.finished_at) == ("failed", STALLED, clock.now())
        assert row.landed == 10
        killed.set()
    row = await report(pool, await pool.fetchval("select id from imports"))
    assert (row.state, row.failure) == ("completed", None)


async def _until_counted(pool: Pool, lines: int) -> None:
    with anyio.fail_after(120):
        while await pool.fetchval("select lines from imports") < lines:
            await anyio.lowlevel.checkpoint()


async def test_two_imports_of_the_same_file_at_once(pool: Pool, clock: ManualClock) -> None:
    await make_account(pool, external_id="shop", title="Shop")
    landed: list[int] = []

    async def one() -> None:
        row = await run(pool, clock, stream(shop(60)[1:]), batch_lines=80)
        assert (row.state, row.lines, row.rejected) == ("completed", 240, 0)
        landed.append(row.landed)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        tasks.start_soon(one)
    assert sum(landed) == 240
    for table in ("users", "members", "payments", "activity"):
        assert await pool.fetchval(f"select count(*) from {table}") == 60


async def test_only_the_first_rejections_are_kept(pool: Pool, clock: ManualClock) -> None:
    async def many() -> AsyncIterator[bytes]:
        for _ in range(101):
            yield b"{\n" * 100

    row = await run(pool, clock, many(), batch_lines=1000)
    assert (row.lines, row.rejected) == (10_100, 10_100)
    assert await pool.fetchval("select count(*) from import_rejections") == 10_000
