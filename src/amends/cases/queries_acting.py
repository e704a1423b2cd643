"""What the forms of a case's page choose from, in one statement: who can look after a case, and the saved replies."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from amends.db.pool import Connection, Pool


class Colleague(NamedTuple):
    """A person who can look after a case."""

    pid: str
    name: str


class ReplyTitle(NamedTuple):
    """A saved reply by its title; its text comes when it is chosen."""

    pid: str
    title: str


class Choices(NamedTuple):
    """What can be chosen on a case's page."""

    colleagues: list[Colleague]
    replies: list[ReplyTitle]


CHOICES_SQLS: Final[Mapping[bool, str]] = {
    True: """
select
    (
        select json_agg(json_build_array(u.pid, coalesce(u.name, u.email, u.pid)) order by lower(u.name), u.pid)
        from team_members t
        join users u
          on u.id = t.user_id
        where t.account_id = $1
          and t.role <> 'viewer'
    )::text as colleagues,
    (
        select json_agg(json_build_array(r.pid, r.title) order by r.title_key, r.id)
        from saved_replies r
        where r.account_id = $1
    )::text as replies
""",
    False: """
select
    (
        select json_agg(json_build_array(u.pid, coalesce(u.name, u.email, u.pid)) order by lower(u.name), u.pid)
        from platform_staff s
        join users u
          on u.id = s.user_id
    )::text as colleagues,
    (
        select json_agg(json_build_array(r.pid, r.title) order by r.title_key, r.id)
        from saved_replies r
        where r.account_id = $1
          and false
    )::text as replies
""",
}
"""By whether the account's team is meant, and not the platform's staff, who have no saved replies."""

_COLLEAGUES: Final = msgspec.json.Decoder(list[Colleague] | None)
_REPLIES: Final = msgspec.json.Decoder(list[ReplyTitle] | None)


async def list_choices(connection: Connection | Pool, account_id: int, *, team: bool) -> Choices:
    """Return who can look after a case of an account, and which saved replies there are."""
    (row,) = await connection.fetch(CHOICES_SQLS[team], account_id)
    return Choices(
        _COLLEAGUES.decode(row["colleagues"] or "null") or [], _REPLIES.decode(row["replies"] or "null") or []
    )
