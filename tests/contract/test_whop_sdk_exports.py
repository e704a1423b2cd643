"""The public client against a real server: every method of `exports`, sync and async."""

import csv
import io
from typing import Any

import anyio.to_thread
import httpx
import pytest
from whop_sdk import AsyncWhop, Whop
from whop_sdk.core.api_error import ApiError
from whop_sdk.environment import WhopEnvironment
from whop_sdk.errors import BadRequestError, ForbiddenError, NotFoundError
from whop_sdk.types import Export

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.services import Services
from tests.cases.scene import Scene
from tests.credentials import make_api_key
from tests.running import http, listener, server, services, settings, worker

__all__ = ["http", "listener", "server", "services", "settings", "worker"]


@pytest.fixture
async def scene(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> Scene:
    """Give a marketplace with its people."""
    return await Scene(pool, http, clock).set_up()


def environment(scene: Scene) -> WhopEnvironment:
    base = str(scene.http.base_url).rstrip("/")
    return WhopEnvironment(api=f"{base}/api/v1", vault=f"{base}/vault")


def client(scene: Scene, token: str, **more: Any) -> AsyncWhop:
    return AsyncWhop(token=token, environment=environment(scene), max_retries=0, **more)


async def refused(kind: type[ApiError], call: Any) -> dict[str, Any]:
    """Await a call that must fail in a way that the client knows; return the error."""
    with pytest.raises(kind) as caught:
        await call
    return caught.value.body["error"]


def sync_export(scene: Scene, columns: list[str]) -> Export:
    """Ask for an export as a program does that knows nothing of async."""
    exports = Whop(token=scene.merchant.token, environment=environment(scene), max_retries=0).exports
    asked = exports.create(
        resource="resolution_center_cases",
        account_id=scene.account.pid,
        columns=columns,
        filters={"status": ["awaiting_merchant"]},
        timezone="America/New_York",
    )
    assert exports.retrieve(asked.id) == asked
    assert exports.list().data == [asked]
    return asked


async def test_the_sync_client(scene: Scene, worker: Worker[Services], http: httpx.AsyncClient) -> None:
    case = await scene.case()
    asked = await anyio.to_thread.run_sync(sync_export, scene, ["id", "created_at"])
    assert asked.id.startswith("exprt_")
    assert (asked.status, asked.resource, asked.progress_percent) == ("pending", "resolution_center_cases", 0)
    assert asked.download_url is None
    assert (asked.created_at, asked.updated_at) == ("2026-11-23T09:00:00.000Z",) * 2
    await worker.run_until_idle()
    export = await client(scene, scene.merchant.token).exports.retrieve(asked.id)
    assert (export.status, export.progress_percent) == ("completed", 100)
    assert export.expires_at == "2026-12-23T09:00:00.000Z"
    assert export.download_url is not None
    content = (await http.get(export.download_url)).content.decode("utf-8-sig")
    assert [*csv.DictReader(io.StringIO(content))] == [
        {"id": case["id"], "created_at": "2026-11-23T04:00:00.000-05:00"}
    ]


async def test_the_async_client(scene: Scene, worker: Worker[Services]) -> None:
    exports = client(scene, scene.merchant.token).exports
    made = [await exports.create(resource=resource) for resource in ("receipts", "disputes")]
    await worker.run_until_idle()
    everything = await exports.list(account_id=scene.account.pid, order="created_at", direction="asc")
    assert [one.id for one in everything.data] == [one.id for one in made]
    assert {one.status for one in everything.data} == {"completed"}
    assert (everything.page_info.has_next_page, everything.page_info.has_previous_page) == (False, False)
    assert everything.page_info.start_cursor is not None
    of_one = await exports.list(
        resource="receipts", status="completed", created_after=made[0].created_at, created_before=made[0].created_at
    )
    assert [one.id for one in of_one.data] == [made[0].id]
    nothing = await exports.list(resource="payouts")
    assert (nothing.data, nothing.page_info.start_cursor) == ([], None)


async def test_formats_of_ours_pass_through_the_client(scene: Scene, worker: Worker[Services]) -> None:
    await scene.case()
    exports = client(scene, scene.merchant.token).exports
    asked = await exports.create(
        resource="receipts", request_options={"additional_body_parameters": {"format": "jsonl"}}
    )
    assert asked.model_extra is not None
    assert asked.model_extra["format"] == "jsonl"


async def test_errors_of_the_client(scene: Scene) -> None:
    exports = client(scene, scene.merchant.token).exports
    assert (await refused(NotFoundError, exports.retrieve("exprt_nothing")))["code"] == "not_found"
    assert (await refused(BadRequestError, exports.create(resource="payouts")))["param"] == "resource"
    platform = client(scene, scene.platform.token).exports
    assert (await refused(BadRequestError, platform.create(resource="receipts")))["code"] == "account_required"
    blind = client(scene, await make_api_key(scene.pool, scene.account, scopes=["case:read"])).exports
    assert (await refused(ForbiddenError, blind.list()))["details"] == {"permission": "export:read"}


async def test_one_idempotency_key_for_all_calls(scene: Scene) -> None:
    exports = client(scene, scene.merchant.token, idempotency_key="mine").exports
    first = await exports.create(resource="receipts")
    assert await exports.create(resource="receipts") == first
    assert len((await exports.list()).data) == 1
