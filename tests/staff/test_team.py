"""The team's page over HTTP: who sees it, who changes it, and that an account always keeps an owner."""

import asyncio

import httpx
import pytest

from amends.access.permissions import Role
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from tests.builders import make_account
from tests.running import Server
from tests.staff import TEAM_ROLES, browser, make_staff_person, make_team_person, people_of


def team_of(account: AccountRow) -> str:
    return f"/accounts/{account.pid}/team"


async def roles(pool: Pool, account: AccountRow) -> dict[str, str]:
    """Return the role of each person on the team."""
    rows = await pool.fetch(
        "select u.pid, t.role from team_members t join users u on u.id = t.user_id where t.account_id = $1",
        account.id,
    )
    return {row["pid"]: row["role"] for row in rows}


async def audited(pool: Pool) -> list[tuple[str, str, dict[str, str]]]:
    rows = await pool.fetch(
        "select action, subject, details from audit_log where action like 'team.%' order by created_at, id"
    )
    return [tuple(row) for row in rows]


async def test_everybody_on_the_team_sees_it(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> None:
    people = await people_of(pool, account)
    for name, user in people.items():
        async with browser(server.url, pool, user, clock) as http:
            page = await http.get(team_of(account))
            assert page.status_code == 200
            for role in TEAM_ROLES:
                assert f"{people[role].email}" in page.text
            manages = name in {"owner", "platform admin"}
            assert ("Invite somebody" in page.text, "Change role" in page.text) == (manages, manages)


async def test_the_table_of_rights_says_what_the_roles_may(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        page = (await http.get(team_of(account))).text
    assert page.count("up to a limit") == 1
    for right, held in (
        ("Read cases", 4), ("Comment, request information", 3), ("Set up saved replies", 2), ("API keys", 1),
    ):  # fmt: skip
        row = page[page.index(right) :].partition("</tr>")[0]
        assert row.count('aria-label="Yes"') == held, right


async def test_a_role_is_changed_and_counts_at_once(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    viewer = await make_team_person(pool, account, "viewer")
    async with browser(server.url, pool, person, clock) as http, browser(server.url, pool, viewer, clock) as theirs:
        assert "Invite somebody" not in (await theirs.get(team_of(account))).text
        done = await http.post(f"{team_of(account)}/{viewer.pid}/role", data={"role": "owner"})
        assert (done.status_code, done.headers["location"]) == (303, team_of(account))
        assert "Invite somebody" in (await theirs.get(team_of(account))).text
    assert await audited(pool) == [("team.role_changed", viewer.pid, {"from": "viewer", "to": "owner"})]


async def test_removing_ends_access_at_once(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    support = await make_team_person(pool, account, "support")
    async with browser(server.url, pool, person, clock) as http, browser(server.url, pool, support, clock) as theirs:
        assert (await theirs.get(team_of(account))).status_code == 200
        assert (await http.post(f"{team_of(account)}/{support.pid}/remove")).status_code == 303
        assert (await theirs.get(team_of(account))).status_code == 404
        assert "You are on no team yet" in (await theirs.get("/accounts")).text
        assert (await http.post(f"{team_of(account)}/{support.pid}/remove")).status_code == 404
    assert await audited(pool) == [("team.removed", support.pid, {"role": "support"})]


@pytest.mark.parametrize("form", ["{pid}/remove", "{pid}/role", "leave"])
async def test_the_last_owner_stays(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock, form: str
) -> None:
    await make_team_person(pool, account, "admin")
    before = await roles(pool, account)
    async with browser(server.url, pool, person, clock) as http:
        path = f"{team_of(account)}/{form.format(pid=person.pid)}"
        answer = await http.post(path, data={"role": "admin"})
        assert (answer.status_code, "this is the only one" in answer.text) == (409, True)
    assert (await roles(pool, account), await audited(pool)) == (before, [])


async def test_of_two_owners_who_remove_each_other_one_stays(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    other = await make_team_person(pool, account, "owner")
    async with browser(server.url, pool, person, clock) as one, browser(server.url, pool, other, clock) as two:
        answers = await asyncio.gather(
            one.post(f"{team_of(account)}/{other.pid}/role", data={"role": "viewer"}),
            two.post(f"{team_of(account)}/{person.pid}/role", data={"role": "viewer"}),
        )
    assert sorted(answer.status_code for answer in answers) in ([303, 409], [303, 403])
    assert sorted((await roles(pool, account)).values()) == ["owner", "viewer"]


async def test_everybody_else_may_leave(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    viewer = await make_team_person(pool, account, "viewer")
    async with browser(server.url, pool, viewer, clock) as http:
        done = await http.post(f"{team_of(account)}/leave")
        assert (done.status_code, done.headers["location"]) == (303, "/accounts")
        assert (await http.get(team_of(account))).status_code == 404
    assert await roles(pool, account) == {person.pid: "owner"}
    assert await audited(pool) == [("team.left", viewer.pid, {"role": "viewer"})]


async def test_staff_of_the_platform_cannot_leave_a_team_that_they_are_not_on(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> None:
    admin = await make_staff_person(pool, "admin")
    async with browser(server.url, pool, admin, clock) as http:
        assert (await http.post(f"{team_of(account)}/leave")).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "support", "admin"])
async def test_only_owners_change_the_team(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock, role: str
) -> None:
    user = await make_team_person(pool, account, role)
    before = await roles(pool, account)
    async with browser(server.url, pool, user, clock) as http:
        for form, fields in every_form(person):
            answer = await http.post(f"{team_of(account)}/{form}", data=fields)
            assert answer.status_code == 403, form
    assert (await roles(pool, account), await audited(pool)) == (before, [])
    assert await pool.fetchval("select count(*) from mail") == 0


async def test_a_stranger_finds_nothing(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    stranger = await make_team_person(pool, await make_account(pool), "owner")
    async with browser(server.url, pool, stranger, clock) as http:
        assert (await http.get(team_of(account))).status_code == 404
        for form, fields in every_form(person):
            assert (await http.post(f"{team_of(account)}/{form}", data=fields)).status_code == 404, form
    assert await audited(pool) == []


def every_form(person: UserRow) -> list[tuple[str, dict[str, str]]]:
    """Return where each form of an owner goes, and what it sends."""
    return [
        ("invitations", {"email": "grace@example.com", "role": "viewer"}),
        (f"{person.pid}/role", {"role": "viewer"}),
        (f"{person.pid}/remove", {}),
        ("limits", {"currency": "usd", "amount": "50"}),
    ]


async def limits(pool: Pool, account: AccountRow) -> dict[str, int]:
    return await pool.fetchval("select support_limits from accounts where id = $1", account.id)


async def test_limits_of_support(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    path = f"{team_of(account)}/limits"
    async with browser(server.url, pool, person, clock) as http:
        for currency, amount in (("usd", "50"), ("JPY", "3000"), ("Kwd", "1.5"), ("usd", "75.50")):
            assert (await http.post(path, data={"currency": currency, "amount": amount})).status_code == 303
        assert await limits(pool, account) == {"usd": 7550, "jpy": 3000, "kwd": 1500}
        page = (await http.get(team_of(account))).text
        assert all(f'value="{amount}"' in page for amount in ("75.50", "3000", "1.500"))
        assert (await http.post(path, data={"currency": "jpy", "amount": ""})).status_code == 303
        assert await limits(pool, account) == {"usd": 7550, "kwd": 1500}
    assert ("team.support_limit_changed", account.pid, {"currency": "jpy", "amount": None}) in await audited(pool)


@pytest.mark.parametrize(
    ("currency", "amount"), [("usd", "1.234"), ("jpy", "1.5"), ("usd", "-1"), ("usd", "much"), ("dem", "1"), ("", "1")]
)
async def test_a_limit_that_cannot_be_is_refused_in_words(
    server: Server,
    pool: Pool,
    account: AccountRow,
    person: UserRow,
    clock: ManualClock,
    currency: str,
    amount: str,
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        answer = await http.post(f"{team_of(account)}/limits", data={"currency": currency, "amount": amount})
        assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
    assert await limits(pool, account) == {}


async def test_an_owner_who_steps_down_goes_on_to_where_they_may_be(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock
) -> None:
    await make_team_person(pool, account, "owner")
    async with browser(server.url, pool, person, clock) as http:
        done = await http.post(f"{team_of(account)}/{person.pid}/role", data={"role": Role.VIEWER.value})
        assert (await http.get(done.headers["location"])).status_code in {200, 303}


async def test_the_choice_of_accounts_is_paged_for_the_platforms_staff(
    server: Server, pool: Pool, clock: ManualClock
) -> None:
    for number in range(30):
        await make_account(pool, title=f"Shop {number:02}")
    reviewer = await make_staff_person(pool, "reviewer")
    async with browser(server.url, pool, reviewer, clock) as http:
        first = (await http.get("/accounts")).text
        older = link_to(first, "next")
        second = (await http.get(older)).text
        assert ("Shop 29" in first, "Shop 04" in first, "Shop 04" in second) == (True, False, True)
        assert "Shop 29" in (await http.get(link_to(second, "prev"))).text
        assert (await http.get("/accounts?after=nonsense")).text.count("Shop ") >= 25
        found = (await http.get("/accounts?q=shop+1%")).text
        assert "No account matches" in found


def link_to(page: str, rel: str) -> str:
    """Return the address of the next or the previous page."""
    link = page[: page.index(f'rel="{rel}"')].rpartition("<a ")[2]
    return link.partition('href="')[2].partition('"')[0].replace("&amp;", "&")


async def test_a_person_of_one_team_goes_on_to_it(
    server: Server, pool: Pool, account: AccountRow, person: UserRow, clock: ManualClock, nobody: httpx.AsyncClient
) -> None:
    async with browser(server.url, pool, person, clock) as http:
        assert (await http.get("/accounts")).headers["location"] == f"/accounts/{account.pid}/cases"
    assert (await nobody.get("/accounts")).headers["location"].startswith("/sign-in")
