"""Uploads in parts: every part exact, all of them, in order, once."""

from typing import Any

import anyio
import httpx
import pytest

from amends.files.limits import PART_BYTES
from tests.files import samples
from tests.files.serving import Served

pytestmark = pytest.mark.anyio

SIZE = 2 * PART_BYTES + 1000


class Parts:
    """An upload in three parts."""

    def __init__(self, served: Served, file: dict[str, Any], data: bytes) -> None:
        self.served = served
        self.id: str = file["id"]
        self.upload_id: str = file["multipart_upload_id"]
        self.urls = [part["url"] for part in file["multipart_upload_urls"]]
        self.pieces = [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]
        self.etags: list[str] = []

    async def put(self, number: int, data: bytes | None = None) -> httpx.Response:
        return await self.served.http.put(self.urls[number - 1], content=data or self.pieces[number - 1])

    async def put_all(self) -> None:
        for number in range(1, len(self.pieces) + 1):
            answer = await self.put(number)
            assert answer.status_code == 200, answer.text
            self.etags.append(answer.headers["etag"])

    def named(self) -> list[dict[str, Any]]:
        return [{"part_number": number, "etag": etag} for number, etag in enumerate(self.etags, 1)]

    async def complete(self, parts: list[dict[str, Any]] | None = None, **more: Any) -> httpx.Response:
        body = {"multipart_upload_id": self.upload_id, "multipart_parts": self.named() if parts is None else parts}
        return await self.served.call("POST", f"/files/{self.id}/complete", json=body, **more)


async def begin(served: Served, data: bytes | None = None) -> Parts:
    data = samples.mp4(SIZE) if data is None else data
    return Parts(served, await served.create("screen.mp4", multipart=True, byte_size=len(data)), data)


async def test_parts_become_the_file(served: Served) -> None:
    data = samples.mp4(SIZE)
    file = await served.create("screen.mp4", multipart=True, byte_size=SIZE)
    assert (file["upload_url"], file["multipart_chunk_size"], file["upload_headers"]) == (None, PART_BYTES, {})
    assert [part["part_number"] for part in file["multipart_upload_urls"]] == [1, 2, 3]
    parts = Parts(served, file, data)
    await parts.put_all()
    answer = await parts.complete()
    assert (answer.status_code, answer.json()["upload_status"], answer.json()["size"]) == (200, "ready", SIZE)
    assert (await served.http.get(answer.json()["url"])).content == data
    assert len(served.stored()) == 1


async def test_parts_may_arrive_in_any_order_and_again(served: Served) -> None:
    parts = await begin(served)
    for number in (3, 1, 2, 1, 1):
        assert (await parts.put(number)).status_code == 200
    assert len(served.stored()) == 3
    parts.etags = [(await parts.put(number)).headers["etag"].strip('"') for number in (1, 2, 3)]
    assert (await parts.complete()).status_code == 200


async def test_the_last_bytes_sent_for_a_part_count(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    changed = bytes(PART_BYTES)
    second = (await parts.put(2, changed)).headers["etag"]
    stale = await parts.complete()
    assert (stale.status_code, stale.json()["error"]["code"]) == (422, "multipart_parts_mismatch")
    parts.etags[1] = second
    ready = (await parts.complete()).json()
    assert (await served.http.get(ready["url"])).content[PART_BYTES : 2 * PART_BYTES] == changed


async def test_parts_are_named_once_and_in_order(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    etags = [*parts.etags, parts.etags[0]]
    for order in ([], [1], [1, 2], [2, 1, 3], [1, 1, 2, 3], [1, 2, 3, 3], [1, 2, 3, 4], [1, 3]):
        answer = await parts.complete([{"part_number": number, "etag": etags[number - 1]} for number in order])
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "multipart_parts_mismatch"), order
    assert (await served.file(parts.id))["upload_status"] == "pending"


async def test_a_part_has_its_exact_size(served: Served) -> None:
    parts = await begin(served)
    for number, size in ((1, PART_BYTES - 1), (1, PART_BYTES + 1), (3, 999), (3, 1001)):
        answer = await parts.put(number, bytes(size))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "file_size_mismatch"), (number, size)
    assert served.stored() == []


async def test_a_missing_part_is_named(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    await served.services.pool.execute("delete from file_parts where part_number = 2")
    answer = await parts.complete()
    assert (answer.status_code, answer.json()["error"]["details"]) == (422, {"part_number": 2})


async def test_content_is_inspected_as_a_whole(served: Served) -> None:
    parts = await begin(served, samples.HTML + bytes(SIZE))
    await parts.put_all()
    answer = await parts.complete()
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "file_type_not_supported")
    failed = await served.file(parts.id)
    assert (failed["upload_status"], failed["url"]) == ("failed", None)


async def test_large_files_that_are_no_video_are_too_large(served: Served) -> None:
    parts = await begin(served, b"a" * SIZE)
    await parts.put_all()
    answer = await parts.complete()
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "file_too_large")


async def test_completing_again_changes_nothing(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    first = await parts.complete(headers={"Idempotency-Key": "one"})
    replayed = await parts.complete(headers={"Idempotency-Key": "one"})
    again = await parts.complete()
    assert [answer.status_code for answer in (first, replayed, again)] == [200, 200, 200]
    assert (replayed.content, replayed.headers["idempotent-replayed"]) == (first.content, "true")
    assert (again.json()["size"], len(served.stored())) == (SIZE, 1)
    late = await parts.put(1)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "upload_finished")


async def test_of_two_completions_at_once_one_stores(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    statuses: list[int] = []

    async def complete() -> None:
        statuses.append((await parts.complete()).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(complete)
    assert (statuses.count(200) >= 1, set(statuses) <= {200, 409}) == (True, True)
    assert len(served.stored()) == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"multipart": True}, "multipart_too_small"),
    ({"multipart": True, "byte_size": PART_BYTES}, "multipart_too_small"),
    ({"multipart": True, "byte_size": 10**10}, "byte_size_too_large"),
    ({"visibility": "public"}, "public_files_not_supported"),
    ({"filename": "\x01\u202e"}, "invalid_filename"),
    ({"filename": "é" * 128}, "invalid_filename"),
    ({"filename": "a/.."}, "invalid_filename"),
]


async def test_what_cannot_be_is_refused_at_create(served: Served) -> None:
    for body, code in REFUSED:
        answer = await served.call("POST", "/files", json={"filename": "screen.mp4", **body})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_only_the_id_that_was_given_completes(served: Served) -> None:
    parts = await begin(served)
    await parts.put_all()
    parts.upload_id = "mpu_other"
    wrong = await parts.complete()
    single = await served.create("photo.png")
    body = {"multipart_upload_id": "mpu_other", "multipart_parts": []}
    none = await served.call("POST", f"/files/{single['id']}/complete", json=body)
    foreign = await served.call("POST", f"/files/{parts.id}/complete", json=body, token=served.other_key)
    assert [wrong.status_code, none.status_code, foreign.status_code] == [422, 422, 404]
