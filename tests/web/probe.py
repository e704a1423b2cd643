"""A small real server: the rules of HTTP, the access routes, and a few routes that show what came in.

The rules are tested on it, so that no domain's behaviour stands between the test and the rule.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import msgspec
import uvicorn
from litestar import Litestar, Request, get, post
from litestar.di import Provide
from litestar.response import Response

from amends.access.api import routes as access_routes
from amends.access.authenticate import provide_caller
from amends.access.idempotency import Idempotency, provide_idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.db.pool import Pool
from amends.kit.clock import Clock
from amends.kit.signing import Signer
from amends.settings import Settings
from amends.web.assets import routes as page_routes
from amends.web.health import routes as health_routes
from amends.web.http import http_rules
from amends.web.openapi import openapi_config

SECRET = b"a secret for tests, long enough"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """A nested object."""

    numbers: list[int] = []


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A body with one of each."""

    text: str
    number: Annotated[int, msgspec.Meta(ge=0)] = 0
    inner: Inner | None = None


@post("/api/v1/probe/body", status_code=200)
async def take_body(data: Body) -> Body:
    """Return the body."""
    return data


@post("/api/v1/probe/optional", status_code=200)
async def take_optional(data: Body | None = None) -> dict[str, bool]:
    """Tell whether there was a body."""
    return {"given": data is not None}


@get("/api/v1/probe/query")
async def take_query(
    first: int | None = None, status: list[str] | None = None, text: str | None = None
) -> dict[str, Any]:
    """Return the parameters."""
    return {"first": first, "status": status, "text": text}


@get("/api/v1/probe/fail", opt={"public": True})
async def fail(how: str, pool: Pool) -> None:
    """Fail in one of several ways."""
    match how:
        case "value":
            await pool.fetchval("select $1::bigint", 2**70)
        case "text":
            await pool.fetchval("select $1::text", "a\x00b")
        case _:
            raise RuntimeError(how)


@get("/api/v1/probe/who", opt={"permission": Permission.CASE_READ})
async def who(request: Request[Any, Caller, Any], caller: Caller) -> dict[str, Any]:
    """Tell who is calling."""
    assert request.auth is caller
    return {
        "id": caller.principal.id,
        "owner": caller.owner,
        "customer": caller.customer is not None,
        "merchants": [merchant.account_pid for merchant in caller.merchants],
        "platform": caller.platform is not None,
    }


COUNT_SQL = "insert into guesses (bucket, window_start, n) values ($1, $2, 1)"


class Effect(msgspec.Struct, forbid_unknown_fields=True):
    """What the effect is called, and how it ends."""

    name: str
    delay_s: float = 0
    refuse: bool = False


@post("/api/v1/probe/effects/{place:str}")
async def cause_effect(
    place: str, data: Effect, idem: Idempotency, pool: Pool, clock: Clock
) -> Response[dict[str, str]]:
    """Write one row, as a command would."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        await tx.connection.execute(COUNT_SQL, f"{place}:{data.name}", clock.now())
        if data.delay_s:
            await tx.connection.execute("select pg_sleep($1)", data.delay_s)
        if data.refuse:
            raise RuntimeError("refused")
        return await tx.answer(201, {"made": data.name, "secret": "shown once"}, stored={"made": data.name})


class QuietServer(uvicorn.Server):
    """Leaves the test run's signals alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def probe_server(pool: Pool, clock: Clock, settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """Serve on a free port of this machine; gives a client to it."""
    services = SimpleNamespace(pool=pool, clock=clock, signer=Signer(SECRET), settings=settings)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        app.state.services = services
        yield

    def part(name: str) -> Provide:
        return Provide(lambda: getattr(services, name), sync_to_thread=False)

    app = Litestar(
        route_handlers=[
            *access_routes, *health_routes, *page_routes, take_body, take_optional, take_query, fail, who, cause_effect,
        ],
        dependencies={
            "caller": Provide(provide_caller),
            "idem": Provide(provide_idempotency),
            **{name: part(name) for name in vars(services)},
        },
        signature_types=[Pool, Clock, Signer],
        lifespan=[lifespan],
        openapi_config=openapi_config(),
        **http_rules(),
    )  # fmt: skip
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="on", ws="none", server_header=False)
    server = QuietServer(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        if running.done():
            running.result()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client
    server.should_exit = True
    await running
