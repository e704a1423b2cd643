"""Invitations to a team over HTTP: by mail, for one address, once; and kind words when they no longer work."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from amends.access.passwords import set_password
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow, UserRow
from amends.staff.commands_invitations import LIFETIME, MAILS_OF_ACCOUNT
from tests.builders import make_account, make_user
from tests.notifications.outbox import count, newest, path_in
from tests.running import Server
from tests.staff import browser, make_staff_person, make_team_person

GUEST = "grace@example.com"
PASSWORD = "correct horse battery"
NEWCOMER = {"name": "Grace Hopper", "password": PASSWORD}


@pytest.fixture
async def owner_at(
    server: Server, pool: Pool, person: UserRow, clock: ManualClock
) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a browser in which the account's owner is signed in."""
    async with browser(server.url, pool, person, clock) as http:
        yield http


def team_of(account: AccountRow) -> str:
    return f"/accounts/{account.pid}/team"


async def invited(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, email: str = GUEST, role: str = "support"
) -> str:
    """Invite an address and return the link's path."""
    done = await http.post(f"{team_of(account)}/invitations", data={"email": email, "role": role})
    assert done.status_code == 303, done.text
    return path_in(await newest(pool, email))


async def waiting(pool: Pool) -> str:
    """Return the public id of the one invitation."""
    return await pool.fetchval("select pid from invitations")


async def team(pool: Pool, account: AccountRow) -> dict[str, str]:
    """Return the role of each address on the team."""
    rows = await pool.fetch(
        "select u.email, t.role from team_members t join users u on u.id = t.user_id where t.account_id = $1",
        account.id,
    )
    return {row["email"]: row["role"] for row in rows}


async def test_somebody_new_joins(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    path = await invited(pool, owner_at, account)
    mail = await newest(pool, GUEST)
    assert (mail["kind"], mail["subject"]) == ("invitation", f"Join the team of {account.title}")
    assert "Owner Person invites you" in mail["body_text"]
    page = await nobody.get(path)
    assert page.status_code == 200
    assert account.title in page.text
    assert GUEST in page.text
    assert "Support" in page.text
    done = await nobody.post(path, data=NEWCOMER)
    assert (done.status_code, done.headers["location"]) == (303, f"/accounts/{account.pid}/cases")
    assert (await team(pool, account))[GUEST] == "support"
    assert "Grace Hopper" in (await nobody.get(team_of(account))).text
    lines = await pool.fetch("select action, details from audit_log where action like 'team.%' order by created_at, id")
    assert [(row["action"], row["details"]["role"]) for row in lines] == [
        ("team.invited", "support"),
        ("team.joined", "support"),
    ]


async def test_the_newcomer_signs_in_afterwards(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient, server: Server
) -> None:
    await nobody.post(await invited(pool, owner_at, account), data=NEWCOMER)
    async with browser(server.url) as elsewhere:
        done = await elsewhere.post("/sign-in", data={"email": GUEST, "password": PASSWORD})
        assert done.status_code == 303


async def test_two_teams_inviting_one_address_at_once_make_one_user(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, server: Server, clock: ManualClock
) -> None:
    other = await make_account(pool, title="Elsewhere")
    async with (
        browser(server.url, pool, await make_team_person(pool, other, "owner"), clock) as other_owner,
        browser(server.url) as one,
        browser(server.url) as two,
    ):
        first = await invited(pool, owner_at, account)
        second = await invited(pool, other_owner, other, GUEST.upper())
        done = await asyncio.gather(one.post(first, data=NEWCOMER), two.post(second, data=NEWCOMER))
        assert sorted(answer.status_code for answer in done) == [303, 409]
        assert await pool.fetchval("select count(*) from users where lower(email) = $1", GUEST) == 1
        late, path = (two, second) if done[0].status_code == 303 else (one, first)
        await late.post("/sign-in", data={"email": GUEST, "password": PASSWORD})
        assert (await late.post(path)).status_code == 303
    joined = "select count(*) from team_members t join users u on u.id = t.user_id where lower(u.email) = $1"
    assert await pool.fetchval(joined, GUEST) == 2


@pytest.mark.parametrize(
    "fields", [{"name": "Grace"}, {"password": PASSWORD}, {"name": "Grace", "password": "short"}, {}]
)
async def test_what_a_newcomer_leaves_out_is_said(
    pool: Pool,
    account: AccountRow,
    owner_at: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    fields: dict[str, str],
) -> None:
    path = await invited(pool, owner_at, account)
    refused = await nobody.post(path, data=fields)
    assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True)
    assert GUEST not in await team(pool, account)
    assert (await nobody.post(path, data=NEWCOMER)).status_code == 303


async def test_who_has_a_password_signs_in_first_and_joins_as_themselves(
    pool: Pool,
    account: AccountRow,
    owner_at: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    clock: ManualClock,
) -> None:
    other = await make_account(pool, title="Elsewhere")
    guest = await make_team_person(pool, other, "admin")
    async with transaction(pool) as connection:
        await set_password(connection, guest.id, PASSWORD, now=clock.now())
    path = await invited(pool, owner_at, account, guest.email or "", "viewer")
    assert "Sign in to join" in (await nobody.get(path)).text
    refused = await nobody.post(path, data=NEWCOMER)
    assert (refused.status_code, "Sign in to join" in refused.text) == (409, True)
    signed_in = await nobody.post("/sign-in", data={"email": guest.email, "password": PASSWORD, "next": path})
    assert signed_in.headers["location"] == path
    assert "Join the team" in (await nobody.get(path)).text
    assert (await nobody.post(path)).headers["location"] == f"/accounts/{account.pid}/cases"
    assert (await team(pool, account))[guest.email or ""] == "viewer"
    assert (await team(pool, other))[guest.email or ""] == "admin"


async def test_a_customer_of_the_same_address_is_somebody_else(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    """The host platform says who has which address; that alone opens no team to them."""
    customer = await make_user(pool, email=GUEST)
    await nobody.post(await invited(pool, owner_at, account), data=NEWCOMER)
    joined = await pool.fetchval(
        "select user_id from team_members where account_id = $1 and role = 'support'", account.id
    )
    assert joined != customer.id


async def test_somebody_else_who_is_signed_in_does_not_join(
    server: Server, pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, clock: ManualClock
) -> None:
    path = await invited(pool, owner_at, account)
    stranger = await make_team_person(pool, await make_account(pool), "owner")
    async with browser(server.url, pool, stranger, clock) as http:
        page = await http.get(path)
        assert (page.status_code, "is signed in here" in page.text) == (200, True)
        assert (await http.post(path, data=NEWCOMER)).status_code == 403
    assert list((await team(pool, account)).values()) == ["owner"]


async def test_accepting_twice_says_so(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient, server: Server
) -> None:
    path = await invited(pool, owner_at, account)
    await nobody.post(path, data=NEWCOMER)
    async with browser(server.url) as elsewhere:
        for answer in (await elsewhere.get(path), await elsewhere.post(path, data=NEWCOMER)):
            assert (answer.status_code, "is accepted already" in answer.text) == (410, True)
    assert "You are on the team" in (await nobody.get(path)).text


async def test_an_invitation_expires_after_a_week_and_can_be_sent_again(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient, clock: ManualClock
) -> None:
    old = await invited(pool, owner_at, account)
    clock.advance(LIFETIME)
    answer = await nobody.post(old, data=NEWCOMER)
    assert (answer.status_code, "has expired" in answer.text) == (410, True)
    assert "Expired" in (await owner_at.get(team_of(account))).text
    again = await owner_at.post(f"{team_of(account)}/invitations/{await waiting(pool)}/resend")
    assert again.status_code == 303
    new = path_in(await newest(pool, GUEST))
    assert (await nobody.get(old)).status_code == 404
    clock.advance(LIFETIME - timedelta(seconds=1))
    assert (await nobody.post(new, data=NEWCOMER)).status_code == 303


async def test_a_withdrawn_invitation_opens_nothing(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    path = await invited(pool, owner_at, account)
    form = f"{team_of(account)}/invitations/{await waiting(pool)}"
    assert (await owner_at.post(f"{form}/withdraw")).status_code == 303
    answer = await nobody.post(path, data=NEWCOMER)
    assert (answer.status_code, "was withdrawn" in answer.text) == (410, True)
    assert (await owner_at.post(f"{form}/withdraw")).status_code == 409
    assert (await owner_at.post(f"{form}/resend")).status_code == 409
    assert GUEST not in (await owner_at.get(team_of(account))).text
    await invited(pool, owner_at, account)


async def test_who_is_invited_or_there_is_not_invited_again(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, person: UserRow
) -> None:
    await invited(pool, owner_at, account)
    for email, words in ((GUEST.upper(), "is invited already"), (person.email or "", "on the team already")):
        answer = await owner_at.post(f"{team_of(account)}/invitations", data={"email": email, "role": "viewer"})
        assert (answer.status_code, words in answer.text, email in answer.text) == (409, True, True)
    assert await count(pool) == 1


@pytest.mark.parametrize("fields", [{"email": "no address", "role": "viewer"}, {"email": GUEST, "role": "king"}, {}])
async def test_what_is_no_invitation_is_said(
    pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, fields: dict[str, str]
) -> None:
    answer = await owner_at.post(f"{team_of(account)}/invitations", data=fields)
    assert (answer.status_code, fields.get("email", "") in answer.text) == (422, True)
    assert await count(pool) == 0


async def test_an_invitation_is_changed_by_its_own_account_only(
    server: Server, pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient, clock: ManualClock
) -> None:
    path = await invited(pool, owner_at, account)
    other = await make_account(pool)
    stranger = await make_team_person(pool, other, "owner")
    async with browser(server.url, pool, stranger, clock) as http:
        for verb in ("resend", "withdraw"):
            for at in (account, other):
                answer = await http.post(f"{team_of(at)}/invitations/{await waiting(pool)}/{verb}")
                assert answer.status_code == 404
    async with browser(server.url) as nobody:
        assert (await nobody.get(path)).status_code == 200


async def test_a_platform_admin_invites_an_accounts_first_owner(
    server: Server, pool: Pool, clock: ManualClock, nobody: httpx.AsyncClient
) -> None:
    account, admin = await make_account(pool), await make_staff_person(pool, "admin")
    async with browser(server.url, pool, admin, clock) as http:
        path = await invited(pool, http, account, role="owner")
    assert (await nobody.post(path, data=NEWCOMER)).status_code == 303
    assert await team(pool, account) == {GUEST: "owner"}


async def test_mails_of_an_account_are_limited(pool: Pool, account: AccountRow, owner_at: httpx.AsyncClient) -> None:
    await invited(pool, owner_at, account)
    again = f"{team_of(account)}/invitations/{await waiting(pool)}/resend"
    for _number in range(MAILS_OF_ACCOUNT.tries - 1):
        assert (await owner_at.post(again)).status_code == 303
    assert (await owner_at.post(again)).status_code == 429


async def test_a_token_that_never_was_one(nobody: httpx.AsyncClient) -> None:
    for token in ("x", "x" * 500, "%00", "é"):
        assert (await nobody.get(f"/invitations/{token}")).status_code == 404
        assert (await nobody.post(f"/invitations/{token}", data=NEWCOMER)).status_code == 404
