"""An account with cases, its key, and the worker that writes its exports: what tests of exports begin with."""

from dataclasses import dataclass
from typing import Any

import httpx

from amends.access.permissions import ACCOUNT_PERMISSIONS
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from tests.cases.scene import Party, Scene
from tests.credentials import bearer, make_api_key

EXPORTS = "/api/v1/exports"


@dataclass(frozen=True)
class Exporting:
    """A merchant who exports."""

    scene: Scene
    worker: Worker[Services]
    token: str

    @property
    def http(self) -> httpx.AsyncClient:
        """Return the client, without a credential."""
        return self.scene.http

    @property
    def clock(self) -> ManualClock:
        """Return the clock of everything."""
        return self.scene.clock

    @property
    def pool(self) -> Pool:
        """Return the application's pool."""
        return self.scene.pool

    async def send(self, method: str, path: str = "", body: Any = None, **query: Any) -> httpx.Response:
        """Send a request below the exports."""
        return await self.http.request(method, EXPORTS + path, json=body, params=query, headers=bearer(self.token))

    async def ask(self, resource: str = "resolution_center_cases", **body: Any) -> dict[str, Any]:
        """Ask for an export; it waits for the worker."""
        answer = await self.send("POST", body={"resource": resource, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def get(self, export: dict[str, Any]) -> dict[str, Any]:
        """Return an export as it is now."""
        answer = await self.send("GET", f"/{export['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def done(self, resource: str = "resolution_center_cases", **body: Any) -> dict[str, Any]:
        """Ask for an export and have it written."""
        export = await self.ask(resource, **body)
        await self.worker.run_until_idle()
        export = await self.get(export)
        assert export["status"] == "completed", export
        return export

    async def fetch(self, export: dict[str, Any]) -> httpx.Response:
        """Download an export's file."""
        answer = await self.http.get(export["download_url"])
        assert answer.status_code == 200, answer.text
        return answer

    async def content(self, resource: str = "resolution_center_cases", **body: Any) -> bytes:
        """Ask for an export, have it written and download it."""
        return (await self.fetch(await self.done(resource, **body))).content

    def like(self, token: str) -> "Exporting":
        """Return the same with another credential."""
        return Exporting(self.scene, self.worker, token)

    async def without(self, *permissions: str) -> "Exporting":
        """Return the same with a key of the account that lacks some permissions."""
        scopes = [scope for scope in ACCOUNT_PERMISSIONS if scope not in permissions]
        return self.like(await make_api_key(self.pool, self.scene.account, scopes=scopes))

    @property
    def platform(self) -> Party:
        """Return the platform."""
        return self.scene.platform
