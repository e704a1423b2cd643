"""The page of a team and its forms: invite, send again, withdraw, change a role, remove, leave, limits of support.

Everybody on the team sees the list; who changes it needs `team:manage`. A refused change shows the page again, says why
and keeps what was typed.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post

from amends.access.commands_team import Team, change_role, leave_team, remove_from_team, set_support_limit
from amends.access.permissions import Permission, Role
from amends.access.scopes import Caller
from amends.db.transactions import transaction
from amends.kit.errors import ApiError, Conflict, NotFound, RateLimited, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.services import Services
from amends.staff.commands_invitations import invite, resend_invitation, withdraw_invitation
from amends.staff.team_page import InviteForm, LimitForm, load_team_page
from amends.staff.words import ROLES, in_words, refusal_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.pages import redirect, render
from amends.web.places import Place, place_of
from amends.web.readers import current_reader
from amends.web.text import _

AnyPage = Request[Any, Caller, Any]

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_MANAGE: Final[dict[str, Any]] = {"permission": Permission.TEAM_MANAGE}
_TEAM: Final = urls.account_url("{biz_pid:str}", "team")


class RoleForm(msgspec.Struct, frozen=True):
    """The role that somebody gets."""

    role: Role


@get(_TEAM, opt=_READ, include_in_schema=False)
async def team_page(request: AnyPage, services: Services, biz_pid: str) -> Response[str]:
    """Show the team."""
    return await _show(request, services, await place_of(request, biz_pid, Permission.CASE_READ))


@post(_TEAM + "/invitations", opt=_MANAGE, include_in_schema=False, status_code=200)
async def invite_person(request: AnyPage, services: Services, biz_pid: str) -> Response[Any]:
    """Invite somebody."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    filled = await read_form(request, InviteForm)
    if filled.value is None:
        return await _show(request, services, place, invite=filled, status=422)
    try:
        async with transaction(services.pool) as connection:
            await invite(
                connection,
                _team(place),
                title=place.account.title,
                email=filled.value.email,
                role=filled.value.role,
                locale=current_reader().language,
                signer=services.signer,
                now=services.clock.now(),
            )
    except (Conflict, RateLimited, Unprocessable) as refusal:
        error = in_words(refusal)
        error.param = error.param or "email"
        return await _show(request, services, place, invite=refused(filled, error), status=refusal.status)
    message = _("%(email)s is invited. The link is valid for 7 days.", email=filled.value.email)
    return _back(request, place, message)


@post(_TEAM + "/invitations/{invitation_pid:str}/resend", opt=_MANAGE, include_in_schema=False, status_code=200)
async def send_again(request: AnyPage, services: Services, biz_pid: str, invitation_pid: str) -> Response[Any]:
    """Send an invitation again."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    try:
        async with transaction(services.pool) as connection:
            email = await resend_invitation(
                connection,
                _team(place),
                _invitation(place, invitation_pid),
                signer=services.signer,
                now=services.clock.now(),
            )
    except (Conflict, RateLimited) as refusal:
        return await _show(request, services, place, problem=refusal, status=refusal.status)
    message = _("The invitation to %(email)s is sent again, with a new link that is valid for 7 days.", email=email)
    return _back(request, place, message)


@post(_TEAM + "/invitations/{invitation_pid:str}/withdraw", opt=_MANAGE, include_in_schema=False, status_code=200)
async def withdraw(request: AnyPage, services: Services, biz_pid: str, invitation_pid: str) -> Response[Any]:
    """Withdraw an invitation."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    invited = _invitation(place, invitation_pid)
    try:
        async with transaction(services.pool) as connection:
            email = await withdraw_invitation(connection, _team(place), invited, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, place, problem=refusal, status=409)
    return _back(request, place, _("The invitation to %(email)s is withdrawn.", email=email))


@post(_TEAM + "/{user_pid:str}/role", opt=_MANAGE, include_in_schema=False, status_code=200)
async def give_role(request: AnyPage, services: Services, biz_pid: str, user_pid: str) -> Response[Any]:
    """Give somebody another role."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    filled = await read_form(request, RoleForm)
    if filled.value is None:
        return await _show(request, services, place, status=422)
    role = filled.value.role
    try:
        async with transaction(services.pool) as connection:
            person = await change_role(connection, _team(place), user_pid, role, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, place, problem=refusal, status=409)
    name = person.name or person.email or person.pid
    message = _("%(name)s now has the role %(role)s.", name=name, role=str(ROLES[role]))
    return redirect(request, _after(request, place, person.pid), message=message)


@post(_TEAM + "/{user_pid:str}/remove", opt=_MANAGE, include_in_schema=False, status_code=200)
async def remove(request: AnyPage, services: Services, biz_pid: str, user_pid: str) -> Response[Any]:
    """Take somebody off the team."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    try:
        async with transaction(services.pool) as connection:
            person = await remove_from_team(connection, _team(place), user_pid, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, place, problem=refusal, status=409)
    name = person.name or person.email or person.pid
    message = _("%(name)s is off the team and can see nothing of it any more.", name=name)
    return redirect(request, _after(request, place, person.pid), message=message)


@post(_TEAM + "/leave", opt=_READ, include_in_schema=False, status_code=200)
async def leave(request: AnyPage, services: Services, biz_pid: str) -> Response[Any]:
    """Leave the team."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    try:
        async with transaction(services.pool) as connection:
            await leave_team(connection, _team(place), request.auth.principal.id, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, place, problem=refusal, status=409)
    message = _("You have left the team of %(account)s.", account=place.account.title)
    return redirect(request, urls.ACCOUNTS, message=message)


@post(_TEAM + "/limits", opt=_MANAGE, include_in_schema=False, status_code=200)
async def set_limit(request: AnyPage, services: Services, biz_pid: str) -> Response[Any]:
    """Say what support may refund on one case."""
    place = await place_of(request, biz_pid, Permission.TEAM_MANAGE)
    filled = await read_form(request, LimitForm)
    if filled.value is None:
        return await _show(request, services, place, limit=filled, status=422)
    currency, amount = filled.value.currency, filled.value.amount
    try:
        async with transaction(services.pool) as connection:
            await set_support_limit(connection, _team(place), currency, amount, now=services.clock.now())
    except Unprocessable as refusal:
        return await _show(request, services, place, limit=refused(filled, in_words(refusal)), status=422)
    return _back(request, place, _("The limit is changed."))


async def _show(
    request: AnyPage,
    services: Services,
    place: Place,
    *,
    status: int = 200,
    invite: Filled[InviteForm] | None = None,
    limit: Filled[LimitForm] | None = None,
    problem: ApiError | None = None,
) -> Response[str]:
    page = await load_team_page(
        services.pool,
        place,
        now=services.clock.now(),
        outbox=services.settings.outbox,
        invite=invite,
        limit=limit,
        problem=None if problem is None else refusal_words(problem),
    )
    return render(request, page, account=place.account, section="team", status=status)


def _back(request: AnyPage, place: Place, message: str) -> Response[Any]:
    return redirect(request, urls.account_url(place.account.pid, "team"), message=message)


def _after(request: AnyPage, place: Place, user_pid: str) -> str:
    """Return where to go on after somebody was changed: not to this page, for who can see it no more."""
    gone = user_pid == request.auth.principal.id and request.auth.platform is None
    return urls.ACCOUNTS if gone else urls.account_url(place.account.pid, "team")


def _team(place: Place) -> Team:
    return Team(place.scope, place.account_id, place.account.pid)


def _invitation(place: Place, pid: str) -> UUID:
    try:
        parsed = parse_public_id(Prefix.INVITATION, pid)
    except MalformedId as problem:
        raise NotFound from problem
    if parsed.account != place.account_id:
        raise NotFound
    return parsed.row_id


routes: Final = [team_page, invite_person, send_again, withdraw, give_role, remove, leave, set_limit]
