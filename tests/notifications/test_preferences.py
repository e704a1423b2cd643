"""What people choose to be written about: on their own page, and by the link in each notice, without signing in."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import ManualClock
from amends.kit.signing import Signer
from amends.notifications.commands import queue_mail
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, Receiver
from amends.notifications.preferences import wanted_kinds, wants
from amends.notifications.unsubscribing import unsubscribe_token
from amends.people.rows import UserRow
from amends.services import Services
from amends.web.csrf import FIELD
from tests.builders import make_account, make_user
from tests.notifications.mail_server import OK, Inbox
from tests.notifications.writing import ADA, LETTER, go, queue, standing
from tests.running import SECRET_KEY, Server
from tests.staff import browser, csrf, make_staff_person, make_team_person

ALWAYS = {NoticeKind.YOUR_TURN, NoticeKind.PROGRESS, NoticeKind.DECISION, NoticeKind.REMINDER, NoticeKind.PLATFORM}


@pytest.fixture
async def user(pool: Pool) -> UserRow:
    """Give a customer."""
    return await make_user(pool, email="ada@example.com")


@pytest.fixture
async def page(server: Server, pool: Pool, user: UserRow, clock: ManualClock) -> AsyncGenerator[httpx.AsyncClient]:
    """Give the customer's browser."""
    async with browser(server.url, pool, user, clock) as http:
        yield http


def path_for(user: UserRow, kind: NoticeKind = NoticeKind.PROGRESS) -> str:
    return f"/unsubscribe/{unsubscribe_token(Signer(SECRET_KEY.encode()), user.id, kind)}"


async def test_who_chose_nothing_gets_everything_but_the_digest_and_a_viewer_nothing(pool: Pool, user: UserRow) -> None:
    account = await make_account(pool)
    team = {role: await make_team_person(pool, account, role) for role in ("viewer", "support", "admin", "owner")}
    everybody = {user.id, *(person.id for person in team.values())}
    async with transaction(pool) as connection:
        assert await wants(connection, everybody, NoticeKind.REMINDER) == everybody - {team["viewer"].id}
        assert await wants(connection, everybody, NoticeKind.DIGEST) == {team["admin"].id, team["owner"].id}
        assert await wants(connection, everybody, NoticeKind.ACCOUNT) == everybody
        assert await wants(connection, [], NoticeKind.REMINDER) == set()


async def test_a_person_chooses(pool: Pool, page: httpx.AsyncClient, user: UserRow) -> None:
    shown = (await page.get("/me/notifications")).text
    assert "ada@example.com" in shown
    assert 'value="digest"' not in shown  # of teams
    assert 'value="platform"' not in shown
    form = {**await csrf(page), "on": ["your_turn", "reminder"]}
    assert (await page.post("/me/notifications", data=form)).status_code == 303
    wanted = await wanted_kinds(pool, user.id)
    assert wanted & ALWAYS == {NoticeKind.YOUR_TURN, NoticeKind.REMINDER, NoticeKind.PLATFORM}
    again = (await page.get("/me/notifications")).text
    assert again.count(" checked") == 2


async def test_a_person_learns_that_mails_to_them_are_refused(
    pool: Pool, inbox: Inbox, mailing: Services, page: httpx.AsyncClient, clock: ManualClock
) -> None:
    inbox.rcpt = lambda _address: "550 5.2.2 Mailbox full"
    await queue(pool, Receiver(email="Ada@example.com"))
    await go(mailing)
    assert "5.2.2 Mailbox full" in (await page.get("/me/notifications")).text
    inbox.rcpt = lambda _address: OK
    clock.advance(timedelta(minutes=1))
    async with transaction(pool) as connection:
        await queue_mail(connection, ADA, lambda: LETTER, now=clock.now())
    await go(mailing)
    assert "was refused" not in (await page.get("/me/notifications")).text


async def test_teams_and_staff_have_more_to_choose(server: Server, pool: Pool, clock: ManualClock) -> None:
    owner = await make_team_person(pool, await make_account(pool), "owner")
    async with browser(server.url, pool, owner, clock) as http:
        assert 'value="digest"' in (await http.get("/me/notifications")).text
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        assert 'value="platform"' in (await http.get("/me/notifications")).text


async def test_what_is_about_the_account_always_goes(pool: Pool, page: httpx.AsyncClient, user: UserRow) -> None:
    assert (await page.post("/me/notifications", data=await csrf(page))).status_code == 303
    assert await wanted_kinds(pool, user.id) & {NoticeKind.ACCOUNT} == {NoticeKind.ACCOUNT}
    assert await queue(pool, unsubscribe=NoticeKind.ACCOUNT, about=About(user_id=user.id)) is not None


async def test_what_is_off_is_not_queued(pool: Pool, page: httpx.AsyncClient, user: UserRow) -> None:
    await page.post("/me/notifications", data={**await csrf(page), "on": ["your_turn"]})
    about = About(user_id=user.id)
    assert await queue(pool, about=about, unsubscribe=NoticeKind.PROGRESS) is None
    assert await queue(pool, about=about, unsubscribe=NoticeKind.YOUR_TURN) is not None


async def test_what_waits_is_dropped(pool: Pool, http: httpx.AsyncClient, user: UserRow) -> None:
    await queue(pool, Receiver(email="ada@example.com"), about=About(user_id=user.id), unsubscribe=NoticeKind.PROGRESS)
    await http.post(path_for(user))
    assert await standing(pool) == ("dropped", 0, None, None)


async def test_looking_at_an_unsubscribe_link_changes_nothing(
    pool: Pool, http: httpx.AsyncClient, user: UserRow
) -> None:
    for _ in range(2):
        shown = await http.get(path_for(user))
        assert (shown.status_code, "Unsubscribe</button>" in shown.text) == (200, True)
    assert await wanted_kinds(pool, user.id) >= ALWAYS


async def test_one_click_of_a_mail_provider(pool: Pool, http: httpx.AsyncClient, user: UserRow) -> None:
    """RFC 8058: no cookies, no token of a form, another origin, no redirect."""
    pressed = await http.post(
        path_for(user),
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.provider.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert (pressed.status_code, pressed.text, pressed.cookies) == (200, "", httpx.Cookies())
    assert ALWAYS - await wanted_kinds(pool, user.id) == {NoticeKind.PROGRESS}


async def test_one_click_as_a_form_with_parts(pool: Pool, http: httpx.AsyncClient, user: UserRow) -> None:
    pressed = await http.post(path_for(user), files={"List-Unsubscribe": (None, "One-Click")})
    assert pressed.status_code == 200
    assert NoticeKind.PROGRESS not in await wanted_kinds(pool, user.id)


@pytest.mark.parametrize("sent", [{}, {"content": b"\xff", "headers": {"Content-Type": "text/plain"}}])
async def test_a_provider_that_sends_something_else(
    pool: Pool, http: httpx.AsyncClient, user: UserRow, sent: dict[str, Any]
) -> None:
    assert (await http.post(path_for(user), **sent)).status_code == 200
    assert NoticeKind.PROGRESS not in await wanted_kinds(pool, user.id)


async def test_off_and_on_again(pool: Pool, http: httpx.AsyncClient, user: UserRow) -> None:
    path = path_for(user)
    pressed = await http.post(path, data={"choice": "off"})
    assert (pressed.status_code, pressed.headers["location"]) == (303, path)
    assert "You will get no more of these e-mails" in (await http.get(path)).text
    await http.post(path, data={"choice": "at_once"})
    assert await wanted_kinds(pool, user.id) >= ALWAYS


@pytest.mark.parametrize("spoil", [str.lower, str.upper, str.swapcase])
async def test_a_token_that_is_not_ours(
    pool: Pool, http: httpx.AsyncClient, user: UserRow, spoil: Callable[[str], str]
) -> None:
    path = "/unsubscribe/" + spoil(path_for(user).rpartition("/")[2])
    assert [(await http.get(path)).status_code, (await http.post(path)).status_code] == [404, 404]
    assert await wanted_kinds(pool, user.id) >= ALWAYS


async def test_the_token_does_nothing_else(http: httpx.AsyncClient, user: UserRow) -> None:
    token = path_for(user).rpartition("/")[2]
    for path in (f"/sign-in/{token}", f"/open/{token}", f"/reset-password/{token}", f"/invitations/{token}"):
        assert (await http.get(path)).status_code == 404


async def test_the_own_page_still_wants_its_form(page: httpx.AsyncClient) -> None:
    del page.headers["x-csrf-token"]
    assert (await page.post("/me/notifications", data={FIELD: "x"})).status_code == 403
