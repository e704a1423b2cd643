"""What protects pages is said by each of their answers: pages, errors, redirects, and addresses that there are not."""

import httpx
import pytest

from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.web.pages import SECURITY_HEADERS
from tests.builders import make_account
from tests.running import Server, listener, server, settings
from tests.staff import browser, make_team_person

__all__ = ["listener", "server", "settings"]

POLICY = "Content-Security-Policy"


def missing(answer: httpx.Response) -> list[str]:
    """Return what an answer does not say, or says twice."""
    wanted = {**SECURITY_HEADERS, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if answer.is_redirect:
        del wanted[POLICY]
    return [name for name, value in wanted.items() if answer.headers.get_list(name) != [value]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("HEAD", "/sign-in", 200),
        ("GET", "/me", 303),
        ("GET", "/nowhere", 404),
        ("DELETE", "/sign-in", 405),
        ("POST", "/nowhere/at/all", 404),
        ("GET", "/sign-in/x", 404),
        ("POST", "/sign-in", 422),
        ("POST", "/sign-out", 303),
    ],
)
async def test_every_answer_of_a_page_is_protected(server: Server, method: str, path: str, status: int) -> None:
    async with browser(server.url) as http:
        answer = await http.request(method, path)
        assert (answer.status_code, missing(answer)) == (status, [])


async def test_refusals_and_parts_are_protected(server: Server, pool: Pool, clock: ManualClock) -> None:
    account = await make_account(pool)
    async with browser(server.url, pool, await make_team_person(pool, account, "viewer"), clock) as http:
        table = f"/accounts/{account.pid}/cases"
        forbidden = await http.post(f"{table}/bulk", data={"action": "accept"})
        expired = await http.post("/me", data={"name": "A"}, headers={"x-csrf-token": "never"})
        foreign = await http.post("/me", data={"name": "A"}, headers={"Origin": "https://evil.example"})
        part = await http.get("/accounts/biz_x/cases/live", headers={"HX-Request": "true"})
        as_json = await http.get("/nowhere", headers={"Accept": "application/json"})
        answers = (await http.get(table), forbidden, expired, foreign, part, as_json)
        assert [answer.status_code for answer in answers] == [200, 403, 403, 403, 404, 404]
        assert [missing(answer) for answer in answers] == [[]] * len(answers)


async def test_files_that_all_may_keep_stay_so(server: Server) -> None:
    async with browser(server.url) as http:
        icon = await http.get("/favicon.ico")
        assert (icon.headers["Cache-Control"], POLICY in icon.headers) == ("public, max-age=86400", False)
