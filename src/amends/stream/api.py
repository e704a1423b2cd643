"""The route of live updates: server-sent events for a browser's session or any other credential."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import Parameter
from litestar.response import Response

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.access.sessions import Session
from amends.cases.api_reading import readable, ref_of
from amends.kit.clock import Clock
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import Prefix
from amends.services import Services
from amends.stream.hub import Hub
from amends.stream.lines import Lines
from amends.stream.messages import read_position
from amends.stream.response import EventStream
from amends.stream.sight import Sight, sight_of

PATH: Final = "/api/v1/stream"
_NEEDS: Final = {"permission": Permission.CASE_READ, "session": True}


@get(
    PATH,
    opt=_NEEDS,
    summary="Follow what changes",
    tags=["Stream"],
    media_type="text/event-stream",
    response_description="Server-sent events, until one of both sides ends it",
)
async def follow(
    request: Request[Any, Caller, Any],
    account_id: Annotated[str | None, Parameter(description="Only what happens at this account.")] = None,
    case_id: Annotated[str | None, Parameter(description="Only what happens on this case.")] = None,
    since: Annotated[
        str | None,
        Parameter(description="The `id` of an event, or milliseconds since 1970: begin with what happened after it."),
    ] = None,
) -> Response[Any]:
    """Tell what changes, as it changes: server-sent events that only hint at what to read anew.

    `event: case` says that a case has a new event, `event: export` how far an export is, `event: reload` that more was
    missed than is told, and `event: reconnect` that this process stops. Told are only events that the caller may read.
    A stream that broke is opened again with `Last-Event-ID`, and goes on where it was.
    """
    services: Services = request.app.state.services
    hub: Hub = request.app.state.hub
    case_id = _only_case(request, case_id)
    narrowed = await _narrowed(services, request.auth, account_id, case_id)
    sight = narrowed(request.auth)
    if request.scope["state"].get("head"):
        return Response(b"", media_type="text/event-stream")
    position = _position(request, since, sight, services.clock)
    seat = hub.take_seat(sight, request.auth.principal.id)
    recognise_again: Callable[[], Awaitable[Caller]] = request.scope["state"]["recognise_again"]

    async def look_again() -> Sight:
        return narrowed(await recognise_again())

    lines = Lines(
        hub,
        seat,
        pool=services.pool,
        clock=services.clock,
        look_again=look_again,
        check_s=services.settings.stream_check_s,
    )
    return EventStream(lines.say(position), leave=lambda: hub.leave(seat))


def _only_case(request: Request[Any, Caller, Any], case_id: str | None) -> str | None:
    """Return the case that a stream is about: for a session that opens one case alone, that one.

    Raises:
        NotFound: such a session asks for another.
    """
    session: Session | None = request.scope["state"].get("session")
    only = None if session is None else session.only_case
    if only is not None and case_id not in (None, only):
        raise NotFound
    return only or case_id


async def _narrowed(
    services: Services, caller: Caller, account_id: str | None, case_id: str | None
) -> Callable[[Caller], Sight]:
    """Return what a caller sees of the account and the case that a stream asks for.

    Raises:
        NotFound: nothing at all; also later, when the caller has lost the account.
    """
    ref = None if case_id is None else ref_of(Prefix.CASE, case_id)
    if ref is not None:
        await readable(services.pool, caller, ref)
    account = None if account_id is None else ref_of(Prefix.ACCOUNT, account_id)
    if ref is not None and account is not None and ref.account_id != account.account_id:
        raise NotFound
    place = account or ref
    number = None if place is None else place.account_id

    def narrow(caller: Caller) -> Sight:
        bought_at = caller.customer.account_ids if caller.customer else ()
        if number is not None and caller.account(number) is None and number not in bought_at:
            raise NotFound
        return sight_of(caller, account_id=number, case_id=case_id)

    return narrow


def _position(request: Request[Any, Caller, Any], since: str | None, sight: Sight, clock: Clock) -> datetime | None:
    """Return from when on the stream is to tell what happened.

    A first look at everything, which only the platform has, begins now: the page that asks for it is new.

    Raises:
        InvalidRequest: `since` is not an event's id.
    """
    try:
        if last := request.headers.get("last-event-id"):
            return min(read_position(last), clock.now())
        if since is None or (sight.is_platform and sight.account_id is None):
            return None
        return min(read_position(since), clock.now())
    except ValueError as error:
        raise InvalidRequest("invalid_parameter", "`since` is the `id` of an event.", param="since") from error


routes = [follow]
