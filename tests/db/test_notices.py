"""Notices: told in a transaction, heard by others after its commit, in order, and never after a rollback."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import count
from uuid import UUID

import pytest

from amends.db.notices import (
    CHANNEL,
    MAX_PAYLOAD_BYTES,
    CaseNotice,
    ExportNotice,
    Notice,
    announce,
    announcing,
    payloads,
    read_payload,
    tell,
)
from amends.db.pool import Pool, connect
from amends.db.transactions import transaction
from tests.builders import NOW
from tests.conftest import Database

PATIENCE_S = 60

CUT = """
select pg_terminate_backend(pid)
from pg_stat_activity
where application_name = $1
  and datname = current_database()
"""


def case_notice(n: int) -> CaseNotice:
    return CaseNotice(
        account_id=1001,
        id=f"reso_{n}",
        user_id=UUID(int=n),
        event_id=f"revt_{n}",
        actor="merchant",
        internal=False,
        viewable_by_customer=True,
        viewable_by_merchant=True,
        version=n,
        status="awaiting_customer",
        at=NOW,
    )


def export_notice(n: int) -> ExportNotice:
    return ExportNotice(account_id=1001, id=f"exprt_{n}", state="running", progress=n, at=NOW)


class Listener:
    """Another process that listens."""

    def __init__(self) -> None:
        self.messages: list[list[Notice]] = []
        self._arrived = asyncio.Event()

    def hear(self, *call: object) -> None:
        self.messages.append(read_payload(str(call[3])))
        self._arrived.set()

    async def heard(self, n: int) -> list[Notice]:
        """Wait for `n` notices."""
        async with asyncio.timeout(PATIENCE_S):
            while len(notices := [notice for message in self.messages for notice in message]) < n:
                self._arrived.clear()
                await self._arrived.wait()
        return notices


@pytest.fixture
async def listener(database: Database) -> AsyncGenerator[Listener]:
    """Give a listener with a connection of its own."""
    connection = await connect(database.url)
    listener = Listener()
    await connection.add_listener(CHANNEL, listener.hear)
    yield listener
    await connection.close()


@pytest.fixture
async def announced(pool: Pool, database: Database) -> AsyncGenerator[Pool]:
    """Give a pool whose transactions announce."""
    async with announcing(pool, database.url):
        yield pool


async def test_what_is_told_is_heard_after_the_commit_in_order(announced: Pool, listener: Listener) -> None:
    async with transaction(announced) as connection:
        tell(connection, case_notice(1))
        tell(connection, export_notice(2))
        assert listener.messages == []
    assert await listener.heard(2) == [case_notice(1), export_notice(2)]


async def test_a_rollback_tells_nothing(announced: Pool, listener: Listener) -> None:
    async def fail() -> None:
        async with transaction(announced) as connection:
            tell(connection, case_notice(1))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with transaction(announced) as connection:
        tell(connection, case_notice(2))
    assert await listener.heard(1) == [case_notice(2)]


async def test_many_commands_at_once_are_all_heard(announced: Pool, listener: Listener) -> None:
    async def command(n: int) -> None:
        async with transaction(announced) as connection:
            tell(connection, case_notice(n))

    await asyncio.gather(*(command(n) for n in range(8)))
    heard = await listener.heard(8)
    assert sorted(notice.id for notice in heard) == [f"reso_{n}" for n in range(8)]


async def test_what_is_told_together_shares_a_message(announced: Pool, listener: Listener) -> None:
    for n in range(8):
        announce(announced, [case_notice(n)])
    assert await listener.heard(8) == [case_notice(n) for n in range(8)]
    assert len(listener.messages) == 1


async def test_more_than_a_message_holds_is_split(announced: Pool, listener: Listener) -> None:
    told = [case_notice(n) for n in range(300)]
    async with transaction(announced) as connection:
        for notice in told:
            tell(connection, notice)
    assert await listener.heard(300) == told
    assert len(listener.messages) > 1
    assert max(len(payload.encode()) for payload in payloads(told)) <= MAX_PAYLOAD_BYTES


async def test_what_is_waiting_is_sent_before_the_end(pool: Pool, database: Database, listener: Listener) -> None:
    async with announcing(pool, database.url, drain_s=PATIENCE_S), transaction(pool) as connection:
        tell(connection, case_notice(1))
    assert await listener.heard(1) == [case_notice(1)]


async def test_a_transaction_of_somebody_who_announces_nothing_tells_nothing(pool: Pool, listener: Listener) -> None:
    async with transaction(pool) as connection:
        tell(connection, case_notice(1))
    async with pool.acquire() as connection, connection.transaction():
        tell(connection, case_notice(2))
    assert listener.messages == []


async def test_a_lost_connection_loses_its_notice_and_not_the_next(
    announced: Pool, database: Database, listener: Listener
) -> None:
    async with transaction(announced) as connection:
        tell(connection, case_notice(1))
    await listener.heard(1)
    owner = await connect(database.migrate_url)
    await owner.execute(CUT, "amends notices")
    await owner.close()
    async with asyncio.timeout(PATIENCE_S):
        for n in count(2):
            async with transaction(announced) as connection:
                tell(connection, case_notice(n))
            await asyncio.sleep(0.05)  # so that no message holds them all, which may be the one that is lost
            if len(listener.messages) > 1:
                return
