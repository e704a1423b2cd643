"""One's own pages: they stay within the account that the person works at. Over HTTP, on the real server."""

from amends.access.sessions import COOKIE
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from tests.builders import make_account
from tests.credentials import make_team_member
from tests.running import Server
from tests.staff import browser, make_team_person

PAGES = ("/me", "/me/security")


async def test_the_pages_of_a_person_with_one_account_lead_to_it(
    server: Server, pool: Pool, clock: ManualClock
) -> None:
    account = await make_account(pool)
    owner = await make_team_person(pool, account, "owner")
    async with browser(server.url, pool, owner, clock) as http:
        for page in PAGES:
            assert f'href="/accounts/{account.pid}/cases"' in (await http.get(page)).text
        assert set(http.cookies) >= {COOKIE}
        assert "amends_account" not in http.cookies


async def test_the_pages_of_a_person_with_two_accounts_lead_to_the_last_one(
    server: Server, pool: Pool, clock: ManualClock
) -> None:
    first, second = await make_account(pool), await make_account(pool)
    owner = await make_team_person(pool, first, "owner")
    await make_team_member(pool, second, owner, "viewer")
    async with browser(server.url, pool, owner, clock) as http:
        assert 'class="rail"' not in (await http.get("/me")).text
        for account, other in ((first, second), (second, first)):
            await http.get(f"/accounts/{account.pid}/team")
            rail = (await http.get("/me")).text.partition('class="rail"')[2].partition("</nav>")[0]
            assert f"/accounts/{account.pid}/cases" in rail
            assert other.pid not in rail


async def test_an_account_that_is_not_ones_own_is_led_to_by_nothing(
    server: Server, pool: Pool, clock: ManualClock
) -> None:
    foreign, first, second = [await make_account(pool) for _ in range(3)]
    owner = await make_team_person(pool, first, "owner")
    await make_team_member(pool, second, owner, "owner")
    async with browser(server.url, pool, owner, clock) as http:
        http.cookies.set("amends_account", foreign.pid, domain=http.base_url.host, path="/")
        page = (await http.get("/me")).text
        assert foreign.pid not in page
        assert 'class="rail"' not in page
