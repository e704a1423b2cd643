"""At each route's door: who is calling, may they, are they too many, and does the route know what they ask for.

A route needs a credential unless it says `opt={"public": True}`, and the permission that `opt={"permission": …}` names.
Under /api/ the credential is a bearer token, or the session's cookie too where a GET says `opt={"session": True}`; on
pages it is the session. Runs before the body is read.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

import asyncpg
from litestar import Litestar, Request
from litestar.config.csrf import CSRFConfig
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from amends.access.authenticate import Authenticator
from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.access.signed_in import find_session
from amends.db.pool import Pool
from amends.kit.clock import Clock, epoch_ms
from amends.kit.errors import InvalidRequest, Unauthorized
from amends.kit.signing import Signer
from amends.settings import Settings
from amends.web.csrf import COOKIE, csrf_config
from amends.web.framing import TOKEN as FRAME_TOKEN
from amends.web.framing import frame_token
from amends.web.page_admission import PageDoor, is_page, recognise, refuse_frame_without_session
from amends.web.rates import RateLimit, over_limit
from amends.web.reach import Ground, ground_of, step_aside
from amends.web.session_cookie import carried_in

API_PATH: Final = "/api/v1/"


class Door(NamedTuple):
    """What a route asks of a request before it is handled."""

    operation: str
    public: bool
    permission: Permission | None
    parameters: frozenset[bytes] | None
    """None: anything goes, as on pages."""
    repeatable: frozenset[bytes]
    page: bool = False
    session: bool = False
    ground: Ground = Ground()


class Gate:
    """What all doors of a process share; opened when its services are there."""

    def __init__(self) -> None:
        self.doors: dict[HTTPRouteHandler, Door] = {}
        self.settings: Settings
        self.limit: RateLimit
        self.authenticator: Authenticator
        self.clock: Clock
        self.pool: Pool
        self.signer: Signer
        self.csrf: CSRFConfig

    def open(self, app: Litestar) -> None:
        """Learn the routes and the services of an application that starts."""
        services = app.state.services
        self.settings = services.settings
        self.limit = RateLimit(self.settings.rate_limit_per_minute, self.settings.workers)
        self.clock = services.clock
        self.pool = services.pool
        self.signer = services.signer
        self.csrf = csrf_config(self.settings, services.signer)
        self.authenticator = Authenticator(
            services.pool,
            services.clock,
            self.settings.token_issuers,
            memory_s=self.settings.credential_memory_s,
        )
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                self.doors.update(_doors(route))
                _resolve_in_turn(route)

    async def recognise_lost(self, _error: Exception, scope: Scope) -> None:
        """Find out who asked for a page that there is not: the error stands within what they see elsewhere."""
        if scope["type"] != "http" or "route_handler" in scope or not is_page(scope["path"]):
            return
        carried = carried_in(scope, self.settings)
        if carried is None:
            return
        try:
            await recognise(self.pool, scope, carried, self.clock.now())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return  # that the page is not there is known without a database
        session = scope["state"].get("session")
        if session is not None and session.embedded:
            scope["state"][FRAME_TOKEN] = frame_token(self.signer, session, scope["path"])
        else:  # for the button that signs out
            ScopeState.from_scope(scope).csrf_token = Request[Any, Any, Any](scope).cookies.get(COOKIE, "")

    async def recognise_again(self, scope: Scope, door: Door) -> Caller:
        """Return who sent a request whose answer still goes on, as they stand now; a session is not used by that.

        Raises:
            Unauthorized, Forbidden: the credential has been taken away since.
        """
        now = self.clock.now()
        if scope["state"].get("session") is not None:
            carried = carried_in(scope, self.settings)
            found = await find_session(self.pool, carried.token if carried else "", now)
            if found is None:
                raise Unauthorized("authentication_required", "The session has ended. Sign in again.")
            caller = found.caller
        else:
            address = scope["client"][0] if scope["client"] else ""
            caller = await self.authenticator.authenticate(authorization_in(scope), address, now)
        if door.permission is not None:
            caller.require(door.permission)
        return caller


def authorization_in(scope: Scope) -> bytes | None:
    """Return the request's Authorization header."""
    return next((value for name, value in scope["headers"] if name == b"authorization"), None)


def _doors(route: HTTPRoute) -> dict[HTTPRouteHandler, Door]:
    return {
        handler: Door(
            operation=f"{method} {route.path_format}",
            public=bool(handler.opt.get("public")) or method == "OPTIONS",
            permission=handler.opt.get("permission"),
            parameters=frozenset(field.field_alias.encode() for field in model.expected_query_params)
            if route.path.startswith(API_PATH)
            else None,
            repeatable=frozenset(name.encode() for name in model.sequence_query_parameter_names),
            page=is_page(route.path),
            session=bool(handler.opt.get("session")) and method == "GET",
            ground=ground_of(route.path, handler.opt),
        )
        for method, (handler, model) in route.route_handler_map.items()
    }


def _resolve_in_turn(route: HTTPRoute) -> None:
    """Have a handler's dependencies resolved one after the other.

    Ours are there already; Litestar would start a task for each of them, which costs more than many a handler.
    """
    for _, model in route.route_handler_map.values():
        model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]


class Admission:
    """The door of one route."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate
        self._page_door: PageDoor | None = None
        self._page_door_of: CSRFConfig | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or raise what to answer."""
        handler: Any = scope["route_handler"]
        door = self._gate.doors.get(handler)
        if door is not None:
            if door.page:
                await self._open_page(scope, receive, send, door)
                return
            if not door.public:
                await self._admit(scope, door)
            query = scope["query_string"]
            if query and door.parameters is not None:
                check_parameters(query, door.parameters, door.repeatable)
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, door: Door) -> None:
        gate = self._gate
        authorization = authorization_in(scope)
        address = scope["client"][0] if scope["client"] else None
        now = gate.clock.now()
        found = None
        if door.session:
            scope["state"]["recognise_again"] = partial(gate.recognise_again, scope, door)
            if authorization is None and (carried := carried_in(scope, gate.settings)):
                found = await recognise(gate.pool, scope, carried, now)
        caller = found or await gate.authenticator.authenticate(authorization, address or "", now)
        scope["auth"] = caller
        self._spend(scope, door, caller, now)
        if door.permission is not None:
            caller.require(door.permission)

    def _spend(self, scope: Scope, door: Door, caller: Caller, now: datetime) -> None:
        allowance = self._gate.limit.spend(door.operation, caller.principal.id, epoch_ms(now))
        scope["state"]["allowance"] = allowance
        if allowance.remaining < 0:
            raise over_limit(allowance)

    async def _open_page(self, scope: Any, receive: Receive, send: Send, door: Door) -> None:
        gate, now = self._gate, self._gate.clock.now()
        if self._page_door is None or self._page_door_of is not gate.csrf:  # the gate was opened again since
            self._page_door = PageDoor(self._app, gate.csrf, gate.settings, door.ground)
            self._page_door_of = gate.csrf
        carried = carried_in(scope, gate.settings)
        caller = await recognise(gate.pool, scope, carried, now) if carried else None
        if caller is not None:
            self._spend(scope, door, caller, now)  # what a page needs, it needs at its account: see web.places
        elif not door.public:
            refuse_frame_without_session(scope, door.ground, gate.settings)
            await self._page_door.answer_signed_out(scope, receive, send)
            return
        if door.public:
            step_aside(scope, door.ground)
        scope["query_string"] = without_nul(scope["query_string"])
        await self._page_door(scope, receive, send)


def without_nul(query: bytes) -> bytes:
    """Return a page's query without U+0000, which nobody types and PostgreSQL does not hold."""
    while b"%00" in query or b"\x00" in query:
        query = query.replace(b"%00", b"").replace(b"\x00", b"")
    return query


def check_parameters(query: bytes, known: frozenset[bytes], repeatable: frozenset[bytes]) -> None:
    """Refuse query parameters that the route does not know, single ones that come twice, and text with U+0000.

    Raises:
        InvalidRequest: `unknown_parameter`, `repeated_parameter` or `invalid_character`.
    """
    seen: set[bytes] = set()
    for pair in query.split(b"&"):
        name = pair.partition(b"=")[0]
        if b"%" in name or b"+" in name:
            name = unquote_to_bytes(name.replace(b"+", b" "))
        if not name and not pair:
            continue
        shown = name.decode("utf-8", "replace")[:100]
        if name not in known:
            raise InvalidRequest("unknown_parameter", f"`{shown}` is not a parameter of this operation.", param=shown)
        if name in seen and name not in repeatable:
            raise InvalidRequest("repeated_parameter", f"Send `{shown}` once.", param=shown)
        seen.add(name)
    if b"%00" in query or b"\x00" in query:
        raise InvalidRequest("invalid_character", "Text cannot contain the character U+0000.")
