"""The JSON route of the audit log: for the platform alone, read only.

Of a case to which a person of the staff is a side, its lines say what was done, and not by whom.
"""

from typing import Any, Final

import msgspec
from asyncpg import Record
from litestar import get

from amends.access.permissions import Permission
from amends.access.queries import find_account
from amends.access.queries_audit import AUDIT
from amends.access.scopes import Caller
from amends.cases.closed_cases import closed_to
from amends.db.keyset import read_page
from amends.db.pool import Pool
from amends.kit.clock import iso
from amends.kit.errors import NotFound
from amends.kit.pages import Cursors, Page
from amends.kit.signing import Signer


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, to what, when; `details` are facts of the action."""

    account_id: str | None
    principal_id: str | None
    """Null, with name, `details` and `ip`: the case is the caller's own, or of an account whose team they are on."""
    principal_name: str | None
    action: str
    subject: str | None
    details: dict[str, Any] | None
    ip: str | None
    created_at: str


@get("/api/v1/audit_log", opt={"permission": Permission.AUDIT_READ}, summary="List the audit log", tags=["Audit log"])
async def list_lines(
    caller: Caller,
    pool: Pool,
    signer: Signer,
    account_id: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page[AuditLine]:
    """List what was changed by hand about access, policy and money, newest first."""
    if caller.platform is None:
        raise NotFound
    cursors = Cursors(signer, AUDIT.name, AUDIT.order.key_type)
    page = cursors.request(first=first, after=after, last=last, before=before)
    number = await _account_number(pool, account_id)
    rows, info = await read_page(pool, AUDIT, page, cursors, number, action, subject)
    closed = await closed_to(pool, caller, (row["subject"] for row in rows))
    return Page([_line(row, is_closed=row["subject"] in closed) for row in rows], info)


async def _account_number(pool: Pool, pid: str | None) -> int | None:
    if pid is None:
        return None
    number = await find_account(pool, pid)
    if number is None:
        raise NotFound
    return number


def _line(row: Record, *, is_closed: bool) -> AuditLine:
    return AuditLine(
        account_id=row["account_pid"],
        principal_id=None if is_closed else row["principal"],
        principal_name=None if is_closed else row["principal_name"],
        action=row["action"],
        subject=row["subject"],
        details=None if is_closed else row["details"],
        ip=None if is_closed else row["ip"],
        created_at=iso(row["created_at"]),
    )


routes: Final = [list_lines]
