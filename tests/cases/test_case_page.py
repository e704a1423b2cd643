"""The case page over HTTP: what it says in each turn, what nobody sees who should not, and what it costs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amends.app import create_worker
from amends.cases.queries_page import get_case_row
from amends.cases.rows import CaseRef
from amends.cases.states import Actor
from amends.kit.ids import Prefix, parse_public_id, public_id
from amends.payments.providers.sandbox import SandboxProvider
from amends.payments.providers.sandbox_memory import Kind
from amends.people.rows import UserRow
from tests.builders import make_account, make_activity, make_member, make_payment, make_product, make_user
from tests.cases.reading import read, statements
from tests.cases.scene import Scene
from tests.credentials import make_staff, make_team_member
from tests.files.samples import png
from tests.files.serving import callers
from tests.running import Server
from tests.staff import make_staff_person, make_team_person, sign_in

HOSTILE = "<script>alert(1)</script> \"'>& \u202egnp.exe\u202c"


class Desk:
    """Opens case pages in browsers of people."""

    def __init__(self, scene: Scene, server: Server) -> None:
        self.scene = scene
        self._server = server

    def path(self, case: dict[str, Any], part: str = "") -> str:
        """Return the address of a case's page, or of a part of it."""
        return f"/accounts/{self.scene.account.pid}/cases/{case['id']}{part}"

    @asynccontextmanager
    async def browser(self, user: UserRow) -> AsyncGenerator[httpx.AsyncClient]:
        """Give a signed-in browser in UTC."""
        cookies = await sign_in(self.scene.pool, user, self.scene.clock)
        headers = {"Accept": "text/html"}
        async with httpx.AsyncClient(base_url=self._server.url, timeout=60, cookies=cookies, headers=headers) as http:
            yield http

    async def person(self, role: str = "owner") -> UserRow:
        """Make a person of the account's team."""
        return await make_team_person(self.scene.pool, self.scene.account, role)

    async def open(self, case: dict[str, Any], user: UserRow | None = None, part: str = "", **query: str) -> str:
        """Return the page as an owner, or somebody else, gets it."""
        async with self.browser(user or await self.person()) as http:
            answer = await http.get(self.path(case, part), params=query)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def status(self, path: str, user: UserRow) -> int:
        """Return how a request for a page is answered."""
        async with self.browser(user) as http:
            return (await http.get(path)).status_code


@pytest.fixture
def desk(scene: Scene, server: Server) -> Desk:
    return Desk(scene, server)


@pytest.fixture
def bank(server: Server) -> SandboxProvider:
    """Give the server's own sandbox."""
    provider = server.services.providers["sandbox"]
    assert isinstance(provider, SandboxProvider)
    return provider


async def test_a_case_that_waits_for_the_merchant(desk: Desk, scene: Scene) -> None:
    answers = {"canceled_on": "2026-11-20", "used": False}
    remedy = {"kind": "partial_refund", "amount": 20}
    payment = await scene.payment(paid_at=scene.clock.now() - timedelta(days=2, hours=3))
    case = await scene.case(payment, answers=answers, remedy=remedy)
    page = await desk.open(case)
    header = read(page, "case-header")
    assert "$49.00 · Not as described" in header
    assert "Waiting for you due Mon 30 Nov, 09:00 (in 7 days)" in header
    assert "Ada Lovelace · Trading course · opened just now" in header
    timeline = read(page, "timeline")
    assert "Asks for A refund of $20.00 Canceled on Fri 20 Nov Used it No" in timeline
    assert "Ada Lovelace Customer Opened the case" in timeline
    assert "It is not what I bought." in timeline
    assert "Left to refund $49.00 Method Visa ••4242 Paid Sat 21 Nov, 06:00" in read(page, "payment")
    assert "2 days 3 h after paying" in read(page, "payment")
    assert "@ada E-mail ada@example.com Member since Tue 25 Aug · 3 months" in read(page, "customer")


async def test_a_case_that_waits_for_the_customer(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "request_info", message="Which part?")
    page = await desk.open(case)
    assert "Waiting for the customer due Mon 30 Nov, 09:00" in read(page, "case-header")
    assert "Merchant Asked for more information" in read(page, "timeline")


async def test_a_case_under_review_names_nobody_of_the_platform(desk: Desk, scene: Scene) -> None:
    reviewer, rosa = await scene.reviewer()
    case = await scene.under_review()
    page = await desk.open(case)
    assert "Under review by the platform decision expected by Wed 25 Nov" in read(page, "case-header")
    assert "Asked the platform to step in" in read(page, "timeline")
    await rosa.act(case, "decide", **await scene.verdict(case, outcome="merchant_won"))
    page = await desk.open(case)
    timeline = read(page, "timeline")
    assert "Closed · in your favor" in read(page, "case-header")
    assert "the customer can appeal until Mon 7 Dec, 09:00" in read(page, "case-header")
    assert "The platform Platform Decided for the merchant Delivered as described" in timeline
    assert "To you The photos show it. Relies on Ada Lovelace : Opened the case" in timeline
    assert "You are right." not in page
    assert str(reviewer.name) not in page


async def test_the_platform_reads_both_texts_and_its_own_names(desk: Desk, scene: Scene) -> None:
    _, rosa = await scene.reviewer()
    case = await scene.under_review()
    await rosa.act(case, "decide", **await scene.verdict(case, outcome="merchant_won"))
    timeline = read(await desk.open(case, await make_staff_person(scene.pool, "reviewer")), "timeline")
    assert "Rosa Review Platform Decided for the merchant" in timeline
    assert "To the customer You are right. To the merchant The photos show it." in timeline


async def test_an_open_offer_says_what_and_until_when(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "offers", amount=20, remedy="A month for free.", message="Would that help?")
    page = await desk.open(case)
    timeline = read(page, "timeline")
    assert "Offered $20.00 and a remedy Open · until Mon 30 Nov, 09:00" in timeline
    assert "Would that help? Remedy A month for free." in timeline


async def test_a_failed_refund_is_never_hidden(desk: Desk, scene: Scene, bank: SandboxProvider, server: Server) -> None:
    payment = await scene.payment()
    await bank.behave(payment.pid, Kind.DECLINE)
    case = await scene.case(payment)
    await scene.merchant.act(case, "accept")
    assert "Closed · refund on its way" in read(await desk.open(case), "case-header")
    await create_worker(server.services).run_until_idle()
    page = await desk.open(case)
    assert "Closed · refund failed" in read(page, "case-header")
    problem = read(page, "case-problem")
    assert problem.startswith("The refund of $49.00 failed: ")
    assert problem.endswith("The platform has been told and takes care of it.")
    assert "Refund $49.00 Failed" in read(page, "case-money")
    assert "Refund promised $49.00" in read(page, "payment")
    assert "The refund failed" in read(page, "timeline")


async def test_a_refund_that_went_says_where_to(desk: Desk, scene: Scene, server: Server) -> None:
    case = await scene.case()
    await scene.merchant.act(case, "accept", message="Sorry about that.")
    await create_worker(server.services).run_until_idle()
    page = await desk.open(case)
    assert "Closed · refunded" in read(page, "case-header")
    assert "Refund $49.00 Sent" in read(page, "case-money")
    assert "Sent to Visa ••4242 on Mon 23 Nov, 09:00." in read(page, "case-money")
    assert "Accepted the claim: $49.00 goes back to the customer" in read(page, "timeline")


async def test_notes_stay_on_their_own_side(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    grace, colleague = await scene.colleague("support")
    await colleague.act(case, "notes", message="Be generous with her.")
    await scene.platform.act(case, "notes", message="Watch this account.")
    await colleague.act(case, "assign", assignee_id=grace.pid)
    own = await desk.open(case)
    assert "Grace Hopper · just now Be generous with her." in read(own, "case-notes")
    assert "Only your team sees this Mon" in read(own, "timeline")
    assert "Grace Hopper Merchant Took the case" in read(own, "timeline")
    assert "Watch this account." not in own
    platform = await desk.open(case, await make_staff_person(scene.pool, "reviewer"))
    assert "Watch this account." in read(platform, "case-notes")
    assert "Be generous" not in platform
    assert "Took the case" not in platform


async def test_email_needs_its_permission(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    assert "ada@example.com" in read(await desk.open(case, await desk.person("viewer")), "customer")
    ref, now = CaseRef(*parse_public_id(Prefix.CASE, case["id"])), scene.clock.now()
    row = await get_case_row(scene.pool, ref, viewer=Actor.MERCHANT, with_email=False, now=now)
    assert row is not None
    assert (row.name, row.email) == ("Ada Lovelace", None)


async def test_whoever_bought_does_not_read_it_as_the_merchant(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    await make_team_member(scene.pool, scene.account, scene.ada, "owner")
    await make_staff(scene.pool, scene.ada, "admin")
    for part in ("", "/log", "/payments"):
        assert await desk.status(desk.path(case, part), scene.ada) == 403


async def test_a_case_of_another_account_is_not_there(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    other = await make_account(scene.pool)
    people = {
        "foreign": await make_team_person(scene.pool, other, "owner"),
        "platform": await make_staff_person(scene.pool, "admin"),
        "own": await desk.person(),
    }
    ref = CaseRef(*parse_public_id(Prefix.CASE, case["id"]))
    moved = public_id(Prefix.CASE, ref.case_id, other.id)
    for part in ("", "/log", "/payments"):
        assert await desk.status(desk.path(case, part), people["foreign"]) == 404
        for user in people.values():
            assert await desk.status(f"/accounts/{other.pid}/cases/{case['id']}{part}", user) == 404
            assert await desk.status(f"/accounts/{other.pid}/cases/{moved}{part}", user) == 404
        assert await desk.status(f"/accounts/{scene.account.pid}/cases/reso_nothing{part}", people["own"]) == 404


async def test_what_people_write_is_text_and_nothing_else(desk: Desk, scene: Scene) -> None:
    pool, now = scene.pool, scene.clock.now()
    scene.ada = await make_user(pool, name=HOSTILE, username="\u202eada", now=now)
    scene.member = await make_member(pool, scene.account, user=scene.ada, now=now)
    scene.customer = scene.user(scene.ada)
    scene.product = await make_product(pool, scene.account, title=HOSTILE)
    case = await scene.case(
        await scene.payment(plan=None),
        message=f"{HOSTILE}\n\nhttps://evil.example/\u202egnp.exe and https://example.com/a?b=1&c=2.",
    )
    details = {"file": HOSTILE, "<b>": "<i>"}
    await make_activity(pool, scene.account, member=scene.member, kind="downloaded", details=details, now=now)
    page = await desk.open(case)
    assert "<script>alert" not in page
    assert "<i>" not in page
    name = "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39;&gt;&amp; gnp.exe"
    assert f"<bdi>{name}</bdi>" in page
    assert 'href="https://example.com/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow ugc"' in page
    assert 'href="https://evil' not in page
    assert "\u202e" not in read(page, "customer")
    assert "\u202e" not in read(page, "case-header").replace(HOSTILE, "")


async def test_facts_lead_to_the_lines_that_they_rest_on(desk: Desk, scene: Scene) -> None:
    now = scene.clock.now()
    payment = await scene.payment(paid_at=now - timedelta(days=5))
    opened = [
        await make_activity(scene.pool, scene.account, member=scene.member, occurred_at=now - timedelta(days=day))
        for day in (1, 2, 3)
    ]
    case = await scene.case(payment)
    page = await desk.open(case)
    assert "Opened the app 3 times after paying, last on Sun 22 Nov" in read(page, "facts")
    assert "Never claimed access" in read(page, "facts")
    assert f'href="#{opened[0].pid}"' in page
    assert f'id="{opened[0].pid}"' in page
    assert f'href="#{payment.pid}"' in page
    assert "Case opened Mon 23 Nov, 09:00 Opened the app Sun 22 Nov, 09:00" in read(page, "log")


async def test_a_long_log_shows_more_and_one_kind(desk: Desk, scene: Scene) -> None:
    now, pool = scene.clock.now(), scene.pool
    payment = await scene.payment(paid_at=now - timedelta(days=90))
    first = await make_activity(
        pool, scene.account, member=scene.member, kind="access_claimed", occurred_at=now - timedelta(days=80)
    )
    for hours in range(60):
        await make_activity(pool, scene.account, member=scene.member, occurred_at=now - timedelta(hours=hours))
    case = await scene.case(payment)
    page = await desk.open(case)
    assert "All 61 Opened the app 60 Claimed access 1" in read(page, "log")
    assert first.pid not in read(page, "log")
    assert f"log_from={first.pid}#{first.pid}" in page, "the fact shows the log from its record on"
    there = await desk.open(case, log_from=first.pid)
    assert "Back to the newest records Claimed access" in read(there, "log")
    only = await desk.open(case, part="/log", kind="access_claimed")
    assert only.lstrip().startswith("<details")
    assert only.count('class="log-line') == 1
    more = await desk.open(case, part="/log", log_from=first.pid)
    assert read(more).startswith("Claimed access")
    assert read(more).endswith("Paid Tue 25 Aug, 09:00")


async def test_payments_are_marked(desk: Desk, scene: Scene) -> None:
    now = scene.clock.now()
    await scene.payment(paid_at=now - timedelta(days=40), is_renewal=True)
    await scene.payment(paid_at=now - timedelta(hours=30))
    payment = await scene.payment(paid_at=now - timedelta(hours=20))
    await make_payment(scene.pool, scene.account, member=scene.member, amount="500", currency="jpy", status="failed")
    words = read(await desk.open(await scene.case(payment)), "payments")
    assert "Member for 2 months, since Tue 25 Aug · 3 payments, $147.00 in all · 0 refunds" in words
    assert words.count("Possible double purchase") == 2
    assert words.count("This payment") == 1
    assert words.count("Renewal") == 1
    assert "Failed ¥500" in words


async def test_files_come_with_addresses_and_images_with_thumbnails(
    desk: Desk, scene: Scene, server: Server, http: httpx.AsyncClient
) -> None:
    case, served = await scene.case(), await callers(scene.pool, server, http)
    file = await served.upload("caf\u00e9 \u202egnp.png", png(), token=scene.merchant.token)
    await scene.merchant.act(case, "comment", message="See this.", attachments=[{"id": file["id"]}])
    page = await desk.open(case)
    assert "gnp.png" in read(page, "timeline")
    assert "\u202e" not in read(page, "timeline")
    address = page.split('<img src="/api/v1/downloads/')[1].split('"')[0]
    thumbnail = await http.get(f"/api/v1/downloads/{address}")
    assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/webp")


async def test_the_page_says_amounts_in_every_currency(desk: Desk, scene: Scene) -> None:
    for amount, currency, shown in (("1500", "jpy", "¥1,500\xa0JPY"), ("14.500", "kwd", "KWD\xa014.500")):
        case = await scene.case(await scene.payment(amount=amount, currency=currency))
        page = await desk.open(case)
        assert shown in page


@pytest.mark.parametrize("who", ["owner", "reviewer"])
async def test_a_page_costs_eight_statements_whatever_there_is(
    desk: Desk, scene: Scene, server: Server, who: str
) -> None:
    now = scene.clock.now()
    case = await scene.under_review()
    user = await (desk.person() if who == "owner" else make_staff_person(scene.pool, who))
    counts: list[int] = []
    for _ in range(2):
        async with desk.browser(user) as http, statements(server.services.pool) as seen:
            assert (await http.get(desk.path(case))).status_code == 200
        counts.append(len(seen))
        for days in range(1, 30):
            await scene.payment(paid_at=now - timedelta(days=days))
            await make_activity(scene.pool, scene.account, member=scene.member, occurred_at=now - timedelta(days=days))
    assert counts[0] == counts[1] <= 8


async def test_next_and_previous_follow_the_table_that_one_comes_from(desk: Desk, scene: Scene) -> None:
    cases: list[dict[str, Any]] = []
    for _ in range(3):
        cases.append(await scene.case())
        scene.clock.advance(timedelta(hours=1))
    first, second, third = (case["id"] for case in cases)
    user = await desk.person()
    async with desk.browser(user) as http:

        async def step(case: str, which: str, table: str) -> str:
            path = f"/accounts/{scene.account.pid}/cases/{case}/{which}"
            answer = await http.get(path, params={"from": table})
            assert answer.status_code == 303
            return answer.headers["location"].removeprefix(f"/accounts/{scene.account.pid}/")

        kept = "?from=tab%3Dyour_turn"
        assert await step(first, "next", "tab=your_turn") == f"cases/{second}{kept}", "by due time"
        assert await step(second, "previous", "tab=your_turn") == f"cases/{first}{kept}"
        assert await step(third, "next", "tab=your_turn") == "cases?tab=your_turn"
        assert await step(third, "next", "sort=-opened") == f"cases/{second}?from=sort%3D-opened"
        await scene.merchant.act(first, "deny", message="No.")
        assert await step(first, "next", "tab=your_turn") == f"cases/{second}{kept}", "the first that is left"
        assert await step(first, "previous", "tab=your_turn") == "cases?tab=your_turn"
        assert await step(second, "next", "q=nothing+like+it") == "cases?q=nothing+like+it"
        assert await step(second, "next", "sort=sideways&size=x") == f"cases/{first}?from=sort%3Dsideways%26size%3Dx"
    page = await desk.open(cases[1], user, **{"from": "tab=your_turn"})
    assert f"cases/{second}/next?from=tab%3Dyour_turn" in page
    assert 'cases?tab=your_turn"' in page


@pytest.mark.slow
async def test_a_very_long_timeline_begins_with_its_newest_part(desk: Desk, scene: Scene) -> None:
    case = await scene.case()
    for number in range(201):
        await scene.merchant.act(case, "notes", message=f"Note {number}.")
    user = await desk.person()
    page = await desk.open(case, user)
    timeline = read(page, "timeline")
    assert "Go to the newest of 200 events Show earlier events" in timeline
    assert "Note 1." in timeline
    assert "Note 0." not in timeline
    before = page.split("?before=")[1].split("#")[0]
    earlier = read(await desk.open(case, user, before=before), "timeline")
    assert "Opened the case" in earlier
    assert "Note 0." in earlier
    assert "Note 1." not in earlier
    assert "Back to the newest events" in earlier
