"""The page where people choose which e-mails they get."""

from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.access.sessions import Session
from amends.db.transactions import transaction
from amends.notifications.commands_preferences import choose_notices
from amends.notifications.kinds import Choice, NoticeKind
from amends.notifications.preferences import wanted_kinds
from amends.notifications.queries_preferences import last_refusal
from amends.notifications.words import KIND_WORDS, KindWords
from amends.services import Services
from amends.web import urls
from amends.web.forms import read_form
from amends.web.layout import AnyRequest, account_around
from amends.web.pages import Page, redirect, render
from amends.web.readers import current_reader
from amends.web.text import _


class ChoicesForm(msgspec.Struct, frozen=True):
    """The kinds that are switched on."""

    on: tuple[str, ...] = ()


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind, and whether it is switched on."""

    kind: NoticeKind
    words: KindWords
    is_on: bool
    is_fixed: bool
    is_missed: bool
    """Without it a person may miss a due time."""


class NotificationsPage(Page, frozen=True, kw_only=True):
    """What a person is written about."""

    template: ClassVar[str] = "notifications/preferences.html"
    lines: tuple[KindLine, ...]
    email: str | None
    refused_at: datetime | None
    """When the last mail to them was refused by their mail server; None: it was not."""
    refusal: str
    time_zone: str


@get(urls.NOTIFICATIONS, include_in_schema=False)
async def notifications_page(request: AnyRequest, services: Services) -> Response[Any]:
    """Show the choices."""
    session: Session = request.scope["state"]["session"]
    wanted = await wanted_kinds(services.pool, session.user_id)
    refusal = await last_refusal(services.pool, session.email) if session.email else None
    page = NotificationsPage(
        lines=tuple(_line(kind, is_on=kind in wanted) for kind in offered_kinds(session)),
        email=session.email,
        refused_at=refusal["created_at"] if refusal else None,
        refusal=refusal["answer"] or "" if refusal else "",
        time_zone=current_reader().time_zone.key,
    )
    return render(request, page, account=account_around(request))


@post(urls.NOTIFICATIONS, include_in_schema=False, status_code=200)
async def choose(request: AnyRequest, services: Services) -> Response[Any]:
    """Keep the choices."""
    session: Session = request.scope["state"]["session"]
    filled = await read_form(request, ChoicesForm)
    on = filled.value.on if filled.value is not None else ()
    choices = {kind: Choice.AT_ONCE if kind in on else Choice.OFF for kind in offered_kinds(session)}
    async with transaction(services.pool) as connection:
        await choose_notices(connection, session.user_id, choices, now=services.clock.now())
    return redirect(request, urls.NOTIFICATIONS, message=_("Saved."))


def offered_kinds(session: Session) -> tuple[NoticeKind, ...]:
    """Return the kinds of notices that there are for a person."""
    is_offered = {NoticeKind.DIGEST: bool(session.teams), NoticeKind.PLATFORM: session.staff_role is not None}
    return tuple(kind for kind in KIND_WORDS if is_offered.get(kind, True))


def _line(kind: NoticeKind, *, is_on: bool) -> KindLine:
    return KindLine(
        kind=kind,
        words=KIND_WORDS[kind],
        is_on=is_on,
        is_fixed=kind is NoticeKind.ACCOUNT,
        is_missed=kind in {NoticeKind.YOUR_TURN, NoticeKind.REMINDER},
    )


routes: Final = [notifications_page, choose]
