"""Reports that customers have begun and not sent: each customer's own, one for a payment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record

from amends.access.scopes import CustomerScope
from amends.db.pool import Connection, Pool

DRAFT_SQL: Final = """
select token, revision, fields, file_ids, updated_at
from case_drafts
where user_id = $1
    and payment_pid = $2
"""
DRAFTED_SQL: Final = """
select payment_pid
from case_drafts
where user_id = $1
"""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer has written so far."""

    token: str
    revision: int
    fields: Mapping[str, Any]
    """By name, as they were typed."""
    file_ids: tuple[UUID, ...]
    updated_at: datetime


async def find_draft(where: Connection | Pool, scope: CustomerScope, payment_pid: str) -> Draft | None:
    """Return the customer's draft on a payment."""
    row = await where.fetchrow(DRAFT_SQL, scope.user_id, payment_pid)
    return None if row is None else draft_of(row)


async def drafted_payments(where: Connection | Pool, scope: CustomerScope) -> frozenset[str]:
    """Return the public ids of the payments on which the customer has a draft."""
    return frozenset(row["payment_pid"] for row in await where.fetch(DRAFTED_SQL, scope.user_id))


def draft_of(row: Record) -> Draft:
    """Read a row of a draft."""
    fields: dict[str, Any] = {**row, "file_ids": tuple(row["file_ids"])}
    return Draft(**fields)
