"""Making, listing and retrieving files: shapes, pages, and who sees what."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from amends.db.transactions import transaction
from amends.files.commands_uploads import create_file, new_file
from amends.files.limits import DEFAULT_FILES_MAX, FileLimits
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id
from tests.files import samples
from tests.files.serving import Served

pytestmark = pytest.mark.anyio


async def make_files(served: Served, clock: ManualClock, count: int) -> list[str]:
    """Make files a second apart and return their ids, newest first."""
    ids: list[str] = []
    for number in range(count):
        ids.append((await served.create(f"{number}.txt"))["id"])
        clock.advance(timedelta(seconds=1))
    return ids[::-1]


async def add_pending(served: Served, clock: ManualClock) -> None:
    clock.advance(timedelta(milliseconds=1))
    row = new_file(owner=served.account, filename="a.txt", now=clock.now())
    async with transaction(served.services.pool) as connection:
        await create_file(connection, row)


async def listed(served: Served, *, token: str | None = None, **params: Any) -> tuple[list[str], dict[str, Any]]:
    answer = await served.call("GET", "/files", token=token, params=params)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [file["id"] for file in body["data"]], body["page_info"]


async def test_a_new_file_has_every_field(served: Served) -> None:
    file = await served.create("photo.png")
    assert file["upload_url"].startswith(f"{served.url}/api/v1/uploads/")
    del file["upload_url"], file["id"]
    assert file == {
        "object": "file",
        "filename": "photo.png",
        "content_type": None,
        "size": None,
        "width": None,
        "height": None,
        "duration_seconds": None,
        "blurhash": None,
        "waveform_url": None,
        "url": None,
        "thumbnail_url": None,
        "visibility": "private",
        "removed_by_moderation": False,
        "upload_status": "pending",
        "failure_reason": None,
        "upload_headers": {},
        "multipart_upload_id": None,
        "multipart_chunk_size": None,
        "multipart_upload_urls": None,
        "created_at": "2026-11-23T09:00:00.000Z",
    }


async def test_upload_addresses_are_shown_once(served: Served) -> None:
    single = await served.create("photo.png")
    parts = await served.create("screen.mp4", multipart=True, byte_size=6_000_000)
    for file in (single, parts):
        seen = await served.file(file["id"])
        shown_once = ("upload_url", "upload_headers", "multipart_upload_id", "multipart_upload_urls")
        assert [seen[name] for name in shown_once] == [None] * 4


async def test_creating_is_idempotent(served: Served) -> None:
    body = {"filename": "photo.png"}
    first, second = [await served.call("POST", "/files", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.content, second.headers["idempotent-replayed"]) == (second.content, "true")
    assert len((await listed(served))[0]) == 1


MALFORMED: list[dict[str, Any]] = [
    {},
    {"filename": 5},
    {"filename": "a.png", "byte_size": 0},
    {"filename": "a.png", "byte_size": "5"},
    {"filename": "a.png", "visibility": "secret"},
    {"filename": "a.png", "content_type": "image/png"},
    {"filename": "a" * 1001},
]


async def test_malformed_bodies_are_refused(served: Served) -> None:
    answers = [await served.call("POST", "/files", json=body) for body in MALFORMED]
    assert [answer.status_code for answer in answers] == [400] * len(MALFORMED)


async def test_pages_go_both_ways(served: Served, clock: ManualClock) -> None:
    ids = await make_files(served, clock, 5)
    page, info = await listed(served, first=2)
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[:2], True, False)
    page, info = await listed(served, first=2, after=info["end_cursor"])
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[2:4], True, True)
    middle = info
    page, info = await listed(served, first=2, after=info["end_cursor"])
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[4:], False, True)
    page, info = await listed(served, last=2)
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[3:], False, True)
    page, info = await listed(served, last=1, before=middle["start_cursor"])
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[1:2], True, True)


async def test_both_directions(served: Served, clock: ManualClock) -> None:
    ids = await make_files(served, clock, 4)
    page, info = await listed(served, direction="asc", order="created_at", first=2)
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[:1:-1], True, False)
    page, info = await listed(served, direction="asc", last=3, after=info["start_cursor"])
    assert (page, info["has_next_page"], info["has_previous_page"]) == (ids[2::-1], False, True)
    turned = await served.call("GET", "/files", params={"direction": "desc", "after": info["end_cursor"]})
    assert (turned.status_code, turned.json()["error"]["code"]) == (400, "invalid_cursor")


async def test_an_empty_page_knows_what_lies_around_it(served: Served, clock: ManualClock) -> None:
    await make_files(served, clock, 2)
    _, info = await listed(served)
    page, beyond = await listed(served, after=info["end_cursor"])
    assert (page, beyond) == (
        [],
        {"start_cursor": None, "end_cursor": None, "has_next_page": False, "has_previous_page": True},
    )
    page, none = await listed(served, token=served.other_key)
    assert (page, none["has_next_page"], none["has_previous_page"]) == ([], False, False)


async def test_only_the_ids_asked_for_and_ones_own(served: Served, clock: ManualClock) -> None:
    ids = await make_files(served, clock, 3)
    foreign = (await served.create("theirs.png", token=served.other_key))["id"]
    unknown = public_id(Prefix.FILE, uuid4())
    asked = [ids[2], foreign, ids[0], unknown, "file_", "user_1", ids[0]]
    assert (await listed(served, file_ids=asked))[0] == [ids[0], ids[2]]
    assert (await listed(served, file_ids=[foreign]))[0] == []
    assert (await listed(served, file_ids="nonsense"))[0] == []


async def test_at_most_250_ids(served: Served, clock: ManualClock) -> None:
    ids = await make_files(served, clock, 2)
    filler = [public_id(Prefix.FILE, uuid4()) for _ in range(248)]
    assert (await listed(served, file_ids=ids + filler))[0] == ids
    answer = await served.call("GET", "/files", params={"file_ids": [*ids, *filler, "file_1"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many_ids")


async def test_a_page_has_a_hundred_files_by_default(served: Served, clock: ManualClock) -> None:
    for _ in range(101):
        await add_pending(served, clock)
    page, info = await listed(served)
    assert (len(page), info["has_next_page"]) == (100, True)
    assert (await served.call("GET", "/files", params={"first": 101})).status_code == 400


async def test_wrong_parameters_are_refused(served: Served) -> None:
    wrong: list[dict[str, Any]] = [{"order": "size"}, {"direction": "up"}, {"after": "x"}, {"first": 1, "last": 1}]
    assert [(await served.call("GET", "/files", params=params)).status_code for params in wrong] == [400] * 4


async def test_all_keys_of_an_account_own_its_files(served: Served) -> None:
    file = await served.upload("photo.png", samples.png())
    assert (await served.file(file["id"], token=served.colleague_key))["size"] == file["size"]
    assert (await listed(served, token=served.colleague_key))[0] == [file["id"]]


async def test_files_of_others_are_not_there(served: Served) -> None:
    tokens = [served.account_key, served.other_key, served.platform_key, served.user_token]
    for maker in tokens:
        file = await served.create("photo.png", token=maker)
        for reader in tokens:
            answer = await served.call("GET", f"/files/{file['id']}", token=reader)
            assert answer.status_code == (200 if reader == maker else 404)


async def test_unknown_foreign_and_malformed_ids_answer_alike(served: Served) -> None:
    foreign = (await served.create("theirs.png", token=served.other_key))["id"]
    uid = uuid4()
    wrong = [
        foreign,
        public_id(Prefix.FILE, uid),
        public_id(Prefix.FILE, uid, 1001),
        "file_",
        "x",
        foreign + "1",
        "%00",
    ]
    answers = [await served.call("GET", f"/files/{file_id}") for file_id in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_without_a_credential_nothing(served: Served) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/file_1"), ("POST", "/file_1/complete")):
        assert (await served.http.request(method, f"/api/v1/files{path}")).status_code == 401


def test_the_defaults_are_the_policys() -> None:
    from amends.cases.policy import DEFAULT_POLICY  # noqa: PLC0415 (files know nothing of cases; this test does)

    assert FileLimits() == FileLimits(
        file_max_bytes=DEFAULT_POLICY.file_max_bytes, video_max_bytes=DEFAULT_POLICY.video_max_bytes
    )
    assert DEFAULT_POLICY.files_max == DEFAULT_FILES_MAX
