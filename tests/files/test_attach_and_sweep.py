"""Files are attached once, by whom they belong to; what nobody attaches is gone after a day."""

import os
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from amends.db.transactions import transaction
from amends.files.commands import AttachedFile, AttachmentInput, attach_files, keep_files
from amends.files.identity import file_uuid
from amends.files.jobs import sweep_files
from amends.files.store import new_key
from amends.files.uploads import add_file
from amends.kit.clock import ManualClock, iso
from amends.kit.errors import Unprocessable
from tests.files import samples
from tests.files.serving import Served

pytestmark = pytest.mark.anyio


async def attach(
    served: Served, files: Sequence[str | AttachmentInput], *, owner: str | None = None, event: str = "revt_1"
) -> list[AttachedFile]:
    inputs = [AttachmentInput(id=file) if isinstance(file, str) else file for file in files]
    async with transaction(served.services.pool) as connection:
        return await attach_files(
            connection,
            owner=owner or served.account,
            attachments=inputs,
            event_pid=event,
            now=served.services.clock.now(),
        )


async def refusal(served: Served, files: Sequence[str | AttachmentInput], **more: Any) -> tuple[str, str | None]:
    with pytest.raises(Unprocessable) as refused:
        await attach(served, files, **more)
    return refused.value.code, refused.value.param


async def text(served: Served, **more: Any) -> str:
    file = await served.upload("chat.txt", b"words", **more)
    return str(file["id"])


async def test_files_are_attached_in_the_order_given(served: Served) -> None:
    photo = (await served.upload("photo.png", samples.png()))["id"]
    chat = await text(served)
    attached = await attach(served, [chat, AttachmentInput(direct_upload_id=photo)])
    assert attached[0] == AttachedFile(file_uuid(chat), "chat.txt", "text/plain", 5)
    assert (attached[1].file_id, attached[1].content_type) == (file_uuid(photo), "image/png")
    rows = await served.services.pool.fetch("select attached_to from files")
    assert [row["attached_to"] for row in rows] == ["revt_1", "revt_1"]


async def test_a_file_is_attached_once(served: Served) -> None:
    chat = await text(served)
    await attach(served, [chat])
    assert await refusal(served, [chat], event="revt_2") == ("file_not_attachable", "attachments[0]")


async def test_of_two_events_at_once_one_gets_the_file(served: Served) -> None:
    first, second = await text(served), await text(served)
    results: list[str] = []

    async def one(files: list[str], event: str) -> None:
        try:
            await attach(served, files, event=event)
            results.append("attached")
        except Unprocessable as error:
            results.append(error.code)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(one, [first, second][:: 1 if number % 2 else -1], f"revt_{number}")
    assert sorted(results) == ["attached", *["file_not_attachable"] * 3]


async def test_what_cannot_be_attached_is_named(served: Served) -> None:
    ready = await text(served)
    pending = (await served.create("photo.png"))["id"]
    failed = await served.create("photo.png")
    await served.http.put(failed["upload_url"], content=samples.HTML)
    foreign = await text(served, token=served.other_key)
    users = await text(served, token=served.user_token)
    for wrong in (pending, failed["id"], foreign, users, "file_1", "nonsense", AttachmentInput()):
        assert await refusal(served, [ready, wrong]) == ("file_not_attachable", "attachments[1]")
    assert await refusal(served, [ready, ready]) == ("file_not_attachable", "attachments[0]")
    both = AttachmentInput(id=ready, direct_upload_id=pending)
    assert await refusal(served, [both]) == ("file_not_attachable", "attachments[0]")
    assert (await refusal(served, [ready] * 4))[0] == "too_many_files"
    assert await served.services.pool.fetchval("select count(*) from files where attached_to is not null") == 0
    same = AttachmentInput(id=ready, direct_upload_id=ready)
    assert len(await attach(served, [same])) == 1


async def test_bytes_of_our_own_become_a_file_that_can_be_attached(served: Served, clock: ManualClock) -> None:
    earlier = clock.now() - timedelta(days=30)
    made = await add_file(
        served.services, owner=served.account, filename="a/photo.jpg", data=samples.jpeg(), now=earlier
    )
    file = await served.file(made.pid)
    assert (file["upload_status"], file["filename"], file["content_type"]) == ("ready", "photo.jpg", "image/jpeg")
    assert file["created_at"] == iso(earlier)
    assert len(await attach(served, [made.pid])) == 1


async def test_what_nobody_attached_is_gone_after_a_day(served: Served, clock: ManualClock) -> None:
    kept = (await served.upload("photo.png", samples.png()))["id"]
    loose = (await served.upload("photo.png", samples.png()))["id"]
    parts = await served.create("screen.mp4", multipart=True, byte_size=6_000_000)
    first = parts["multipart_upload_urls"][0]["url"]
    assert (await served.http.put(first, content=samples.mp4(5 * 1024 * 1024))).status_code == 200
    await attach(served, [kept])
    clock.advance(timedelta(hours=24) - timedelta(milliseconds=1))
    await sweep_files(served.services)
    assert len(served.stored()) == 5
    clock.advance(timedelta(milliseconds=1))
    await sweep_files(served.services)
    assert len(served.stored()) == 2
    assert (await served.file(kept))["upload_status"] == "ready"
    for gone in (loose, parts["id"]):
        assert (await served.call("GET", f"/files/{gone}")).status_code == 404
    assert await served.services.pool.fetchval("select count(*) from file_parts") == 0


async def test_what_a_draft_keeps_is_there_until_then(served: Served, clock: ManualClock) -> None:
    kept, released, attached = await text(served), await text(served), await text(served)
    until = clock.now() + timedelta(days=30)

    async def keep(files: list[str], until: datetime | None) -> None:
        async with transaction(served.services.pool) as connection:
            await keep_files(
                connection,
                owner=served.account,
                file_ids=[file_uuid(file) for file in files],
                until=until,
                now=clock.now(),
            )

    await keep([kept, released, attached], until)
    await keep([released], None)
    await attach(served, [attached])
    clock.advance(timedelta(days=29))
    await sweep_files(served.services)
    assert (await served.call("GET", f"/files/{released}")).status_code == 404
    assert len(await attach(served, [kept], event="revt_2")) == 1
    swept = await served.services.pool.fetch("select filename from files where swept_at is not null")
    assert len(swept) == 1


async def test_what_no_draft_keeps_any_more_is_gone(served: Served, clock: ManualClock) -> None:
    file_id = file_uuid(await text(served))
    async with transaction(served.services.pool) as connection:
        until = clock.now() + timedelta(days=2)
        for owner, later in ((served.account, until), ("user_other", until + timedelta(days=90))):
            await keep_files(connection, owner=owner, file_ids=[file_id], until=later, now=clock.now())
    clock.advance(timedelta(days=2))
    await sweep_files(served.services)
    assert await served.services.pool.fetchval("select count(*) from files") == 0


async def test_leftovers_beside_a_file_that_stays_are_gone(served: Served, clock: ManualClock) -> None:
    kept = await text(served)
    await attach(served, [kept])
    leftover = served.services.settings.data_dir / "leftover"
    leftover.write_bytes(b"half")
    await served.services.file_store.put(new_key(file_uuid(kept)), leftover)
    leftover.unlink()
    clock.advance(timedelta(hours=25))
    await sweep_files(served.services)
    assert len(served.stored()) == 1
    assert (await served.http.get((await served.file(kept))["url"])).content == b"words"


async def test_a_sweep_that_died_is_taken_up_again(served: Served, clock: ManualClock) -> None:
    loose = await text(served)
    clock.advance(timedelta(hours=25))
    await served.services.pool.execute("update files set upload_status = 'failed'")
    assert await refusal(served, [loose]) == ("file_not_attachable", "attachments[0]")
    await sweep_files(served.services)
    assert (served.stored(), await served.services.pool.fetchval("select count(*) from files")) == ([], 0)


async def test_what_a_killed_process_was_receiving_is_removed_after_an_hour(served: Served) -> None:
    incoming = served.services.settings.data_dir / "incoming"
    for name, age_s in (("old", 3700), ("new", 3500)):
        (incoming / name).mkdir(parents=True)
        (incoming / name / "original").write_bytes(b"half")
        for path in (incoming / name / "original", incoming / name):
            os.utime(path, (time.time() - age_s, time.time() - age_s))
    await sweep_files(served.services)
    assert [path.parent.name for path in served.stored()] == ["new"]
