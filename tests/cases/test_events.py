"""A case's timeline over HTTP: newest first, paged from both ends, files with their addresses, nothing unseen."""

import base64
import json
from typing import Any

import httpx

from amends.kit.ids import Prefix, parse_public_id
from tests.cases.scene import Party, Scene
from tests.credentials import bearer

TEXT = b"Order 4711: one course, as described."


async def uploaded(scene: Scene, party: Party, name: str = "order.txt") -> str:
    """Upload a small text file as a party; return its public id."""
    made = await scene.http.post(
        "/api/v1/files", json={"filename": name, "byte_size": len(TEXT)}, headers=bearer(party.token)
    )
    assert made.status_code < 300, made.text
    async with httpx.AsyncClient(timeout=60) as anyone:
        sent = await anyone.put(made.json()["upload_url"], content=TEXT)
    assert sent.status_code < 300, sent.text
    return made.json()["id"]


async def walk(party: Party, case: dict[str, Any], size: int, *, backwards: bool) -> list[str]:
    """Read a timeline page by page from one end, checking both `has_` flags."""
    found: list[str] = []
    cursor = None
    while True:
        ends = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = (await party.get(f"/{case['id']}/events", **ends)).body
        ids, info = [event["id"] for event in page["data"]], page["page_info"]
        behind, ahead = ("has_next_page", "has_previous_page") if backwards else ("has_previous_page", "has_next_page")
        assert info[behind] is bool(found)
        found = ids + found if backwards else found + ids
        if not info[ahead]:
            return found
        cursor = info["start_cursor" if backwards else "end_cursor"]


async def test_pages_from_both_ends_leave_out_what_one_may_not_see(scene: Scene) -> None:
    case = await scene.case()
    for number in range(4):
        await scene.merchant.act(case, "notes", message=f"Note {number}.")
        await scene.customer.act(case, "comment", message=f"Comment {number}.")
    await scene.platform.act(case, "notes", message="Ours.")
    for party, count in ((scene.customer, 5), (scene.merchant, 9), (scene.platform, 6)):
        whole = [event["id"] for event in (await party.read(case))["events"]]
        assert len(whole) == count
        for size in (1, 2, 100):
            assert await walk(party, case, size, backwards=False) == whole
            assert await walk(party, case, size, backwards=True) == whole
    own = (await scene.platform.get(f"/{case['id']}/events", first=1)).body["data"][0]
    assert (own["details"], own["reporter_type"]) == ("Ours.", "platform")
    newest = (await scene.customer.get(f"/{case['id']}/events", first=1)).body["data"][0]
    assert (newest["action"], newest["details"], newest["reporter_type"]) == ("commented", "Comment 3.", "customer")
    foreign = (await scene.customer.get(f"/{(await scene.case())['id']}/events", first=1)).body["page_info"]
    refused = await scene.customer.get(f"/{case['id']}/events", after=foreign["end_cursor"])
    assert (refused.status, refused.code) == (400, "invalid_cursor")


async def test_a_cursor_tells_nothing_of_events_that_one_may_not_see(scene: Scene) -> None:
    case = await scene.case()
    for number in range(3):
        await scene.merchant.act(case, "notes", message=f"Note {number}.")
    await scene.customer.act(case, "comment", message="Well?")
    page = (await scene.customer.get(f"/{case['id']}/events")).body
    cursor = page["page_info"]["start_cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert json.loads(raw[raw.index(b"[") :]) == [str(parse_public_id(Prefix.EVENT, page["data"][0]["id"]).row_id)]


async def test_what_is_new_is_shown_as_the_timeline_shows_it(scene: Scene) -> None:
    """Internal events do not raise the version, so they neither show nor push out or pull in another event."""
    case = await scene.case()
    read = await scene.customer.act(case, "comment", message="Read already.")
    await scene.customer.act(
        case, "comment", message="With a file.", attachments=[{"id": await uploaded(scene, scene.customer)}]
    )
    for number in range(2):
        await scene.merchant.act(case, "notes", message=f"Note {number}.")
    for party, action in ((scene.merchant, "deny"), (scene.customer, "comment")):
        stale = await party.refused(case, action, message="So.", version=read["version"])
        assert (stale.status, stale.code) == (409, "case_changed")
        events = stale.body["error"]["details"]["events"]
        assert [event["details"] for event in events] == ["With a file."]
        shown = next(event for event in (await party.read(case))["events"] if event["id"] == events[0]["id"])
        assert events[0].keys() == shown.keys()
        async with httpx.AsyncClient(timeout=60) as anyone:
            assert (await anyone.get(events[0]["attachments"][0]["url"])).content == TEXT


async def test_files_travel_with_their_event(scene: Scene) -> None:
    case = await scene.case(attachments=[{"id": await uploaded(scene, scene.customer)}])
    event = (await scene.merchant.read(case))["events"][0]
    assert [(file["filename"], file["content_type"]) for file in event["attachments"]] == [("order.txt", "text/plain")]
    assert event["attachments"][0]["id"].startswith("att_")
    async with httpx.AsyncClient(timeout=60) as anyone:
        fetched = await anyone.get(event["attachments"][0]["url"])
    assert (fetched.status_code, fetched.content) == (200, TEXT)
    direct = await uploaded(scene, scene.merchant)
    await scene.merchant.act(case, "comment", message="Ours.", attachments=[{"direct_upload_id": direct}])
    again = await scene.merchant.refused(case, "comment", message="Ours.", attachments=[{"id": direct}])
    assert (again.status, again.code) == (422, "file_not_attachable")
    theirs = await uploaded(scene, scene.customer)
    stolen = await scene.merchant.refused(case, "comment", message="Whose?", attachments=[{"id": theirs}])
    assert (stolen.status, stolen.code) == (422, "file_not_attachable")
    many = await scene.merchant.refused(case, "comment", message="Four.", attachments=[{"id": theirs}] * 4)
    assert (many.status, many.code) == (422, "too_many_files")
    assert await scene.merchant.kinds(case) == ["created", "commented"]
