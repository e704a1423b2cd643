"""The e-mail address of somebody who signs in here is theirs: who gets their mail gets their new password."""

from collections.abc import Iterable
from datetime import timedelta

import httpx
import msgspec
import pytest

from amends.access.commands_links import CASE_LINK, Purpose, find_link, issue_case_link, issue_link, issue_sign_in_link
from amends.access.passwords import set_password
from amends.access.permissions import ALL_PERMISSIONS, Permission
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.db.worker import Worker
from amends.kit.clock import ManualClock
from amends.people.rows import UserRow
from amends.services import Services
from tests.builders import make_account, make_user
from tests.credentials import bearer, make_api_key
from tests.notifications.outbox import count
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

THIEF = "thief@example.com"
USER_WRITE = (Permission.USER_WRITE, Permission.MEMBER_EMAIL_READ)


async def put(
    http: httpx.AsyncClient, pool: Pool, user: UserRow, email: str | None, scopes: Iterable[Permission] = USER_WRITE
) -> httpx.Response:
    """Change a user's address with a platform key."""
    token = await make_api_key(pool, scopes=scopes)
    body = {"name": "Renamed", "email": email}
    return await http.put(f"/api/v1/users/{user.external_id}", json=body, headers=bearer(token))


async def signing_in(pool: Pool, clock: ManualClock) -> dict[str, UserRow]:
    """Make somebody for each reason to sign in here."""
    customer = await make_user(pool, email="with-password@example.com")
    async with transaction(pool) as connection:
        await set_password(connection, customer.id, "correct horse battery", now=clock.now())
    return {
        "password": customer,
        "team": await make_team_person(pool, await make_account(pool), "viewer"),
        "reviewer": await make_staff_person(pool, "reviewer"),
        "admin": await make_staff_person(pool, "admin"),
    }


@pytest.mark.parametrize("email", [THIEF, None])
async def test_a_key_for_users_alone_does_not_move_it(
    http: httpx.AsyncClient, pool: Pool, clock: ManualClock, email: str | None
) -> None:
    for who, person in (await signing_in(pool, clock)).items():
        refused = await put(http, pool, person, email)
        needs = "policy:manage" if who in {"reviewer", "admin"} else "team:manage"
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "address_is_theirs"), who
        assert refused.json()["error"]["details"] == {"permission": needs}
        row = await pool.fetchrow("select name, email from users where id = $1", person.id)
        assert row is not None
        assert tuple(row) == (person.name, person.email)


async def test_so_nobody_takes_over_the_platforms_staff_by_a_reset(
    http: httpx.AsyncClient, pool: Pool, server: Server, worker: Worker[Services]
) -> None:
    admin = await make_staff_person(pool, "admin")
    await put(http, pool, admin, THIEF)
    async with browser(server.url) as nobody:
        assert (await nobody.post("/forgot-password", data={"email": THIEF})).status_code == 200
    await worker.run_until_idle()
    assert await count(pool) == 0


async def test_an_import_refuses_the_line(http: httpx.AsyncClient, pool: Pool) -> None:
    admin = await make_staff_person(pool, "admin")
    token = await make_api_key(pool, scopes=USER_WRITE)
    line = msgspec.json.encode({"kind": "user", "id": admin.external_id, "name": "Renamed", "email": THIEF})
    headers = {**bearer(token), "Content-Type": "application/x-ndjson"}
    report = (await http.post("/api/v1/imports", content=line, headers=headers)).json()
    assert (report["rejected"], report["rejections"][0]["field"]) == (1, "email")
    assert "`policy:manage`" in report["rejections"][0]["reason"]
    assert await pool.fetchval("select email from users where id = $1", admin.id) == admin.email


async def test_the_rest_of_them_can_be_changed(http: httpx.AsyncClient, pool: Pool) -> None:
    person = await make_team_person(pool, await make_account(pool), "owner")
    same = await put(http, pool, person, (person.email or "").upper())
    assert (same.status_code, same.json()["name"]) == (200, "Renamed")


@pytest.mark.parametrize(("role", "more"), [("owner", Permission.TEAM_MANAGE), ("admin", Permission.POLICY_MANAGE)])
async def test_a_key_that_may_decide_on_their_place_moves_it(
    http: httpx.AsyncClient, pool: Pool, role: str, more: Permission
) -> None:
    person = (
        await make_staff_person(pool, role)
        if more is Permission.POLICY_MANAGE
        else await make_team_person(pool, await make_account(pool), role)
    )
    assert (await put(http, pool, person, "new@example.com", (*USER_WRITE, more))).status_code == 200
    assert (await put(http, pool, person, "newer@example.com", ALL_PERMISSIONS)).status_code == 200


async def test_a_customers_address_moves_and_their_links_end(
    http: httpx.AsyncClient, pool: Pool, clock: ManualClock
) -> None:
    customer, other = await make_user(pool, email="old@example.com"), await make_user(pool)
    async with transaction(pool) as connection:
        now = clock.now()
        single = [
            await issue_link(
                connection, user.id, purpose=Purpose.SIGN_IN, path="/", lifetime=timedelta(hours=1), now=now
            )
            for user in (customer, other)
        ]
        await issue_case_link(
            connection, customer.id, token="t" * 40, path="/cases/x", case_pid="x", lifetime=CASE_LINK, now=now
        )
    assert (await put(http, pool, customer, "new@example.com")).status_code == 200
    living = [await find_link(pool, token, Purpose.SIGN_IN, clock.now()) is not None for token in single]
    assert living == [False, True]
    assert await find_link(pool, "t" * 40, Purpose.NOTICE, clock.now()) is None


async def test_who_came_by_a_link_to_the_old_address_is_signed_out(
    http: httpx.AsyncClient, pool: Pool, clock: ManualClock, server: Server
) -> None:
    customer = await make_user(pool, email="old@example.com")
    async with transaction(pool) as connection:
        token = await issue_sign_in_link(connection, customer.id, "/purchases", timedelta(minutes=15), clock.now())
    async with browser(server.url) as thief, browser(server.url, pool, customer, clock) as with_password:
        assert (await thief.post(f"/sign-in/{token}")).status_code == 303
        assert (await thief.get("/purchases")).status_code == 200
        assert (await put(http, pool, customer, "new@example.com")).status_code == 200
        assert (await thief.get("/purchases")).status_code == 303
        assert (await with_password.get("/purchases")).status_code == 200
