"""Whoever calls the server in the tests of files: two accounts' keys, a platform's key and a user's token."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from amends.db.pool import Pool
from amends.services import Services
from tests.builders import make_account, make_user
from tests.credentials import bearer, make_api_key, make_user_token
from tests.running import Server


@dataclass(frozen=True)
class Served:
    """A running server and its callers."""

    url: str
    services: Services
    http: httpx.AsyncClient
    account: str
    """The public id of the account that calls unless somebody else is named."""
    account_key: str
    colleague_key: str
    """Another key of the same account."""
    other_key: str
    platform_key: str
    user_token: str

    async def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        """Call the API as the account, or as whoever has `token`."""
        headers = {**bearer(token or self.account_key), **more.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    async def create(self, filename: str = "photo.png", *, token: str | None = None, **body: Any) -> dict[str, Any]:
        """Make a file that waits for its bytes."""
        answer = await self.call("POST", "/files", token=token, json={"filename": filename, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def file(self, file_id: str, *, token: str | None = None) -> dict[str, Any]:
        """Retrieve a file."""
        answer = await self.call("GET", f"/files/{file_id}", token=token)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def upload(self, filename: str, data: bytes, *, token: str | None = None) -> dict[str, Any]:
        """Make a file and send its bytes; it is ready."""
        file = await self.create(filename, token=token)
        answer = await self.http.put(file["upload_url"], content=data)
        assert answer.status_code == 200, answer.text
        return await self.file(file["id"], token=token)

    def stored(self) -> list[Path]:
        """Return the files in the store, and whatever is still being received."""
        folder = self.services.settings.data_dir
        return [path for path in folder.rglob("*") if path.is_file()]


async def callers(pool: Pool, server: Server, http: httpx.AsyncClient) -> Served:
    """Make the callers of a server."""
    account, other = await make_account(pool), await make_account(pool)
    return Served(
        url=server.url,
        services=server.services,
        http=http,
        account=account.pid,
        account_key=await make_api_key(pool, account),
        colleague_key=await make_api_key(pool, account),
        other_key=await make_api_key(pool, other),
        platform_key=await make_api_key(pool),
        user_token=make_user_token(await make_user(pool)),
    )
