"""At the door of pages: the session of the browser's cookie, forms that only our pages can send, the way to sign in.

A page is any route outside the API, the files and what machines ask for. Its handler finds the session in the request's
state (None where nobody is signed in and the page is public), and its `Caller` as with the API.
"""

from datetime import datetime
from typing import Final

from litestar.config.csrf import CSRFConfig
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from amends.access.commands_sessions import touch_session
from amends.access.scopes import Caller
from amends.access.sessions import TOUCH_EVERY
from amends.access.signed_in import find_session
from amends.db.pool import Pool
from amends.kit.errors import Unauthorized
from amends.settings import Settings
from amends.web.csrf import SAFE, OwnForms, is_from_our_page, refuse_other_sites
from amends.web.framing import TOKEN as FRAME_TOKEN
from amends.web.framing import frame_token
from amends.web.layout import AnyRequest, begin_reading
from amends.web.next_path import path_to_return_to
from amends.web.noticing import notice_reading
from amends.web.reach import Fence, Ground
from amends.web.session_cookie import Carried, carried_in, comes_from_frame, no_session_cookie
from amends.web.signed_out import looks_first, signed_out_page
from amends.web.typed_words import read_typed
from amends.web.urls import sign_in_url

_MACHINES: Final = ("/api", "/files", "/providers", "/static", "/healthz", "/readyz", "/metrics", "/favicon.ico")


def is_page(path: str) -> bool:
    """Tell whether people look at what is under a path."""
    return not any(path == machine or path.startswith(f"{machine}/") for machine in _MACHINES)


async def recognise(pool: Pool, scope: Scope, carried: Carried, now: datetime) -> Caller | None:
    """Put the session of a cookie's token into the request, and return who calls by it.

    A session of a frame does not count elsewhere, nor another one in a frame.
    """
    found = await find_session(pool, carried.token, now)
    if found is None or found.session.embedded != carried.in_frame:
        return None
    scope["auth"] = found.caller
    scope["state"]["session"] = found.session
    if found.last_seen_at <= now - TOUCH_EVERY:
        address = scope["client"][0] if scope["client"] else None
        await touch_session(pool, found.session.id, address=address, now=now)
    return found.caller


def refuse_frame_without_session(scope: Scope, ground: Ground, settings: Settings) -> None:
    """Refuse a customer's page in a frame whose session is over: the sign-in page is never shown in one.

    Raises:
        Unauthorized: `frame_session_over`; the page that says so may be shown in the frame.
    """
    if ground.customers and settings.embed_parents and comes_from_frame(scope):
        scope["state"][FRAME_TOKEN] = ""
        raise Unauthorized("frame_session_over", "The session in this frame is over. Reload the page around it.")


class PageDoor:
    """What stands before the handler of one page."""

    def __init__(self, app: ASGIApp, csrf: CSRFConfig, settings: Settings, ground: Ground) -> None:
        self._forms = OwnForms(Fence(app, ground), csrf)
        self._ground = ground
        self._settings = settings

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Let a request in; one that changes something must come from a page of ours.

        Raises:
            Forbidden: `cross_site_request`, `form_expired` or `one_case_only`.
        """
        session = scope["state"].setdefault("session", None)
        services = scope["app"].state.services
        now = services.clock.now()
        begin_reading(scope, session, self._settings, now)
        if session is not None and scope["method"] == "GET":
            await notice_reading(services.pool, session, scope["state"]["seen"], now)
        if self._settings.embed_parents and (self._ground.frame or (session is not None and session.embedded)):
            scope["state"][FRAME_TOKEN] = frame_token(services.signer, session, scope["path"])
        if scope["method"] not in SAFE and not scope["route_handler"].opt.get("exclude_from_csrf"):
            refuse_other_sites(scope, self._settings.base_url)
        await self._forms(scope, receive, send)

    async def answer_signed_out(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer a request without a session: what somebody typed is shown to them, all else leads to signing in."""
        if scope["method"] == "POST" and not _is_part(scope) and is_from_our_page(scope, self._settings.base_url):
            request: AnyRequest = scope["litestar_app"].request_class(scope, receive=receive)
            typed = await read_typed(request)
            may_send = typed is not None and self._forms.admits(request, typed.token)
            if typed is not None and (typed.words or (may_send and looks_first(request, typed))):
                begin_reading(scope, None, self._settings, scope["app"].state.services.clock.now())
                answer = signed_out_page(request, typed, may_send=may_send)
                if carried_in(scope, self._settings):
                    answer.set_cookie(no_session_cookie(self._settings))
                await answer.to_asgi_response(app=None, request=request)(scope, receive, send)
                return
        await self.send_to_sign_in(scope, send)

    async def send_to_sign_in(self, scope: HTTPScope, send: Send) -> None:
        """Answer a request without a session: a redirect, or for a part of a page the word to load a whole one."""
        to = sign_in_url(path_to_return_to(scope)).encode("latin-1")
        part = _is_part(scope)
        headers = [(b"hx-redirect" if part else b"location", to), (b"content-length", b"0"), (b"vary", b"cookie")]
        if carried_in(scope, self._settings):
            headers.append((b"set-cookie", no_session_cookie(self._settings).to_header(header="").encode()))
        await send({"type": "http.response.start", "status": 401 if part else 303, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_part(scope: HTTPScope) -> bool:
    return any(name == b"hx-request" for name, _ in scope["headers"])
