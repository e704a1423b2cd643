"""What stands in the files: every format, read back by somebody else's reader, to the last cent and letter."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from amends.exports.queries import ExportRow
from amends.exports.queries_columns import COLUMNS
from amends.exports.resources import Format, Resource, Side, State
from amends.exports.xlsx import Book
from tests.builders import NOW, make_member, make_user
from tests.exports.place import Exporting
from tests.exports.workbook import Workbook

pytestmark = pytest.mark.anyio

NASTY = "=1+1\n\"quoted\", ;tab\there — 中村 🙂 \\N \\. 'x' \u0007"
NASTY_GUARDED = "'" + NASTY


def read_csv(content: bytes) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


async def named_case(exporting: Exporting, name: str, username: str = "x") -> None:
    """Open a case of a customer called so."""
    user = await make_user(exporting.pool, name=name, username=username, email="a@example.com")
    member = await make_member(exporting.pool, exporting.scene.account, user=user)
    payment = await exporting.scene.payment(member=member)
    await exporting.scene.user(user).done(
        "", {"receipt_id": payment.pid, "reason": "not_as_described", "message": "Not what I bought."}
    )


@pytest.mark.parametrize("format_", Format)
async def test_no_rows(exporting: Exporting, format_: Format) -> None:
    content = await exporting.content(format=format_, columns=["id", "amount"])
    if format_ is Format.XLSX:
        [head] = Workbook(content).rows()
        assert [cell and cell.value for cell in head] == ["id", "amount"]
    else:
        assert content == (b"\xef\xbb\xbfid,amount\n" if format_ is Format.CSV else b"")


async def test_any_text_round_trips(exporting: Exporting) -> None:
    await named_case(exporting, NASTY, username="\u3000@admin")
    columns = ["customer_name", "customer_username", "assignee"]
    [row] = read_csv(await exporting.content(columns=columns))
    assert row == {"customer_name": NASTY_GUARDED, "customer_username": "'\u3000@admin", "assignee": ""}
    [line] = (await exporting.content(format="jsonl", columns=columns)).decode().splitlines()
    assert json.loads(line) == {"customer_name": NASTY, "customer_username": "\u3000@admin", "assignee": None}
    book = Workbook(await exporting.content(format="xlsx", columns=columns))
    name, username = book.rows()[1]
    assert name is not None
    assert username is not None
    assert name.value.replace("_x0007_", "\u0007") == NASTY
    assert (name.quoted, username.value, username.quoted) == (True, "\u3000@admin", True)
    assert "<f>" not in book.text


async def test_long_texts(exporting: Exporting) -> None:
    await named_case(exporting, "長" * 200, username="y" * 100)
    for format_ in ("csv", "jsonl", "xlsx"):
        export = await exporting.done(format=format_)
        assert export["rows"] == 1


AMOUNTS = [
    (0, "jpy", 1, "1"),
    (2, "usd", 1, "0.01"),
    (3, "kwd", 1_234_567, "1234.567"),
    (4, "clf", 12_345, "1.2345"),
    (1, "xxx", 15, "1.5"),
    (2, "usd", 9_007_199_254_740_993, "90071992547409.93"),
    (0, "jpy", 9_007_199_254_740_993, "9007199254740993"),
]


@pytest.mark.parametrize(("exponent", "currency", "minor", "text"), AMOUNTS)
async def test_amounts_are_exact(
    exporting: Exporting, owner: psycopg.Connection, exponent: int, currency: str, minor: int, text: str
) -> None:
    await exporting.scene.case()
    for table in ("payments", "cases"):
        change = f"update {table} set amount_minor = {minor}, currency = '{currency}', currency_exponent = {exponent}"
        owner.execute(change.encode())
    [row] = read_csv(await exporting.content(columns=["amount"]))
    assert row["amount"] == text
    assert await exporting.content(format="jsonl", columns=["amount"]) == f'{{"amount":{text}}}\n'.encode()
    [cell] = Workbook(await exporting.content(format="xlsx", columns=["amount"])).rows()[1]
    assert cell is not None
    if len(str(minor)) > 15:
        assert cell.value == text
    else:
        assert cell.value == float(text)
        assert cell.format == ("#,##0." + "0" * exponent if exponent else "#,##0")


ZONES = [
    ("UTC", "2026-11-23T09:00:00.000+00:00", 46349.375),
    ("America/New_York", "2026-11-23T04:00:00.000-05:00", 46349 + 4 / 24),
    ("Asia/Kathmandu", "2026-11-23T14:45:00.000+05:45", 46349 + 14.75 / 24),
]


@pytest.mark.parametrize(("zone", "text", "days"), ZONES)
async def test_times_are_in_the_chosen_zone(exporting: Exporting, zone: str, text: str, days: float) -> None:
    await exporting.scene.case()
    asked: dict[str, Any] = {"columns": ["created_at", "closed_at", "escalated"], "timezone": zone}
    [row] = read_csv(await exporting.content(**asked))
    assert row == {"created_at": text, "closed_at": "", "escalated": "false"}
    [line] = (await exporting.content(format="jsonl", **asked)).splitlines()
    assert json.loads(line) == {"created_at": text, "closed_at": None, "escalated": False}
    assert datetime.fromisoformat(text) == exporting.clock.now()
    head, cells = Workbook(await exporting.content(format="xlsx", **asked)).rows()
    assert head[0] is not None
    assert head[0].value == f"created_at ({zone})"
    opened, closed, escalated = cells
    assert opened is not None
    assert opened.value == pytest.approx(days, abs=1e-9)
    assert (opened.format, closed, escalated and escalated.value) == ("yyyy-mm-dd hh:mm:ss", None, False)


async def test_clocks_change_in_between(exporting: Exporting, owner: psycopg.Connection) -> None:
    await exporting.scene.case()
    owner.execute("update cases set created_at = '2026-07-01 12:00+00', updated_at = '2026-12-01 12:00+00'")
    columns = ["created_at", "last_activity_at"]
    [row] = read_csv(await exporting.content(columns=columns, timezone="Europe/Berlin"))
    assert list(row.values()) == ["2026-07-01T14:00:00.000+02:00", "2026-12-01T13:00:00.000+01:00"]


async def test_every_column_of_every_resource_in_every_format(exporting: Exporting) -> None:
    await exporting.scene.case()
    for resource in Resource:
        keys = list(COLUMNS[resource])
        [head, *rows] = [*csv.reader(io.StringIO((await exporting.content(resource)).decode("utf-8-sig")))]
        assert head == keys
        assert len(rows) == (0 if resource is Resource.DISPUTES else 1)
        for line in (await exporting.content(resource, format="jsonl")).splitlines():
            assert list(json.loads(line)) == keys
        assert len(Workbook(await exporting.content(resource, format="xlsx")).rows()[0]) == len(keys)


def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    export = ExportRow(
        account_id=1, id=UUID(int=1), pid="exprt_1", resource=Resource.CASES, format=Format.XLSX,
        columns=["id", "amount"], headings=["Case", "Amount"], filters={}, table_query=None, side=Side.MERCHANT,
        sees_email=True, time_zone="UTC", with_email=False, state=State.PROCESSING, total_rows=7, rows_done=0,
        size_bytes=None, storage_key=None, error_code=None, runs=1, run_id=None, requested_by="key_1",
        requested_by_name=None, created_at=NOW, updated_at=NOW, started_at=None, finished_at=None, expires_at=NOW,
    )  # fmt: skip
    path = tmp_path / "book.xlsx"
    book = Book(export, path, sheet_rows=4)
    rows: Any = [(f"reso_{n}", None) for n in range(7)]
    book.write(rows[:5])
    book.write(rows[5:])
    book.close()
    read = Workbook(path.read_bytes())
    assert read.names == ["Cases", "Cases 2", "Cases 3"]
    ids = [[row[0] and row[0].value for row in read.rows(sheet)] for sheet in (1, 2, 3)]
    assert ids == [
        ["Case", "reso_0", "reso_1", "reso_2"],
        ["Case", "reso_3", "reso_4", "reso_5"],
        ["Case", "reso_6"],
    ]
