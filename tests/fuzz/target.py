"""The server that is fuzzed: real, in a thread of its own, with a marketplace whose ids can be named."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import uvicorn

from amends.app import create_app
from amends.db.pool import create_pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from tests.access.world import World
from tests.conftest import START, Database, empty_database
from tests.credentials import ISSUER


@dataclass
class Target:
    """Where to send requests, as whom, and what exists there: public ids by the name of a parameter or field."""

    url: str
    document: dict[str, Any]
    tokens: dict[str, str]
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def serve(database: Database, owner: psycopg.Connection, folder: Path) -> Generator[Target]:
    """Serve a marketplace from a thread."""
    empty_database(owner)
    settings = Settings(
        database_url=database.url,
        data_dir=folder,
        secret_key="a secret of the tests, long enough for anything",
        rate_limit_per_minute=1_000_000,
        token_issuers=(ISSUER,),
    )
    clock = ManualClock(START)
    app = create_app(settings, clock=clock)
    server = _Server(uvicorn.Config(app, port=0, lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listens.wait(120), "the server does not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield asyncio.run(_furnish(f"http://127.0.0.1:{port}", database, owner, clock))
    finally:
        server.should_exit = True
        thread.join(300)  # it must not go on writing into the next test


_STATES: Final = ("case", "asked", "denied", "answered", "escalated")


async def _furnish(url: str, database: Database, owner: psycopg.Connection, clock: ManualClock) -> Target:
    async with create_pool(database.url, max_size=3) as pool, httpx.AsyncClient(base_url=url, timeout=60) as http:
        world = await World(pool, http, clock, owner).set_up()
        cases = [await getattr(world, state)() for state in _STATES]
        offered = await world.offered()
        payments = [(await world.payment()).pid for _ in range(20)]
        ids = {
            "case_id": [*cases, offered[0]],
            "offer_id": [offered[1]],
            "payment_id": payments,
            "receipt_id": payments,
            "refund_id": [await world.failed_refund()],
            "credit_id": [await world.failed_credit()],
            "dispute_id": [await world.dispute()],
            "key_id": [await world.api_key()],
            "import_id": [await world.imported()],
            "file_id": [await world.file(), await world.file("customer")],
            "account_id": [world.account.pid],
            "user_id": [world.user.pid, "me"],
            "member": [world.member.pid],
            "product": [world.product.pid],
            "plan": [world.plan.pid],
            "record_id": [world.account.pid, world.user.pid, world.member.pid, world.product.pid, payments[0], "mine"],
        }
        document = (await http.get("/api/v1/openapi.json")).json()
        return Target(url=url, document=document, tokens=world.tokens, ids=ids)
