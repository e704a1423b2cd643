"""Forms that only our own pages can send (ADR 11): Litestar's double submit on page routes, and the browser's own word.

The API does without: it takes no cookies. Where Litestar's middleware would answer with a fault or keep a cookie that
can never match again, after the secret has changed, this one begins anew.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from amends.kit.errors import Forbidden, InvalidRequest
from amends.kit.signing import Signer
from amends.settings import Settings
from amends.web.framing import TOKEN as FRAME_TOKEN
from amends.web.framing import check_token, is_token
from amends.web.multipart_form import WANTED, Wanted, form_expired

COOKIE: Final = "amends_csrf"
FIELD: Final = "_csrf_token"
HEADER: Final = "x-csrf-token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NAME: Final = COOKIE.encode() + b"="
_OURS: Final = frozenset({b"same-origin", b"none"})
_SAID: Final = frozenset({b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest", b"origin", b"host"})


def csrf_config(settings: Settings, signer: Signer) -> CSRFConfig:
    """Return how tokens are signed and where they stand."""
    return CSRFConfig(
        secret=signer.key("csrf").hex(),
        cookie_name=COOKIE,
        header_name=HEADER,
        cookie_secure=settings.base_url.startswith("https:"),
        cookie_httponly=True,
        cookie_samesite="lax",
    )


class OwnForms(CSRFMiddleware):
    """Lets a form through when its token is the cookie's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Forbidden: `form_expired`. InvalidRequest: the form is not UTF-8.
        """
        token: str | None = scope["state"].get(FRAME_TOKEN)
        if token is not None:
            _want(scope, partial(is_token, token))
            await self._in_frame(scope, receive, send, token)
            return
        _forget_unusable(scope, self)
        _want(
            scope, partial(self._csrf_tokens_match, cookie_csrf_token=Request[Any, Any, Any](scope).cookies.get(COOKIE))
        )
        try:
            await super().__call__(scope, receive, send)
        except UnicodeDecodeError as problem:
            raise InvalidRequest("invalid_request", "The form is not text in UTF-8.") from problem
        except PermissionDeniedException as problem:
            raise form_expired() from problem

    async def _in_frame(self, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        """Answer one request of a frame in another site, which is not given the cookie."""
        ScopeState.from_scope(scope).csrf_token = token
        if scope["type"] == "http" and scope["method"] not in SAFE:
            await check_token(scope, receive, send, token, header=HEADER, field=FIELD)
        await self.app(scope, receive, send)

    def admits(self, request: Request[Any, Any, Any], token: str | None) -> bool:
        """Tell whether a form with a token would be let through; if so, the answer's own forms carry it again."""
        if token is None or not self._csrf_tokens_match(token, request.cookies.get(COOKIE)):
            return False
        ScopeState.from_scope(request.scope).csrf_token = token
        return True

    def holds(self, token: Any) -> bool:
        """Tell whether a token is one of ours."""
        return isinstance(token, str) and token.isascii() and self._decode_csrf_token(token) is not None

    def _csrf_tokens_match(self, request_csrf_token: Any, cookie_csrf_token: Any) -> bool:
        return (
            self.holds(request_csrf_token)
            and self.holds(cookie_csrf_token)
            and super()._csrf_tokens_match(request_csrf_token, cookie_csrf_token)
        )


def _want(scope: Scope, is_right: Callable[[str], bool]) -> None:
    """Have a form with files begin with its token, unless the token is in a header or the page wants none."""
    in_header = any(name == HEADER.encode() and value for name, value in scope["headers"])
    if (
        scope["type"] == "http"
        and scope["method"] not in SAFE
        and not in_header
        and not scope["route_handler"].opt.get("exclude_from_csrf")
    ):
        scope["state"][WANTED] = Wanted(FIELD, is_right)


def _forget_unusable(scope: Scope, forms: OwnForms) -> None:
    """Take a token that can never match out of the request's cookies, so that the answer sets a new one."""
    for number, (name, value) in enumerate(scope["headers"]):
        if name == b"cookie" and _NAME in value:
            pairs = value.split(b"; ")
            kept = [pair for pair in pairs if not pair.startswith(_NAME) or forms.holds(_text(pair))]
            if len(kept) < len(pairs):
                headers = list(scope["headers"])
                headers[number] = (name, b"; ".join(kept))
                scope["headers"] = headers  # pyright: ignore[reportGeneralTypeIssues]
            return


def _text(pair: bytes) -> str:
    return pair.removeprefix(_NAME).decode("latin-1")


def refuse_other_sites(scope: Scope, base_url: str) -> None:
    """Refuse what another site had the browser send.

    Raises:
        Forbidden: `cross_site_request`.
    """
    headers = {name: value for name, value in scope["headers"] if name in {b"sec-fetch-site", b"origin", b"host"}}
    origin = headers.get(b"origin")
    if headers.get(b"sec-fetch-site", b"same-origin") not in _OURS or (
        origin is not None and not _is_ours(origin.decode("latin-1"), headers.get(b"host", b""), base_url)
    ):
        raise Forbidden("cross_site_request", "This was sent by a page of another site. Do it from here instead.")


def is_from_our_page(scope: Scope, base_url: str) -> bool:
    """Tell whether the browser says that a page of ours had it load a whole one; silence is not enough."""
    headers = {name: value for name, value in scope["headers"] if name in _SAID}
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is None and origin is None:
        return False
    return (
        site in {None, b"same-origin"}
        and (origin is None or _is_ours(origin.decode("latin-1"), headers.get(b"host", b""), base_url))
        and headers.get(b"sec-fetch-mode", b"navigate") == b"navigate"
        and headers.get(b"sec-fetch-dest", b"document") == b"document"
    )


def _is_ours(origin: str, host: bytes, base_url: str) -> bool:
    ours = urlsplit(base_url)
    return origin.partition("://")[2].encode("latin-1") == host or origin == f"{ours.scheme}://{ours.netloc}"
