"""What surrounds every page: who is signed in, where, and where they can go from here. Also who reads it.

What a page says about an account comes from its own handler.
"""

from datetime import datetime
from typing import Any, Final
from unicodedata import east_asian_width
from urllib.parse import unquote

import msgspec
from litestar import Request

from amends.access.sessions import Session
from amends.settings import Settings
from amends.web.navigation import Area, NavEntry
from amends.web.readers import Reader, read_as, reader_of, seen_in

AnyRequest = Request[Any, Any, Any]


class AccountPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a page is about."""

    pid: str
    title: str
    currency: str
    time_zone: str


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody who needs more help finds it: `AMENDS_SUPPORT_URL` and `AMENDS_SUPPORT_TEXT`."""

    url: str | None
    words: str | None
    """None: ours."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What the templates `base.html` and `layout.html` show around a page."""

    reader: Reader
    session: Session | None
    """None: nobody is signed in."""
    account: AccountPlace | None
    """None: the page is about no account."""
    area: Area | None
    """Whose page it is; None: a page that stands alone, such as signing in."""
    nav: tuple[NavEntry, ...]
    help: Help | None
    csrf_token: str
    message: str | None
    """What the last thing that the person did has led to."""
    path: str
    """The page's own path and query."""
    embedded: bool
    """It is shown in a frame of the platform's site, which has its own navigation."""
    parents: tuple[str, ...]
    """The origins that may show it in a frame."""
    development: bool

    @property
    def initials(self) -> str:
        """Return up to two letters for who is signed in."""
        return "" if self.session is None else initials(self.session.name or self.session.email or "?")


LEFT: Final = "amends_account"
"""The cookie that says at which account a person with several was last."""


def initials(name: str) -> str:
    """Return up to two letters for a name: `Ada Lovelace` is AL. A letter as wide as two stands alone."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    letters = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
    return letters[0] if east_asian_width(letters[0]) in _WIDE else letters


_WIDE: Final = ("W", "F")
"""The widths of letters that fill a square, as Unicode calls them."""


def session_of(request: AnyRequest) -> Session | None:
    """Return who is signed in."""
    return request.scope["state"].get("session")


def account_around(request: AnyRequest) -> AccountPlace | None:
    """Return the account that a person's own pages stay within: their only one, or the one that they come from."""
    session = session_of(request)
    teams = () if session is None else session.teams
    left = request.cookies.get(LEFT)
    team = teams[0] if len(teams) == 1 else next((one for one in teams if one.account_pid == left), None)
    if team is None:
        return None
    return AccountPlace(pid=team.account_pid, title=team.title, currency=team.currency, time_zone=team.time_zone)


def begin_reading(scope: Any, session: Session | None, settings: Settings, now: datetime) -> Reader:
    """Find out how a request's person reads, and write in that way for the rest of the request."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}
    cookies, accepted = _cookies(headers.get(b"cookie", "")), headers.get(b"accept-language", "")
    teams = () if session is None else session.teams
    preferences = None if session is None else session.preferences
    reader = reader_of(
        chosen_locale=preferences.locale if preferences else None,
        chosen_time_zone=preferences.time_zone if preferences else None,
        chosen_theme=preferences.theme if preferences else None,
        told_locale=preferences.told_locale if preferences else None,
        cookies=cookies,
        accept_language=accepted,
        fallback_time_zone=teams[0].time_zone if teams else "UTC",
        now=now,
        pseudo=settings.development,
    )
    read_as(reader)
    scope["state"]["reader"], scope["state"]["seen"] = reader, seen_in(cookies, accepted)
    return reader


_READ: Final = (b"cookie", b"accept-language")


def _cookies(header: str) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return {name: unquote(value) for name, _, value in pairs}


def help_of(settings: Settings) -> Help | None:
    """Return where help is to be had; None where the operator has named no place."""
    if settings.support_url is None and settings.support_text is None:
        return None
    return Help(url=settings.support_url, words=settings.support_text)
