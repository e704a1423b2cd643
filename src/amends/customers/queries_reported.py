"""Whether the customer is told by e-mail that their report has come in, and where to."""

from typing import Final

import msgspec

from amends.access.scopes import CustomerScope
from amends.db.pool import Connection
from amends.notifications.kinds import NoticeKind
from amends.notifications.preferences import wants

FIRST_MAIL_SQL: Final = """
select m.recipient, m.state
from mail m
where m.case_pid = $1
    and m.user_id = $2
order by m.created_at, m.id
limit 1
"""
ADDRESS_SQL: Final = """
select u.email
from users u
where u.id = $1
"""
_UNDER_WAY: Final = frozenset({"queued", "handing_over"})


class Confirmation(msgspec.Struct, frozen=True):
    """The first e-mail about a case to its customer."""

    recipient: str
    is_sent: bool
    """The mail server has taken it; otherwise it is on its way."""


async def confirmation_of(
    connection: Connection, scope: CustomerScope, case_pid: str, *, can_send: bool
) -> Confirmation | None:
    """Return the e-mail that confirms a report; None: there is none, or it will not come.

    `can_send`: mails are handed over here at all.
    """
    row = await connection.fetchrow(FIRST_MAIL_SQL, case_pid, scope.user_id)
    if row is not None and row["state"] == "handed_over":
        return Confirmation(row["recipient"], is_sent=True)
    if not can_send or (row is not None and row["state"] not in _UNDER_WAY):
        return None
    if row is not None:
        return Confirmation(row["recipient"], is_sent=False)
    address: str | None = await connection.fetchval(ADDRESS_SQL, scope.user_id)
    wanted = address is not None and await wants(connection, [scope.user_id], NoticeKind.PROGRESS)
    return Confirmation(address, is_sent=False) if address is not None and wanted else None
