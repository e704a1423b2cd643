"""The table of cases over HTTP: what it shows, its filters and their addresses, columns, views, acting on many cases.

All of it without JavaScript; what htmx asks for besides is asked for by its headers.
"""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.rows import UserRow
from tests.builders import make_account, make_member, make_product, make_user
from tests.cases.scene import Scene
from tests.credentials import bearer
from tests.staff import FIELD, browser, csrf, make_staff_person, make_team_person

HOSTILE = "<script>alert(1)</script> \"'>&"
HTMX = {"HX-Request": "true"}


class Table:
    """An owner's browser at the table of the scene's account."""

    def __init__(self, http: httpx.AsyncClient, scene: Scene) -> None:
        self.http = http
        self.scene = scene
        self.path = f"/accounts/{scene.account.pid}/cases"

    async def open(self, query: str = "", path: str = "") -> str:
        """Return the page."""
        answer = await self.http.get(f"{path or self.path}{'?' if query else ''}{query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, part: str, form: dict[str, Any], **headers: str) -> httpx.Response:
        """Send a form."""
        return await self.http.post(f"{self.path}{part}", data={**form, **await csrf(self.http)}, headers=headers)


def words(html: str) -> str:
    """Return what a page says, without its markup."""
    plain = re.sub(r"<(script|style|template|head)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(plain)).strip()


def shown(html: str) -> list[str]:
    """Return the ids of the cases in the table, in order."""
    return re.findall(r'data-row="(reso_\w+)"', html)


def columns(html: str) -> list[str]:
    """Return the columns of the table, in order."""
    return re.findall(r'<th class="c-(\w+)[^"]*" role="columnheader"', html)


def chips(html: str) -> list[str]:
    """Return the filters in force, in words."""
    return [words(chip) for chip in re.findall(r'<li class="chip">(.*?)</li>', html, re.DOTALL)]


def hidden(html: str, name: str) -> list[str]:
    """Return the values of hidden fields."""
    return [unescape(value) for value in re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)]


@pytest.fixture
async def table(scene: Scene) -> AsyncGenerator[Table]:
    """Give an owner's table."""
    owner = await make_team_person(scene.pool, scene.account, "owner")
    async with browser(str(scene.http.base_url), scene.pool, owner, scene.clock) as http:
        yield Table(http, scene)


async def as_person(scene: Scene, user: UserRow, path: str) -> httpx.Response:
    """Return what somebody gets."""
    async with browser(str(scene.http.base_url), scene.pool, user, scene.clock) as http:
        return await http.get(path)


async def test_an_account_without_cases_says_what_will_appear(table: Table) -> None:
    html = await table.open()
    assert "No cases yet" in html
    assert shown(html) == []


async def test_the_table_says_of_each_case_whose_turn_it_is(table: Table, scene: Scene) -> None:
    waiting = await scene.case()
    scene.clock.advance(timedelta(minutes=1))
    denied = await scene.merchant.act(await scene.case(), "deny", message="It is as described.")
    scene.clock.advance(timedelta(minutes=1))
    accepted = await scene.merchant.act(await scene.case(), "accept")
    html = await table.open()
    assert shown(html) == [accepted["id"], denied["id"], waiting["id"]]
    assert columns(html) == [
        "select", "case", "customer", "product", "reason", "status", "amount", "opened", "due", "action"
    ]  # fmt: skip
    rows = dict(zip(shown(html), html.split("<tr id=")[1:], strict=True))
    assert "Waiting for you" in rows[waiting["id"]]
    assert ">Respond<" in rows[waiting["id"]]
    assert "$49.00" in rows[waiting["id"]]
    assert "In your favor" in rows[denied["id"]]
    assert ">View details<" in rows[denied["id"]]
    assert 'title="Closed · refund on its way"' in rows[accepted["id"]]
    assert ">Refund on its way<" in rows[accepted["id"]]
    assert ">Refunded<" not in rows[accepted["id"]]
    assert f'href="{table.path}/{waiting["id"]}"' in html


async def test_only_what_is_the_viewers_to_meet_is_urgent(table: Table, scene: Scene) -> None:
    theirs = await scene.case()
    await scene.merchant.act(theirs, "request_info", message="Which two?")
    mine = await scene.case()
    scene.clock.advance(timedelta(days=6, hours=12))
    html = await table.open()
    rows = dict(zip(shown(html), html.split("<tr id=")[1:], strict=True))
    assert 'class="due due-warning"' in rows[mine["id"]]
    assert 'class="due due-calm"' in rows[theirs["id"]]


async def test_tabs_count_and_keep_the_filters(table: Table, scene: Scene) -> None:
    await scene.case()
    await scene.merchant.act(await scene.case(), "deny", message="It is as described.")
    html = await table.open("reason=not_as_described")
    tabs = re.findall(r'<a class="table-tab" href="([^"]+)".*?>(.*?)</a>', html, re.DOTALL)
    assert [words(label) for _, label in tabs] == [
        "All 2", "Waiting for you 1", "Waiting for the customer 0", "Under review 0", "Closed 1"
    ]  # fmt: skip
    assert unescape(tabs[1][0]) == f"{table.path}?tab=your_turn&reason=not_as_described"
    closed = await table.open("tab=closed")
    assert len(shown(closed)) == 1
    assert "No customer owes you an answer" in await table.open("tab=awaiting_customer")


FILTERS = {
    "q=Ada": "Search “Ada”",
    "opened=7d": "Opened Last 7 days",
    "opened=2026-11-01..2026-11-20": "Opened Sun 1 Nov – Fri 20 Nov",
    "opened=2026-11-20..": "Opened from Fri 20 Nov",
    "due=7d": "Response due Next 7 days",
    "closed=this_month": "Closed This month",
    "status=awaiting_merchant": "Status Waiting for you",
    "reason=duplicate": "Reason Paid twice",
    "outcome=settled": "Outcome Settled",
    "method=card": "Payment method Card",
    "assignee=me": "Assignee Me",
    "assignee=nobody": "Assignee Nobody",
    "currency=usd": "Currency USD",
    "currency=usd&amount=10..49.50": "Amount $10.00 – $49.50",
    "currency=jpy&amount=..5000": "Amount up to ¥5,000",
    "escalated=yes": "Escalated Yes",
}


@pytest.mark.parametrize("query", FILTERS)
async def test_each_filter_is_a_chip_that_leads_back_to_the_table_without_it(table: Table, query: str) -> None:
    html = await table.open(query)
    assert chips(html) == [FILTERS[query]]
    without = re.search(r'<a class="chip-x" href="([^"]+)"', html)
    assert without is not None
    assert unescape(without[1]) == (f"{table.path}?currency={query[9:12]}" if "&" in query else table.path)


async def test_chips_go_one_by_one_or_all_at_once(table: Table, scene: Scene) -> None:
    product = await make_product(scene.pool, scene.account, title=HOSTILE)
    html = await table.open(f"status=closed&status=under_review&product={product.pid}&tab=closed&sort=opened")
    assert chips(html) == ["Status Under review", "Status Closed", f"Product {HOSTILE}"]
    assert "<script>alert" not in html
    clear = re.search(r'<a class="chip-clear" href="([^"]+)"', html)
    assert clear is not None
    assert unescape(clear[1]) == f"{table.path}?tab=closed&sort=opened"


async def test_a_form_leads_to_the_address_that_says_the_same(table: Table) -> None:
    form = (
        "q=&opened=custom&opened_from=2026-11-01&opened_to=&due=&status=closed&currency=usd&amount_min=10&amount_max="
    )
    answer = await table.http.get(f"{table.path}?{form}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{table.path}?opened=2026-11-01..&status=closed&currency=usd&amount=10.."


async def test_what_is_not_understood_is_left_out_and_said(table: Table) -> None:
    html = await table.open("reason=boredom&colour=red")
    assert "“Reason” cannot be “boredom”. It was left out." in words(html)
    assert "The address asks for “colour”, which this table cannot do." in words(html)
    assert chips(html) == []


async def test_an_amount_without_a_currency_asks_for_one(table: Table) -> None:
    html = await table.open("amount_min=10")
    assert "Amounts are compared in one currency." in words(html)
    assert chips(html) == []


async def test_no_match_offers_to_clear_the_filters(table: Table, scene: Scene) -> None:
    await scene.case()
    html = await table.open("q=nobody-has-this-name")
    assert "No case matches" in html
    assert "Clear the filters" in html


async def test_heads_sort_both_ways_and_amount_needs_a_currency(table: Table, scene: Scene) -> None:
    first = await scene.case(await scene.payment(amount="10"))
    scene.clock.advance(timedelta(minutes=1))
    second = await scene.case(await scene.payment(amount="90"))
    html = await table.open()
    assert 'aria-sort="descending"' in html
    assert f'href="{table.path}?sort=opened"' in html
    assert shown(await table.open("sort=opened")) == [first["id"], second["id"]]
    assert "Choose one currency to sort by amount" in html
    by_amount = await table.open("currency=usd&sort=-amount")
    assert shown(by_amount) == [second["id"], first["id"]]
    assert f'href="{table.path}?currency=usd&amp;sort=amount"' in by_amount


async def test_pages_go_on_and_back(table: Table, scene: Scene) -> None:
    opened: list[str] = []
    for _ in range(27):
        opened.append((await scene.case())["id"])
        scene.clock.advance(timedelta(seconds=1))
    first = await table.open("size=25")
    assert shown(first) == opened[:1:-1]
    assert "25 of 27 cases" in words(first)
    on = re.search(r'href="([^"]+)" rel="next"', first)
    assert on is not None
    second = await table.open(path=unescape(on[1]))
    assert shown(second) == opened[1::-1]
    back = re.search(r'href="([^"]+)" rel="prev"', second)
    assert back is not None
    assert shown(await table.open(path=unescape(back[1]))) == shown(first)


async def test_columns_are_kept_for_the_person(table: Table, scene: Scene) -> None:
    await scene.case()
    form = {"order": ["email", "status", "amount"], "columns": ["status", "email"], "back": "tab=your_turn"}
    answer = await table.send("/columns", form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{table.path}?tab=your_turn"
    html = await table.open()
    assert columns(html) == ["select", "case", "email", "status", "action"]
    assert "ada@example.com" in html
    other = await make_team_person(scene.pool, scene.account, "admin")
    assert "product" in columns((await as_person(scene, other, table.path)).text)
    await table.send("/columns", {"reset": "1"})
    assert "product" in columns(await table.open())


async def test_arrows_move_a_column_without_javascript(table: Table) -> None:
    form = {"order": ["email", "status", "amount"], "columns": ["status"], "move": "amount:up"}
    answer = await table.send("/columns", form)
    assert answer.status_code == 200
    assert hidden(answer.text, "order")[:3] == ["email", "amount", "status"]
    assert re.findall(r'name="columns" value="(\w+)" checked', answer.text) == ["status"]


async def test_density_is_kept(table: Table, scene: Scene) -> None:
    await scene.case()
    assert "is-compact" not in await table.open()
    assert (await table.send("/columns", {"density": "compact"})).status_code == 303
    assert "is-compact" in await table.open()


async def test_a_dialog_is_a_part_and_a_page_is_whole(table: Table) -> None:
    part = await table.http.get(f"{table.path}/columns", headers=HTMX)
    assert "<html" not in part.text
    assert "Edit columns" in part.text
    assert "<html" in await table.open(path=f"{table.path}/columns")


async def test_views_are_saved_shown_changed_renamed_and_deleted(table: Table, scene: Scene) -> None:
    views = f"/accounts/{scene.account.pid}/views"
    saved = await table.http.post(views, data={"name": "Urgent", "query": "due=7d", **await csrf(table.http)})
    assert saved.status_code == 303
    address = saved.headers["location"]
    view = re.search(r"view=(view_\w+)", address)
    assert view is not None
    html = await table.open(path=address)
    assert chips(html) == ["Response due Next 7 days"]
    assert "<title>Urgent" in html
    assert "Update “Urgent”" not in html
    changed = await table.open(f"due=today&view={view[1]}")
    assert "Update “Urgent”" in changed
    one = f"{views}/{view[1]}"
    assert (await table.http.post(one, data={"query": "due=today", **await csrf(table.http)})).status_code == 303
    assert (await table.http.post(one, data={"name": HOSTILE, **await csrf(table.http)})).status_code == 303
    listed = await table.open(path=views)
    assert f"{HOSTILE}" in words(listed)
    assert "<script>alert" not in listed
    assert "Response due: Today" in words(listed)
    assert (await table.http.post(one, data={"name": " ", **await csrf(table.http)})).status_code == 422
    assert (await table.http.post(f"{one}/delete", data=await csrf(table.http))).status_code == 303
    assert "No saved views yet" in await table.open(path=views)
    assert (await table.http.post(f"{one}/delete", data=await csrf(table.http))).status_code == 404


async def test_accepting_many_states_amounts_and_reports_each_row(table: Table, scene: Scene) -> None:
    cases = [await scene.case(), await scene.case(await scene.payment(amount="20", currency="eur"))]
    closed = await scene.merchant.act(await scene.case(), "deny", message="It is as described.")
    html = await table.open()
    boxes = re.findall(r'name="case" value="(reso_\w+:\d+)"', html)
    assert len(boxes) == 3
    confirmation = await table.send("/bulk", {"action": "accept", "case": boxes, "back": "tab=all"})
    assert confirmation.status_code == 200
    text = words(confirmation.text)
    assert "Accept 2 cases?" in text
    assert "$49.00 + €20.00 EUR" in text
    assert "Refund $49.00 + €20.00 EUR in 2 cases" in text
    assert "1 case is left out" in text
    assert "It is closed already." in text
    selection = hidden(confirmation.text, "case")
    assert sorted(one.partition(":")[0] for one in selection) == sorted(case["id"] for case in cases)
    await scene.customer.act(cases[1], "comment", message="Please hurry.")
    (token,) = hidden(confirmation.text, "token")
    run = {"action": "accept", "case": selection, "token": token, "back": ""}
    report = words((await table.send("/bulk/run", run)).text)
    assert "1 case accepted, 1 not" in report
    assert "Something has happened since you looked at it." in report
    again = words((await table.send("/bulk/run", run)).text)
    assert "1 case accepted, 1 not" in again
    assert (await scene.merchant.read(cases[0]))["outcome"] == "customer_won"
    assert (await scene.merchant.read(cases[1]))["status"] == "awaiting_merchant"
    assert (await scene.merchant.read(closed))["outcome"] == "merchant_won"


async def test_denying_many_needs_a_message_and_loses_nothing(table: Table, scene: Scene) -> None:
    case = await scene.case()
    form = {"action": "deny", "case": [case["id"]], "token": "of-the-form"}
    refused = await table.send("/bulk/run", form)
    assert refused.status_code == 422
    assert "Each of these customers gets it." in refused.text
    assert hidden(refused.text, "token") == ["of-the-form"]
    misspelled = await table.send("/bulk/run", {**form, "message": "Hello {custmer_name}."})
    assert misspelled.status_code == 422
    assert "{custmer_name} is not a placeholder." in misspelled.text
    assert "Hello {custmer_name}." in misspelled.text
    assert "1 case denied" in (await table.send("/bulk/run", {**form, "message": "It was delivered."})).text
    assert (await scene.merchant.read(case))["outcome"] == "merchant_won"


async def test_a_saved_reply_is_filled_in_for_each_case(table: Table, scene: Scene) -> None:
    reply = {"title": "Delivered", "body": "Hello {customer_name}, {product} for {amount} was delivered."}
    answer = await scene.http.post("/api/v1/saved_replies", json=reply, headers=bearer(scene.merchant.token))
    cases = [await scene.case(), await scene.case(await scene.payment(amount="20", currency="eur"))]
    selected = [case["id"] for case in cases]
    confirmation = await table.send("/bulk", {"action": "deny", "case": selected})
    assert f'<option value="{answer.json()["id"]}">Delivered' in confirmation.text
    insert = {"action": "deny", "case": selected, "token": "t", "message": "First.", "insert": "1"}
    inserted = await table.send("/bulk", {**insert, "reply": answer.json()["id"]})
    written = re.search(r"<textarea[^>]*>(.*?)</textarea>", inserted.text, re.DOTALL)
    assert written is not None
    assert unescape(written[1]) == f"First.\n\n{reply['body']}"
    run = {"action": "deny", "case": selected, "token": "t", "message": reply["body"]}
    assert "2 cases denied" in (await table.send("/bulk/run", run)).text
    said = [(await scene.customer.read(case))["events"][0]["details"] for case in cases]
    assert said == [
        "Hello Ada Lovelace, Trading course for $49.00 was delivered.",
        "Hello Ada Lovelace, Trading course for €20.00\u00a0EUR was delivered.",
    ]


async def test_assigning_many(table: Table, scene: Scene) -> None:
    user, _ = await scene.colleague("support", name="Grace Hopper")
    case = await scene.case()
    confirmation = await table.send("/bulk", {"action": "assign", "case": [case["id"]]})
    assert f'<option value="{user.pid}">Grace Hopper' in confirmation.text
    form = {"action": "assign", "case": [case["id"]], "token": "t", "assignee": user.pid}
    assert "1 case assigned" in (await table.send("/bulk/run", form)).text
    await table.send("/columns", {"order": ["assignee"], "columns": ["assignee"]})
    assert "Grace Hopper" in words((await table.open("assignee=" + user.pid)).split("<tbody")[1])


async def test_nothing_selected_is_said(table: Table) -> None:
    answer = await table.send("/bulk", {"action": "accept"})
    assert answer.status_code == 303
    assert "Select the cases first" in await table.open()


async def test_a_viewer_sees_all_and_can_change_nothing(scene: Scene) -> None:
    await scene.case()
    viewer = await make_team_person(scene.pool, scene.account, "viewer")
    html = (await as_person(scene, viewer, f"/accounts/{scene.account.pid}/cases")).text
    assert "Waiting for you" in html
    assert 'name="case"' not in html
    assert ">Respond<" not in html
    assert ">View details<" in html


async def test_the_platform_sees_the_table_from_its_own_side(scene: Scene) -> None:
    await scene.case()
    reviewer = await make_staff_person(scene.pool, "reviewer")
    html = (await as_person(scene, reviewer, f"/accounts/{scene.account.pid}/cases")).text
    assert "Waiting for the merchant" in html
    assert "Waiting for you" not in html


async def test_other_accounts_are_not_there(table: Table, scene: Scene) -> None:
    other = await make_account(scene.pool, title="Elsewhere")
    for pid in (other.pid, "biz_nothing", public_id(Prefix.ACCOUNT, uuid7(scene.clock.now()), 77)):
        assert (await table.http.get(f"/accounts/{pid}/cases")).status_code == 404
    forms: list[tuple[str, dict[str, Any]]] = [("/bulk", {"action": "accept"}), ("/columns", {})]
    for part, form in forms:
        data = {**form, **await csrf(table.http)}
        assert (await table.http.post(f"/accounts/{other.pid}/cases{part}", data=data)).status_code == 404


async def test_a_form_without_its_token_changes_nothing(table: Table, scene: Scene) -> None:
    case = await scene.case()
    del table.http.headers["x-csrf-token"]
    form = {"action": "deny", "case": case["id"], "token": "t", "message": "No.", FIELD: "forged"}
    assert (await table.http.post(f"{table.path}/bulk/run", data=form)).status_code == 403
    assert (await scene.merchant.read(case))["status"] == "awaiting_merchant"


async def test_what_people_write_is_shown_as_they_wrote_it(table: Table, scene: Scene) -> None:
    mallory = await make_user(scene.pool, name=HOSTILE, username=None, email="m@example.com", now=scene.clock.now())
    member = await make_member(scene.pool, scene.account, user=mallory, now=scene.clock.now())
    product = await make_product(scene.pool, scene.account, title=HOSTILE * 3, now=scene.clock.now())
    payment = await scene.payment(member=member, product=product, plan=None)
    body = {"receipt_id": payment.pid, "reason": "duplicate", "message": "Twice."}
    await scene.user(mallory).done("", body)
    html = await table.open()
    assert HOSTILE in words(html)
    assert "<script>alert" not in html
    assert "<script>alert" not in await table.open(f"q={HOSTILE}")


async def test_money_is_written_in_the_places_of_its_currency(table: Table, scene: Scene) -> None:
    await scene.case(await scene.payment(amount="12800", currency="jpy"))
    await scene.case(await scene.payment(amount="4.250", currency="kwd"))
    html = words(await table.open())
    assert "¥12,800 JPY" in html
    assert "KWD 4.250" in html.replace("\u00a0", " ")


async def test_changed_rows_come_by_themselves_with_the_tabs(table: Table, scene: Scene) -> None:
    case, other = await scene.case(), await scene.case()
    await scene.merchant.act(case, "deny", message="It is as described.")
    query = f"tab=your_turn&case={case['id']}&case={other['id']}&case=reso_nothing"
    part = await table.http.get(f"{table.path}/live?{query}", headers=HTMX)
    assert "<html" not in part.text
    assert set(shown(part.text)) == {case["id"], other["id"]}
    assert f'data-matching="{other["id"]}"' in part.text
    assert "Waiting for you<span" in part.text
    searched = await table.http.get(f"{table.path}/live?q={case['id']}&case={case['id']}&case={other['id']}")
    assert f'data-matching="{case["id"]}"' in searched.text


async def test_products_are_found_as_somebody_types(table: Table, scene: Scene) -> None:
    chosen = await make_product(scene.pool, scene.account, title="Chosen one")
    await make_product(scene.pool, scene.account, title="Gardening for pilots")
    part = await table.http.get(f"{table.path}/products?find=garden&product={chosen.pid}", headers=HTMX)
    assert words(part.text) == "Chosen one Gardening for pilots"
    assert part.text.count("checked") == 1
    nothing = await table.http.get(f"{table.path}/products?find=zzzz", headers=HTMX)
    assert "No product has this in its title." in nothing.text
