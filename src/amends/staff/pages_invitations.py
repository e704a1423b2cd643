"""The page of an invitation: whose team it is, and how to join it. Looking changes nothing.

Who is signed in with the invited address joins with a button, who could sign in does that first, and somebody new says
their name and chooses a password.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

import msgspec
from litestar import Response, get, post

from amends.access.commands_sessions import SignedInBy
from amends.access.people import Person
from amends.access.permissions import Role
from amends.access.sessions import Session
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, Unprocessable
from amends.services import Services
from amends.staff.arrival import come_in
from amends.staff.commands_joining import (
    Invitation,
    State,
    accept_as,
    accept_as_newcomer,
    can_sign_in,
    find_invitation,
    is_for,
)
from amends.staff.words import ROLE_HINTS, ROLES, STAFF_ROLE_HINTS, STAFF_ROLES, in_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import AnyRequest, session_of
from amends.web.pages import Page, redirect, render
from amends.web.readers import current_reader
from amends.web.text import _

_PUBLIC: Final[dict[str, Any]] = {"public": True}
_PATH: Final = urls.invitation_url("{token:str}")


class Way(StrEnum):
    """How somebody can join."""

    JOIN = "join"
    """They are signed in with the invited address."""
    SIGN_IN = "sign_in"
    """Somebody signs in here with that address; nobody is signed in now."""
    OTHER = "other"
    """Somebody else is signed in."""
    NEW = "new"


class NewcomerForm(msgspec.Struct, frozen=True):
    """Who joins without having been here before."""

    name: str
    password: str


class InvitationPage(Page, frozen=True, kw_only=True):
    """An invitation that can be accepted."""

    template: ClassVar[str] = "staff/invitation.html"
    account: str
    email: str
    role: Any
    role_hint: Any
    inviter: str | None
    expires_at: datetime
    way: Way
    signed_in_as: str | None
    sign_in_url: str
    provider: str | None
    """The company's account, if people can join with one."""
    provider_url: str
    filled: Filled[NewcomerForm] | None


class InvitationGonePage(Page, frozen=True, kw_only=True):
    """An invitation that cannot be accepted any more."""

    template: ClassVar[str] = "staff/invitation_gone.html"
    state: str
    """`unknown`, or why: `accepted`, `withdrawn`, `expired`."""
    account: str | None
    inviter: str | None
    home: str | None
    """The account's table, for somebody who is on the team."""


@get(_PATH, opt=_PUBLIC, include_in_schema=False)
async def invitation_page(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Show an invitation."""
    invitation = await find_invitation(services.pool, token, services.clock.now())
    if invitation is None or invitation.state is not State.WAITING:
        return _gone(request, invitation)
    return await _show(request, services, token, invitation, None)


@post(_PATH, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def accept(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Join the team."""
    now, session = services.clock.now(), session_of(request)
    invitation = await find_invitation(services.pool, token, now)
    if invitation is None or invitation.state is not State.WAITING:
        return _gone(request, invitation)
    if session is None:
        return await _accept_new(request, services, token, invitation)
    if not is_for(invitation, session.email):
        return await _show(request, services, token, invitation, None, status=403)
    async with transaction(services.pool) as connection:
        joined = await accept_as(connection, invitation, token, _person(session), now)
    if not joined:
        return _gone(request, await find_invitation(services.pool, token, now))
    return redirect(request, _home(invitation), message=_welcome(invitation))


async def _accept_new(request: AnyRequest, services: Services, token: str, invitation: Invitation) -> Response[Any]:
    filled = await read_form(request, NewcomerForm)
    if filled.value is None:
        return await _show(request, services, token, invitation, filled)
    now = services.clock.now()
    try:
        async with transaction(services.pool) as connection:
            person = await accept_as_newcomer(
                connection,
                invitation,
                token,
                name=filled.value.name,
                password=str(filled.typed["password"]),
                locale=current_reader().language,
                now=now,
            )
    except Unprocessable as refusal:
        return await _show(request, services, token, invitation, refused(filled, in_words(refusal)))
    except Conflict:
        return await _show(request, services, token, invitation, None, status=409)
    if person is None:
        return _gone(request, await find_invitation(services.pool, token, now))
    then = _home(invitation)
    return await come_in(request, services, person, by=SignedInBy.INVITATION, then=then, message=_welcome(invitation))


def _welcome(invitation: Invitation) -> str:
    return _("Welcome to the team of %(account)s.", account=invitation.account_title)


async def _show(
    request: AnyRequest,
    services: Services,
    token: str,
    invitation: Invitation,
    filled: Filled[NewcomerForm] | None,
    *,
    status: int | None = None,
) -> Response[Any]:
    session = session_of(request)
    role, hint = _role_words(invitation)
    page = InvitationPage(
        account=invitation.account_title,
        email=invitation.email,
        role=role,
        role_hint=hint,
        inviter=invitation.inviter,
        expires_at=invitation.expires_at,
        way=await _way(services, invitation, session),
        signed_in_as=(session.email or session.name) if session else None,
        sign_in_url=urls.sign_in_url(urls.invitation_url(token)),
        provider=None if services.oidc is None else services.oidc.settings.name,
        provider_url=urls.oidc_url(urls.invitation_url(token)),
        filled=filled,
    )
    return render(request, page, status=status or (200 if filled is None else 422))


def _role_words(invitation: Invitation) -> tuple[Any, Any]:
    if isinstance(invitation.role, Role):
        return ROLES[invitation.role], ROLE_HINTS[invitation.role]
    return STAFF_ROLES[invitation.role], STAFF_ROLE_HINTS[invitation.role]


def _home(invitation: Invitation) -> str:
    """Return where somebody who has joined goes on."""
    return urls.platform_url("queue") if invitation.account_id is None else urls.table_url(invitation.account_pid)


async def _way(services: Services, invitation: Invitation, session: Session | None) -> Way:
    if session is not None:
        return Way.JOIN if is_for(invitation, session.email) else Way.OTHER
    return Way.SIGN_IN if await can_sign_in(services.pool, invitation.email) else Way.NEW


def _gone(request: AnyRequest, invitation: Invitation | None) -> Response[Any]:
    session = session_of(request)
    teams = () if session is None else session.teams
    on_team = invitation is not None and any(team.account_id == invitation.account_id for team in teams)
    if invitation is not None and invitation.account_id is None:
        on_team = session is not None and session.staff_role is not None
    page = InvitationGonePage(
        state="unknown" if invitation is None else invitation.state.value,
        account=None if invitation is None else invitation.account_title,
        inviter=None if invitation is None else invitation.inviter,
        home=_home(invitation) if invitation is not None and on_team else None,
    )
    return render(request, page, status=404 if invitation is None else 410)


def _person(session: Session) -> Person:
    return Person(session.user_id, session.user_pid, session.name, session.email)


routes: Final = [invitation_page, accept]
