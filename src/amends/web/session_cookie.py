"""The cookie of a session: 256 random bits, for this origin alone, out of reach of scripts."""

from typing import Any

from litestar.datastructures import Cookie
from litestar.types import Scope

from amends.access.sessions import COOKIE, LONGEST
from amends.settings import Settings

_NAME = COOKIE.encode() + b"="


def session_cookie(token: str, settings: Settings) -> Cookie:
    """Return the cookie that signs a browser in."""
    return Cookie(key=COOKIE, value=token, max_age=int(LONGEST.total_seconds()), **_attributes(settings))


def no_session_cookie(settings: Settings) -> Cookie:
    """Return the cookie that signs a browser out."""
    return Cookie(key=COOKIE, value="", max_age=0, **_attributes(settings))


def _attributes(settings: Settings) -> dict[str, Any]:
    secure = settings.base_url.startswith("https:")
    return {"path": "/", "httponly": True, "samesite": "lax", "secure": secure}


def token_in(scope: Scope) -> str | None:
    """Return the token of the request's session cookie."""
    for name, value in scope["headers"]:
        if name == b"cookie" and _NAME in value:
            for pair in value.split(b";"):
                if pair.strip().startswith(_NAME):
                    return pair.strip().removeprefix(_NAME).decode("latin-1")
    return None
