"""From the cookie of a browser to the session, and the `Caller` that it makes.

The cookie carries 256 random bits and nothing else; everything is read anew for each page, in one statement, so that
whoever is taken off a team or signed out elsewhere is out with the next request.
"""

from collections.abc import Mapping
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
    return None if row is None else Found(_session(row), _caller(row), row["last_seen_at"])


def _session(row: Record) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        user_pid=row["pid"],
        name=row["name"],
        email=row["email"],
        teams=tuple(_place(team) for team in row["teams"]),
        staff_role=StaffRole(row["staff_role"]) if row["staff_role"] else None,
        preferences=read_preferences(row["preferences"]),
        totp_enabled=row["totp_enabled"],
        created_at=row["created_at"],
    )


def _place(team: Mapping[str, Any]) -> TeamPlace:
    return TeamPlace(
        account_id=team["account_id"],
        account_pid=team["account_pid"],
        title=team["title"],
        currency=team["currency"],
        time_zone=team["time_zone"],
        role=Role(team["role"]),
    )


def _caller(row: Record) -> Caller:
    user = {
        "id": row["user_id"],
        "pid": row["pid"],
        "name": row["name"],
        "staff_role": row["staff_role"],
        "account_ids": row["account_ids"],
    }
    return user_caller(user, row["teams"])
