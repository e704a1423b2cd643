"""What a person sees instead of a page: why, and what to do next. Never a number for a reason.

A part of a page (htmx) gets a message of its own instead. Words are for people; the request's id is for whoever looks
into the log.
"""

from typing import Any, ClassVar, Final

from litestar import Response

from amends.access.sessions import TeamPlace
from amends.kit.errors import ApiError
from amends.web.layout import AccountPlace, AnyRequest, account_around, session_of
from amends.web.next_path import path_to_return_to
from amends.web.page_admission import is_page
from amends.web.pages import Page, is_htmx, render
from amends.web.text import _, lazy
from amends.web.urls import ACCOUNTS, MY_CASES, PLATFORM, PURCHASES, sign_in_url


class ErrorPage(Page, frozen=True, kw_only=True):
    """Why there is no page."""

    template: ClassVar[str] = "errors/page.html"
    title: str
    text: str
    icon: str
    request_id: str | None
    """Of a fault of ours, for whoever looks into it."""
    can_go_back: bool
    """There is a page before; browsers need not keep what was typed there, as our pages are not stored."""
    sign_in_url: str | None
    """Where signing in helps; None: it does not."""
    is_over: bool
    """It stands in a frame of another site, whose session is over."""


class ErrorPart(Page, frozen=True, kw_only=True):
    """The same within a page."""

    template: ClassVar[str] = "errors/_part.html"
    title: str
    text: str


_TITLES: Final[dict[int, Any]] = {
    400: lazy("That request could not be read"),
    401: lazy("Sign in to go on"),
    403: lazy("Your role does not include this"),
    404: lazy("There is nothing here"),
    405: lazy("There is nothing here"),
    409: lazy("That is not possible any more"),
    413: lazy("That is too large"),
    422: lazy("Something needs another look"),
    429: lazy("That was a lot at once"),
    503: lazy("Amends cannot reach its database"),
}
_TEXTS: Final[dict[str, Any]] = {
    "missing_permission": lazy("Ask an owner of the account for another role, or somebody who has it to do this."),
    "not_found": lazy("The address may be wrong, or what was here is not visible to you. Nothing was changed."),
    "method_not_allowed": lazy(
        "The address may be wrong, or what was here is not visible to you. Nothing was changed."
    ),
    "form_expired": lazy(
        "The page was open for so long that its form expired. Nothing was sent. Go back and reload it."
    ),
    "cross_site_request": lazy("Another site tried to send this in your name, so it was refused. Nothing was changed."),
    "not_in_frame": lazy("Only your purchases and your cases are shown here."),
    "frame_session_over": lazy(
        "Reload the page around this to go on. If that does not help, your browser keeps no cookies for it: allow them"
        " for this page, or use another browser."
    ),
    "one_case_only": lazy(
        "You came by the link in an e-mail, which opens that case and nothing else. Sign in to see the rest."
    ),
    "rate_limited": lazy("Wait a moment and load the page again."),
    "database_unavailable": lazy("Nothing is lost. Load the page again in a moment."),
    "database_too_slow": lazy("The database took too long. Narrow what you look for, or try again in a moment."),
    "internal_error": lazy("Nothing was half done. Try again; if it stays, tell your operator the number below."),
}
_OWN_TITLES: Final[dict[str, Any]] = {
    "form_expired": lazy("This form has expired"),
    "cross_site_request": lazy("This did not come from here"),
    "internal_error": lazy("Something went wrong on our side"),
    "one_case_only": lazy("This link opens one case"),
    "not_in_frame": lazy("This page opens in a window of its own"),
    "frame_session_over": lazy("Your visit here is over"),
}
_ICONS: Final = {403: "lock", 404: "search", 405: "search", 409: "history", 429: "hourglass", 503: "wifi-off"}


def wants_page(request: AnyRequest) -> bool:
    """Tell whether an error is shown to a person: on a page, in a browser."""
    headers = dict(request.scope["headers"])
    return is_page(request.scope["path"]) and (b"text/html" in headers.get(b"accept", b"") or is_htmx(request))


def _text(path: str, error: ApiError) -> str:
    if error.code == "missing_permission" and path.startswith(f"{PLATFORM}/"):
        return _("Ask a platform admin to do this, or for another role.")
    return str(_TEXTS.get(error.code, error.message))


def error_page(request: AnyRequest, error: ApiError, request_id: str) -> Response[str]:
    """Show an error to a person."""
    title = str(_OWN_TITLES.get(error.code) or _TITLES.get(error.status) or _OWN_TITLES["internal_error"])
    text = _text(request.scope["path"], error)
    if is_htmx(request):
        part = ErrorPart(title=title, text=text)
        return render(request, part, status=error.status, headers=error.headers)
    page = ErrorPage(
        title=title,
        text=text,
        icon=_ICONS.get(error.status, "circle-alert"),
        request_id=request_id if error.status >= 500 else None,
        can_go_back=request.scope["method"] != "GET",
        is_over=error.code == "frame_session_over",
        sign_in_url=sign_in_url(path_to_return_to(request.scope)) if error.code == "one_case_only" else None,
    )
    account, section = _around(request)
    return render(request, page, account=account, section=section, status=error.status, headers=error.headers)


def _around(request: AnyRequest) -> tuple[AccountPlace | None, str | None]:
    """Return the account and the section that an error stands in: those of its reader, whatever is at the address."""
    path, session = request.scope["path"], session_of(request)
    if session is None or session.only_case is not None or session.embedded or _is_under(path, PLATFORM):
        return None, None
    if _is_under(path, PURCHASES) or _is_under(path, MY_CASES):
        return None, "purchases" if _is_under(path, PURCHASES) else "my_cases"
    own = next((team for team in session.teams if _is_under(path, f"{ACCOUNTS}/{team.account_pid}")), None)
    return account_around(request) if own is None else _place_of(own), None


def _place_of(team: TeamPlace) -> AccountPlace:
    return AccountPlace(pid=team.account_pid, title=team.title, currency=team.currency, time_zone=team.time_zone)


def _is_under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
