"""Acting on many cases at once: the preview says what happens, it happens once, and each failure is named."""

from typing import Any
from uuid import UUID

import anyio
import pytest

from amends.cases.bulk import (
    MOST_SELECTED,
    BulkAction,
    BulkPreview,
    BulkReport,
    Selected,
    bulk_preview,
    parse_selection,
)
from amends.cases.commands_bulk import Order, bulk_run, new_bulk_token
from amends.cases.table import Total
from amends.cases.table_values import TablePlace
from amends.kit.errors import Forbidden, Unprocessable
from amends.kit.ids import Prefix, public_id
from tests.builders import make_account
from tests.cases.places import place_of
from tests.cases.scene import Scene
from tests.credentials import make_api_key, make_team_member

Case = dict[str, Any]


def selected(*cases: Case) -> tuple[Selected, ...]:
    return parse_selection(f"{case['id']}:{case['version']}" for case in cases)


class Desk:
    """A merchant at the table."""

    def __init__(self, scene: Scene, place: TablePlace) -> None:
        self.scene, self.place = scene, place

    async def preview(self, action: str, *cases: Case) -> BulkPreview:
        return await bulk_preview(
            self.scene.pool, self.place, BulkAction(action), selected(*cases), clock=self.scene.clock
        )

    async def run(self, action: str, *cases: Case, token: str | None = None, **more: Any) -> BulkReport:
        order = Order(action=BulkAction(action), token=token or new_bulk_token(), **more)
        return await bulk_run(self.scene.pool, self.place, order, selected(*cases), clock=self.scene.clock)


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    return Desk(scene, await place_of(scene.pool, scene.clock, scene.merchant.token, scene.account.id))


async def test_accepting_refunds_what_the_preview_said(scene: Scene, desk: Desk) -> None:
    cases = [
        await scene.case(await scene.payment(amount=amount, currency=currency))
        for amount, currency in (("49.00", "usd"), ("0.51", "usd"), ("1200", "jpy"))
    ]
    preview = await desk.preview("accept", *cases)
    totals = (Total("jpy", 0, 1200), Total("usd", 2, 4951))
    assert (preview.totals, preview.refused) == (totals, ())
    assert [one.pid for one in preview.doable] == [case["id"] for case in cases]
    assert [(await scene.merchant.read(case))["status"] for case in cases] == ["awaiting_merchant"] * 3

    report = await desk.run("accept", *cases, message="Sorry about that.")
    assert (report.done, report.totals, report.failed, report.is_repeat) == (preview.doable, totals, (), False)
    for case in cases:
        now = await scene.merchant.read(case)
        assert (now["outcome"], now["events"][0]["details"]) == ("customer_won", "Sorry about that.")


async def test_the_same_form_twice_acts_once_and_reports_the_same(scene: Scene, desk: Desk) -> None:
    payments = [await scene.payment() for _ in range(3)]
    cases = [await scene.case(payment) for payment in payments]
    token, reports = new_bulk_token(), list[BulkReport]()

    async def send() -> None:
        reports.append(await desk.run("accept", *cases, token=token))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        tasks.start_soon(send)
    await send()
    assert [report.failed for report in reports] == [(), (), ()]
    assert reports[0].done == reports[1].done == reports[2].done
    assert reports[2].is_repeat
    for payment in payments:
        assert await scene.sum_of_refunds(payment) == {"pending": 4900}


async def test_each_failure_is_named_and_holds_nobody_up(scene: Scene, desk: Desk) -> None:
    fine, closed, moved, foreign = [await scene.case() for _ in range(3)] + [{"id": public_id(
        Prefix.CASE, UUID(int=1 << 100), scene.account.id + 1), "version": 1}]  # fmt: skip
    gone = {"id": public_id(Prefix.CASE, UUID(int=1 << 100), scene.account.id), "version": 1}
    closed = await scene.customer.act(closed, "withdraw")
    await scene.customer.act(moved, "comment", message="And one more thing.")
    every = (fine, closed, moved, foreign, gone)
    codes = {closed["id"]: "case_closed", moved["id"]: "case_changed"} | dict.fromkeys(
        (foreign["id"], gone["id"]), "not_found"
    )

    preview = await desk.preview("deny", *every)
    assert [one.pid for one in preview.doable] == [fine["id"]]
    assert {one.pid: one.code for one in preview.refused} == codes
    assert preview.totals == ()

    report = await desk.run("deny", *every, message="We delivered.")
    assert [(one.pid, one.refund_minor) for one in report.done] == [(fine["id"], 0)]
    assert {one.pid: one.code for one in report.failed} == codes
    assert {one.pid: one.news for one in report.failed if one.news} == {moved["id"]: ("commented",)}
    assert all(one.message.endswith(".") for one in report.failed)
    assert (await scene.merchant.read(fine))["outcome"] == "merchant_won"
    assert (await scene.merchant.read(moved))["status"] == "awaiting_merchant"


async def test_messages_can_differ_by_case(scene: Scene, desk: Desk) -> None:
    cases = [await scene.case(), await scene.case()]

    async def word(pid: str) -> str:
        return f"About {pid}."

    assert len((await desk.run("deny", *cases, message_for=word)).done) == 2
    for case in cases:
        assert (await scene.customer.read(case))["events"][0]["details"] == f"About {case['id']}."
    wordless = await scene.case()
    assert [one.code for one in (await desk.run("deny", wordless)).failed] == ["message_required"]


async def test_the_same_form_twice_is_the_same_one_though_its_placeholders_say_something_else_by_now(
    scene: Scene, desk: Desk
) -> None:
    case, token, due = await scene.case(), new_bulk_token(), ["Friday", "no day"]

    async def word(_pid: str) -> str:
        return f"Until {due.pop(0)}."

    reports = [await desk.run("deny", case, message="Until {due}.", message_for=word, token=token) for _ in range(2)]
    assert [len(report.done) for report in reports] == [1, 1]
    assert [report.is_repeat for report in reports] == [False, True]
    assert (await scene.customer.read(case))["events"][0]["details"] == "Until Friday."


async def test_assigning_needs_no_turn_and_tells_nobody_else(scene: Scene, desk: Desk) -> None:
    grace, _ = await scene.colleague("support")
    cases = [await scene.case(), await scene.customer.act(await scene.case(), "withdraw")]
    stale = [{**case, "version": case["version"] - 1} for case in cases]
    assert len((await desk.preview("assign", *stale)).doable) == 2
    report = await desk.run("assign", *stale, assignee_pid=grace.pid)
    assert (len(report.done), report.failed, report.totals) == (2, (), ())
    assert [(await scene.merchant.read(case))["assignee"]["id"] for case in cases] == [grace.pid] * 2
    assert await scene.customer.kinds(cases[0]) == ["created"]
    strangers = await desk.run("assign", cases[0], assignee_pid=scene.ada.pid)
    assert [one.code for one in strangers.failed] == ["assignee_unknown"]
    await desk.run("assign", cases[0], assignee_pid=None)
    assert (await scene.merchant.read(cases[0]))["assignee"] is None


async def test_roles_limits_and_own_purchases_hold_as_for_one(scene: Scene) -> None:
    small, large = [await scene.case(await scene.payment(amount=amount)) for amount in ("20.00", "60.00")]
    limits = "update accounts set support_limits = $2 where id = $1"
    await scene.pool.execute(limits, scene.account.id, {"usd": 5000})
    _, support = await scene.colleague("support")
    _, viewer = await scene.colleague("viewer", name="Vera View")
    helper = Desk(scene, await place_of(scene.pool, scene.clock, support.token, scene.account.id))
    preview = await helper.preview("accept", small, large)
    assert [one.pid for one in preview.doable] == [small["id"]]
    assert [one.code for one in preview.refused] == ["refund_limit_exceeded"]
    report = await helper.run("accept", small, large)
    assert ([one.pid for one in report.done], [one.code for one in report.failed]) == (
        [small["id"]], ["refund_limit_exceeded"],
    )  # fmt: skip
    reader = Desk(scene, await place_of(scene.pool, scene.clock, viewer.token, scene.account.id))
    assert [one.code for one in (await reader.preview("deny", large)).refused] == ["missing_permission"]
    with pytest.raises(Forbidden, match="case:write"):
        await reader.run("deny", large, message="No.")
    await make_team_member(scene.pool, scene.account, scene.ada, "admin")
    ada = Desk(scene, await place_of(scene.pool, scene.clock, scene.customer.token, scene.account.id))
    assert [one.code for one in (await ada.preview("accept", large)).refused] == ["own_payment"]
    assert [one.code for one in (await ada.run("accept", large)).failed] == ["own_payment"]


async def test_a_token_is_for_one_form(scene: Scene, desk: Desk) -> None:
    case, token = await scene.case(), new_bulk_token()
    await desk.run("assign", case, token=token, assignee_pid=None)
    assert [one.code for one in (await desk.run("accept", case, token=token)).failed] == ["idempotency_key_reused"]


async def test_another_account_s_key_sees_none_of_them(scene: Scene) -> None:
    case = await scene.case()
    other = await make_account(scene.pool)
    place = await place_of(scene.pool, scene.clock, await make_api_key(scene.pool, other), other.id)
    foreign = Desk(scene, place)
    assert [one.code for one in (await foreign.preview("accept", case)).refused] == ["not_found"]
    assert [one.code for one in (await foreign.run("accept", case)).failed] == ["not_found"]


def test_selections_are_read_and_bounded() -> None:
    pids = [public_id(Prefix.CASE, UUID(int=n + 1), 1001) for n in range(MOST_SELECTED + 1)]
    assert parse_selection([f"{pids[0]}:12", pids[1], f"{pids[2]}:x", "reso_0", "", pids[0] + ":13"]) == (
        Selected(pids[0], 13), Selected(pids[1]), Selected(pids[2]),
    )  # fmt: skip
    odd = [f"{pids[0]}:123456789x", f"{pids[1]}:{'9' * 5000}", f"{pids[2]}:\u0661"]
    assert parse_selection(odd) == (Selected(pids[0]), Selected(pids[1]), Selected(pids[2]))
    assert len(parse_selection(pids[:MOST_SELECTED] * 2)) == MOST_SELECTED
    with pytest.raises(Unprocessable, match="at most 100"):
        parse_selection(pids)
