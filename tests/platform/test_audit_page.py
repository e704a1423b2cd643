"""The audit log's page: in words, narrowed by anything in a line, paged, and as a file that no spreadsheet runs."""

import csv
import io
from datetime import timedelta

import httpx
import pytest

from amends.access import audit
from amends.access.scopes import Principal
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.platform.audit_words import ACTIONS, action_words, detail_words
from amends.web.readers import plain_reader, reading_as
from tests.cases.scene import Scene
from tests.conftest import START
from tests.credentials import bearer, make_staff, make_user_token
from tests.platform.visiting import text_of
from tests.running import Server
from tests.staff import browser, make_team_person

AUDIT = "/platform/audit"
ROSA = Principal(kind="user", id="user_rosa", name="Rosa")


async def write(pool: Pool, clock: ManualClock, *actions: str, subject: str = "rf_1", **details: object) -> None:
    """Write lines a minute apart."""
    async with pool.acquire() as connection:
        for action in actions:
            clock.advance(timedelta(minutes=1))
            await audit.record(
                connection, principal=ROSA, action=action, subject=subject, account_id=None, details=details,
                now=clock.now(),
            )  # fmt: skip


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"amount_minor": 4900, "currency": "usd", "attempt": 2, "has_note": True}, "$49.00 · attempt: 2 · has note"),
        ({"from": "viewer", "to": "owner"}, "Viewer → Owner"),
        ({"changes": {"merchant_days": {"from": 7, "to": 9}}, "version": 2}, "The merchant answers within: 7 → 9"),
        ({"scopes": ["case:read", "case:write"], "nothing": None, "no": False}, "may: case:read, case:write"),
        ({"amount_minor": 5, "currency": "zzz"}, "5 zzz"),
        ({}, ""),
    ],
)  # fmt: skip
def test_details_in_words(details: dict[str, object], words: str) -> None:
    with reading_as(plain_reader(START)):
        assert detail_words(details).removesuffix(" · version: 2") == words
        assert action_words("case.decided") == "Decided a case"
        assert action_words("what.nobody_knows") == "What nobody knows"


async def test_what_was_done_has_its_words(scene: Scene, admin: httpx.AsyncClient) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "decide", **(await scene.verdict(case)))
    shown = text_of(await admin.get(AUDIT))
    assert f"Decided a case {case['id']}" in shown
    assert "Acme" in shown
    rows = await scene.pool.fetch("select distinct action from audit_log")
    assert [row["action"] for row in rows if row["action"] not in ACTIONS] == []


async def test_narrowed(pool: Pool, admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock) -> None:
    await write(pool, clock, "refund.retried")
    await write(pool, clock, "policy.changed", subject="rf_2")
    clock.advance(timedelta(days=2))
    await write(pool, clock, "refund.retried", subject="rf_3")
    day = (clock.now() - timedelta(days=2)).date().isoformat()
    for query, subjects in (
        ({"action": "refund.retried"}, {"rf_1", "rf_3"}),
        ({"subject": "rf_2"}, {"rf_2"}),
        ({"who": "user_rosa"}, {"rf_1", "rf_2", "rf_3"}),
        ({"who": admin_person.email}, set()),
        ({"who": "nobody@example.com"}, set()),
        ({"since": (clock.now().date()).isoformat()}, {"rf_3"}),
        ({"until": day}, {"rf_1", "rf_2"}),
        ({"since": day, "until": day, "action": "refund.retried"}, {"rf_1"}),
        ({"since": "Tuesday"}, set()),
        ({"account": "biz_1"}, set()),
    ):
        answer = await admin.get(AUDIT, params={name: value or "" for name, value in query.items()})
        assert {one for one in ("rf_1", "rf_2", "rf_3") if f">{one}<" in answer.text} == subjects, query
        file = await admin.get(f"{AUDIT}.csv", params={name: value or "" for name, value in query.items()})
        listed = {row["subject"] for row in csv.DictReader(io.StringIO(file.text))}
        assert listed & {"rf_1", "rf_2", "rf_3"} == subjects, query
    assert "Nothing matches" in text_of(await admin.get(AUDIT, params={"subject": "rf_9"}))


async def test_narrowed_to_an_account(scene: Scene, admin: httpx.AsyncClient) -> None:
    await admin.post(f"/platform/accounts/{scene.account.pid}/lock", data={"reason": "=1+1"})
    shown = text_of(await admin.get(AUDIT, params={"account": scene.account.pid}))
    assert "Locked auto-respond" in shown
    assert "reason: =1+1" in shown


async def test_paged(pool: Pool, admin: httpx.AsyncClient, clock: ManualClock) -> None:
    await write(pool, clock, *["refund.retried"] * 60, subject="rf_1")
    first = await admin.get(f"{AUDIT}?action=refund.retried")
    assert first.text.count(">rf_1<") == 50
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = await admin.get(older)
    assert second.text.count(">rf_1<") == 10
    assert (await admin.get(f"{AUDIT}?after=nonsense")).status_code == 200


async def test_a_file_that_no_spreadsheet_runs(pool: Pool, admin: httpx.AsyncClient, clock: ManualClock) -> None:
    await write(pool, clock, "refund.retried", subject="=cmd()")
    answer = await admin.get(f"{AUDIT}.csv?action=refund.retried")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["subject"], row["in_words"], row["who"]) == ("'=cmd()", "Sent a refund again", "Rosa")


async def test_it_says_nothing_of_a_case_of_ones_own(
    scene: Scene, server: Server, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    case = await scene.case()
    await write(scene.pool, clock, "case.decided", subject=case["id"], override_note="Between us.")
    mate = await make_team_person(scene.pool, scene.account, "viewer")
    for user in (scene.ada, mate):
        await make_staff(scene.pool, user, "admin")
        async with browser(server.url, scene.pool, user, clock) as http:
            shown = await http.get(AUDIT, params={"subject": case["id"]})
            file = await http.get(f"{AUDIT}.csv", params={"subject": case["id"]})
            by_rosa = await http.get(AUDIT, params={"who": "user_rosa"})
        assert "Somebody · Decided a case" in text_of(shown)
        for page in (shown, file, by_rosa):
            assert not [words for words in ("Between us.", "Rosa</a>", ",Rosa,") if words in page.text]
        assert case["id"] not in by_rosa.text
        headers = bearer(make_user_token(user, now=clock.now()))
        [line] = (await scene.http.get("/api/v1/audit_log?action=case.decided", headers=headers)).json()["data"]
        assert (line["action"], line["subject"]) == ("case.decided", case["id"])
        assert [line[name] for name in ("principal_id", "principal_name", "details", "ip")] == [None] * 4
    assert "override: Between us." in text_of(await admin.get(AUDIT))


async def test_a_reviewer_may_not(reviewer: httpx.AsyncClient) -> None:
    for path in (AUDIT, f"{AUDIT}.csv"):
        assert (await reviewer.get(path)).status_code == 403
