"""The page behind an unsubscribe link: a press switches one kind of notice off, another on again. No sign-in.

Looking changes nothing, for mail scanners look. Mail providers press by themselves (RFC 8058): without cookies, and
with no page of ours before, so this POST asks for no form token; the link's own signature is what allows it.
"""

from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.db.transactions import transaction
from amends.kit.errors import NotFound
from amends.notifications.commands_preferences import choose_notices
from amends.notifications.kinds import Choice
from amends.notifications.preferences import wanted_kinds
from amends.notifications.unsubscribing import Subscription, read_unsubscribe_token
from amends.notifications.words import KIND_WORDS, KindWords
from amends.services import Services
from amends.web import urls
from amends.web.forms import read_form
from amends.web.layout import AnyRequest
from amends.web.pages import Page, redirect, render

_PATH: Final = urls.unsubscribe_url("{token:str}")


class SwitchForm(msgspec.Struct, frozen=True):
    """What the page's buttons send; providers send `List-Unsubscribe=One-Click` instead."""

    choice: Choice = Choice.OFF


class UnsubscribePage(Page, frozen=True, kw_only=True):
    """A kind of notice, and the button that switches it."""

    template: ClassVar[str] = "notifications/unsubscribe.html"
    words: KindWords
    is_on: bool
    url: str


@get(_PATH, opt={"public": True}, include_in_schema=False)
async def unsubscribe_page(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Show whether the kind is on, and change nothing."""
    named = _named(services, token)
    wanted = await wanted_kinds(services.pool, named.user_id)
    page = UnsubscribePage(words=KIND_WORDS[named.kind], is_on=named.kind in wanted, url=urls.unsubscribe_url(token))
    return render(request, page, headers={"Referrer-Policy": "no-referrer"})


@post(_PATH, opt={"public": True, "exclude_from_csrf": True}, include_in_schema=False, status_code=200)
async def switch(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Switch the kind off, or on again where the form says so."""
    named = _named(services, token)
    filled = await read_form(request, SwitchForm)
    choice = Choice.OFF if filled.value is None else filled.value.choice
    async with transaction(services.pool) as connection:
        if not await choose_notices(connection, named.user_id, {named.kind: choice}, now=services.clock.now()):
            raise NotFound
    if "choice" in filled.typed:
        return redirect(request, urls.unsubscribe_url(token))
    return Response("", media_type="text/plain")  # a mail provider, which follows no redirect


def _named(services: Services, token: str) -> Subscription:
    named = read_unsubscribe_token(services.signer, token)
    if named is None:
        raise NotFound
    return named


routes: Final = [unsubscribe_page, switch]
