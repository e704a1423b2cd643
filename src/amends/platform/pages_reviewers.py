"""The page of reviewers and its forms: invite to the staff, send again, withdraw, change a role, remove.

Everybody on the staff reads it; who changes it needs `team:manage`. The platform always keeps an admin.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post

from amends.access.commands_staff import Staff, change_staff_role, remove_from_staff
from amends.access.permissions import Permission, StaffRole
from amends.db.transactions import transaction
from amends.kit.errors import ApiError, Conflict, NotFound, RateLimited, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.platform.reviewers_page import StaffInviteForm, load_reviewers_page
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.staff.commands_invitations import invite, resend_invitation, withdraw_invitation
from amends.staff.words import STAFF_ROLES, in_words, refusal_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.pages import redirect, render
from amends.web.readers import current_reader
from amends.web.text import _

SECTION: Final = "reviewers"
_PATH: Final = urls.platform_url(SECTION)
_INVITATION: Final = urls.platform_url(SECTION, "invitations", "{invitation_pid:str}")
_PERSON: Final = urls.platform_url(SECTION, "{user_pid:str}")
_READS: Final = Permission.CASE_READ
_MANAGES: Final = Permission.TEAM_MANAGE


class StaffRoleForm(msgspec.Struct, frozen=True):
    """The role that somebody gets."""

    role: StaffRole


@get(_PATH, include_in_schema=False)
async def show_reviewers(request: AnyPage, services: Services) -> Response[str]:
    """Show the staff and what it has decided."""
    staff_of(request, _READS)
    return await _show(request, services)


@post(_PATH + "/invitations", include_in_schema=False, status_code=200)
async def invite_to_staff(request: AnyPage, services: Services) -> Response[Any]:
    """Invite somebody to the staff."""
    staff = Staff(staff_of(request, _MANAGES))
    filled = await read_form(request, StaffInviteForm)
    if filled.value is None:
        return await _show(request, services, invite_form=filled, status=422)
    try:
        async with transaction(services.pool) as connection:
            await invite(
                connection,
                staff,
                title="",
                email=filled.value.email,
                role=filled.value.role,
                locale=current_reader().language,
                signer=services.signer,
                now=services.clock.now(),
            )
    except (Conflict, RateLimited, Unprocessable) as refusal:
        error = in_words(refusal)
        error.param = error.param or "email"
        return await _show(request, services, invite_form=refused(filled, error), status=refusal.status)
    return _back(request, _("%(email)s is invited. The link is valid for 7 days.", email=filled.value.email))


@post(_INVITATION + "/resend", include_in_schema=False, status_code=200)
async def send_again(request: AnyPage, services: Services, invitation_pid: str) -> Response[Any]:
    """Send an invitation again."""
    staff, invitation_id = Staff(staff_of(request, _MANAGES)), _invitation(invitation_pid)
    try:
        async with transaction(services.pool) as connection:
            email = await resend_invitation(
                connection, staff, invitation_id, signer=services.signer, now=services.clock.now()
            )
    except (Conflict, RateLimited) as refusal:
        return await _show(request, services, problem=refusal, status=refusal.status)
    message = _("The invitation to %(email)s is sent again, with a new link that is valid for 7 days.", email=email)
    return _back(request, message)


@post(_INVITATION + "/withdraw", include_in_schema=False, status_code=200)
async def withdraw(request: AnyPage, services: Services, invitation_pid: str) -> Response[Any]:
    """Withdraw an invitation."""
    staff, invitation_id = Staff(staff_of(request, _MANAGES)), _invitation(invitation_pid)
    try:
        async with transaction(services.pool) as connection:
            email = await withdraw_invitation(connection, staff, invitation_id, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, problem=refusal, status=409)
    return _back(request, _("The invitation to %(email)s is withdrawn.", email=email))


@post(_PERSON + "/role", include_in_schema=False, status_code=200)
async def give_role(request: AnyPage, services: Services, user_pid: str) -> Response[Any]:
    """Give somebody another role."""
    staff = Staff(staff_of(request, _MANAGES))
    filled = await read_form(request, StaffRoleForm)
    if filled.value is None:
        return await _show(request, services, status=422)
    role = filled.value.role
    try:
        async with transaction(services.pool) as connection:
            person = await change_staff_role(connection, staff, user_pid, role, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, problem=refusal, status=409)
    name = person.name or person.email or person.pid
    return _back(request, _("%(name)s now has the role %(role)s.", name=name, role=str(STAFF_ROLES[role])))


@post(_PERSON + "/remove", include_in_schema=False, status_code=200)
async def remove(request: AnyPage, services: Services, user_pid: str) -> Response[Any]:
    """Take somebody off the staff."""
    staff = Staff(staff_of(request, _MANAGES))
    try:
        async with transaction(services.pool) as connection:
            person = await remove_from_staff(connection, staff, user_pid, now=services.clock.now())
    except Conflict as refusal:
        return await _show(request, services, problem=refusal, status=409)
    name = person.name or person.email or person.pid
    message = _("%(name)s is off the staff and can see nothing of the platform any more.", name=name)
    return redirect(request, "/" if person.pid == request.auth.principal.id else _PATH, message=message)


async def _show(
    request: AnyPage,
    services: Services,
    *,
    invite_form: Filled[StaffInviteForm] | None = None,
    problem: ApiError | None = None,
    status: int = 200,
) -> Response[str]:
    page = await load_reviewers_page(
        services,
        staff_of(request, _READS),
        request.query_params.get("days", ""),
        invite=invite_form,
        problem=None if problem is None else refusal_words(problem),
    )
    return render(request, page, section=SECTION, status=status)


def _back(request: AnyPage, message: str) -> Response[Any]:
    return redirect(request, _PATH, message=message)


def _invitation(pid: str) -> UUID:
    try:
        parsed = parse_public_id(Prefix.INVITATION, pid)
    except MalformedId as problem:
        raise NotFound from problem
    if parsed.account != 0:
        raise NotFound
    return parsed.row_id


routes: Final = [show_reviewers, invite_to_staff, send_again, withdraw, give_role, remove]
