"""The pages that ask for a sign-in link by e-mail. Every address gets the same answer."""

from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.kit.errors import RateLimited
from amends.services import Services
from amends.staff.commands_mailed_links import ask_for_link
from amends.staff.words import in_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import AnyRequest
from amends.web.next_path import safe_path
from amends.web.pages import Page, render

_PUBLIC: Final[dict[str, Any]] = {"public": True}


class MailedLinkForm(msgspec.Struct, frozen=True):
    """Who wants a link."""

    email: str
    next: str | None = None


class MailedLinkPage(Page, frozen=True, kw_only=True):
    """Where to send the link."""

    template: ClassVar[str] = "staff/mailed_link.html"
    filled: Filled[MailedLinkForm] | None
    then: str
    """Where the link is to lead."""


class MailedLinkSentPage(Page, frozen=True, kw_only=True):
    """The link is on its way, if there is anybody to have it."""

    template: ClassVar[str] = "staff/mailed_link_sent.html"
    email: str
    outbox: bool
    """Mails can be seen at `/_outbox`."""


@get(urls.MAILED_LINK, opt=_PUBLIC, include_in_schema=False)
async def mailed_link_page(request: AnyRequest) -> Response[str]:
    """Ask for the e-mail address."""
    return render(request, MailedLinkPage(filled=None, then=safe_path(request.query_params.get("next"))))


@post(urls.MAILED_LINK, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def mail_link(request: AnyRequest, services: Services) -> Response[str]:
    """Have a link mailed."""
    filled = await read_form(request, MailedLinkForm)
    then = safe_path(str(filled.typed.get("next", "")))
    if filled.value is None:
        return render(request, MailedLinkPage(filled=filled, then=then), status=422)
    client = request.scope["client"]
    email, address = filled.value.email, client[0] if client else ""
    try:
        await ask_for_link(services.pool, email=email, then=then, address=address, now=services.clock.now())
    except RateLimited as refusal:
        page = MailedLinkPage(filled=refused(filled, in_words(refusal)), then=then)
        return render(request, page, status=429, headers=dict(refusal.headers))
    return render(request, MailedLinkSentPage(email=email, outbox=services.settings.outbox))


routes: Final = [mailed_link_page, mail_link]
