"""Keeping a report that is being written: each step adds its own fields, so that two open pages lose nothing.

A draft lives for thirty days after it was last touched, and so do the files that it names.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from amends.access.scopes import CustomerScope
from amends.customers.queries_drafts import Draft, draft_of
from amends.db.pool import Connection
from amends.files.commands import keep_files

KEPT_FOR: Final = timedelta(days=30)

LOCK_DRAFT_SQL: Final = """
select file_ids
from case_drafts
where user_id = $1
    and payment_pid = $2
for update
"""
KEEP_DRAFT_SQL: Final = """
insert into case_drafts (user_id, payment_pid, token, revision, fields, file_ids, created_at, updated_at)
values ($1, $2, $3, 1, $4, coalesce($5::uuid[], '{}'), $6, $6)
on conflict (user_id, payment_pid) do update
set revision = case_drafts.revision + 1,
    fields = case_drafts.fields || excluded.fields,
    file_ids = coalesce($5::uuid[], case_drafts.file_ids),
    updated_at = excluded.updated_at
where $7::integer is null
    or case_drafts.revision = $7
returning token, revision, fields, file_ids, updated_at
"""
DELETE_DRAFT_SQL: Final = """
delete from case_drafts
where user_id = $1
    and payment_pid = $2
returning file_ids
"""
DELETE_OLD_DRAFTS_SQL: Final = """
delete from case_drafts
where updated_at <= $1
"""


async def keep_draft(
    connection: Connection,
    scope: CustomerScope,
    payment_pid: str,
    *,
    fields: Mapping[str, str],
    file_ids: Sequence[UUID] | None,
    revision: int | None = None,
    now: datetime,
) -> Draft | None:
    """Add what a step brought to the customer's draft, and return the whole; `file_ids` None: as before.

    `revision` is of the draft that the step was made of, 0 before there is one. Where it has another one by now, or is
    sent or thrown away, nothing is kept, and None returned.
    """
    before = await connection.fetchrow(LOCK_DRAFT_SQL, scope.user_id, payment_pid)
    if before is None and revision:
        return None
    ids = None if file_ids is None else list(file_ids)
    kept = await connection.fetchrow(
        KEEP_DRAFT_SQL, scope.user_id, payment_pid, secrets.token_urlsafe(16), dict(fields), ids, now, revision
    )
    if kept is None:
        return None
    after = draft_of(kept)
    dropped = set(before["file_ids"] if before else ()) - set(after.file_ids)
    await _keep(connection, scope, sorted(dropped), until=None, now=now)
    await _keep(connection, scope, after.file_ids, until=now + KEPT_FOR, now=now)
    return after


async def delete_draft(connection: Connection, scope: CustomerScope, payment_pid: str, *, now: datetime) -> None:
    """Delete the customer's draft on a payment; its files go with the others that nothing carries."""
    file_ids = await connection.fetchval(DELETE_DRAFT_SQL, scope.user_id, payment_pid)
    await _keep(connection, scope, file_ids or (), until=None, now=now)


async def delete_old_drafts(connection: Connection, *, now: datetime) -> None:
    """Delete the drafts that nobody has touched for thirty days."""
    await connection.execute(DELETE_OLD_DRAFTS_SQL, now - KEPT_FOR)


async def _keep(
    connection: Connection, scope: CustomerScope, file_ids: Sequence[UUID], *, until: datetime | None, now: datetime
) -> None:
    await keep_files(connection, owner=scope.principal.id, file_ids=file_ids, until=until, now=now)
