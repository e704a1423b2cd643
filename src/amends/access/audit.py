"""The audit log: who changed what about access, policy and money by hand. Written in the change's own transaction."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from amends.access.scopes import Principal
from amends.db.pool import Connection
from amends.kit.ids import uuid7

INSERT_AUDIT_SQL: Final = """
insert into audit_log (id, account_id, principal, principal_name, action, subject, details, ip, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_called_from: ContextVar[str | None] = ContextVar("called_from", default=None)


@contextmanager
def called_from(address: str | None) -> Generator[None]:
    """Write lines with `address` during the block: where the request came from that is answered in it.

    Jobs and the command line have none.
    """
    before = _called_from.set(address)
    try:
        yield
    finally:
        _called_from.reset(before)


async def record(
    connection: Connection,
    *,
    principal: Principal,
    action: str,
    subject: str | None,
    account_id: int | None,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one line: `action` in words of the field (`api_key.created`), `subject` the public id it was done to.

    `details` hold facts, never secrets or free text of customers. The address is that of the request being answered.
    """
    await connection.execute(
        INSERT_AUDIT_SQL,
        uuid7(now),
        account_id,
        principal.id,
        principal.name,
        action,
        subject,
        dict(details or {}),
        _called_from.get(),
        now,
    )
