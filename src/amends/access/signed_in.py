"""From the cookie of a browser to the session, and the `Caller` that it makes.

The cookie carries 256 random bits and nothing else; everything is read anew for each page, in one statement, so that
whoever is taken off a team or signed out elsewhere is out with the next request. A session that reaches less far makes
a caller who has less: for one case the places at its account, in a frame the customer alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from asyncpg import Record

from amends.access.authenticate import user_caller
from amends.access.commands import hash_token
from amends.access.permissions import Role, StaffRole
from amends.access.queries_sessions import read_session
from amends.access.scopes import Caller
from amends.access.sessions import IDLE, Session, TeamPlace, read_preferences
from amends.db.pool import Connection, Pool
from amends.kit.ids import Prefix, parse_public_id

MAX_COOKIE: Final = 100


class Found(NamedTuple):
    """A session, who calls by it, and when it was last noted to be used."""

    session: Session
    caller: Caller
    last_seen_at: datetime


async def find_session(where: Pool | Connection, token: str, now: datetime) -> Found | None:
    """Return the living session of a cookie's token."""
    if not 0 < len(token) <= MAX_COOKIE:
        return None
    row = await read_session(where, hash_token(token), now, now - IDLE)
    if row is None:
        return None
    session = _session(row)
    return Found(session, _caller(row, session), row["last_seen_at"])


def _session(row: Record) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        user_pid=row["pid"],
        name=row["name"],
        email=row["email"],
        teams=tuple(_place(team) for team in _teams(row)),
        staff_role=StaffRole(row["staff_role"]) if row["staff_role"] and not row["embedded"] else None,
        preferences=read_preferences(row["preferences"]),
        totp_enabled=row["totp_enabled"],
        created_at=row["created_at"],
        only_case=row["only_case"],
        embedded=row["embedded"],
    )


def _teams(row: Record) -> Sequence[Mapping[str, Any]]:
    """Return the teams that the session reaches."""
    if row["embedded"]:
        return ()
    account_id = _only_account(row)
    return [team for team in row["teams"] if account_id in (None, team["account_id"])]


def _only_account(row: Record) -> int | None:
    return None if row["only_case"] is None else parse_public_id(Prefix.CASE, row["only_case"]).account


def _place(team: Mapping[str, Any]) -> TeamPlace:
    return TeamPlace(
        account_id=team["account_id"],
        account_pid=team["account_pid"],
        title=team["title"],
        currency=team["currency"],
        time_zone=team["time_zone"],
        role=Role(team["role"]),
    )


def _caller(row: Record, session: Session) -> Caller:
    account_id = _only_account(row)
    user = {
        "id": row["user_id"],
        "pid": row["pid"],
        "name": row["name"],
        "staff_role": session.staff_role,
        "account_ids": [number for number in row["account_ids"] if account_id in (None, number)],
    }
    return user_caller(user, _teams(row))
