"""Exports through the API: from being asked for to a file, and everything that may come in between."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import make_account
from tests.credentials import bearer, make_api_key
from tests.exports.place import EXPORTS, Exporting

pytestmark = pytest.mark.anyio


async def test_an_export_from_asking_to_the_file(exporting: Exporting) -> None:
    case = await exporting.scene.case()
    asked = await exporting.ask(columns=["id", "amount", "currency"])
    assert (asked["status"], asked["progress_percent"], asked["download_url"]) == ("pending", 0, None)
    assert asked["expires_at"] == "2026-12-23T09:00:00.000Z"
    assert await exporting.worker.run_until_idle() == 1
    export = await exporting.get(asked)
    assert (export["status"], export["progress_percent"]) == ("completed", 100)
    assert (export["rows"], export["total_rows"], export["error"]) == (1, 1, None)
    answer = await exporting.fetch(export)
    assert answer.content == f"\ufeffid,amount,currency\n{case['id']},49.00,usd\n".encode()
    assert export["size_bytes"] == len(answer.content)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="amends-cases-2026-11-23.csv"' in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_part_of_a_file(exporting: Exporting) -> None:
    export = await exporting.done(columns=["id"])
    answer = await exporting.http.get(export["download_url"], headers={"Range": "bytes=3-4"})
    assert (answer.status_code, answer.content) == (206, b"id")
    assert answer.headers["content-range"] == "bytes 3-4/6"


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"columns": ["id", "shoe_size"]}, 422, "unknown_column", "columns"),
        ({"timezone": "Mars/Olympus"}, 422, "unknown_time_zone", "timezone"),
        ({"timezone": "../../etc/passwd"}, 422, "unknown_time_zone", "timezone"),
        ({"filters": {"shoe_size": 44}}, 400, "unknown_parameter", "filters.shoe_size"),
        ({"filters": {"status": ["asleep"]}}, 400, "invalid_parameter", "filters.status[0]"),
        ({"filters": {"created_after": "yesterday"}}, 400, "invalid_parameter", "filters.created_after"),
        ({"filters": {"amount_min": 10}}, 422, "currency_required", "filters.currency"),
        ({"filters": {"amount_min": 10.005, "currency": "usd"}}, 422, "inexact_amount", "filters.amount_min"),
        ({"filters": {"amount_min": 10, "currency": "xyz"}}, 422, "unknown_currency", "filters.currency"),
        ({"resource": "payouts"}, 400, "invalid_parameter", "resource"),
        ({"format": "pdf"}, 400, "invalid_parameter", "format"),
    ],
)
async def test_what_cannot_be_exported(
    exporting: Exporting, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    answer = await exporting.send("POST", body={"resource": "resolution_center_cases", **body})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert await exporting.pool.fetchval("select count(*) from exports") == 0


async def test_an_export_is_canceled_and_retried(exporting: Exporting) -> None:
    export = await exporting.ask()
    canceled = (await exporting.send("POST", f"/{export['id']}/cancel")).json()
    assert (canceled["status"], canceled["error"]["code"]) == ("failed", "canceled")
    again = await exporting.send("POST", f"/{export['id']}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "export_finished")
    await exporting.worker.run_until_idle()
    assert (await exporting.get(export))["status"] == "failed"
    retried = (await exporting.send("POST", f"/{export['id']}/retry")).json()
    assert (retried["status"], retried["error"]) == ("pending", None)
    await exporting.worker.run_until_idle()
    assert (await exporting.get(export))["status"] == "completed"
    refused = await exporting.send("POST", f"/{export['id']}/retry")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "export_not_failed")
    actions = await exporting.pool.fetch("select action from audit_log where subject = $1 order by id", export["id"])
    assert [row["action"] for row in actions] == ["export.created", "export.canceled", "export.retried"]


async def test_ten_exports_of_an_account_at_a_time(exporting: Exporting) -> None:
    for _ in range(10):
        await exporting.ask()
    refused = await exporting.send("POST", body={"resource": "receipts"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_exports")
    await exporting.worker.run_until_idle()
    await exporting.ask()


async def test_the_list_includes_its_bounds(exporting: Exporting) -> None:
    made: list[dict[str, Any]] = []
    for resource in ("receipts", "disputes", "resolution_center_cases"):
        made.append(await exporting.ask(resource))
        exporting.clock.advance(timedelta(hours=1))

    async def listed(**query: Any) -> list[str]:
        return [export["id"] for export in (await exporting.send("GET", **query)).json()["data"]]

    first, second, third = (export["id"] for export in made)
    assert await listed() == [third, second, first]
    assert await listed(direction="asc") == [first, second, third]
    bounds = {"created_after": made[0]["created_at"], "created_before": made[1]["created_at"]}
    assert await listed(**bounds) == [second, first]
    assert await listed(resource="disputes") == [second]
    assert await listed(resource="payouts") == []
    assert await listed(status="completed") == []
    page = (await exporting.send("GET", first=2)).json()
    assert page["page_info"]["has_next_page"] is True
    rest = (await exporting.send("GET", first=2, after=page["page_info"]["end_cursor"])).json()
    assert [export["id"] for export in rest["data"]] == [first]
    assert rest["page_info"]["has_previous_page"] is True


async def test_a_platform_key_names_the_account(exporting: Exporting) -> None:
    platform = exporting.like(exporting.platform.token)
    for answer in (
        await platform.send("GET"),
        await platform.send("POST", body={"resource": "receipts"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "account_required")
    await exporting.scene.case()
    export = await platform.done(account_id=exporting.scene.account.pid, columns=["id"])
    assert export["account_id"] == exporting.scene.account.pid


async def test_each_side_sees_its_own(exporting: Exporting) -> None:
    platform, account = exporting.like(exporting.platform.token), exporting.scene.account.pid
    theirs, ours = await platform.ask("receipts", account_id=account), await exporting.ask("receipts")
    assert [one["id"] for one in (await exporting.send("GET")).json()["data"]] == [ours["id"]]
    assert [one["id"] for one in (await platform.send("GET", account_id=account)).json()["data"]] == [theirs["id"]]
    assert (await exporting.send("GET", f"/{theirs['id']}")).status_code == 404
    assert (await platform.send("POST", f"/{ours['id']}/cancel")).status_code == 404


async def test_another_account_has_no_part_in_it(exporting: Exporting) -> None:
    await exporting.scene.case()
    export = await exporting.done()
    other = await make_account(exporting.pool, title="Other")
    foreign = exporting.like(await make_api_key(exporting.pool, other))
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        assert (await foreign.send(method, f"/{export['id']}{path}")).status_code == 404
    assert (await foreign.send("GET")).json()["data"] == []
    named = await foreign.send("POST", body={"resource": "receipts", "account_id": exporting.scene.account.pid})
    assert named.status_code == 404
    assert await foreign.content(columns=["id"]) == b"\xef\xbb\xbfid\n"


async def test_addresses_are_for_those_who_may_read_them(exporting: Exporting) -> None:
    blind = await exporting.without("member:email:read")
    refused = await blind.send("POST", body={"resource": "receipts", "columns": ["customer_email"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_permission")
    await exporting.scene.case()
    assert "customer_email" not in (await blind.ask())["columns"]
    export = await exporting.done(columns=["customer_email"])
    assert b"ada@example.com" in (await exporting.fetch(export)).content
    assert (await blind.send("GET", f"/{export['id']}")).status_code == 404
    assert export["id"] not in {one["id"] for one in (await blind.send("GET")).json()["data"]}


async def test_only_what_one_may_read_is_exported(exporting: Exporting) -> None:
    blind = await exporting.without("payment:read")
    export = await exporting.done("receipts")
    refused = await blind.send("POST", body={"resource": "receipts"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_permission")
    assert (await blind.send("GET", f"/{export['id']}")).status_code == 404
    assert (await blind.send("GET")).json()["data"] == []


async def test_customers_export_nothing(exporting: Exporting) -> None:
    answer = await exporting.http.get(EXPORTS, headers=bearer(exporting.scene.customer.token))
    assert answer.status_code == 403


async def test_an_address_is_good_for_ten_minutes(exporting: Exporting) -> None:
    export = await exporting.done()
    url = export["download_url"]
    exporting.clock.advance(timedelta(minutes=11))
    assert (await exporting.http.get(url)).json()["error"]["code"] == "export_link_invalid"
    assert (await exporting.http.get(url[:-2] + "xx")).status_code == 403
    assert (await exporting.http.get((await exporting.get(export))["download_url"])).status_code == 200


async def test_the_same_request_twice_is_one_export(exporting: Exporting) -> None:
    headers = {**bearer(exporting.token), "Idempotency-Key": "one"}
    answers = [await exporting.http.post(EXPORTS, json={"resource": "receipts"}, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert await exporting.pool.fetchval("select count(*) from exports") == 1
