"""The one verb on the catalogue of reasons: put a reason there as it is to be, retired or not.

A code never changes and no reason is deleted, since decisions name it. The audit log keeps each version's changes.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from amends.access import audit
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import PlatformScope
from amends.cases.queries_reasons import find_reason, reason_of
from amends.cases.reasons import CODE, ReasonCode, Wording, check_texts
from amends.db.pool import Connection
from amends.kit.errors import Conflict, Unprocessable

NEEDS: Final = Permission.POLICY_MANAGE

ADD_REASON_SQL: Final = """
insert into reason_codes (
    code, title, when_to_use, fits, to_customer, to_merchant, translations, version, retired_at, created_at, updated_at,
    updated_by, updated_by_name
)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9, $10, $11)
on conflict do nothing
returning code, title, when_to_use, fits, to_customer, to_merchant, translations, version, retired_at, updated_at,
    updated_by, updated_by_name
"""

CHANGE_REASON_SQL: Final = """
update reason_codes
set title = $3,
    when_to_use = $4,
    fits = $5,
    to_customer = $6,
    to_merchant = $7,
    translations = $8,
    version = version + 1,
    retired_at = $9,
    updated_at = $10,
    updated_by = $11,
    updated_by_name = $12
where code = $1
  and version = $2
returning code, title, when_to_use, fits, to_customer, to_merchant, translations, version, retired_at, updated_at,
    updated_by, updated_by_name
"""


async def put_reason(
    connection: Connection,
    scope: PlatformScope,
    code: str,
    wording: Wording,
    *,
    now: datetime,
    version: int | None = None,
    must_be_new: bool = False,
) -> ReasonCode:
    """Add a reason or change it, and return it; what is the same already stays untouched.

    `version` is the one that was read. `must_be_new`: somebody adds a reason and means no other.

    Raises:
        Forbidden: `missing_permission`.
        Conflict: `reason_code_changed`, `reason_code_exists`.
        Unprocessable: `reason_code_invalid`, and as of `check_texts`.
    """
    allow(scope, NEEDS)
    if not CODE.fullmatch(code):
        raise Unprocessable(
            "reason_code_invalid",
            "A code has 2 to 64 small letters, digits and underscores, and begins with a letter.",
            param="code",
        )
    wording, found = check_texts(wording), await find_reason(connection, code)
    if found is None:
        return await _add(connection, scope, code, wording, now)
    if must_be_new:
        raise _taken(code)
    if version is not None and version != found.version:
        raise _changed(found)
    if wording_of(found) == wording:
        return found
    return await _change(connection, scope, found, wording, now)


async def _add(connection: Connection, scope: PlatformScope, code: str, wording: Wording, now: datetime) -> ReasonCode:
    by, retired_at = scope.principal, now if wording.retired else None
    values = _values(wording)
    row = await connection.fetchrow(ADD_REASON_SQL, code, *values, retired_at, now, by.id, by.name)
    if row is None:
        raise _taken(code)
    await _record(connection, scope, "reason_code.added", code, now, {"version": 1, **_told(wording)})
    return reason_of(row)


async def _change(
    connection: Connection, scope: PlatformScope, found: ReasonCode, wording: Wording, now: datetime
) -> ReasonCode:
    by, retired_at = scope.principal, (found.retired_at or now) if wording.retired else None
    values = _values(wording)
    row = await connection.fetchrow(
        CHANGE_REASON_SQL, found.code, found.version, *values, retired_at, now, by.id, by.name
    )
    if row is None:
        raise _changed(found)
    before, after = _told(wording_of(found)), _told(wording)
    changed = [name for name in after if after[name] != before[name]]
    details = {
        "version": found.version + 1,
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }
    await _record(connection, scope, _action(found, wording), found.code, now, details)
    return reason_of(row)


def _action(found: ReasonCode, wording: Wording) -> str:
    if wording.retired == found.is_retired:
        return "reason_code.changed"
    return "reason_code.retired" if wording.retired else "reason_code.restored"


def wording_of(reason: ReasonCode) -> Wording:
    """Return what of a reason can be changed, as it is."""
    return Wording(
        title=reason.title,
        when_to_use=reason.when_to_use,
        fits=reason.fits,
        to_customer=reason.to_customer,
        to_merchant=reason.to_merchant,
        translations=reason.translations,
        retired=reason.is_retired,
    )


def _values(wording: Wording) -> tuple[Any, ...]:
    texts = (wording.title, wording.when_to_use, list(wording.fits), wording.to_customer, wording.to_merchant)
    return (*texts, msgspec.to_builtins(wording.translations))


def _told(wording: Wording) -> dict[str, Any]:
    return msgspec.to_builtins(wording)


def _taken(code: str) -> Conflict:
    return Conflict("reason_code_exists", f"There is a reason `{code}` already. Change it, or choose another code.")


def _changed(found: ReasonCode) -> Conflict:
    return Conflict(
        "reason_code_changed",
        "Somebody else has changed this reason since you read it. Read it again, then change it.",
        details={"version": found.version},
    )


async def _record(
    connection: Connection, scope: PlatformScope, action: str, code: str, now: datetime, details: dict[str, Any]
) -> None:
    await audit.record(
        connection, principal=scope.principal, action=action, subject=code, account_id=None, now=now, details=details
    )
