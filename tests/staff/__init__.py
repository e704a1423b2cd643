"""People of a team or of the platform's staff in a browser: real sessions, and forms that carry their token.

`sign_in` makes a session's cookies, `browser` a client that is signed in. `people_of` makes one person for each role.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import httpx

from amends.access.commands_sessions import Device, SignedInBy, start_session
from amends.access.people import Person
from amends.access.sessions import COOKIE
from amends.db.pool import Connection, Pool
from amends.kit.clock import Clock
from amends.people.rows import AccountRow, UserRow
from amends.web.csrf import COOKIE as CSRF_COOKIE
from amends.web.csrf import FIELD, HEADER
from tests.builders import NOW, make_user, new_id
from tests.credentials import make_staff, make_team_member

TEAM_ROLES = ("viewer", "support", "admin", "owner")
STAFF_ROLES = {"reviewer": "reviewer", "platform admin": "admin"}
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


async def sign_in(
    where: Pool | Connection, user: UserRow, clock: Clock | None = None, *, user_agent: str = PHONE
) -> dict[str, str]:
    """Begin a session of a user and return its cookies."""
    if isinstance(where, asyncpg.Pool):
        async with where.acquire() as connection, connection.transaction():
            return await sign_in(connection, user, clock, user_agent=user_agent)
    person = Person(user.id, user.pid, user.name, user.email)
    session = await start_session(
        where,
        person,
        by=SignedInBy.PASSWORD,
        device=Device("127.0.0.1", user_agent),
        now=clock.now() if clock else NOW,
    )
    return {COOKIE: session.token}


async def csrf(http: httpx.AsyncClient) -> dict[str, str]:
    """Return the field that a form needs; the client has the cookie that goes with it from now on."""
    if CSRF_COOKIE not in http.cookies:
        await http.get("/sign-in")
    return {FIELD: http.cookies[CSRF_COOKIE]}


@asynccontextmanager
async def browser(
    url: str, where: Pool | Connection | None = None, user: UserRow | None = None, clock: Clock | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a client that asks for HTML and may send forms; signed in when there is a user."""
    cookies = await sign_in(where, user, clock) if where is not None and user is not None else {}
    async with httpx.AsyncClient(base_url=url, timeout=60, verify=False, headers={"Accept": "text/html"}) as http:
        for name, value in cookies.items():
            http.cookies.set(name, value, domain=http.base_url.host, path="/")  # as the server would
        http.headers[HEADER] = (await csrf(http))[FIELD]
        yield http


async def make_team_person(where: Pool | Connection, account: AccountRow, role: str) -> UserRow:
    """Make a person on an account's team, with an address of their own."""
    user = await make_user(where, name=f"{role.title()} Person", username=None, email=f"{new_id(role)}@team.example")
    await make_team_member(where, account, user, role)
    return user


async def make_staff_person(where: Pool | Connection, role: str) -> UserRow:
    """Make a person on the platform's staff: reviewer, admin."""
    user = await make_user(where, name=f"Platform {role}", username=None, email=f"{new_id(role)}@platform.example")
    await make_staff(where, user, role)
    return user


async def people_of(where: Pool | Connection, account: AccountRow) -> dict[str, UserRow]:
    """Make a person for each role: those of the account's team, `reviewer` and `platform admin`."""
    team = {role: await make_team_person(where, account, role) for role in TEAM_ROLES}
    return team | {name: await make_staff_person(where, role) for name, role in STAFF_ROLES.items()}
