"""The audit log as its page narrows it: newest first, by an index for whatever is looked for most narrowly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from asyncpg import Record

from amends.db.keyset import Listing, by_time, statements
from amends.db.pool import Connection, Pool

_LINE: Final = """id, principal, principal_name, action, subject, details, ip, created_at,
    (
        select a.pid
        from accounts a
        where a.id = audit_log.account_id
    ) as account_pid,
    (
        select a.title
        from accounts a
        where a.id = audit_log.account_id
    ) as account_title"""
_NEWEST_FIRST: Final = by_time("created_at")
_FILTERS: Final[Mapping[str, tuple[str, str]]] = {
    "subject": ("$1", "text"),
    "principal": ("$2", "text"),
    "account_id": ("$3", "bigint"),
    "action": ("$4", "text"),
}
"""The columns that are narrowed by, the narrowest first: parameter and type."""
_TIMES: Final = """created_at >= coalesce($5::timestamptz, '-infinity')
    and created_at < coalesce($6::timestamptz, 'infinity')"""


def _where(found_by: str | None) -> str:
    conditions = [
        f"{column} = {place}::{kind}" if column == found_by else f"({place}::{kind} is null or {column} = {place})"
        for column, (place, kind) in _FILTERS.items()
    ]
    return "\n    and ".join([*conditions, _TIMES])


AUDIT_PAGE_SQLS: Final = {
    column: statements(_LINE, "audit_log", _where(column), _NEWEST_FIRST, 7) for column in (*_FILTERS, None)
}
_LISTINGS: Final = {
    column: Listing(f"audit_page:{column}", _NEWEST_FIRST, sqls) for column, sqls in AUDIT_PAGE_SQLS.items()
}

PRINCIPALS_NAMED_SQL: Final = """
select u.pid
from users u
where lower(u.email) = lower($1)
order by u.pid
limit 1
"""


class Narrowing(NamedTuple):
    """What is looked for; None: anything."""

    subject: str | None = None
    principal: str | None = None
    account_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def listing(self) -> Listing:
        """Return the list that reads it by the best index."""
        found_by = next((column for column in _FILTERS if getattr(self, column) is not None), None)
        return _LISTINGS[found_by]

    @property
    def values(self) -> Sequence[Any]:
        """Return the list's own parameters."""
        return tuple(self)


async def person_with_address(where: Pool | Connection, email: str) -> str | None:
    """Return the public id of a user with an e-mail address; upper and lower case are the same."""
    return await where.fetchval(PRINCIPALS_NAMED_SQL, email)


async def newest_lines(where: Pool | Connection, narrowing: Narrowing, *, limit: int) -> Sequence[Record]:
    """Return the newest lines, for a download."""
    order = _NEWEST_FIRST
    return await where.fetch(narrowing.listing.sqls["first"], *narrowing.values, *order.lowest, *order.highest, limit)
