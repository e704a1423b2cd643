"""A real server with the routes of files, two accounts' keys, a platform's key and a user's token."""

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from litestar import Litestar
from litestar.di import Provide

from amends.access.commands import issue_api_key
from amends.access.idempotency import provide_idempotency
from amends.access.permissions import ACCOUNT_PERMISSIONS, Permission
from amends.access.scopes import Principal
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.files.api import routes
from amends.files.store import FileStore
from amends.kit.clock import ManualClock, epoch_ms
from amends.kit.signing import Signer
from amends.payments.ports import NoCases
from amends.services import Services
from amends.settings import Settings, TokenIssuer
from amends.web.http import http_rules
from tests.builders import make_account, make_user
from tests.conftest import Database

ISSUER = "https://host.example"
AUDIENCE = "amends"


@dataclass(frozen=True)
class Served:
    """A running server and whoever calls it."""

    url: str
    services: Services
    http: httpx.AsyncClient
    account_key: str
    colleague_key: str
    """Another key of the same account."""
    other_key: str
    platform_key: str
    user_token: str

    async def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        """Call the API as the account, or as whoever has `token`."""
        headers = {"Authorization": f"Bearer {token or self.account_key}", **more.pop("headers", {})}
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


async def _key(pool: Pool, account_id: int | None, clock: ManualClock) -> str:
    async with transaction(pool) as connection:
        key = await issue_api_key(
            connection,
            principal=Principal(kind="system", id="system", name=None),
            account_id=account_id,
            name="tests",
            scopes=sorted(ACCOUNT_PERMISSIONS if account_id else Permission),
            expires_at=None,
            now=clock.now(),
        )
    return key.token


@asynccontextmanager
async def serve(pool: Pool, clock: ManualClock, folder: Path, database: Database) -> AsyncGenerator[Served]:
    """Run the server, which keeps its data under `folder`."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    private = ec.generate_private_key(ec.SECP256R1())
    public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    settings = Settings(
        database_url=database.url,
        data_dir=folder / "data",
        base_url=url,
        rate_limit_per_minute=100_000,
        token_issuers=(TokenIssuer(issuer=ISSUER, audience=AUDIENCE, jwks={"keys": [{**public, "kid": "1"}]}),),
    )
    services = Services(
        settings=settings,
        pool=pool,
        clock=clock,
        signer=Signer(b"a secret of the tests, long enough"),
        providers={},
        case_notices=NoCases(),
        file_store=FileStore.open(settings.files_url),
    )
    parts = {name: getattr(services, name) for name in Services.__dataclass_fields__}
    app = Litestar(
        route_handlers=list(routes),
        dependencies={
            "caller": Provide(_caller, sync_to_thread=False),
            "idem": Provide(provide_idempotency),
            "services": Provide(_always(services), sync_to_thread=False),
            **{name: Provide(_always(part), sync_to_thread=False) for name, part in parts.items()},
        },
        openapi_config=None,
        **http_rules(settings),
    )
    app.state.services = services
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    account, other, user = await make_account(pool), await make_account(pool), await make_user(pool)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user.external_id}
    times = {"iat": epoch_ms(clock.now()) // 1000, "exp": epoch_ms(clock.now()) // 1000 + 864_000}
    async with anyio.create_task_group() as tasks, httpx.AsyncClient(base_url=url, timeout=60) as http:
        tasks.start_soon(server.serve, [listener])
        while not server.started:
            await anyio.lowlevel.checkpoint()
        yield Served(
            url=url,
            services=services,
            http=http,
            account_key=await _key(pool, account.id, clock),
            colleague_key=await _key(pool, account.id, clock),
            other_key=await _key(pool, other.id, clock),
            platform_key=await _key(pool, None, clock),
            user_token=jwt.encode({**claims, **times}, private, "ES256", {"kid": "1"}),
        )
        server.should_exit = True


def _always(part: Any) -> Callable[[], Any]:
    return lambda: part


def _caller(request: Any) -> Any:
    return request.auth
