"""The list of cases against a plain model: every filter, both orders and directions, both ends, any page size."""

import random
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from whop_sdk.types import ResolutionCenterCase

from amends.cases.schemas import CasePage, WholeCase
from amends.kit.clock import ManualClock
from amends.kit.ids import Prefix, public_id
from tests.builders import make_account, make_member, make_payment, make_user
from tests.cases.scene import Party, Scene
from tests.credentials import make_api_key

STATUSES = ("awaiting_merchant", "awaiting_customer", "under_review", "closed")
PLACE_SQL = """
update cases
set created_at = $3,
    status = $4,
    outcome = $5,
    refund = $6,
    closed_at = $7,
    response_due_at = $8,
    reason = $9,
    dispute = $10
where account_id = $1
  and pid = $2
"""


async def many(scene: Scene, count: int, *, seed: int = 7) -> list[dict[str, Any]]:
    """Make cases in all states, some created or due at the same moment, some paused; return what the list must show."""
    dice = random.Random(seed)
    for _ in range(count):
        await scene.case()
    listed = [row async for row in everything(scene)]
    start = scene.clock.now()
    for row in listed:
        status = dice.choice(STATUSES)
        outcome = dice.choice(["customer_won", "merchant_won", "withdrawn", "settled"]) if status == "closed" else None
        paused = status != "closed" and dice.random() < 0.2
        due = start + timedelta(days=dice.randint(1, 4)) if status != "closed" and not paused else None
        await scene.pool.execute(
            PLACE_SQL,
            scene.account.id,
            row["id"],
            start - timedelta(hours=dice.randint(0, 6)),
            status,
            outcome,
            None if outcome is None else "none",
            None if outcome is None else start,
            due,
            dice.choice(["fraudulent", "duplicate", "not_as_described"]),
            "open" if paused else "none",
        )
    return [row async for row in everything(scene)]


async def everything(scene: Scene) -> AsyncGenerator[dict[str, Any]]:
    """Yield every case by single pages of one, which another test holds to be right."""
    after = None
    while True:
        page = (await scene.merchant.get(first=7, after=after)).body
        for row in page["data"]:
            yield row
        if not page["page_info"]["has_next_page"]:
            return
        after = page["page_info"]["end_cursor"]


def in_order(rows: list[dict[str, Any]], order: str, direction: str) -> list[str]:
    """Sort as the contract says: nulls last in either direction, then by creation and id."""
    ids = {row["id"]: number for number, row in enumerate(sorted(rows, key=lambda row: row["id"]))}

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        if order == "created_at":
            return (row["created_at"], ids[row["id"]])
        due = row["response_due_at"]
        return (due, ids[row["id"]]) if due else (row["created_at"], ids[row["id"]])

    falling = direction == "desc"
    with_due = [row for row in rows if order == "created_at" or row["response_due_at"]]
    without = [row for row in rows if row not in with_due]
    return [row["id"] for part in (with_due, without) for row in sorted(part, key=key, reverse=falling)]


async def walk(party: Party, size: int, *, backwards: bool, **query: Any) -> list[str]:
    """Read the whole list page by page from one end, checking both `has_` flags on the way."""
    found: list[str] = []
    cursor = None
    while True:
        ends = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = (await party.get(**ends, **query)).body
        ids, info = [row["id"] for row in page["data"]], page["page_info"]
        behind, ahead = ("has_next_page", "has_previous_page") if backwards else ("has_previous_page", "has_next_page")
        assert info[behind] is bool(found)
        found = ids + found if backwards else found + ids
        if not info[ahead]:
            return found
        cursor = info["start_cursor" if backwards else "end_cursor"]


async def test_every_order_and_end_shows_the_same_rows(scene: Scene) -> None:
    rows = await many(scene, 24)
    filters: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
        ({}, lambda _: True),
        ({"status": "closed"}, lambda row: row["status"] == "closed"),
        (
            {"status": ["awaiting_merchant", "closed"], "reason": ["fraudulent", "duplicate"]},
            lambda row: (
                row["status"] in {"awaiting_merchant", "closed"} and row["reason"] in {"fraudulent", "duplicate"}
            ),
        ),
        ({"outcome": ["settled", "withdrawn"]}, lambda row: row["outcome"] in {"settled", "withdrawn"}),
        ({"user_id": scene.ada.pid}, lambda _: True),
        (
            {"created_after": "2026-11-23T04:00:00Z", "created_before": "2026-11-23T08:00:00Z"},
            lambda row: "2026-11-23T04:00:00.000Z" < row["created_at"] < "2026-11-23T08:00:00.000Z",
        ),
    ]
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == 24
    for (query, matches), order, direction in product(filters, ("created_at", "response_due_at"), ("asc", "desc")):
        wanted = [row for row in by_id.values() if matches(row)]
        for size, backwards in ((5, False), (4, True)):
            found = await walk(scene.merchant, size, backwards=backwards, order=order, direction=direction, **query)
            assert sorted(found) == sorted(row["id"] for row in wanted)
            shown = [by_id[pid] for pid in found]
            assert _keys(shown, order) == _keys([by_id[p] for p in in_order(wanted, order, direction)], order)
        if "user_id" in query or "created_after" in query:  # counted live: the rows were moved behind the counters
            assert (await scene.merchant.get("/summary", **query)).body["total"] == len(wanted)


async def test_the_platform_and_the_customer_read_the_same_order(scene: Scene) -> None:
    await many(scene, 14, seed=11)
    for query in ({}, {"status": ["closed", "under_review"]}, {"reason": "fraudulent", "status": "awaiting_merchant"}):
        for order, direction in product(("created_at", "response_due_at"), ("asc", "desc")):
            asked = {"order": order, "direction": direction, **query}
            expected = await walk(scene.merchant, 3, backwards=False, **asked)
            for party, backwards in ((scene.platform, False), (scene.platform, True), (scene.customer, False)):
                assert await walk(party, 4, backwards=backwards, **asked) == expected


def _keys(rows: list[dict[str, Any]], order: str) -> list[str | None]:
    if order == "created_at":
        return [row["created_at"] for row in rows]
    return [row["response_due_at"] or f"none {row['created_at']}" for row in rows]


async def test_after_and_before_bound_a_range(scene: Scene) -> None:
    await many(scene, 9)
    whole = (await scene.merchant.get(first=9)).body
    ids = [row["id"] for row in whole["data"]]
    ends: list[str] = []
    after = None
    for _ in range(9):
        page = (await scene.merchant.get(first=1, after=after)).body
        after = page["page_info"]["end_cursor"]
        ends.append(after)
    inner = (await scene.merchant.get(first=20, after=ends[1], before=ends[6])).body
    assert [row["id"] for row in inner["data"]] == ids[2:6]
    assert (inner["page_info"]["has_previous_page"], inner["page_info"]["has_next_page"]) == (True, True)
    last_two = (await scene.merchant.get(last=2, after=ends[1], before=ends[6])).body
    assert [row["id"] for row in last_two["data"]] == ids[4:6]
    empty = (await scene.merchant.get(first=5, after=ends[8])).body
    assert empty == {
        "data": [],
        "page_info": {"start_cursor": None, "end_cursor": None, "has_next_page": False, "has_previous_page": True},
    }


async def test_bad_parameters_are_told_apart(scene: Scene) -> None:
    await scene.case()
    cursor = (await scene.merchant.get()).body["page_info"]["end_cursor"]
    answers = {
        "both": await scene.merchant.get(first=1, last=1),
        "zero": await scene.merchant.get(first=0),
        "many": await scene.merchant.get(first=101),
        "cursor": await scene.merchant.get(after="nonsense"),
        "other order": await scene.merchant.get(after=cursor, order="response_due_at"),
        "status": await scene.merchant.get(status="open"),
        "time": await scene.merchant.get(created_after="yesterday"),
        "unknown": await scene.merchant.get(colour="blue"),
        "me": await scene.merchant.get(user_id="me"),
    }
    assert {name: (answer.status, answer.code) for name, answer in answers.items()} == {
        "both": (400, "first_and_last"),
        "zero": (400, "invalid_page_size"),
        "many": (400, "invalid_page_size"),
        "cursor": (400, "invalid_cursor"),
        "other order": (400, "invalid_cursor"),
        "status": (400, "invalid_parameter"),
        "time": (400, "invalid_parameter"),
        "unknown": (400, "unknown_parameter"),
        "me": (400, "me_needs_a_user"),
    }
    for account in ("biz_nonsense", (await make_account(scene.pool)).pid):
        foreign = await scene.merchant.get(account_id=account)
        assert (foreign.status, foreign.code) == (404, "not_found")


async def test_a_buyer_whom_nobody_knows_has_no_cases(scene: Scene) -> None:
    await scene.case()
    unknown = (await make_user(scene.pool, now=scene.clock.now())).pid
    with_account = public_id(Prefix.USER, scene.ada.id, scene.account.id)
    for user_id in (unknown, "user_nonsense", "%00", scene.account.pid, with_account):
        for party in (scene.merchant, scene.platform, scene.customer):
            listed = await party.get(user_id=user_id)
            assert (listed.status, listed.body["data"]) == (200, []), user_id
            assert (await party.get("/summary", user_id=user_id)).body["total"] == 0


async def test_a_list_is_the_union_of_what_one_may_see(scene: Scene, clock: ManualClock) -> None:
    """Grace is on Acme's team, bought something at Acme and at another account."""
    other = await make_account(scene.pool, title="Other")
    user, grace = await scene.colleague("admin")
    mine = await make_member(scene.pool, scene.account, user=user)
    theirs = await make_member(scene.pool, other, user=user)
    body = {"reason": "duplicate", "message": "Twice."}
    own = await grace.done("", {"receipt_id": (await scene.payment(member=mine)).pid, **body})
    clock.advance(timedelta(seconds=1))
    elsewhere = await grace.done("", {"receipt_id": (await make_payment(scene.pool, other, member=theirs)).pid, **body})
    clock.advance(timedelta(seconds=1))
    adas = await scene.case()
    assert [row["id"] for row in (await grace.get()).body["data"]] == [adas["id"], elsewhere["id"], own["id"]]
    assert [row["id"] for row in (await grace.get(user_id="me")).body["data"]] == [elsewhere["id"], own["id"]]
    assert [row["id"] for row in (await grace.get(account_id=other.pid)).body["data"]] == [elsewhere["id"]]
    assert [row["id"] for row in (await grace.get(account_id=scene.account.pid)).body["data"]] == [
        adas["id"],
        own["id"],
    ]
    assert [row["id"] for row in (await scene.customer.get()).body["data"]] == [adas["id"]]
    assert len((await scene.platform.get()).body["data"]) == 3
    assert [row["id"] for row in (await scene.platform.get(user_id=user.pid)).body["data"]] == [
        elsewhere["id"],
        own["id"],
    ]
    page = (await grace.get(first=1)).body
    second = (await grace.get(first=1, after=page["page_info"]["end_cursor"])).body
    assert [row["id"] for row in second["data"]] == [elsewhere["id"]]
    assert second["page_info"]["has_previous_page"]
    assert (await grace.get("/summary")).body["total"] == 3
    assert (await grace.get("/summary", user_id="me")).body["total"] == 2
    assert (await scene.platform.get("/summary")).body["total"] == 3
    assert (await scene.platform.get("/summary", account_id=other.pid)).body["total"] == 1
    stranger = scene.user(await make_user(scene.pool, now=scene.clock.now()))
    assert (await stranger.get()).body["data"] == []
    assert (await stranger.get("/summary")).body["total"] == 0
    token = await make_api_key(scene.pool, scene.account, scopes=["member:email:read"])
    blind = await type(scene.merchant)(scene.http, token).get()
    assert (blind.status, blind.code) == (403, "missing_permission")


async def test_a_summary_has_every_word_and_only_the_groups_asked_for(scene: Scene) -> None:
    case = await scene.case()
    await scene.case(reason="duplicate")
    await scene.merchant.act(case, "accept")
    summary = (await scene.merchant.get("/summary")).body
    assert summary == {
        "total": 2,
        "groups": {
            "status": {"awaiting_merchant": 1, "awaiting_customer": 0, "under_review": 0, "closed": 1},
            "reason": {
                "fraudulent": 0,
                "product_not_received": 0,
                "not_as_described": 1,
                "product_unacceptable": 0,
                "subscription_canceled": 0,
                "duplicate": 1,
                "credit_not_processed": 0,
            },
            "outcome": {"customer_won": 1, "merchant_won": 0, "withdrawn": 0, "settled": 0},
        },
    }
    some = (await scene.merchant.get("/summary", groups=["status", "outcome"], status="closed")).body
    assert some["total"] == 1
    assert sorted(some["groups"]) == ["outcome", "status"]
    dated = (await scene.merchant.get("/summary", created_after="2026-11-22", created_before="2026-11-24")).body
    assert dated == summary
    assert (await scene.merchant.get("/summary", created_after="2026-11-24")).body["total"] == 0


async def test_answers_are_of_the_documented_shape(scene: Scene) -> None:
    case = await scene.under_review()
    await scene.platform.act(case, "decide", **await scene.verdict(case))
    other = await scene.case(remedy={"kind": "other", "text": "A call."})
    await scene.merchant.act(other, "offers", amount=1, remedy="And a call.")
    for party in (scene.customer, scene.merchant, scene.platform):
        listed = (await party.get()).body
        msgspec.convert(listed, CasePage)
        for row in listed["data"]:
            ResolutionCenterCase.model_validate(row)
            assert set(row) == {
                field.name for field in msgspec.structs.fields(CasePage.__annotations__["data"].__args__[0])
            }
        for row in (case, other):
            whole = await party.read(row)
            msgspec.convert(whole, WholeCase)
            assert set(whole) == {field.name for field in msgspec.structs.fields(WholeCase)}


@pytest.mark.parametrize(("currency", "amount", "number", "text"), [
    ("jpy", "1200", 1200, "1200"), ("kwd", "1.234", 1.234, "1.234"), ("usd", "0.10", 0.1, "0.10"),
])  # fmt: skip
async def test_amounts_are_exact_in_every_currency(
    scene: Scene, currency: str, amount: str, number: float, text: str
) -> None:
    payment = await scene.payment(
        amount=amount, currency=currency, line_items=[{"label": "It", "quantity": 1, "subtotal": amount}]
    )
    case = await scene.case(payment)
    assert (case["amount"], case["currency"]) == (number, currency)
    subtotal = case["line_items"][0]["subtotal"]
    assert (subtotal["amount"], subtotal["currency"]) == (text, currency)
    refund = (await scene.merchant.act(case, "accept"))["refunds"][0]
    assert refund["amount"]["amount"] == text
