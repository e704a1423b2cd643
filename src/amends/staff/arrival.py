"""How a person who has proven who they are comes in: the second step where they want one, then a session and a page.

Between the two steps the browser holds a signed cookie for ten minutes: who it is, and where they want to go. It is no
session and opens nothing.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from amends.access.commands_sessions import Device, SignedInBy, revoke_session, start_session
from amends.access.commands_totp import has_second_step
from amends.access.people import Person
from amends.access.queries_sign_in import find_person
from amends.access.sessions import Reach
from amends.db.transactions import transaction
from amends.kit.signing import BadSignature
from amends.services import Services
from amends.web.layout import AnyRequest, session_of
from amends.web.next_path import safe_path
from amends.web.pages import redirect
from amends.web.reach import ASIDE
from amends.web.session_cookie import session_cookie

CODE_PATH: Final = "/sign-in/code"
BETWEEN: Final = "amends_second_step"
BETWEEN_LIFE: Final = timedelta(minutes=10)


class Arrival(msgspec.Struct, frozen=True):
    """Somebody between the two steps."""

    user_id: UUID
    then: str
    reach: Reach = Reach()


async def arrive(
    request: AnyRequest,
    services: Services,
    person: Person,
    *,
    by: SignedInBy,
    then: str,
    reach: Reach | None = None,
) -> Response[Any]:
    """Let a person in by their first proof, or ask for the second; no `reach`: to everything."""
    reach = reach or Reach()
    if await has_second_step(services.pool, person.id):
        response = redirect(request, CODE_PATH)
        response.set_cookie(_between(services, Arrival(person.id, safe_path(then), reach)))
        return response
    return await come_in(request, services, person, by=by, then=then, reach=reach)


async def come_in(
    request: AnyRequest,
    services: Services,
    person: Person,
    *,
    by: SignedInBy,
    then: str,
    reach: Reach | None = None,
    message: str | None = None,
) -> Response[Any]:
    """Begin a session, end the one that the browser had before, and go on."""
    embedded = reach is not None and reach.embedded
    now, before = services.clock.now(), session_of(request) or request.scope["state"].get(ASIDE)
    async with transaction(services.pool) as connection:
        if before is not None and before.embedded == embedded:
            left = Person(before.user_id, before.user_pid, before.name, before.email)
            await revoke_session(connection, left, before.id, now=now)
        session = await start_session(connection, person, by=by, device=device_of(request), now=now, reach=reach)
    response = redirect(request, safe_path(then), message=message)
    response.set_cookie(session_cookie(session.token, services.settings, embedded=embedded))
    response.delete_cookie(BETWEEN, path="/sign-in")
    return response


async def arriving(request: AnyRequest, services: Services) -> tuple[Person, Arrival] | None:
    """Return who is between the two steps, and where they want to go, with how much."""
    token = request.cookies.get(BETWEEN)
    if token is None:
        return None
    try:
        arrival = msgspec.json.decode(services.signer.verify(BETWEEN, token, services.clock.now()), type=Arrival)
    except BadSignature:
        return None
    person = await find_person(services.pool, arrival.user_id)
    return None if person is None else (person, arrival)


def _between(services: Services, arrival: Arrival) -> Cookie:
    token = services.signer.sign(BETWEEN, msgspec.json.encode(arrival), services.clock.now() + BETWEEN_LIFE)
    return Cookie(
        key=BETWEEN,
        value=token,
        path="/sign-in",
        httponly=True,
        samesite="lax",
        secure=services.settings.base_url.startswith("https:"),
        max_age=int(BETWEEN_LIFE.total_seconds()),
    )


def device_of(request: AnyRequest) -> Device:
    """Return where a request comes from."""
    client = request.scope["client"]
    return Device(client[0] if client else None, request.headers.get("user-agent"))
