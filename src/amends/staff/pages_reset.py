"""The pages of a forgotten password: asking for a link, and choosing a new one with it.

Every address gets the same answer. A link is looked at with GET and used with POST alone.
"""

from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.access.commands_links import Purpose, find_link
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited, Unprocessable
from amends.services import Services
from amends.staff.commands_reset import ask_for_reset, reset_password
from amends.staff.words import in_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import AnyRequest
from amends.web.pages import Page, redirect, render
from amends.web.session_cookie import no_session_cookie
from amends.web.text import _

_PUBLIC: Final[dict[str, Any]] = {"public": True}
_RESET: Final = urls.reset_password_url("{token:str}")


class ForgotForm(msgspec.Struct, frozen=True):
    """Whose password is forgotten."""

    email: str


class NewPasswordForm(msgspec.Struct, frozen=True):
    """The password chosen."""

    password: str


class ForgotPage(Page, frozen=True, kw_only=True):
    """Where to send the link."""

    template: ClassVar[str] = "staff/forgot.html"
    filled: Filled[ForgotForm] | None


class ForgotSentPage(Page, frozen=True, kw_only=True):
    """The link is on its way, if there is anybody to have it."""

    template: ClassVar[str] = "staff/forgot_sent.html"
    email: str
    outbox: bool
    """Mails can be seen at `/_outbox`."""


class ResetPage(Page, frozen=True, kw_only=True):
    """A new password."""

    template: ClassVar[str] = "staff/reset.html"
    who: str
    email: str | None
    filled: Filled[NewPasswordForm] | None


class ResetGonePage(Page, frozen=True, kw_only=True):
    """A link that was used, is too old, or never was one."""

    template: ClassVar[str] = "staff/reset_gone.html"


@get(urls.FORGOT_PASSWORD, opt=_PUBLIC, include_in_schema=False)
async def forgot_page(request: AnyRequest) -> Response[str]:
    """Ask for the e-mail address."""
    return render(request, ForgotPage(filled=None))


@post(urls.FORGOT_PASSWORD, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def forgot(request: AnyRequest, services: Services) -> Response[str]:
    """Have a link mailed."""
    filled = await read_form(request, ForgotForm)
    if filled.value is None:
        return render(request, ForgotPage(filled=filled), status=422)
    client = request.scope["client"]
    email, address = filled.value.email, client[0] if client else ""
    try:
        await ask_for_reset(services.pool, email=email, address=address, now=services.clock.now())
    except RateLimited as refusal:
        page = ForgotPage(filled=refused(filled, in_words(refusal)))
        return render(request, page, status=429, headers=dict(refusal.headers))
    return render(request, ForgotSentPage(email=email, outbox=services.settings.outbox))


@get(_RESET, opt=_PUBLIC, include_in_schema=False)
async def reset_page(request: AnyRequest, services: Services, token: str) -> Response[str]:
    """Ask for the new password; nothing happens yet."""
    return await _ask(request, services, token, None)


async def _ask(
    request: AnyRequest, services: Services, token: str, filled: Filled[NewPasswordForm] | None
) -> Response[str]:
    link = await find_link(services.pool, token, Purpose.RESET_PASSWORD, services.clock.now())
    if link is None:
        return render(request, ResetGonePage(), status=404)
    person = link.person
    page = ResetPage(who=person.name or person.email or person.pid, email=person.email, filled=filled)
    return render(request, page, status=200 if filled is None else 422)


@post(_RESET, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def reset(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Take the link and the new password; everybody is signed out."""
    filled = await read_form(request, NewPasswordForm)
    if filled.value is None:
        return await _ask(request, services, token, filled)
    try:
        async with transaction(services.pool) as connection:
            done = await reset_password(
                connection,
                token,
                str(filled.typed["password"]),
                base_url=services.settings.base_url,
                now=services.clock.now(),
            )
    except Unprocessable as refusal:
        return await _ask(request, services, token, refused(filled, in_words(refusal)))
    if not done:
        return render(request, ResetGonePage(), status=404)
    response = redirect(request, urls.SIGN_IN, message=_("Your password is changed. Sign in with the new one."))
    response.set_cookie(no_session_cookie(services.settings))
    return response


routes: Final = [forgot_page, forgot, reset_page, reset]
