"""The policy's page and its form. A form that was made from an older version is refused and keeps what was typed."""

from typing import Any, Final

from litestar import Response, get, post
from msgspec.structs import replace

from amends.access.permissions import Permission
from amends.db.transactions import transaction
from amends.kit.errors import Conflict
from amends.platform.commands_policy import change_policy
from amends.platform.policy_page import HISTORY, PolicyForm, policy_of, policy_page
from amends.platform.queries_policy import policy_in_force, policy_versions
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.pages import redirect, render
from amends.web.text import _

SECTION: Final = "policy"
_PATH: Final = urls.platform_url(SECTION)
_NEEDS: Final = Permission.POLICY_MANAGE


@get(_PATH, include_in_schema=False)
async def show_policy(request: AnyPage, services: Services) -> Response[str]:
    """Show the policy."""
    staff_of(request, _NEEDS)
    return await _show(request, services)


@post(_PATH, include_in_schema=False, status_code=200)
async def save_policy(request: AnyPage, services: Services) -> Response[Any]:
    """Put another policy into force."""
    scope = staff_of(request, _NEEDS)
    filled = await read_form(request, PolicyForm)
    before = (await policy_in_force(services.pool)).policy
    policy, errors = policy_of(filled, before)
    if policy is None or filled.value is None:
        return await _show(request, services, filled=replace(filled, value=None, errors=errors), status=422)
    version = filled.value.version
    try:
        async with transaction(services.pool) as connection:
            after = await change_policy(connection, scope, policy, version=version, now=services.clock.now())
    except Conflict:
        return await _show(request, services, filled=filled, conflict=True, status=409)
    if after.version == version:
        return redirect(request, _PATH, message=_("Nothing was different, so the policy stays as it is."))
    message = _("Version %(n)s of the policy is in force from now on.", n=after.version)
    return redirect(request, _PATH, message=message)


async def _show(
    request: AnyPage,
    services: Services,
    *,
    filled: Filled[Any] | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Response[str]:
    page = policy_page(await policy_versions(services.pool, limit=HISTORY), filled=filled, conflict=conflict)
    return render(request, page, section=SECTION, status=status)


routes: Final = [show_policy, save_policy]
