"""What people want to be told by e-mail: what they chose, and what holds for who chose nothing."""

from collections.abc import Iterable
from uuid import UUID

from amends.db.pool import Connection, Pool
from amends.notifications.kinds import NoticeKind
from amends.notifications.queries_preferences import kinds_wanted_by, who_wants


async def wants(connection: Connection, user_ids: Iterable[UUID], kind: NoticeKind) -> set[UUID]:
    """Return those of some users who want a kind of notice.

    Who chose nothing gets every kind, but the digest only as an owner or admin of a team, and who is a viewer and
    nothing else gets none.
    """
    wanted = set(user_ids)
    if kind is NoticeKind.ACCOUNT or not wanted:
        return wanted
    return await who_wants(connection, wanted, kind)


async def wanted_kinds(where: Pool | Connection, user_id: UUID) -> set[NoticeKind]:
    """Return the kinds of notices that a person wants."""
    return {NoticeKind.ACCOUNT, *await kinds_wanted_by(where, user_id)}
