"""An error stands within what its reader sees elsewhere, and tells nothing of what is at the address."""

import re

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.people.rows import AccountRow
from tests.builders import make_account, make_user
from tests.credentials import make_team_member
from tests.running import Server, listener, server, settings
from tests.staff import browser, make_staff_person, make_team_person

__all__ = ["listener", "server", "settings"]

MENU = "Your menu"
LOST = ("/nowhere", "/accounts/biz_x/cases", "/cases/x/nowhere")


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    return await make_account(pool, title="Northbeam Academy")


def entries(page: httpx.Response) -> set[str]:
    """Return where the navigation leads."""
    return set(re.findall(r'<a class="rail-link" href="([^"]+)"', page.text))


async def test_the_team_stays_within_its_account(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> None:
    async with browser(server.url, pool, await make_team_person(pool, account, "owner"), clock) as http:
        shown = entries(await http.get(f"/accounts/{account.pid}/cases"))
        for path in ("/nowhere", f"/accounts/{account.pid}/nowhere", f"/accounts/{account.pid}/cases/case_x"):
            lost = await http.get(path)
            assert (lost.status_code, entries(lost), MENU in lost.text) == (404, shown, True)
            assert "Northbeam Academy" in lost.text


async def test_who_is_on_several_teams_stays_with_the_one_they_ask_about(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> None:
    other = await make_account(pool, title="Other Academy")
    person = await make_team_person(pool, account, "owner")
    await make_team_member(pool, other, person, "owner")
    async with browser(server.url, pool, person, clock) as http:
        await http.get(f"/accounts/{account.pid}/cases")
        assert "Northbeam Academy" in (await http.get("/nowhere")).text
        assert "Other Academy" in (await http.get(f"/accounts/{other.pid}/nowhere")).text


async def test_staff_and_customers_have_their_own(server: Server, pool: Pool, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_staff_person(pool, "reviewer"), clock) as http:
        lost = [await http.get(path) for path in ("/nowhere", "/platform/nowhere", "/accounts/biz_x/cases")]
        assert all("/platform/queue" in entries(page) and MENU in page.text for page in lost)
    async with browser(server.url, pool, await make_user(pool), clock) as http:
        lost = [await http.get(path) for path in LOST]
        assert all(entries(page) == {"/purchases", "/cases"} and MENU in page.text for page in lost)


async def test_who_is_not_signed_in_has_none(server: Server) -> None:
    async with browser(server.url) as http:
        lost = await http.get("/nowhere")
        assert (lost.status_code, entries(lost), MENU in lost.text) == (404, set(), False)


async def test_the_button_that_signs_out_works_there(server: Server, pool: Pool, clock: ManualClock) -> None:
    async with browser(server.url, pool, await make_user(pool), clock) as http:
        del http.headers["x-csrf-token"]
        token = re.search(r'name="_csrf_token" value="([^"]+)"', (await http.get("/nowhere")).text)
        assert token is not None
        done = await http.post("/sign-out", data={"_csrf_token": token[1]})
        assert (done.status_code, done.headers["location"]) == (303, "/sign-in")


async def test_unknown_malformed_and_foreign_are_the_same(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> None:
    foreign = await make_account(pool)
    unknown = foreign.pid[:-3] + ("zzz" if not foreign.pid.endswith("zzz") else "yyy")
    async with browser(server.url, pool, await make_team_person(pool, account, "owner"), clock) as http:
        pages = [await http.get(f"/accounts/{pid}/cases") for pid in (foreign.pid, unknown, "biz_!", "nothing")]
        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
