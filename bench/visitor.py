"""A person of an account's team, signed in, for measuring pages: a session's cookie, and a token for the API."""

import asyncio
from typing import NamedTuple

from amends.access.commands import issue_api_key
from amends.access.commands_sessions import Device, SignedInBy, start_session
from amends.access.people import Person
from amends.access.permissions import Permission
from amends.access.scopes import system_scope
from amends.access.sessions import COOKIE
from amends.db.pool import create_pool
from amends.db.transactions import transaction
from amends.kit.clock import SystemClock
from amends.people.commands import upsert_user
from amends.people.records import UserRecord
from bench.installation import Installation

ON_TEAM_SQL = """
insert into team_members (account_id, user_id, role, created_at)
values ($1, $2, 'admin', $3)
on conflict do nothing
"""
READS = (Permission.CASE_READ, Permission.PAYMENT_READ, Permission.MEMBER_EMAIL_READ)


class Visitor(NamedTuple):
    """Somebody who looks at an account's pages."""

    account_id: int
    account_pid: str
    session: str
    token: str

    def page(self, path: str) -> bytes:
        """Return the bytes of a request of a page of the account."""
        head = (
            f"GET {self.address(path)} HTTP/1.1\r\nHost: bench\r\nAccept: text/html\r\nCookie: {COOKIE}={self.session}"
        )
        return f"{head}\r\n\r\n".encode()

    def address(self, path: str) -> str:
        """Return the address of a page of the account."""
        return f"/accounts/{self.account_pid}/{path}"


def sign_in(measured: Installation, account_id: int) -> Visitor:
    """Put a person on an account's team and sign them in."""
    return asyncio.run(_sign_in(measured.database_url, account_id))


async def _sign_in(url: str, account_id: int) -> Visitor:
    now = SystemClock().now()
    async with create_pool(url, max_size=1) as pool, transaction(pool) as connection:
        account_pid = await connection.fetchval("select pid from accounts where id = $1", account_id)
        user = await upsert_user(connection, f"visitor-{account_id}", UserRecord(name="Vera Visitor"), now=now)
        await connection.execute(ON_TEAM_SQL, account_id, user.id, now)
        session = await start_session(
            connection,
            Person(user.id, user.pid, user.name, user.email),
            by=SignedInBy.PASSWORD,
            device=Device("127.0.0.1", "bench"),
            now=now,
        )
        key = await issue_api_key(
            connection, principal=system_scope().principal, account_id=account_id, name="visitor", scopes=READS,
            expires_at=None, now=now,
        )  # fmt: skip
    return Visitor(account_id, account_pid, session.token, key.token)
