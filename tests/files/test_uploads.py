"""Uploads in one piece, over HTTP: what is taken, what is refused, and what is left behind."""

import resource
import sys
from collections.abc import AsyncGenerator

import anyio
import pytest

from amends.db.pool import Pool
from amends.files.commands_uploads import WAITING_MAX
from tests.files import samples
from tests.files.serving import Served

pytestmark = pytest.mark.anyio


async def test_every_kind_becomes_ready_at_once(served: Served) -> None:
    found: dict[str, tuple[int, str, str, bool]] = {}
    for name, (make, _) in samples.GOOD.items():
        file = await served.create(name)
        answer = await served.http.put(file["upload_url"], content=make(), headers={"Content-Type": "what/ever"})
        assert answer.headers["etag"].strip('"').isalnum()
        ready = await served.file(file["id"])
        found[name] = (answer.status_code, ready["upload_status"], ready["content_type"], ready["width"] is not None)
        assert len((await served.http.get(ready["url"])).content) == ready["size"]
    assert found == {
        name: (200, "ready", content_type, content_type.startswith("image/"))
        for name, (_, content_type) in samples.GOOD.items()
    }


async def test_what_is_refused_says_why_and_leaves_nothing(served: Served) -> None:
    found: dict[str, str] = {}
    for name, (data, _) in samples.BAD.items():
        file = await served.create(name)
        answer = await served.http.put(file["upload_url"], content=data)
        error = answer.json()["error"]
        failed = await served.file(file["id"])
        assert (answer.status_code, failed["upload_status"], failed["failure_reason"]) == (
            422,
            "failed",
            error["message"],
        )
        assert (failed["url"], failed["size"]) == (None, None)
        found[name] = error["code"]
    assert (found, served.stored()) == ({name: code for name, (_, code) in samples.BAD.items()}, [])


async def test_an_address_works_until_it_succeeds(served: Served) -> None:
    file = await served.create("photo.png")
    refused = await served.http.put(file["upload_url"], content=samples.HTML)
    taken = await served.http.put(file["upload_url"], content=samples.png())
    late = await served.http.put(file["upload_url"], content=samples.png())
    assert [answer.status_code for answer in (refused, taken, late)] == [422, 200, 409]
    assert late.json()["error"]["code"] == "upload_finished"
    ready = await served.file(file["id"])
    assert (ready["upload_status"], ready["failure_reason"], len(served.stored())) == ("ready", None, 2)


async def test_of_two_at_once_one_wins(served: Served) -> None:
    file = await served.create("chat.txt")
    statuses: list[int] = []

    async def put(data: bytes) -> None:
        statuses.append((await served.http.put(file["upload_url"], content=data)).status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(put, f"text number {number}".encode())
    assert sorted(statuses) == [200, 409, 409, 409, 409]
    assert len(served.stored()) == 1


async def test_the_size_that_was_announced_binds(served: Served) -> None:
    file = await served.create("chat.txt", byte_size=10)
    short = await served.http.put(file["upload_url"], content=b"nine byte")
    long = await served.http.put(file["upload_url"], content=_streamed(b"eleven byte", 1))
    assert [answer.status_code for answer in (short, long)] == [400, 400]
    assert short.json()["error"]["code"] == "file_size_mismatch"
    assert (await served.file(file["id"]))["upload_status"] == "pending"
    assert (await served.http.put(file["upload_url"], content=b"ten bytes!")).status_code == 200


async def _streamed(data: bytes, times: int) -> AsyncGenerator[bytes]:
    for _ in range(times):
        yield data


@pytest.mark.parametrize("announced", [True, False])
async def test_limits_hold_while_bytes_arrive(announced: bool, served: Served) -> None:
    megabyte = b"a" * 1024 * 1024
    file = await served.create("long.txt")
    body = megabyte * 11 if announced else _streamed(megabyte, 11)
    answer = await served.http.put(file["upload_url"], content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "file_too_large")
    assert (await served.file(file["id"]))["upload_status"] == "failed"
    assert served.stored() == []


async def video(size: int) -> AsyncGenerator[bytes]:
    """Stream a video of so many bytes, a mebibyte at a time."""
    head, piece = samples.mp4(), bytes(1024 * 1024)
    yield head
    for _ in range((size - len(head)) // len(piece)):
        yield piece
    yield bytes((size - len(head)) % len(piece))


def peak_bytes() -> int:
    """Return the most memory that this process, server and client, has ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@pytest.mark.slow
async def test_memory_stays_flat_while_a_large_video_passes(served: Served) -> None:
    size, before = 100 * 1024 * 1024, peak_bytes()
    file = await served.create("screen.mp4")
    assert (await served.http.put(file["upload_url"], content=video(size))).status_code == 200
    received = 0
    async with served.http.stream("GET", (await served.file(file["id"]))["url"]) as answer:
        async for chunk in answer.aiter_bytes():
            received += len(chunk)
    assert (received, peak_bytes() - before < size // 2) == (size, True)


async def test_a_video_has_a_limit_of_its_own(served: Served) -> None:
    file = await served.create("screen.mp4")
    assert (await served.http.put(file["upload_url"], content=video(11 * 1024 * 1024))).status_code == 200
    over = await served.create("screen.mp4")
    answer = await served.http.put(over["upload_url"], content=video(100 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "file_too_large")


async def test_the_limits_are_the_newest_policys(served: Served) -> None:
    await served.services.pool.execute(
        "insert into policy_versions (version, policy, created_at, created_by) values (2, $1, $2, 'test')",
        {"file_max_bytes": 100, "video_max_bytes": 200},
        served.services.clock.now(),
    )
    file = await served.create("chat.txt")
    assert (await served.http.put(file["upload_url"], content=b"a" * 101)).status_code == 413
    assert (await served.http.put(file["upload_url"], content=b"a" * 100)).status_code == 200
    answer = await served.call("POST", "/files", json={"filename": "a.mp4", "byte_size": 201})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "byte_size_too_large")


async def test_a_broken_upload_leaves_the_file_waiting(served: Served) -> None:
    file = await served.create("screen.mp4")
    path = file["upload_url"].removeprefix(served.url)
    host = served.url.removeprefix("http://")
    stream = await anyio.connect_tcp(host.split(":")[0], int(host.split(":")[1]))
    await stream.send(f"PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3000000\r\n\r\n".encode())
    await stream.send(samples.mp4(2_000_000))
    await stream.aclose()
    with anyio.fail_after(120):
        while served.stored() or list(served.services.settings.data_dir.glob("incoming/*")):
            await anyio.lowlevel.checkpoint()
    assert (await served.file(file["id"]))["upload_status"] == "pending"
    assert (await served.http.put(file["upload_url"], content=samples.mp4())).status_code == 200
    assert len(served.stored()) == 1


async def test_nobody_fills_the_store_with_files_that_are_not_sent(served: Served, pool: Pool) -> None:
    for _ in range(WAITING_MAX):
        await served.create(token=served.user_token)
    refused = await served.call("POST", "/files", token=served.user_token, json={"filename": "one-more.png"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "too_many_files_waiting")
    for _ in range(WAITING_MAX + 1):
        await served.create(token=served.account_key)
    await pool.execute("update files set attached_to = 'evt_1', attached_at = created_at where owner like 'user_%'")
    await served.create(token=served.user_token)
