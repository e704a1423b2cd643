"""Saved replies: what placeholders become, and the API and pages with which an account keeps them."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace

from amends.access.permissions import ACCOUNT_PERMISSIONS, Permission
from amends.cases.commands_replies import MOST_REPLIES
from amends.cases.replies import About, Placeholder, check_body, placeholders_in, render_reply
from amends.db.pool import Pool
from amends.kit.clock import ManualClock
from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.rows import AccountRow
from tests.builders import NOW, make_account
from tests.credentials import bearer, make_api_key, make_user_token
from tests.running import Server
from tests.staff import browser, make_team_person

API = "/api/v1/saved_replies"
EVERYTHING = " ".join(placeholder.written for placeholder in Placeholder)
ABOUT = About(
    customer_name="Ada Lovelace",
    product="Trading course",
    amount_minor=4900,
    currency="usd",
    places=2,
    case_id="reso_1",
    due=datetime(2026, 11, 24, 13, tzinfo=UTC),
    agent_name="Grace",
    account="Northbeam",
    home="usd",
    locale="en",
    time_zone="Europe/Berlin",
)


def test_every_placeholder_is_filled_in() -> None:
    text = render_reply(EVERYTHING, ABOUT, NOW)
    assert text == "Ada Lovelace Trading course $49.00 reso_1 Tue 24 Nov, 14:00 Grace Northbeam"


def test_what_is_not_known_reads_naturally() -> None:
    unknown = replace(ABOUT, customer_name=None, product=None, due=None, agent_name=None)
    body = "Hello {customer_name}, about {product}: answer by {due}. {agent_name}"
    assert render_reply(body, unknown, NOW) == (
        "Hello dear customer, about your purchase: answer by the date on the page of your case. the team of Northbeam"
    )


@pytest.mark.parametrize(
    ("amount_minor", "currency", "places", "home", "shown"),
    [
        (4900, "usd", 2, "usd", "$49.00"),
        (4900, "usd", 2, "eur", "$49.00 USD"),
        (4900, "jpy", 0, "jpy", "¥4,900"),
        (4900, "kwd", 3, "usd", "KWD 4.900"),
    ],
)
def test_an_amount_says_its_currency_where_it_is_not_the_accounts(
    amount_minor: int, currency: str, places: int, home: str, shown: str
) -> None:
    about = replace(ABOUT, amount_minor=amount_minor, currency=currency, places=places, home=home)
    assert render_reply("{amount}", about, NOW).replace("\xa0", " ") == shown


def test_it_is_written_in_the_customers_language() -> None:
    spanish = replace(ABOUT, locale="es", time_zone="America/Bogota")
    assert "8:00" in render_reply("{due}", spanish, NOW)
    assert "US$" in render_reply("{amount}", spanish, NOW) or "$" in render_reply("{amount}", spanish, NOW)


def test_what_a_value_says_is_not_filled_in_again() -> None:
    assert render_reply("{customer_name}", replace(ABOUT, customer_name="{amount}"), NOW) == "{amount}"


@pytest.mark.parametrize("body", ["{name}", "{Customer_name}", "{}", "{ amount }", "ok {amount} {x y}"])
def test_an_unknown_placeholder_is_refused_with_the_known_ones(body: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        check_body(body)
    assert refusal.value.code == "unknown_placeholder"
    assert (refusal.value.details or {})["known"] == [placeholder.written for placeholder in Placeholder]


@pytest.mark.parametrize("body", ["", "no braces", "an open { alone", "one } closed\n{", EVERYTHING])
def test_everything_else_can_be_saved(body: str) -> None:
    check_body(body)


def test_placeholders_are_listed_once_in_their_order() -> None:
    assert placeholders_in("{amount} {customer_name} {amount}") == [Placeholder.AMOUNT, Placeholder.CUSTOMER_NAME]


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    """Give an account."""
    return await make_account(pool, title="Northbeam")


@pytest.fixture
async def key(pool: Pool, account: AccountRow) -> dict[str, str]:
    """Give the header of a key of the account."""
    return bearer(await make_api_key(pool, account))


async def test_the_api_keeps_changes_and_deletes(http: httpx.AsyncClient, key: dict[str, str]) -> None:
    made = await http.post(API, json={"title": " How to  cancel", "body": "Dear {customer_name}"}, headers=key)
    assert made.status_code == 201
    reply = made.json()
    assert (reply["title"], reply["placeholders"]) == ("How to cancel", ["customer_name"])
    assert re.fullmatch(r"rply_\w+", reply["id"])
    path = f"{API}/{reply['id']}"
    assert (await http.get(path, headers=key)).json() == reply
    changed = await http.patch(path, json={"title": "Cancelling"}, headers=key)
    assert (changed.status_code, changed.json()["title"], changed.json()["body"]) == (200, "Cancelling", reply["body"])
    assert (await http.delete(path, headers=key)).json() == changed.json()
    assert (await http.get(path, headers=key)).status_code == 404
    assert (await http.delete(path, headers=key)).status_code == 404


async def test_the_list_is_paged_newest_first(http: httpx.AsyncClient, key: dict[str, str], clock: ManualClock) -> None:
    for number in range(5):
        await http.post(API, json={"title": f"Reply {number}", "body": "x"}, headers=key)
    first = (await http.get(API, params={"first": 2}, headers=key)).json()
    assert [row["title"] for row in first["data"]] == ["Reply 4", "Reply 3"]
    after = first["page_info"]["end_cursor"]
    rest = (await http.get(API, params={"first": 9, "after": after}, headers=key)).json()
    assert [row["title"] for row in rest["data"]] == ["Reply 2", "Reply 1", "Reply 0"]
    assert rest["page_info"]["has_next_page"] is False


async def test_saving_again_with_the_same_key_changes_nothing(http: httpx.AsyncClient, key: dict[str, str]) -> None:
    headers = {**key, "Idempotency-Key": "one"}
    answers = [await http.post(API, json={"title": "T", "body": "x"}, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len((await http.get(API, headers=key)).json()["data"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": "taken", "body": "x"}, "reply_title_taken"),
        ({"title": " ", "body": "x"}, "reply_title_invalid"),
        ({"title": "T", "body": " \n"}, "reply_body_invalid"),
        ({"title": "T", "body": "{customer}"}, "unknown_placeholder"),
    ],
)
async def test_what_cannot_be_saved(
    http: httpx.AsyncClient, key: dict[str, str], body: dict[str, str], code: str
) -> None:
    await http.post(API, json={"title": "Taken", "body": "x"}, headers=key)
    other = (await http.post(API, json={"title": "Other", "body": "x"}, headers=key)).json()["id"]
    for answer in (
        await http.post(API, json=body, headers=key),
        await http.patch(f"{API}/{other}", json=body, headers=key),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert (await http.get(f"{API}/{other}", headers=key)).json()["title"] == "Other"


async def test_there_is_a_most(pool: Pool, http: httpx.AsyncClient, account: AccountRow, key: dict[str, str]) -> None:
    await pool.execute(
        """
        insert into saved_replies
            (account_id, id, pid, title, title_key, body, updated_by, created_at, updated_at)
        select $1, gen_random_uuid(), 'rply_' || n, 'T' || n, 't' || n, 'x', 'user_1', $2, $2
        from generate_series(1, $3) as n
        """,
        account.id,
        NOW,
        MOST_REPLIES,
    )
    answer = await http.post(API, json={"title": "One more", "body": "x"}, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_many_replies")


async def test_an_account_keeps_its_own(pool: Pool, http: httpx.AsyncClient, key: dict[str, str]) -> None:
    reply = (await http.post(API, json={"title": "T", "body": "x"}, headers=key)).json()["id"]
    foreign = bearer(await make_api_key(pool, await make_account(pool)))
    assert (await http.get(API, headers=foreign)).json()["data"] == []
    for method in ("GET", "PATCH", "DELETE"):
        json = {"title": "Mine"} if method == "PATCH" else None
        assert (await http.request(method, f"{API}/{reply}", json=json, headers=foreign)).status_code == 404


async def test_who_answers_reads_them_and_only_who_sets_up_the_rules_changes_them(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, key: dict[str, str]
) -> None:
    reply = (await http.post(API, json={"title": "T", "body": "x"}, headers=key)).json()["id"]
    lesser = bearer(await make_api_key(pool, account, scopes=ACCOUNT_PERMISSIONS - {Permission.RULE_MANAGE}))
    assert (await http.get(API, headers=lesser)).status_code == 200
    assert (await http.post(API, json={"title": "U", "body": "x"}, headers=lesser)).status_code == 403
    for role, status in (("viewer", 403), ("support", 403), ("admin", 200), ("owner", 200)):
        user = bearer(make_user_token(await make_team_person(pool, account, role)))
        assert (await http.get(f"{API}/{reply}", headers=user)).status_code == 200
        assert (await http.patch(f"{API}/{reply}", json={"body": role}, headers=user)).status_code == status


async def test_the_platform_says_which_account(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, key: dict[str, str]
) -> None:
    platform = bearer(await make_api_key(pool))
    asked = await http.get(API, headers=platform)
    assert (asked.status_code, asked.json()["error"]["code"]) == (400, "account_required")
    body = {"title": "T", "body": "x", "account_id": account.pid}
    assert (await http.post(API, json=body, headers=platform)).status_code == 201
    assert len((await http.get(API, params={"account_id": account.pid}, headers=platform)).json()["data"]) == 1
    unknown = public_id(Prefix.ACCOUNT, uuid7(NOW))
    assert (await http.get(API, params={"account_id": unknown}, headers=platform)).status_code == 404


@pytest.fixture
async def admin(
    server: Server, pool: Pool, account: AccountRow, clock: ManualClock
) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a browser in which an admin of the account is signed in."""
    async with browser(server.url, pool, await make_team_person(pool, account, "admin"), clock) as http:
        yield http


def at(account: AccountRow, rest: str = "") -> str:
    return f"/accounts/{account.pid}/replies{rest}"


async def test_an_admin_writes_edits_and_deletes_on_the_pages(
    pool: Pool, account: AccountRow, admin: httpx.AsyncClient
) -> None:
    assert "No saved replies yet" in (await admin.get(at(account))).text
    form = await admin.get(at(account, "/new"))
    assert all(placeholder.written in form.text for placeholder in Placeholder)
    made = await admin.post(at(account), data={"title": "Refund sent", "body": "{amount} is on its way."})
    assert (made.status_code, made.headers["location"]) == (303, at(account))
    pid = await pool.fetchval("select pid from saved_replies")
    page = (await admin.get(at(account, f"/{pid}"))).text
    assert ("{amount} is on its way." in page, "$49.00 is on its way." in page) == (True, True)
    changed = await admin.post(at(account, f"/{pid}"), data={"title": "Refund sent", "body": "Done."})
    assert changed.status_code == 303
    assert "Done." in (await admin.get(at(account))).text
    assert (await admin.post(at(account, f"/{pid}/delete"))).status_code == 303
    assert (await admin.get(at(account, f"/{pid}"))).status_code == 404
    actions = [row["action"] for row in await pool.fetch("select action from audit_log order by created_at, id")]
    assert actions[1:] == ["saved_reply.created", "saved_reply.changed", "saved_reply.deleted"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": "T", "body": "{nobody}"}, "{nobody} is not a placeholder"),
        ({"title": "taken", "body": "x"}, "with this title already"),
        ({"title": "", "body": "kept as typed"}, "kept as typed"),
    ],
)
async def test_what_is_refused_stays_in_the_form(
    account: AccountRow, admin: httpx.AsyncClient, fields: dict[str, str], words: str
) -> None:
    await admin.post(at(account), data={"title": "Taken", "body": "x"})
    refused = await admin.post(at(account), data=fields)
    assert (refused.status_code, words in refused.text, fields["body"] in refused.text) == (422, True, True)


async def test_the_preview_is_a_part_or_a_page(account: AccountRow, admin: httpx.AsyncClient) -> None:
    typed = {"title": "T", "body": "Dear {customer_name}"}
    part = await admin.post(at(account, "/preview"), data=typed, headers={"HX-Request": "true"})
    assert (part.status_code, "<html" in part.text, "Dear Ada Lovelace" in part.text) == (200, False, True)
    page = await admin.post(at(account, "/preview"), data=typed)
    assert (page.status_code, "Dear Ada Lovelace" in page.text, "Dear {customer_name}" in page.text) == (
        200,
        True,
        True,
    )
    wrong = await admin.post(at(account, "/preview"), data={"body": "{x}"}, headers={"HX-Request": "true"})
    assert (wrong.status_code, "is not a placeholder" in wrong.text) == (200, True)


async def test_support_reads_and_does_not_edit(
    server: Server, pool: Pool, account: AccountRow, admin: httpx.AsyncClient, clock: ManualClock
) -> None:
    await admin.post(at(account), data={"title": "T", "body": "For {customer_name}"})
    pid = await pool.fetchval("select pid from saved_replies")
    async with browser(server.url, pool, await make_team_person(pool, account, "support"), clock) as http:
        assert "New reply" not in (await http.get(at(account))).text
        page = (await http.get(at(account, f"/{pid}"))).text
        assert ("For Ada Lovelace" in page, "<textarea" in page) == (True, False)
        for path in ("", f"/{pid}", f"/{pid}/delete"):
            assert (await http.post(at(account, path), data={"title": "U", "body": "x"})).status_code == 403


async def test_a_reply_of_another_account_is_not_there(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, admin: httpx.AsyncClient
) -> None:
    other = await make_account(pool)
    foreign = bearer(await make_api_key(pool, other))
    pid = (await http.post(API, json={"title": "T", "body": "x"}, headers=foreign)).json()["id"]
    for path in (at(account, f"/{pid}"), at(other, f"/{pid}"), at(account, "/x")):
        assert (await admin.get(path)).status_code == 404, path
    assert (await admin.post(at(account, f"/{pid}/delete"))).status_code == 404
    assert (await admin.post(at(account, f"/{pid}"), data={"title": "U", "body": "x"})).status_code == 404
