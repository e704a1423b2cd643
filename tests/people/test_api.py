"""The routes of people and what they bought, over HTTP."""

from typing import Any

import httpx
import pytest

from amends.access.permissions import ACCOUNT_PERMISSIONS, ALL_PERMISSIONS, Permission
from amends.db.pool import Pool
from amends.db.worker import Worker
from amends.people.rows import AccountRow, MemberRow
from amends.services import Services
from tests.builders import make_account, make_activity, make_member, make_payment, make_product, make_user
from tests.credentials import bearer, make_api_key, make_team_member, make_user_token

V1 = "/api/v1"


class Caller:
    """Calls the API with one credential."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = bearer(token)

    async def put(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self._http.put(V1 + path, json=body, headers=self._headers)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self._http.get(V1 + path, params=params or None, headers=self._headers)

    async def ids(self, path: str, **params: Any) -> list[str]:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["data"]]


@pytest.fixture
async def account(pool: Pool) -> AccountRow:
    return await make_account(pool, external_id="acme")


@pytest.fixture
async def member(pool: Pool, account: AccountRow) -> MemberRow:
    user = await make_user(pool, external_id="ada")
    return await make_member(pool, account, user=user, external_id="m1")


@pytest.fixture
async def merchant(pool: Pool, http: httpx.AsyncClient, account: AccountRow) -> Caller:
    return Caller(http, await make_api_key(pool, account))


@pytest.fixture
async def platform(pool: Pool, http: httpx.AsyncClient) -> Caller:
    return Caller(http, await make_api_key(pool))


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    body = answer.json()["error"]
    return answer.status_code, body["code"], body.get("param")


BODIES = [
    ("products", {"title": "Course"}, {"title": "Courses"}),
    ("plans", {"title": "Monthly", "cancel_before_hours": 24}, {"title": "Monthly"}),
    ("members", {"user": "bob"}, {"user": "bob", "ended_at": "2026-11-20T00:00:00Z"}),
    (
        "payments",
        {"member": "m1", "amount": "5.00", "currency": "usd"},
        {"member": "m1", "amount": 6, "currency": "usd"},
    ),
]


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(("kind", "first", "second"), BODIES, ids=[body[0] for body in BODIES])
async def test_put_creates_changes_and_repeats(
    pool: Pool, account: AccountRow, merchant: Caller, platform: Caller, kind: str, first: Any, second: Any
) -> None:
    bob = await make_user(pool, external_id="bob")
    if kind == "members":
        first = {**first, "user": bob.pid}
    created = await merchant.put(f"/{kind}/x-1", first)
    assert created.status_code == 201, created.text
    body = created.json()
    assert (body["external_id"], body["account_id"]) == ("x-1", account.pid)
    repeated = await platform.put(f"/accounts/{account.pid}/{kind}/x-1", first)
    assert (repeated.status_code, repeated.json()) == (200, body)
    changed = await platform.put(f"/accounts/acme/{kind}/x-1", second)
    assert (changed.status_code, changed.json()["id"]) == (200, body["id"])
    assert changed.json() != body
    expected = changed.json()
    for caller, path in (
        (merchant, f"/{kind}/{body['id']}"),
        (merchant, f"/{kind}/x-1"),
        (platform, f"/{kind}/{body['id']}"),
        (platform, f"/accounts/acme/{kind}/x-1"),
    ):
        answer = await caller.get(path)
        assert (answer.status_code, answer.json()) == (200, expected)
    assert body["id"] in await merchant.ids(f"/{kind}")
    assert body["id"] in await platform.ids(f"/accounts/{account.pid}/{kind}")


async def test_withdrawal_right_by_api(merchant: Caller, platform: Caller, account: AccountRow) -> None:
    made = await merchant.put("/products/x", {"title": "Course"})
    assert (made.status_code, made.json()["withdrawal_right"]) == (201, False)
    refused = await merchant.put("/products/x", {"title": "Course", "withdrawal_right": True})
    assert error(refused) == (422, "withdrawal_right_not_yours", "withdrawal_right")
    on = await platform.put(f"/accounts/{account.pid}/products/x", {"title": "Course", "withdrawal_right": True})
    assert on.json()["withdrawal_right"] is True
    renamed = await merchant.put("/products/x", {"title": "The course"})
    assert renamed.json() | {"updated_at": None} == on.json() | {"title": "The course", "updated_at": None}
    assert [row["withdrawal_right"] for row in (await merchant.get("/products")).json()["data"]] == [True]


async def test_account_key_cannot_look_for_users(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, merchant: Caller, platform: Caller
) -> None:
    bob = await make_user(pool, external_id="bob")
    owner = await make_user(pool)
    await make_team_member(pool, account, owner, "owner")
    for caller in (merchant, Caller(http, make_user_token(owner))):
        answers = [await caller.put("/members/x", {"user": name}) for name in ("bob", "eve")]
        assert [error(answer) for answer in answers] == [(422, "unknown_reference", "user")] * 2
        messages = {answer.json()["error"]["message"].replace("eve", "bob") for answer in answers}
        assert len(messages) == 1
    assert (await merchant.put("/members/x", {"user": bob.pid})).status_code == 201
    assert (await merchant.put("/members/x", {"user": "bob"})).status_code == 200
    other = await make_user(pool)
    assert (await platform.put("/accounts/acme/members/y", {"user": other.external_id})).status_code == 201


async def test_accounts_and_users(platform: Caller, merchant: Caller, account: AccountRow) -> None:
    made = await platform.put("/accounts/shop", {"title": "Shop", "currency": "JPY", "support_limits": {"jpy": 900}})
    assert (made.status_code, made.json()["support_limits"]) == (201, {"jpy": "900"})
    assert await platform.ids("/accounts") == [made.json()["id"], account.pid]
    assert await merchant.ids("/accounts") == [account.pid]
    assert (await platform.get("/accounts/shop")).json() == made.json()
    assert error(await merchant.get("/accounts/shop")) == (404, "not_found", None)
    user = await platform.put("/users/u-1", {"name": "Ada", "email": "ada@example.com"})
    assert (user.status_code, user.json()["created_at"]) == (201, "2026-11-23T09:00:00.000Z")
    assert (await platform.get(f"/users/{user.json()['id']}")).json() == user.json()
    assert await platform.ids("/users") == [user.json()["id"]]
    assert error(await merchant.put("/users/u-1", {})) == (403, "missing_permission", None)


async def test_merchant_changes_only_its_own_account(pool: Pool, merchant: Caller) -> None:
    await make_account(pool, external_id="other")
    changed = await merchant.put("/accounts/acme", {"title": "Renamed", "currency": "usd"})
    assert (changed.status_code, changed.json()["title"]) == (200, "Renamed")
    for unknown in ("other", "nothing"):
        answer = await merchant.put(f"/accounts/{unknown}", {"title": "Renamed", "currency": "usd"})
        assert error(answer) == (404, "not_found", None)


async def test_payment_shows_what_became_of_the_money(
    pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller
) -> None:
    row = await make_payment(pool, account, member=member, amount="1.500", currency="kwd")
    await pool.execute("update payments set refunded_minor = 200, disputed_minor = 300")
    body = (await merchant.get(f"/payments/{row.pid}")).json()
    money = {name: body[name]["amount"] for name in ("amount", "refunded", "reserved", "disputed", "refundable")}
    assert money == {
        "amount": "1.500",
        "refunded": "0.200",
        "reserved": "0.000",
        "disputed": "0.300",
        "refundable": "1.000",
    }
    assert (body["member_id"], body["user_id"], body["case_id"]) == (member.pid, member.user_pid, None)


async def test_receipt_lines(pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller) -> None:
    product = await make_product(pool, account)
    line = {"label": "Course", "subtotal": "9.90", "quantity": 2, "product": product.external_id}
    body = {"member": member.pid, "amount": "9.90", "currency": "usd", "line_items": [line]}
    first = (await merchant.put("/payments/p", body)).json()
    [item] = first["line_items"]
    assert item["id"].startswith("li_")
    assert {**item, "id": ""} == {
        "id": "",
        "label": "Course",
        "plan_id": None,
        "product_id": product.pid,
        "quantity": 2,
        "sku": None,
        "subtotal": {"amount": "9.90", "currency": "usd", "decimals": 2, "display_decimals": 2},
    }
    assert (await merchant.put("/payments/p", body)).json() == first


async def test_doubles_point_at_each_other(
    pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller
) -> None:
    one, two = [await make_payment(pool, account, member=member) for _ in range(2)]
    rows = (await merchant.get("/payments", member_id="m1")).json()["data"]
    assert {row["id"]: row["possible_double_of"] for row in rows} == {one.pid: two.pid, two.pid: one.pid}


async def test_log_of_a_member_by_kind(pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller) -> None:
    made = await merchant.put("/activity/a-1", {"member": "m1", "kind": "login", "details": {"ip": "192.0.2.1"}})
    assert (made.status_code, made.json()["kind"], made.json()["details"]) == (201, "login", {"ip": "192.0.2.1"})
    opened = await make_activity(pool, account, member=member)
    other = await make_activity(pool, account, member=await make_member(pool, account))
    assert set(await merchant.ids("/activity")) == {made.json()["id"], opened.pid, other.pid}
    assert set(await merchant.ids("/activity", member_id=member.pid)) == {made.json()["id"], opened.pid}
    assert await merchant.ids("/activity", member_id="m1", kind="app_opened") == [opened.pid]
    assert set(await merchant.ids("/activity", kind=["app_opened", "login"])) == {
        made.json()["id"],
        opened.pid,
        other.pid,
    }
    for name in (made.json()["id"], "a-1"):
        assert (await merchant.get(f"/activity/{name}")).json() == made.json()
    assert error(await merchant.get("/activity", member_id="nobody")) == (404, "not_found", None)


@pytest.mark.parametrize("limit", [{"first": 2}, {"last": 2}])
async def test_pages_walk_every_list_both_ways(
    pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller, limit: dict[str, int]
) -> None:
    for _ in range(5):
        payment = await make_payment(pool, account, member=member)
        await make_activity(pool, account, member=member, payment=payment)
        await make_product(pool, account)
    for path in ("/payments", "/payments?member_id=m1", "/activity", "/activity?member_id=m1", "/products"):
        every = await merchant.ids(path)
        assert len(every) == 5
        assert await _walk(merchant, path, limit) == every


async def _walk(caller: Caller, path: str, limit: dict[str, int]) -> list[str]:
    ids: list[str] = []
    cursor: dict[str, str] = {}
    is_first = "first" in limit
    while True:
        address, _, query = path.partition("?")
        extra = dict([query.split("=")]) if query else {}
        page = (await caller.get(address, **extra, **limit, **cursor)).json()
        info = page["page_info"]
        got = [row["id"] for row in page["data"]]
        ids = ids + got if is_first else got + ids
        assert (info["has_previous_page"] if is_first else info["has_next_page"]) == bool(cursor)
        if not (info["has_next_page"] if is_first else info["has_previous_page"]):
            return ids
        cursor = {"after": info["end_cursor"]} if is_first else {"before": info["start_cursor"]}


async def test_empty_page_beyond_the_end_tells_what_lies_before(
    pool: Pool, account: AccountRow, member: MemberRow, merchant: Caller
) -> None:
    await make_payment(pool, account, member=member)
    cursor = (await merchant.get("/payments")).json()["page_info"]["end_cursor"]
    page = (await merchant.get("/payments", after=cursor)).json()
    assert page == {
        "data": [],
        "page_info": {"start_cursor": None, "end_cursor": None, "has_next_page": False, "has_previous_page": True},
    }


async def test_unknown_foreign_and_malformed_are_the_same(pool: Pool, account: AccountRow, merchant: Caller) -> None:
    foreign_account = await make_account(pool)
    foreign = await make_member(pool, foreign_account)
    payment = await make_payment(pool, foreign_account, member=foreign)
    answers = [
        await merchant.get(f"/{path}")
        for path in (
            f"members/{foreign.pid}",
            f"members/{foreign.external_id}",
            f"payments/{payment.pid}",
            "payments/pay_",
            "payments/%00",
            "payments/%FF",
            "payments/" + "x" * 300,
            "activity/actv_1",
            f"accounts/{foreign_account.pid}/payments",
            f"accounts/{foreign_account.pid}",
            "accounts/nothing/payments/x",
            f"accounts/{account.pid}/members/{foreign.pid}",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/payments/x", {"member": "m1", "amount": "1.001", "currency": "usd"}, (422, "inexact_amount", "amount")),
        ("/payments/x", {"member": "m1", "amount": "1_0", "currency": "usd"}, (422, "inexact_amount", "amount")),
        ("/payments/x", {"member": "m1", "amount": 1.001, "currency": "usd"}, (422, "inexact_amount", "amount")),
        ("/payments/x", {"member": "m1", "amount": True, "currency": "usd"}, (400, "invalid_parameter", "amount")),
        ("/payments/x", {"member": "m1", "amount": "1"}, (400, "missing_parameter", "currency")),
        ("/payments/x", {"member": "m1", "amount": "1", "currency": "usd", "x": 1}, (400, "unknown_parameter", "x")),
        ("/payments/x", {"member": "m2", "amount": "1", "currency": "usd"}, (422, "unknown_reference", "member")),
        ("/products/a%20b", {"title": "T"}, (422, "invalid_external_id", None)),
        ("/products/" + "x" * 201, {"title": "T"}, (422, "invalid_external_id", None)),
        ("/products/x", {"title": ""}, (400, "invalid_parameter", "title")),
        ("/activity/x", {"member": "m1", "kind": "Not A Kind"}, (400, "invalid_parameter", "kind")),
    ],
)
async def test_bad_bodies(
    merchant: Caller, path: str, body: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    assert error(await merchant.put(path, body)) == expected


async def test_unknown_parameter_is_refused(merchant: Caller) -> None:
    assert error(await merchant.get("/members", colour="red"))[:2] == (400, "unknown_parameter")


async def test_platform_names_the_account(platform: Caller, account: AccountRow, member: MemberRow) -> None:
    assert error(await platform.get("/members")) == (400, "account_required", "account_id")
    assert await platform.ids("/members", account_id=account.pid) == [member.pid]
    assert error(await platform.get("/members", account_id="nothing"))[0] == 404


async def test_email_needs_its_permission(
    pool: Pool, http: httpx.AsyncClient, account: AccountRow, member: MemberRow, merchant: Caller
) -> None:
    assert (await merchant.get(f"/members/{member.pid}")).json()["user"]["email"] == "ada@example.com"
    scopes = ACCOUNT_PERMISSIONS - {Permission.MEMBER_EMAIL_READ}
    blind = Caller(http, await make_api_key(pool, account, scopes=scopes))
    assert (await blind.get(f"/members/{member.pid}")).json()["user"]["email"] is None
    blind = Caller(http, await make_api_key(pool, scopes=ALL_PERMISSIONS - {Permission.MEMBER_EMAIL_READ}))
    assert (await blind.get("/users/ada")).json()["email"] is None


async def test_people_of_a_team(pool: Pool, http: httpx.AsyncClient, account: AccountRow, member: MemberRow) -> None:
    user = await make_user(pool)
    await make_team_member(pool, account, user, "viewer")
    viewer = Caller(http, make_user_token(user))
    assert await viewer.ids("/members") == [member.pid]
    assert error(await viewer.put("/products/x", {"title": "T"}))[:2] == (403, "missing_permission")
    await make_team_member(pool, await make_account(pool), user, "viewer")
    assert error(await viewer.get("/members"))[:2] == (400, "account_required")


async def test_user_sees_own_purchases_at_all_accounts(pool: Pool, http: httpx.AsyncClient, platform: Caller) -> None:
    user, stranger = await make_user(pool), await make_user(pool)
    accounts = [await make_account(pool) for _ in range(2)]
    paid = [await make_payment(pool, each, member=await make_member(pool, each, user=user)) for each in accounts]
    await make_payment(pool, accounts[0])
    customer = Caller(http, make_user_token(user))
    expected = {row.pid for row in paid}
    assert set(await customer.ids(f"/users/{user.pid}/payments")) == expected
    assert set(await platform.ids(f"/users/{user.external_id}/payments")) == expected
    assert error(await Caller(http, make_user_token(stranger)).get(f"/users/{user.pid}/payments"))[0] == 404
    assert (await customer.get(f"/users/{user.pid}")).json()["email"] == "ada@example.com"
    assert error(await customer.get(f"/users/{stranger.pid}"))[0] == 404


async def test_changed_user_reaches_the_members(
    platform: Caller, merchant: Caller, member: MemberRow, worker: Worker[Services]
) -> None:
    await platform.put("/users/ada", {"name": "Ada King"})
    await worker.run_until_idle()
    assert (await merchant.get(f"/members/{member.pid}")).json()["user"]["name"] == "Ada King"


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card_last4", "4242\n"),
        ("currency", "usd\n"),
        ("provider", "stripe\n"),
        ("card_brand", "a\x00b"),
        ("provider_ref", ""),
        ("amount", "1" * 5_000),
        ("amount", [1]),
        ("paid_at", "yesterday"),
    ],
)
async def test_values_that_only_look_right(merchant: Caller, field: str, value: Any) -> None:
    body = {"member": "m1", "amount": "1", "currency": "usd", field: value}
    assert (await merchant.put("/payments/x", body)).status_code in {400, 422}


async def test_strange_parameters(merchant: Caller, member: MemberRow) -> None:
    for query in ("kind=%00", "member_id=%FF", "member_id=%00", "after=x", "first=0", "first=x"):
        answer = await merchant.get(f"/activity?{query}")
        assert answer.status_code in {400, 404}, query
    for kind in ("never_seen", "\ufffd", "a\n", ""):
        assert await merchant.ids("/activity", kind=[kind], member_id=member.pid) == []
