"""An application that runs again, with other services, knows nothing of the time before."""

from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import httpx
import msgspec

from amends.app import build_app, open_services
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.services import Services
from amends.settings import Settings
from tests.credentials import bearer, make_api_key
from tests.running import listener, settings
from tests.staff import csrf

__all__ = ["listener", "settings"]


async def test_limits_and_secrets_are_those_of_each_run(settings: Settings, pool: Pool, clock: ManualClock) -> None:
    headers = bearer(await make_api_key(pool))
    runs = [msgspec.structs.replace(settings, rate_limit_per_minute=n, secret_key=str(n) * 40) for n in (1, 2)]
    coming = iter(runs)

    def opening() -> AbstractAsyncContextManager[Services]:
        return open_services(next(coming), clock=clock)

    app = build_app(opening, development=False, outbox=False)
    old: dict[str, str] = {}
    for run in runs:
        transport = httpx.ASGITransport(cast("Any", app))
        async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=run.base_url) as http:
            asked = [await http.get("/api/v1/policy", headers=headers) for _ in range(3)]
            allowed = run.rate_limit_per_minute
            assert [answer.status_code for answer in asked] == [200] * allowed + [429] * (3 - allowed)
            token = await csrf(http)
            assert (await http.post("/sign-out", data=token)).status_code == 303
            if old:
                assert (await http.post("/sign-out", data=old)).status_code == 403
            old = token
