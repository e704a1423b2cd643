"""Imports end to end: what lands, what is reported, what running again does."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from amends.access.permissions import ACCOUNT_PERMISSIONS, Permission
from amends.access.scopes import system_scope
from amends.db.pool import Pool
from amends.imports.commands import Counts
from amends.imports.files import UnknownFileKind, import_file
from amends.imports.queries import get_import
from amends.kit.clock import ManualClock
from amends.people.records import Kind
from amends.people.rows import AccountRow
from tests.builders import make_account, make_member, make_product, make_user
from tests.credentials import bearer, make_api_key, make_user_token

PATH = "/api/v1/imports"

SHOP: list[dict[str, Any]] = [
    {"kind": "account", "id": "shop", "title": "Shop", "currency": "jpy"},
    {"kind": "user", "id": "u1", "name": "Ada"},
    {"kind": "product", "id": "course", "account": "shop", "title": "Course"},
    {"kind": "plan", "id": "monthly", "account": "shop", "product": "course", "cancel_before_hours": 24},
    {"kind": "member", "id": "m1", "account": "shop", "user": "u1", "joined_at": "2026-01-01T00:00:00Z"},
    {
        "kind": "payment",
        "id": "p1",
        "account": "shop",
        "member": "m1",
        "plan": "monthly",
        "amount": 700,
        "currency": "jpy",
        "paid_at": "2026-02-01T00:00:00Z",
    },
    {
        "kind": "activity",
        "account": "shop",
        "member": "m1",
        "activity": "login",
        "occurred_at": "2026-02-02T00:00:00Z",
        "payment": "p1",
    },
]


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


async def send(
    http: httpx.AsyncClient, token: str, content: bytes, media_type: str = "application/x-ndjson", **params: str
) -> httpx.Response:
    headers = {**bearer(token), "Content-Type": media_type}
    return await http.post(PATH, content=content, headers=headers, params=params)


async def counts(http: httpx.AsyncClient, token: str, content: bytes, **params: str) -> tuple[int, int, int]:
    answer = await send(http, token, content, **params)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["state"] == "completed"
    assert body["lines"] == body["landed"] + body["unchanged"] + body["rejected"]
    return body["landed"], body["unchanged"], body["rejected"]


def problems(answer: httpx.Response) -> list[tuple[int, str | None, str]]:
    return [(row["line"], row["field"], row["reason"]) for row in answer.json()["rejections"]]


@pytest.fixture
async def platform(pool: Pool) -> str:
    return await make_api_key(pool)


async def test_whole_shop_lands_once(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    assert await counts(http, platform, lines(*SHOP)) == (7, 0, 0)
    row = await pool.fetchrow("select amount_minor, product_id is not null as has_product from payments")
    assert row is not None
    assert tuple(row) == (700, True)
    assert await counts(http, platform, lines(*SHOP)) == (0, 7, 0)
    assert await pool.fetchval("select count(*) from activity") == 1


async def test_order_of_a_file_matters(http: httpx.AsyncClient, platform: str) -> None:
    answer = await send(http, platform, lines(*reversed(SHOP)))
    assert problems(answer) == [
        (1, "account", "There is no account 'shop'. Send the account before."),
        (2, "account", "There is no account 'shop'. Send the account before."),
        (3, "account", "There is no account 'shop'. Send the account before."),
        (4, "account", "There is no account 'shop'. Send the account before."),
        (5, "account", "There is no account 'shop'. Send the account before."),
    ]


async def test_bad_lines_are_reported_and_good_ones_land(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    payment = {**SHOP[5], "id": "p2"}
    content = lines(*SHOP[:5]) + b"\n".join(
        [
            b"{",
            json.dumps({**payment, "amount": "1.5"}).encode(),
            b"",
            json.dumps({**payment, "member": "nobody"}).encode(),
            b'{"kind":"product","id":"\xff"}',
            json.dumps(payment).encode(),
        ]
    )
    answer = await send(http, platform, content)
    assert problems(answer) == [
        (6, None, "The line is not JSON: Input data was truncated."),
        (7, "amount", "An amount in jpy has at most 0 decimals."),
        (9, "member", "There is no member 'nobody'. Send the member before."),
        (10, None, "The line is not UTF-8."),
    ]
    assert (answer.json()["lines"], answer.json()["landed"]) == (10, 6)
    assert await pool.fetchval("select external_id from payments") == "p2"


async def test_account_key_imports_into_its_account(pool: Pool, http: httpx.AsyncClient) -> None:
    account, other = await make_account(pool), await make_account(pool, external_id="other")
    user = await make_user(pool, external_id="u1")
    token = await make_api_key(pool, account)
    mine = [{name: value for name, value in record.items() if name != "account"} for record in SHOP]
    mine[4] = {**mine[4], "user": user.pid}
    answer = await send(http, token, lines(*mine, {**SHOP[2], "account": "other"}, {**SHOP[2], "account": account.pid}))
    assert problems(answer) == [
        (1, "kind", "The credential may not import records of the kind account."),
        (2, "kind", "The credential may not import records of the kind user."),
        (8, "account", "There is no account 'other'. Send the account before."),
    ]
    assert (answer.json()["landed"], answer.json()["unchanged"], answer.json()["account_id"]) == (5, 1, account.pid)
    owners = await pool.fetch("select distinct account_id from payments union select account_id from products")
    assert [row["account_id"] for row in owners] == [account.id]
    assert other.id != account.id


async def test_account_cannot_import_a_right_of_withdrawal(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    account = await make_account(pool)
    record = {"kind": "product", "id": "x", "title": "T"}
    right = {**record, "withdrawal_right": True}
    answer = await send(http, await make_api_key(pool, account), lines(record, right))
    assert problems(answer) == [
        (2, "withdrawal_right", "Only the platform switches a product's right of withdrawal on or off.")
    ]
    table = b"id,title,withdrawal_right\nx,T,true\ny,U,\n"
    answer = await send(http, platform, table, "text/csv", account_id=account.pid, kind="product")
    assert (answer.json()["landed"], problems(answer)) == (2, [])
    rows = await pool.fetch("select external_id, withdrawal_right from products order by external_id")
    assert [tuple(row) for row in rows] == [("x", True), ("y", False)]


async def test_account_key_cannot_look_for_users(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    account = await make_account(pool)
    user = await make_user(pool, external_id="u1")
    await make_member(pool, await make_account(pool), user=user)
    token = await make_api_key(pool, account)
    named, unknown, public = [{"kind": "member", "id": "m1", "user": name} for name in ("u1", "u2", user.pid)]
    answer = await send(http, token, lines(named, unknown, public, named))
    assert problems(answer) == [
        (1, "user", "There is no user 'u1'. Send the user before."),
        (2, "user", "There is no user 'u2'. Send the user before."),
    ]
    assert (answer.json()["landed"], answer.json()["unchanged"]) == (1, 1)
    other = await make_account(pool)
    assert await counts(http, platform, lines(named), account_id=other.pid) == (1, 0, 0)


async def test_permissions_decide_the_kinds(pool: Pool, http: httpx.AsyncClient) -> None:
    account = await make_account(pool)
    token = await make_api_key(pool, account, scopes={Permission.PRODUCT_WRITE, Permission.CASE_READ})
    answer = await send(
        http, token, lines({"kind": "product", "id": "x", "title": "T"}, {**SHOP[6], "account": account.pid})
    )
    assert problems(answer) == [(2, "kind", "The credential may not import records of the kind activity.")]
    assert answer.json()["landed"] == 1
    refused = await send(http, token, b"", kind="payment")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_permission")
    reader = await make_api_key(pool, account, scopes={Permission.CASE_READ})
    assert (await send(http, reader, lines(*SHOP))).status_code == 403
    customer = make_user_token(await make_user(pool))
    assert (await send(http, customer, lines(*SHOP))).status_code == 403
    assert await pool.fetchval("select count(*) from imports") == 1


async def test_csv_by_http(pool: Pool, http: httpx.AsyncClient) -> None:
    account = await make_account(pool)
    await make_member(pool, account, external_id="m1")
    token = await make_api_key(pool, account)
    content = b"id,member,amount,currency,card_last4,is_renewal\r\np1,m1,49.00,usd,4242,true\r\np2,m1,49.001,usd,,\r\n"
    answer = await send(http, token, content, "text/csv; charset=utf-8", kind="payment")
    assert problems(answer) == [(3, "amount", "An amount in usd has at most 2 decimals.")]
    row = await pool.fetchrow("select external_id, amount_minor, card_last4, is_renewal from payments")
    assert row is not None
    assert tuple(row) == ("p1", 4900, "4242", True)
    again = await send(http, token, content, "text/csv", kind="payment")
    assert (again.json()["landed"], again.json()["unchanged"], again.json()["rejected"]) == (0, 1, 1)


async def test_csv_header_that_cannot_be_read(pool: Pool, http: httpx.AsyncClient) -> None:
    token = await make_api_key(pool, await make_account(pool))
    answer = await send(http, token, b"id,colour\nx,red\n", "text/csv", kind="product")
    body = answer.json()
    assert (body["state"], body["failure"]) == (
        "failed",
        "The header cannot be read: 'colour' is not a field of product.",
    )
    assert problems(answer) == [(1, "colour", "'colour' is not a field of product.")]


@pytest.mark.parametrize(
    ("media_type", "params", "status", "code"),
    [
        ("text/csv", {}, 400, "kind_required"),
        ("text/plain", {}, 415, "unsupported_media_type"),
        ("text/csv", {"kind": "case"}, 400, "invalid_parameter"),
        ("application/x-ndjson", {"account_id": "nothing"}, 404, "not_found"),
    ],
)
async def test_requests_that_cannot_be(
    http: httpx.AsyncClient, platform: str, media_type: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = await send(http, platform, b"", media_type, **params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_file_larger_than_other_bodies_may_be(pool: Pool, http: httpx.AsyncClient) -> None:
    account = await make_account(pool)
    token = await make_api_key(pool, account)
    records = [{"kind": "product", "id": f"x{n}", "title": "t" * 400} for n in range(4_000)]
    assert await counts(http, token, lines(*records)) == (4_000, 0, 0)


async def test_report_is_paged_and_private(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    account = await make_account(pool)
    token, foreign = await make_api_key(pool, account), await make_api_key(pool, await make_account(pool))
    body = (await send(http, token, b"{\n" * 25)).json()
    assert (body["rejected"], len(body["rejections"])) == (25, 20)
    address = f"{PATH}/{body['id']}"
    assert (await http.get(address, headers=bearer(token))).json() == body
    assert (await http.get(address, headers=bearer(platform))).json() == body
    for path in (address, address + "/rejections", f"{PATH}/impt_1"):
        assert (await http.get(path, headers=bearer(foreign))).status_code == 404
    first = (await http.get(address + "/rejections", headers=bearer(token))).json()
    rest = (
        await http.get(
            address + "/rejections", headers=bearer(token), params={"after": first["page_info"]["end_cursor"]}
        )
    ).json()
    assert [row["line"] for row in first["data"] + rest["data"]] == list(range(1, 26))
    assert (rest["page_info"]["has_previous_page"], rest["page_info"]["has_next_page"]) == (True, False)
    listed = (await http.get(PATH, headers=bearer(token))).json()["data"]
    assert [row["id"] for row in listed] == [body["id"]]
    assert (await http.get(PATH, headers=bearer(foreign))).json()["data"] == []


async def test_import_is_audited(pool: Pool, http: httpx.AsyncClient, platform: str) -> None:
    body = (await send(http, platform, b"")).json()
    row = await pool.fetchrow("select action, subject from audit_log where action = 'import.created'")
    assert row is not None
    assert tuple(row) == ("import.created", body["id"])


@pytest.mark.parametrize("name", ["shop.ndjson", "shop.ndjson.gz"])
async def test_file_on_this_machine(pool: Pool, clock: ManualClock, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(lines(*SHOP)) if name.endswith(".gz") else lines(*SHOP))
    told: list[tuple[Counts, int]] = []
    import_id = await import_file(
        pool, clock, path, scope=system_scope(), progress=lambda counts, read: told.append((counts, read))
    )
    row = await get_import(pool, import_id, None)
    assert row is not None
    assert (row.state, row.landed, row.created_by, row.finished_at) == ("completed", 7, "system", clock.now())
    assert told == [(Counts(lines=7, landed=7), path.stat().st_size)]


async def test_csv_file_is_named_after_its_kind(pool: Pool, clock: ManualClock, tmp_path: Path) -> None:
    account = await make_account(pool, external_id="shop")
    path = tmp_path / "products.csv"
    path.write_text("id,title\nx,T\n")
    await import_file(pool, clock, path, scope=system_scope(), account_id=account.id)
    assert await pool.fetchval("select title from products") == "T"
    unnamed = tmp_path / "things.csv"
    unnamed.write_text("id,title\nx,U\n")
    with pytest.raises(UnknownFileKind):
        await import_file(pool, clock, unnamed, scope=system_scope(), account_id=account.id)
    await import_file(pool, clock, unnamed, scope=system_scope(), account_id=account.id, kind=Kind.PRODUCT)
    assert await pool.fetchval("select title from products") == "U"


async def test_lines_of_many_accounts_interleaved(pool: Pool, clock: ManualClock, tmp_path: Path) -> None:
    records: list[dict[str, Any]] = []
    for n in range(30):
        account = {"account": f"a{n}"}
        records += [
            {"kind": "account", "id": f"a{n}", "title": "A", "currency": "usd"},
            {"kind": "user", "id": f"u{n}"},
            {"kind": "member", "id": "m", "user": f"u{n}", **account},
            {"kind": "payment", "id": "p", "member": "m", "amount": n + 1, "currency": "usd", **account},
        ]
    path = tmp_path / "all.ndjson"
    path.write_bytes(lines(*records))
    await import_file(pool, clock, path, scope=system_scope())
    rows = await pool.fetch(
        "select a.external_id, p.amount_minor from payments p join accounts a on a.id = p.account_id order by a.id"
    )
    assert [tuple(row) for row in rows] == [(f"a{n}", (n + 1) * 100) for n in range(30)]


async def test_all_account_kinds_have_a_permission(pool: Pool, http: httpx.AsyncClient, clock: ManualClock) -> None:
    account: AccountRow = await make_account(pool)
    await make_product(pool, account, external_id="course")
    token = await make_api_key(pool, account, scopes=ACCOUNT_PERMISSIONS - {Permission.PRODUCT_WRITE})
    answer = await send(http, token, lines({"kind": "product", "id": "course", "title": "Stolen"}))
    assert problems(answer) == [(1, "kind", "The credential may not import records of the kind product.")]
    assert await pool.fetchval("select title from products") == "Trading course"
