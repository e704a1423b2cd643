"""A marketplace to be looked at: the demo's people and cases on a real server, with every state of a case in it.

For screenshots, not for tests: it takes its own PostgreSQL, and its clock stands still.
"""

import socket
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import anyio
import uvicorn
from litestar import Litestar

from amends.access.sessions import COOKIE
from amends.app import create_app, create_worker, end_streams, job_registry, open_services
from amends.db.embedded import APP_ROLE
from amends.db.pool import Pool
from amends.demo import showcase
from amends.demo.load import load_demo
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.services import Services
from amends.settings import Settings
from tests.builders import make_account
from tests.conftest import TEMPLATE, TestServer
from tests.staff import make_staff_person, make_team_person, sign_in

NOW: Final = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)

BIGGEST_ACCOUNT = """
select
    a.external_id, a.id, a.uid, a.pid, a.title, a.currency, a.time_zone, a.support_limits, a.created_at, a.updated_at
from accounts a
order by (select count(*) from cases c where c.account_id = a.id) desc
limit 1
"""
ONE_CASE = """
select c.pid
from cases c
where c.account_id = $1
  and c.created_at <= $2
  and ({condition})
order by c.event_count desc, c.pid
limit 1
"""
CUSTOMER: Final = """
select u.external_id, u.id, u.pid, u.name, u.username, u.email, u.time_zone, u.locale, u.created_at, u.updated_at
from users u
where u.external_id = $1
"""
OWN_CASES: Final = """
select distinct on (c.status, c.outcome, c.open_offer_id is null) c.pid,
       concat_ws('-', c.status, c.outcome, case when c.open_offer_id is not null then 'offer' end) as state
from cases c
where c.account_id = any($1::bigint[])
  and c.user_id = $2
order by c.status, c.outcome, c.open_offer_id is null, c.pid
"""
STATES: Final = {
    "yours": "c.status = 'awaiting_merchant' and c.open_offer_id is null and not c.escalated and c.merchant_offers = 0",
    "yours-to-the-platform": "c.status = 'awaiting_merchant' and c.escalated",
    "theirs": "c.status = 'awaiting_customer' and c.open_offer_id is null",
    "offer-open": "c.open_offer_id is not null",
    "review": "c.status = 'under_review'",
    "closed": "c.status = 'closed' and c.settlement = 'succeeded'",
    "closed-for-us": "c.status = 'closed' and c.outcome = 'merchant_won'",
    "refund-failed": "c.settlement = 'failed'",
    "bank-dispute": "c.dispute = 'open'",
}


@dataclass(frozen=True)
class Stage:
    """The running marketplace: `cookies` by who is signed in, `cases` by state."""

    url: str
    services: Services
    account_pid: str
    empty_account_pid: str
    cookies: dict[str, dict[str, str]]
    cases: dict[str, str]
    own_cases: dict[str, str]
    """The customer's, by state."""

    async def work(self) -> None:
        """Find what is due, and run the jobs that wait."""
        worker = create_worker(self.services)
        await worker.sweep()
        await worker.run_until_idle()


@asynccontextmanager
async def stage(*, scale: float = 1) -> AsyncGenerator[Stage]:
    """Set the stage, and clear it in the end."""
    postgres = TestServer()
    postgres.start()
    try:
        with tempfile.TemporaryDirectory(prefix="amends-stage-") as folder, listening() as listener:
            settings = Settings(
                database_url=postgres.server.url(APP_ROLE, TEMPLATE),
                data_dir=Path(folder),
                base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                secret_key="a secret of the stage, long enough for anything",
                rate_limit_per_minute=1_000_000,
                development=True,
            )
            clock = ManualClock(NOW)
            async with open_services(settings, clock=clock) as services:
                await load_demo(services, clock, job_registry().handlers, _quietly, scale=scale)
            app = create_app(settings, clock=clock)
            async with serving(app, listener):
                yield await _furnish(settings.base_url, app.state.services)
    finally:
        postgres.stop()


def _quietly(_what: str, _done: int, _of: int | None) -> None:
    """Say nothing of the progress."""


def listening() -> socket.socket:
    """Return a socket that listens on a free port of loopback."""
    return socket.create_server(("127.0.0.1", 0))


@asynccontextmanager
async def serving(app: Litestar, listener: socket.socket) -> AsyncGenerator[None]:
    """Serve an application on a socket."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="warning", timeout_graceful_shutdown=2))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listener])
        with anyio.fail_after(30):
            while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
                await anyio.sleep(0.05)
        try:
            yield
        finally:
            end_streams(app)
            server.should_exit = True


async def _furnish(url: str, services: Services) -> Stage:
    pool, clock = services.pool, services.clock
    row = await pool.fetchrow(BIGGEST_ACCOUNT)
    assert row is not None
    account = AccountRow(**row)
    empty = await make_account(pool, title="Quiet Corner Ceramics", now=clock.now())
    people = {
        "owner": await make_team_person(pool, account, "owner"),
        "viewer": await make_team_person(pool, account, "viewer"),
        "newcomer": await make_team_person(pool, empty, "owner"),
        "reviewer": await make_staff_person(pool, "reviewer"),
        "platform admin": await make_staff_person(pool, "admin"),
        "customer": await _customer(pool),
    }
    cases: dict[str, str] = {}
    for state, condition in STATES.items():
        found = await pool.fetchval(ONE_CASE.format(condition=condition), account.id, clock.now())
        if found is not None:
            cases[state] = found
    cookies = {name: {COOKIE: (await sign_in(pool, user, clock))[COOKIE]} for name, user in people.items()}
    every = [row["id"] for row in await pool.fetch("select id from accounts")]
    own = {row["state"]: row["pid"] for row in await pool.fetch(OWN_CASES, every, people["customer"].id)}
    return Stage(url, services, account.pid, empty.pid, cookies, cases, own)


async def _customer(pool: Pool) -> UserRow:
    """Return the demo's customer with purchases and cases in every state."""
    row = await pool.fetchrow(CUSTOMER, showcase.ID)
    assert row is not None
    return UserRow(**row)
