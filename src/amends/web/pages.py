"""How a page is rendered, and the static files that pages use.

A page is a frozen struct of what its template shows; the template sees it as `page`, and what surrounds it as `layout`.
A page works without JavaScript and carries a strict content security policy: nothing inline, nothing from elsewhere.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, cast

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import MediaType, Response
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from amends.kit.signing import BadSignature, Signer
from amends.services import Services
from amends.web import text, urls
from amends.web.assets import static_url
from amends.web.framing import is_framed, policy_for_frames
from amends.web.layout import LEFT, AccountPlace, AnyRequest, Layout, begin_reading, help_of, session_of
from amends.web.navigation import area_of, entries_of
from amends.web.session_cookie import own_cookie

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; frame-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
}
_PRIVATE: Final = {"Cache-Control": "no-store"}
_MESSAGE: Final = "amends_message"
_MESSAGE_LIFE: Final = timedelta(minutes=1)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a page or a part of one shows; each kind names its template and documents its fields."""

    template: ClassVar[str]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("amends.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    environment.install_gettext_callables(  # pyright: ignore[reportAttributeAccessIssue] (of the i18n extension)
        text.gettext_here, text.ngettext_here, newstyle=True
    )
    names = cast("dict[str, Any]", environment.globals)
    names |= {"static_url": static_url, "urls": urls, "icon_sprite": lambda: static_url("icons.svg")}
    filters = cast("dict[str, Any]", environment.filters)
    filters |= {**text.FILTERS, "money": _money, "paragraphs": _paragraphs}
    return environment


@pass_context
def _money(context: Context, amount_minor: int, currency: str, places: int | None = None) -> str:
    """Write an amount, with the code of a currency that is not the account's own."""
    layout: Layout | None = context.get("layout")
    account = None if layout is None else layout.account
    return text.money(amount_minor, currency, places, home=None if account is None else account.currency)


def _paragraphs(written: str) -> Markup:
    """Show what a person wrote: escaped, with its own line breaks."""
    blocks = written.replace("\r\n", "\n").strip().split("\n\n")
    return Markup("").join(Markup("<p>{}</p>").format(Markup("<br>").join(block.split("\n"))) for block in blocks)


_TEMPLATES: Final = _environment()


def render(
    request: AnyRequest,
    page: Page,
    *,
    account: AccountPlace | None = None,
    section: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """Render a page for the request's reader; `section` is the entry of the navigation that it belongs to."""
    message = _message(request)
    layout = _layout(request, account, section, message)
    html = _TEMPLATES.get_template(page.template).render(page=page, layout=layout)
    response = Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        headers={**_security_headers(request), **_PRIVATE, **(headers or {})},
    )
    if message is not None and not is_htmx(request):
        in_frame = is_framed(request.scope)
        response.set_cookie(own_cookie(_MESSAGE, "", _services(request).settings, max_age=0, in_frame=in_frame))
    if account is not None and _is_another(request, account):
        response.set_cookie(LEFT, account.pid, path="/", httponly=True, samesite="lax", secure=_is_secure(request))
    return response


def _security_headers(request: AnyRequest) -> dict[str, str]:
    if not is_framed(request.scope):
        return SECURITY_HEADERS
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    parents = _services(request).settings.embed_parents
    return {**SECURITY_HEADERS, "Content-Security-Policy": policy_for_frames(policy, parents)}


def _is_another(request: AnyRequest, account: AccountPlace) -> bool:
    """Tell whether a person with several accounts has come to another one."""
    session = session_of(request)
    return session is not None and len(session.teams) > 1 and request.cookies.get(LEFT) != account.pid


def _is_secure(request: AnyRequest) -> bool:
    return _services(request).settings.base_url.startswith("https:")


def render_text(template: str, **values: Any) -> str:
    """Render a template that surrounds nothing, such as a mail, in the current reader's language."""
    return _TEMPLATES.get_template(template).render(**values)


def _layout(request: AnyRequest, account: AccountPlace | None, section: str | None, message: str | None) -> Layout:
    services = _services(request)
    session = session_of(request)
    reader = request.scope["state"].get("reader") or begin_reading(
        request.scope, session, services.settings, services.clock.now()
    )
    query = request.scope["query_string"].decode("latin-1")
    one_case = session is not None and session.only_case is not None
    area = area_of(session, has_account=account is not None, section=section)
    pid = None if account is None else account.pid
    return Layout(
        reader=reader,
        session=session,
        account=account,
        area=area,
        nav=() if one_case else entries_of(request.scope.get("auth"), area, account_id=pid, section=section),
        help=help_of(services.settings),
        csrf_token=_csrf_token(request),
        message=message,
        path=urls.with_query(request.scope["path"], query),
        embedded=is_framed(request.scope),
        parents=services.settings.embed_parents if is_framed(request.scope) else (),
        development=services.settings.development,
    )


def _csrf_token(request: AnyRequest) -> str:
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


def _services(request: AnyRequest) -> Services:
    return request.app.state.services


def is_htmx(request: AnyRequest) -> bool:
    """Tell whether a part of a page is asked for, and not a whole one."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def redirect(request: AnyRequest, url: str, *, message: str | None = None) -> Response[Any]:
    """Go on to another page after a form, where `message` is shown once."""
    response: Response[Any]
    if is_htmx(request):
        response = Response(None, status_code=204, headers={"HX-Redirect": url})
    else:
        response = Redirect(url, status_code=303)
    response.headers.update(_PRIVATE)
    if message:
        services = _services(request)
        token = services.signer.sign(_MESSAGE, message.encode(), services.clock.now() + _MESSAGE_LIFE)
        in_frame = is_framed(request.scope)
        response.set_cookie(own_cookie(_MESSAGE, token, services.settings, max_age=60, in_frame=in_frame))
    return response


def _message(request: AnyRequest) -> str | None:
    token = request.cookies.get(_MESSAGE)
    services = _services(request)
    return None if token is None else _read_message(services.signer, token, services.clock.now())


def _read_message(signer: Signer, token: str, now: datetime) -> str | None:
    try:
        return signer.verify(_MESSAGE, token, now).decode()
    except BadSignature:
        return None
