"""The verbs on saved replies: keep one, change it, delete it. They are the account's, and for its admins to set up.

Titles are unique within an account, whatever their case.
"""

import unicodedata
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from asyncpg import Record

from amends.access import audit
from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import MerchantScope, PlatformScope
from amends.cases.queries_replies import count_replies, find_reply
from amends.cases.replies import LONGEST_BODY, LONGEST_TITLE, check_body
from amends.db.pool import Connection
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7

NEEDS: Final = Permission.RULE_MANAGE
"""How cases are answered is the matter of those who set up the rules."""
MOST_REPLIES: Final = 200

ADD_REPLY_SQL: Final = """
insert into saved_replies
    (account_id, id, pid, title, title_key, body, updated_by, updated_by_name, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict do nothing
returning id, pid, title, body, updated_by, updated_by_name, created_at, updated_at
"""

CHANGE_REPLY_SQL: Final = """
update saved_replies
set title = $3,
    title_key = $4,
    body = $5,
    updated_by = $6,
    updated_by_name = $7,
    updated_at = $8
where account_id = $1
    and id = $2
returning id, pid, title, body, updated_by, updated_by_name, created_at, updated_at
"""

DELETE_REPLY_SQL: Final = """
delete from saved_replies
where account_id = $1
    and id = $2
returning id, pid, title, body, updated_by, updated_by_name, created_at, updated_at
"""

Scope = MerchantScope | PlatformScope


async def save_reply(
    connection: Connection, scope: Scope, account_id: int, *, title: str, body: str, now: datetime
) -> Record:
    """Keep a reply, and return it.

    Raises:
        Forbidden: `missing_permission`.
        Unprocessable: `reply_title_invalid`, `reply_title_taken`, `reply_body_invalid`, `unknown_placeholder` or
            `too_many_replies`.
    """
    allow(scope, NEEDS)
    title, body = _title(title), _body(body)
    if await count_replies(connection, account_id) >= MOST_REPLIES:
        raise Unprocessable(
            "too_many_replies", f"The account has {MOST_REPLIES} saved replies, which is the most. Delete one first."
        )
    reply_id = uuid7(now)
    pid = public_id(Prefix.SAVED_REPLY, reply_id, account_id)
    by = scope.principal
    row = await connection.fetchrow(
        ADD_REPLY_SQL, account_id, reply_id, pid, title, _key(title), body, by.id, by.name, now
    )
    if row is None:
        raise _taken(title)
    await _record(connection, scope, account_id, "saved_reply.created", pid, now)
    return row


async def change_reply(
    connection: Connection,
    scope: Scope,
    account_id: int,
    reply_id: UUID,
    *,
    title: str | None,
    body: str | None,
    now: datetime,
) -> Record:
    """Change a reply, and return it; None: as it was.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not one of this account's.
        Unprocessable: as of `save_reply`.
    """
    allow(scope, NEEDS)
    found = await find_reply(connection, account_id, reply_id)
    if found is None:
        raise NotFound
    new_title: str = found["title"] if title is None else _title(title)
    new_body: str = found["body"] if body is None else _body(body)
    if (new_title, new_body) == (found["title"], found["body"]):
        return found
    by = scope.principal
    try:
        async with connection.transaction():
            row = await connection.fetchrow(
                CHANGE_REPLY_SQL, account_id, reply_id, new_title, _key(new_title), new_body, by.id, by.name, now
            )
    except asyncpg.UniqueViolationError as problem:
        raise _taken(new_title) from problem
    if row is None:
        raise NotFound
    await _record(connection, scope, account_id, "saved_reply.changed", row["pid"], now)
    return row


async def delete_reply(
    connection: Connection, scope: Scope, account_id: int, reply_id: UUID, *, now: datetime
) -> Record:
    """Delete a reply, and return it as it was.

    Raises:
        Forbidden: `missing_permission`.
        NotFound: not one of this account's.
    """
    allow(scope, NEEDS)
    row = await connection.fetchrow(DELETE_REPLY_SQL, account_id, reply_id)
    if row is None:
        raise NotFound
    await _record(connection, scope, account_id, "saved_reply.deleted", row["pid"], now)
    return row


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not 0 < len(title) <= LONGEST_TITLE or "\x00" in title:
        raise Unprocessable("reply_title_invalid", f"A title has 1 to {LONGEST_TITLE} characters.", param="title")
    return title


def _body(text: str) -> str:
    body = text.replace("\r\n", "\n").strip()
    if not 0 < len(body) <= LONGEST_BODY or "\x00" in body:
        raise Unprocessable("reply_body_invalid", f"A reply has 1 to {LONGEST_BODY} characters.", param="body")
    check_body(body)
    return body


def _key(title: str) -> str:
    return unicodedata.normalize("NFKC", title).casefold()


def _taken(title: str) -> Unprocessable:
    return Unprocessable("reply_title_taken", f"There is a reply called “{title}” already.", param="title")


async def _record(connection: Connection, scope: Scope, account_id: int, action: str, pid: str, now: datetime) -> None:
    await audit.record(
        connection, principal=scope.principal, action=action, subject=pid, account_id=account_id, now=now
    )
