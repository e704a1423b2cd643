"""Reviewers: what they have decided, who is on the staff, that there is always an admin, and invitations to it."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.services import Services
from tests.cases.scene import Scene
from tests.notifications.outbox import newest, path_in
from tests.platform.visiting import audited, text_of
from tests.running import Server
from tests.staff import browser, make_staff_person

REVIEWERS = "/platform/reviewers"
WORDS = "correct horse battery"


async def staff(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch("select u.pid, s.role from platform_staff s join users u on u.id = s.user_id")
    return {row["pid"]: row["role"] for row in rows}


async def test_what_a_reviewer_has_decided(
    scene: Scene,
    worker: Worker[Services],
    server: Server,
    admin: httpx.AsyncClient,
    admin_person: UserRow,
    clock: ManualClock,
) -> None:
    rosa, party = await scene.reviewer()
    _, second = await scene.reviewer(name="Sam Second")
    quick, late, open_one = [await scene.under_review() for _ in range(3)]
    clock.advance(timedelta(hours=2))
    await party.act(quick, "decide", **(await scene.verdict(quick)))
    clock.advance(timedelta(days=3))
    await worker.sweep()
    await worker.run_until_idle()
    await party.act(late, "decide", **(await scene.verdict(late)))
    clock.advance(timedelta(hours=1))
    await scene.merchant.act(late, "appeal", message="The customer has kept it.")
    ruling = await scene.verdict(late, answer="reversed", reason_code="other")
    del ruling["outcome"]
    await second.act(late, "decide", **ruling)
    shown = text_of(await admin.get(REVIEWERS))
    assert f"{rosa.name} Reviewer · Signed out 0 2 1 day 14 h 1 100% 1 of 1" in shown
    assert "Sam Second Reviewer · Signed out 0 1 1 appeal 1 min 0 –" in shown
    assert "1 case under review is with nobody." in shown
    assert open_one["status"] == "under_review"
    clock.advance(timedelta(days=40))
    async with browser(server.url, scene.pool, admin_person, clock) as later:
        assert f"{rosa.name} Reviewer · Signed out 0 0 – 0 –" in text_of(await later.get(REVIEWERS))
        assert "1 of 1" in text_of(await later.get(f"{REVIEWERS}?days=90"))


async def test_invited_and_on_the_staff(
    pool: Pool, server: Server, admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock
) -> None:
    invited = await admin.post(f"{REVIEWERS}/invitations", data={"email": "grace@example.com", "role": "reviewer"})
    assert invited.status_code == 303
    again = await admin.post(f"{REVIEWERS}/invitations", data={"email": "GRACE@example.com", "role": "admin"})
    assert (again.status_code, "This address is invited already." in text_of(again)) == (409, True)
    mail = await newest(pool, "grace@example.com")
    assert mail["subject"] == "Join the platform’s staff"
    async with browser(server.url) as theirs:
        page = text_of(await theirs.get(path_in(mail)))
        assert ("Join the team of the platform" in page, "Reviewer" in page) == (True, True)
        joined = await theirs.post(path_in(mail), data={"name": "Grace Hopper", "password": WORDS})
        assert (joined.status_code, joined.headers["location"]) == (303, "/platform/queue")
        assert (await theirs.get("/platform/credits")).status_code == 200
        assert (await theirs.get("/platform/policy")).status_code == 403
    found = await staff(pool)
    assert sorted(found.values()) == ["admin", "reviewer"]
    newcomer = next(pid for pid in found if pid != admin_person.pid)
    assert [(action, who) for action, who, _ in await audited(pool, "staff.%")] == [
        ("staff.invited", admin_person.pid),
        ("staff.joined", newcomer),
    ]


async def test_an_invitation_is_sent_again_and_withdrawn(pool: Pool, admin: httpx.AsyncClient) -> None:
    await admin.post(f"{REVIEWERS}/invitations", data={"email": "grace@example.com", "role": "admin"})
    pid = await pool.fetchval("select pid from invitations")
    assert "grace@example.com" in text_of(await admin.get(REVIEWERS))
    assert (await admin.post(f"{REVIEWERS}/invitations/{pid}/resend")).status_code == 303
    assert [(await admin.post(f"{REVIEWERS}/invitations/{pid}/withdraw")).status_code for _ in range(2)] == [303, 409]
    assert (await admin.post(f"{REVIEWERS}/invitations/invt_1/resend")).status_code == 404


@pytest.mark.parametrize("action", ["remove", "role"])
async def test_the_last_admin_stays(pool: Pool, admin: httpx.AsyncClient, admin_person: UserRow, action: str) -> None:
    url, form = f"{REVIEWERS}/{admin_person.pid}/{action}", {"role": "reviewer"}
    assert "Only admin" in text_of(await admin.get(REVIEWERS))
    refused = await admin.post(url, data=form)
    assert (refused.status_code, "The platform needs an admin" in text_of(refused)) == (409, True)
    await make_staff_person(pool, "admin")
    assert (await admin.post(url, data=form)).status_code == 303
    assert list((await staff(pool)).values()).count("admin") == 1
    assert (await admin.get("/platform/policy")).status_code == (404 if action == "remove" else 403)


async def test_two_admins_cannot_remove_each_other(
    pool: Pool, server: Server, admin: httpx.AsyncClient, admin_person: UserRow, clock: ManualClock
) -> None:
    other = await make_staff_person(pool, "admin")
    async with browser(server.url, pool, other, clock) as theirs:
        answers = await asyncio.gather(
            admin.post(f"{REVIEWERS}/{other.pid}/remove"), theirs.post(f"{REVIEWERS}/{admin_person.pid}/remove")
        )
    assert min(answer.status_code for answer in answers) == 303
    assert list((await staff(pool)).values()) == ["admin"]


async def test_a_reviewer_reads_and_may_not_change(
    pool: Pool, reviewer: httpx.AsyncClient, admin_person: UserRow
) -> None:
    before = await staff(pool)
    shown = text_of(await reviewer.get(REVIEWERS))
    assert ("Platform admin" in shown, "Invite somebody" in shown, "Change role" in shown) == (True, False, False)
    for path, form in (
        ("invitations", {"email": "a@b.example", "role": "admin"}),
        (f"{admin_person.pid}/role", {"role": "reviewer"}),
        (f"{admin_person.pid}/remove", {}),
    ):
        assert (await reviewer.post(f"{REVIEWERS}/{path}", data=form)).status_code == 403
    assert await staff(pool) == before
