"""One stream's lines, without HTTP: a slow reader, heartbeats, and a database that is away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import psycopg
import pytest

from amends.db.notices import ExportNotice
from amends.db.pool import Pool
from amends.kit.clock import ManualClock, epoch_ms
from amends.stream.hub import MAX_WAITING, Hub, Seat
from amends.stream.lines import Lines
from amends.stream.messages import RECONNECT, RELOAD
from amends.stream.queries import LIMIT
from amends.stream.sight import Sight
from tests.builders import NOW, make_account
from tests.cases.scene import Scene
from tests.conftest import Database
from tests.stream.ear import PATIENCE_S

HERE = b": here\nid: %d\n\n" % epoch_ms(NOW)
OPENING = b"retry: 2000\n" + HERE
MANY_MORE = """
insert into case_events (
    account_id, case_id, id, pid, position, kind, actor, action, viewable_by_customer, viewable_by_merchant,
    previous_hash, hash, created_at
)
select
    account_id, case_id, gen_random_uuid(), pid || n, n + 1, kind, actor, action, true, true, hash, hash, created_at
from case_events, generate_series(1, %s) as n
"""


def export(account_id: int, progress: int) -> ExportNotice:
    return ExportNotice(account_id=account_id, id="exprt_1", state="processing", progress=progress, at=NOW)


def sight(account_id: int, *, is_platform: bool = False) -> Sight:
    return Sight(
        user_id=None,
        bought_at=(),
        sells_at=frozenset({account_id}),
        exports_of=frozenset({account_id}),
        is_platform=is_platform,
        exports_everywhere=False,
    )


@pytest.fixture
def hub(pool: Pool, database: Database) -> Hub:
    """Give a hub that hears what it is handed."""
    hub = Hub(pool, database.url)
    hub.listening = True
    return hub


@asynccontextmanager
async def lines(
    hub: Hub, pool: Pool, clock: ManualClock, seat: Seat, heartbeat_s: float = 60, check_s: float = 60
) -> AsyncGenerator[AsyncGenerator[bytes]]:
    """Open a stream, past its opening."""

    async def look_again() -> Sight:
        return seat.sight

    spoken = Lines(
        hub, seat, pool=pool, clock=clock, look_again=look_again, check_s=check_s, heartbeat_s=heartbeat_s
    ).say(None)
    async with aclosing(spoken), asyncio.timeout(PATIENCE_S):
        assert await anext(spoken) == OPENING
        yield spoken


async def test_who_does_not_keep_up_loads_anew_and_goes_on(hub: Hub, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    seat = hub.take_seat(sight(account.id), "key_1")
    async with lines(hub, pool, clock, seat) as spoken:
        for progress in range(MAX_WAITING + 50):
            seat.put(export(account.id, progress))
        assert await anext(spoken) == RELOAD
        seat.put(export(account.id, 99))
        data = f'{{"account_id":"{account.pid}","id":"exprt_1","state":"processing","progress":99}}'
        assert await anext(spoken) == f"event: export\nid: {epoch_ms(NOW)}\ndata: {data}\n\n".encode()


async def test_shows_that_it_lives(hub: Hub, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    seat = hub.take_seat(sight(account.id), "key_1")
    async with lines(hub, pool, clock, seat, heartbeat_s=0.01) as spoken:
        assert await anext(spoken) == HERE
        hub.listening = False
        clock.set(NOW.replace(hour=12))
        assert await anext(spoken) == HERE  # what happens now would be missed
        hub.listening = True
        assert await anext(spoken) == b": here\nid: %d\n\n" % epoch_ms(clock.now())
        seat.call(close=True)
        assert await anext(spoken) == RECONNECT


async def test_what_is_not_for_the_caller_any_more_is_not_told(hub: Hub, pool: Pool, clock: ManualClock) -> None:
    account, other = await make_account(pool), await make_account(pool)
    seat = hub.take_seat(sight(account.id), "key_1")
    async with lines(hub, pool, clock, seat) as spoken:
        seat.put(export(account.id, 1))
        hub.change_sight(seat, sight(other.id))
        seat.put(export(other.id, 2))
        assert b'"progress":2' in await anext(spoken)
    hub.leave(seat)
    assert hub.open_streams == 0


async def test_a_check_that_finds_too_much_has_it_loaded_anew(
    scene: Scene, hub: Hub, pool: Pool, clock: ManualClock, owner: psycopg.Connection
) -> None:
    await scene.case()
    owner.execute(MANY_MORE, [LIMIT])
    seat = hub.take_seat(sight(scene.account.id), "key_1")
    async with lines(hub, pool, clock, seat, check_s=0.01) as spoken:
        assert await anext(spoken) == RELOAD


async def test_a_check_reads_nothing_across_all_accounts_and_says_nothing(
    scene: Scene, hub: Hub, pool: Pool, clock: ManualClock
) -> None:
    await scene.case()
    seat = hub.take_seat(sight(scene.account.id, is_platform=True), "key_1")
    async with lines(hub, pool, clock, seat, heartbeat_s=0.05, check_s=0.01) as spoken:
        assert [await anext(spoken) for _ in range(3)] == [HERE] * 3
