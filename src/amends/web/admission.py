"""At each route's door: who is calling, may they, are they too many, and does the route know what they ask for.

A route needs a credential unless it says `opt={"public": True}`, and the permission that `opt={"permission": …}` names.
Runs before the body is read.
"""

from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from amends.access.audit import CALLED_FROM
from amends.access.authenticate import Authenticator
from amends.access.permissions import Permission
from amends.kit.clock import Clock, epoch_ms
from amends.kit.errors import InvalidRequest
from amends.settings import Settings
from amends.web.rates import RateLimit, over_limit

API_PATH: Final = "/api/v1/"


class Door(NamedTuple):
    """What a route asks of a request before it is handled."""

    operation: str
    public: bool
    permission: Permission | None
    parameters: frozenset[bytes] | None
    """None: anything goes, as on pages."""
    repeatable: frozenset[bytes]


class Gate:
    """What all doors of a process share; opened when its services are there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.limit: Final = RateLimit(settings.rate_limit_per_minute, settings.workers)
        self.doors: dict[HTTPRouteHandler, Door] = {}
        self.authenticator: Authenticator
        self.clock: Clock

    def open(self, app: Litestar) -> None:
        """Learn the routes and the services of an application that starts."""
        services = app.state.services
        self.clock = services.clock
        self.authenticator = Authenticator(
            services.pool,
            services.clock,
            self._settings.token_issuers,
            memory_s=self._settings.credential_memory_s,
        )
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                self.doors.update(_doors(route))
                _resolve_in_turn(route)


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or raise what to answer."""
        handler: Any = scope["route_handler"]
        door = self._gate.doors.get(handler)
        if door is not None:
            if not door.public:
                await self._admit(scope, door)
            query = scope["query_string"]
            if query and door.parameters is not None:
                check_parameters(query, door.parameters, door.repeatable)
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, door: Door) -> None:
        gate = self._gate
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        address = scope["client"][0] if scope["client"] else None
        now = gate.clock.now()
        caller = await gate.authenticator.authenticate(authorization, address or "", now)
        scope["auth"] = caller
        CALLED_FROM.set(address)
        allowance = gate.limit.spend(door.operation, caller.principal.id, epoch_ms(now))
        scope["state"]["allowance"] = allowance
        if allowance.remaining < 0:
            raise over_limit(allowance)
        if door.permission is not None:
            caller.require(door.permission)


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
