"""The reference client, sync and async, against a real server: every method of `files`."""

from typing import Any

import anyio.to_thread
import httpx
import pytest
from whop_sdk import AsyncWhop, File, Whop
from whop_sdk.core.api_error import ApiError
from whop_sdk.environment import WhopEnvironment
from whop_sdk.files.types import CompleteFilesRequestMultipartPartsItem

from amends.db.pool import Pool
from amends.files.limits import PART_BYTES
from tests.files import samples
from tests.files.serving import Served, callers
from tests.running import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def served(pool: Pool, server: Server, http: httpx.AsyncClient) -> Served:
    """Give a running server with its callers."""
    return await callers(pool, server, http)


def environment(served: Served) -> WhopEnvironment:
    return WhopEnvironment(api=f"{served.url}/api/v1", vault=served.url)


def sync_walk(served: Served) -> None:
    """Make, send, read and list files, in one piece and in parts."""
    client = Whop(token=served.account_key, environment=environment(served))
    created = client.files.create(filename="photo.png", byte_size=len(samples.png()), visibility="private")
    assert created.upload_url is not None
    sent = httpx.put(created.upload_url, content=samples.png(), headers=created.upload_headers or {}, timeout=60)
    assert sent.status_code == 200
    ready = client.files.retrieve(created.id)
    assert (ready.upload_status, ready.content_type, ready.width) == ("ready", "image/png", 64)
    assert ready.url is not None
    assert len(httpx.get(ready.url, timeout=60).content) == ready.size
    video = samples.mp4(PART_BYTES + 10)
    begun = client.files.create(filename="screen.mp4", byte_size=len(video), multipart=True)
    assert (begun.multipart_chunk_size, begun.upload_url) == (PART_BYTES, None)
    etags = [httpx.put(part.url, content=piece, timeout=60).headers["ETag"] for part, piece in pieces(begun, video)]
    done = client.files.complete(
        begun.id, multipart_upload_id=begun.multipart_upload_id or "", multipart_parts=completed(etags)
    )
    assert (done.upload_status, done.size) == ("ready", len(video))
    assert {file.id for file in client.files.list(file_ids=[created.id, begun.id, "file_none"])} == {
        created.id,
        begun.id,
    }
    assert [file.id for file in client.files.list(order="created_at", direction="asc", first=1)] == [
        created.id,
        begun.id,
    ]


def pieces(file: File, data: bytes) -> list[tuple[Any, bytes]]:
    size = file.multipart_chunk_size or 0
    return [
        (part, data[(part.part_number - 1) * size : part.part_number * size])
        for part in file.multipart_upload_urls or []
    ]


def completed(etags: list[str]) -> list[CompleteFilesRequestMultipartPartsItem]:
    return [
        CompleteFilesRequestMultipartPartsItem(part_number=number, etag=etag) for number, etag in enumerate(etags, 1)
    ]


async def test_the_sync_client(served: Served) -> None:
    await anyio.to_thread.run_sync(sync_walk, served)


async def test_the_async_client(served: Served) -> None:
    client = AsyncWhop(token=served.user_token, environment=environment(served))
    created = await client.files.create(filename="photo.heic")
    sent = await served.http.put(created.upload_url or "", content=samples.heic())
    assert sent.status_code == 200
    ready = await client.files.retrieve(created.id)
    assert (ready.upload_status, ready.content_type, ready.filename) == ("ready", "image/jpeg", "photo.heic")
    video = samples.mp4(2 * PART_BYTES)
    begun = await client.files.create(filename="screen.mp4", byte_size=len(video), multipart=True)
    etags = [(await served.http.put(part.url, content=piece)).headers["ETag"] for part, piece in pieces(begun, video)]
    done = await client.files.complete(
        begun.id, multipart_upload_id=begun.multipart_upload_id or "", multipart_parts=completed(etags)
    )
    assert (done.upload_status, done.size) == ("ready", len(video))
    pager = await client.files.list(file_ids=[created.id, begun.id], first=1)
    assert sorted([file.id async for file in pager]) == sorted([created.id, begun.id])


async def test_every_field_of_the_clients_model_is_sent(served: Served) -> None:
    single = await served.create("photo.png")
    parts = await served.create("screen.mp4", multipart=True, byte_size=PART_BYTES + 1)
    ready = await served.upload("photo.png", samples.png())
    for file in (single, parts, ready):
        assert set(File.model_fields) <= set(file)
        assert File.model_validate(file).object == "file"


async def test_errors_are_the_clients(served: Served) -> None:
    client = AsyncWhop(token=served.account_key, environment=environment(served), max_retries=0)
    refused: list[int | None] = []
    for call in (
        client.files.retrieve("file_none"),
        client.files.create(filename="photo.png", visibility="public"),
        client.files.list(first=1, last=1),
        AsyncWhop(token="wrong", environment=environment(served)).files.retrieve("file_none"),
    ):
        with pytest.raises(ApiError) as error:
            await call
        refused.append(error.value.status_code)
    assert refused == [404, 422, 400, 401]


async def test_one_idempotency_key_for_all_calls_works(served: Served) -> None:
    client = AsyncWhop(token=served.account_key, environment=environment(served), idempotency_key="all")
    first = await client.files.create(filename="photo.png")
    assert (await client.files.create(filename="photo.png")).id == first.id
    assert (await client.files.retrieve(first.id)).id == first.id
