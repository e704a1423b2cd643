"""The audit log's page, and its newest lines as a CSV file. Needs `audit:read`."""

import csv
import io
from typing import Final

from asyncpg import Record
from litestar import Response, get

from amends.access.permissions import Permission
from amends.kit.clock import iso
from amends.platform.audit_page import asked_of, audit_page, closed_subjects, narrowing_of
from amends.platform.audit_words import action_words, detail_words
from amends.platform.lists import read_here
from amends.platform.queries_audit import newest_lines
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.pages import render

SECTION: Final = "audit"
_PATH: Final = urls.platform_url(SECTION)
_NEEDS: Final = Permission.AUDIT_READ
CSV_LINES: Final = 10_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet would take for a formula."""


@get(_PATH, include_in_schema=False)
async def show_audit_log(request: AnyPage, services: Services) -> Response[str]:
    """Show the audit log."""
    staff_of(request, _NEEDS)
    asked = asked_of(request.query_params)
    narrowing = await narrowing_of(services, asked)
    if narrowing is None:
        return render(request, audit_page(asked, (), None), section=SECTION)
    rows, info = await read_here(request, services, narrowing.listing, *narrowing.values)
    closed = await closed_subjects(services, request.auth, rows)
    return render(request, audit_page(asked, rows, info, closed=closed), section=SECTION)


@get(f"{_PATH}.csv", include_in_schema=False)
async def download_audit_log(request: AnyPage, services: Services) -> Response[bytes]:
    """Give the newest lines of what the page shows, at most ten thousand."""
    staff_of(request, _NEEDS)
    asked = asked_of(request.query_params)
    narrowing = await narrowing_of(services, asked)
    rows = [] if narrowing is None else await newest_lines(services.pool, narrowing, limit=CSV_LINES)
    closed = await closed_subjects(services, request.auth, rows)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["time", "who_id", "who", "action", "in_words", "subject", "account_id", "details", "address"])
    shown = [row for row in rows if not (asked.who and row["subject"] in closed)]
    writer.writerows(_cells(row, is_closed=row["subject"] in closed) for row in shown)
    headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"', "Cache-Control": "no-store"}
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: Record, *, is_closed: bool) -> list[str]:
    cells = (
        iso(row["created_at"]),
        None if is_closed else row["principal"],
        None if is_closed else row["principal_name"],
        row["action"],
        action_words(row["action"]),
        row["subject"],
        row["account_pid"],
        None if is_closed else detail_words(row["details"]),
        None if is_closed else row["ip"],
    )
    return [_harmless(cell or "") for cell in cells]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell


routes: Final = [show_audit_log, download_audit_log]
