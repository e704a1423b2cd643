"""How far a session reaches over the pages (ADR 16): a notice's link opens one case, a frame the customer's pages.

A route says what it is by `opt={"case_link": …}`: True opens it to every session for a case (signing out, uploads),
False to none although its path names the case. Without a word it is open when the case in its path is the session's.
`opt={"frame": True}` is a page that begins a session in a frame.
"""

from typing import Any, Final, NamedTuple

from litestar.types import ASGIApp, Receive, Scope, Send

from amends.access.sessions import Session
from amends.kit.errors import Forbidden
from amends.web.urls import MY_CASES, PURCHASES

ASIDE: Final = "session_aside"
"""Where a request's state keeps a session that does not count on a public page."""


class Ground(NamedTuple):
    """What a page is to sessions that do not reach everywhere."""

    case_link: bool | None = None
    customers: bool = False
    frame: bool = False

    def is_open_to(self, session: Session, path_params: dict[str, Any]) -> bool:
        """Tell whether a session opens the page."""
        if session.embedded and not (self.customers or self.case_link):
            return False
        if session.only_case is None or self.case_link:
            return True
        return self.case_link is None and path_params.get("case_pid") == session.only_case


def ground_of(path: str, opt: dict[str, Any]) -> Ground:
    """Return what the page at a path is, by what its route says."""
    customers = any(path == root or path.startswith(f"{root}/") for root in (PURCHASES, MY_CASES))
    return Ground(opt.get("case_link"), customers, bool(opt.get("frame")))


def step_aside(scope: Scope, ground: Ground) -> None:
    """Have a public page that a session does not open treat its person as not signed in."""
    session: Session | None = scope["state"].get("session")
    if session is not None and not ground.is_open_to(session, scope["path_params"]):
        scope["state"][ASIDE] = session
        scope["state"]["session"] = None
        scope["auth"] = None


class Fence:
    """Stands before a page's handler and stops a session that does not reach it."""

    def __init__(self, app: ASGIApp, ground: Ground) -> None:
        self._app = app
        self._ground = ground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in.

        Raises:
            Forbidden: `one_case_only` or `not_in_frame`.
        """
        session: Session | None = scope["state"].get("session")
        if session is not None and not self._ground.is_open_to(session, scope["path_params"]):
            raise _refusal(session)
        await self._app(scope, receive, send)


def _refusal(session: Session) -> Forbidden:
    if session.embedded:
        return Forbidden("not_in_frame", "This page is not part of what is shown inside another site.")
    return Forbidden(
        "one_case_only",
        "You came by the link in an e-mail, which opens one case and nothing else. Sign in to see the rest.",
    )
