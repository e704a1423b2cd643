"""What is known of a request is known while it is answered, and forgotten afterwards."""

from typing import Any, cast

import httpx

from amends.app import build_app, open_services
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.settings import Settings
from amends.web.readers import current_reader
from tests.builders import make_account
from tests.credentials import bearer, make_api_key
from tests.running import listener, settings

__all__ = ["listener", "settings"]

AUDIT = "/api/v1/audit_log"


async def test_neither_address_nor_language_outlives_its_request(
    settings: Settings, pool: Pool, clock: ManualClock
) -> None:
    """Requests and what comes after them share one context here, as they never do in a server."""
    headers = bearer(await make_api_key(pool))
    maker = bearer(await make_api_key(pool, await make_account(pool)))
    app = build_app(lambda: open_services(settings, clock=clock), development=False, outbox=False)
    transport = httpx.ASGITransport(cast("Any", app), client=("192.0.2.7", 4711))
    before = current_reader()
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=settings.base_url) as http:
        page = await http.get("/sign-in", headers={"Accept-Language": "es"})
        assert '<html lang="es"' in page.text
        assert current_reader() == before
        made = await http.post("/api/v1/api_keys", json={"name": "b", "scopes": ["case:read"]}, headers=maker)
        assert made.status_code == 201
        await make_api_key(pool)
        lines = (await http.get(AUDIT, headers=headers)).json()["data"]
    assert {line["ip"] for line in lines if line["principal_id"] == "system"} == {None}
    assert [line["ip"] for line in lines if line["subject"] == made.json()["id"]] == ["192.0.2.7"]
