"""The pages of signing in and out: e-mail and password, the second step, single-use links.

A link is looked at with GET and used with POST alone: mail scanners open links. Who tries in vain hears the same
whatever was wrong.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.access.commands_links import CASE_LINK, Purpose, find_link, use_link
from amends.access.commands_sessions import SignedInBy, revoke_session
from amends.access.commands_sign_in import prove_code, prove_password
from amends.access.oidc import OidcClient
from amends.access.people import Person
from amends.access.sessions import Reach
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited
from amends.services import Services
from amends.staff.arrival import BETWEEN, CODE_PATH, arrive, arriving, come_in
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.layout import AnyRequest, session_of
from amends.web.next_path import safe_path
from amends.web.pages import Page, redirect, render
from amends.web.session_cookie import no_session_cookie
from amends.web.text import _, clock_time, duration

_PUBLIC: Final[dict[str, Any]] = {"public": True}


class SignInForm(msgspec.Struct, frozen=True):
    """What is typed to sign in."""

    email: str
    password: str
    next: str | None = None


class CodeForm(msgspec.Struct, frozen=True):
    """The second step."""

    code: str


class SignInPage(Page, frozen=True, kw_only=True):
    """E-mail and password."""

    template: ClassVar[str] = "staff/sign_in.html"
    filled: Filled[SignInForm] | None
    then: str
    """Where to go on afterwards."""
    provider: str | None
    """The company's account, if people can sign in with one."""


class CodePage(Page, frozen=True, kw_only=True):
    """The code of an authenticator app, or a recovery code."""

    template: ClassVar[str] = "staff/code.html"
    filled: Filled[CodeForm] | None
    who: str


class LinkPage(Page, frozen=True, kw_only=True):
    """A sign-in link that waits for the button to be pressed."""

    template: ClassVar[str] = "staff/link.html"
    who: str
    email: str | None
    expires_at: datetime
    signed_in_as: str | None
    """Who would be signed out of this browser by it."""


class LinkGonePage(Page, frozen=True, kw_only=True):
    """A link that was used, is too old, or never was one."""

    template: ClassVar[str] = "staff/link_gone.html"


@get(urls.SIGN_IN, opt=_PUBLIC, include_in_schema=False)
async def sign_in_page(request: AnyRequest) -> Response[Any]:
    """Ask for e-mail and password; who is signed in goes on."""
    then = safe_path(request.query_params.get("next"))
    if session_of(request) is not None:
        return redirect(request, then)
    return render(request, _asking(request, None, then))


def _asking(request: AnyRequest, filled: Filled[SignInForm] | None, then: str) -> SignInPage:
    client: OidcClient | None = request.app.state.services.oidc
    return SignInPage(filled=filled, then=then, provider=None if client is None else client.settings.name)


def sign_in_trouble(request: AnyRequest, words: str, then: str, *, status: int) -> Response[Any]:
    """Show the sign-in page, and why signing in another way did not work."""
    return render(request, _asking(request, _wrong(_nothing(), words), then), status=status)


@post(urls.SIGN_IN, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def sign_in(request: AnyRequest, services: Services) -> Response[Any]:
    """Let in whoever has the password, or ask for the code."""
    filled = await read_form(request, SignInForm)
    then = safe_path(str(filled.typed.get("next", "")))
    if filled.value is None:
        return render(request, _asking(request, filled, then), status=422)
    client = request.scope["client"]
    try:
        person = await prove_password(
            services.pool,
            email=filled.value.email,
            password=str(filled.typed["password"]),
            address=client[0] if client else "",
            now=services.clock.now(),
        )
    except RateLimited as refusal:
        return _too_many(request, services, _asking(request, filled, then), refusal)
    if person is None:
        wrong = _wrong(filled, _("The e-mail address or the password is not right."))
        return render(request, _asking(request, wrong, then), status=422)
    return await arrive(request, services, person, by=SignedInBy.PASSWORD, then=then)


@get(CODE_PATH, opt=_PUBLIC, include_in_schema=False)
async def code_page(request: AnyRequest, services: Services) -> Response[Any]:
    """Ask for the code."""
    found = await arriving(request, services)
    if found is None:
        return _begin_again(request)
    return render(request, CodePage(filled=None, who=_name(found[0])))


@post(CODE_PATH, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def give_code(request: AnyRequest, services: Services) -> Response[Any]:
    """Let in whoever has the code as well."""
    found = await arriving(request, services)
    if found is None:
        return _begin_again(request)
    person, arrival = found
    filled = await read_form(request, CodeForm)
    page = CodePage(filled=filled, who=_name(person))
    if filled.value is None:
        return render(request, page, status=422)
    try:
        by = await prove_code(services.pool, person, filled.value.code, services.signer, now=services.clock.now())
    except RateLimited as refusal:
        return _too_many(request, services, page, refusal)
    if by is None:
        wrong = _wrong(filled, _("This code is not right, or was used already. Wait for the next one."), "code")
        return render(request, CodePage(filled=wrong, who=page.who), status=422)
    return await come_in(request, services, person, by=by, then=arrival.then, reach=arrival.reach)


@get(urls.SIGN_IN + "/{token:str}", opt=_PUBLIC, include_in_schema=False)
async def link_page(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Show whom a link signs in, and a button; nothing happens yet."""
    link = await find_link(services.pool, token, Purpose.SIGN_IN, services.clock.now())
    if link is None:
        return render(request, LinkGonePage(), status=404)
    session = session_of(request)
    other = session is not None and session.user_id != link.person.id
    page = LinkPage(
        who=_name(link.person),
        email=link.person.email,
        expires_at=link.expires_at,
        signed_in_as=(session.name or session.email) if session is not None and other else None,
    )
    return render(request, page)


@post(urls.SIGN_IN + "/{token:str}", opt=_PUBLIC, include_in_schema=False, status_code=200)
async def use_sign_in_link(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Take a link and let its person in."""
    async with transaction(services.pool) as connection:
        link = await use_link(connection, token, Purpose.SIGN_IN, services.clock.now())
    if link is None:
        return render(request, LinkGonePage(), status=404)
    reach = Reach(only_case=link.case_pid, until=services.clock.now() + CASE_LINK) if link.case_pid else None
    return await arrive(request, services, link.person, by=SignedInBy.LINK, then=link.path, reach=reach)


@post(urls.SIGN_OUT, opt={**_PUBLIC, "case_link": True}, include_in_schema=False, status_code=200)
async def sign_out(request: AnyRequest, services: Services) -> Response[Any]:
    """End this browser's session."""
    session = session_of(request)
    if session is not None:
        person = Person(session.user_id, session.user_pid, session.name, session.email)
        async with transaction(services.pool) as connection:
            await revoke_session(connection, person, session.id, now=services.clock.now())
    response = redirect(request, urls.SIGN_IN, message=_("You are signed out."))
    response.set_cookie(no_session_cookie(services.settings))
    response.delete_cookie(BETWEEN, path=urls.SIGN_IN)
    return response


def _begin_again(request: AnyRequest) -> Response[Any]:
    return redirect(request, urls.SIGN_IN, message=_("That took a while. Please begin again."))


def _name(person: Person) -> str:
    return person.name or person.email or person.pid


def _wrong(filled: Filled[Any], words: str, field: str = "") -> Filled[Any]:
    return msgspec.structs.replace(filled, value=None, errors={field: words})


def _too_many(
    request: AnyRequest, services: Services, page: SignInPage | CodePage, refusal: RateLimited
) -> Response[Any]:
    """Show the form again and say when the next try is possible."""
    wait = timedelta(seconds=int(refusal.headers["Retry-After"]))
    words = _(
        "There were too many wrong tries. For safety, the next one is possible at %(time)s, in %(wait)s.",
        time=clock_time(services.clock.now() + wait),
        wait=duration(wait + timedelta(seconds=59)),
    )
    again = msgspec.structs.replace(page, filled=_wrong(page.filled or _nothing(), words))
    return render(request, again, status=429, headers=dict(refusal.headers))


def _nothing() -> Filled[Any]:
    return Filled(value=None, errors={}, typed={})


routes: Final = [sign_in_page, sign_in, code_page, give_code, link_page, use_sign_in_link, sign_out]
