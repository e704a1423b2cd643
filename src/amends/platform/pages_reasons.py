"""The pages of the reasons that decisions give: the staff reads them, admins of the platform keep them."""

from typing import Any, Final

from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import PlatformScope
from amends.cases.commands_reasons import NEEDS, put_reason, wording_of
from amends.cases.queries_reasons import find_reason, list_reasons
from amends.cases.reasons import PLACEHOLDERS, ReasonCode, Wording
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.platform.reason_page import (
    FITS,
    ReasonForm,
    ReasonLine,
    ReasonPage,
    ReasonsPage,
    RetireForm,
    fits_words,
    language_rows,
    meanings_of,
    reason_refusal,
    typed_translations,
)
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.pages import redirect, render
from amends.web.readers import current_reader
from amends.web.text import _

SECTION: Final = "reasons"
_PATH: Final = urls.platform_url(SECTION)
_ONE: Final = urls.platform_url(SECTION, "{code:str}")
_NEW: Final = urls.platform_url(SECTION, "new-reason")  # no code has a hyphen
_READ: Final = Permission.CASE_READ


@get(_PATH, include_in_schema=False)
async def reasons_page(request: AnyPage, services: Services) -> Response[str]:
    """Show the catalogue."""
    scope = staff_of(request, _READ)
    lines = [
        ReasonLine(reason=one, fits=fits_words(one), url=urls.platform_url(SECTION, one.code))
        for one in await list_reasons(services.pool)
    ]
    page = ReasonsPage(
        lines=[line for line in lines if not line.reason.is_retired],
        retired=[line for line in lines if line.reason.is_retired],
        can_manage=NEEDS in scope.permissions,
        new_url=_NEW,
    )
    return render(request, page, section=SECTION)


@get(_NEW, include_in_schema=False)
async def new_page(request: AnyPage) -> Response[str]:
    """Show the form of a new reason."""
    return _form(request, staff_of(request, NEEDS), None)


@post(_PATH, include_in_schema=False, status_code=200)
async def add(request: AnyPage, services: Services) -> Response[Any]:
    """Add a reason."""
    scope, filled = staff_of(request, NEEDS), await read_form(request, ReasonForm)
    return await _put(request, services, scope, None, filled)


@get(_ONE, include_in_schema=False)
async def reason_page(request: AnyPage, services: Services, code: str) -> Response[str]:
    """Show a reason; to change for those who may."""
    scope = staff_of(request, _READ)
    return _form(request, scope, await _found(services, code))


@post(_ONE, include_in_schema=False, status_code=200)
async def change(request: AnyPage, services: Services, code: str) -> Response[Any]:
    """Change a reason."""
    scope, filled = staff_of(request, NEEDS), await read_form(request, ReasonForm)
    return await _put(request, services, scope, await _found(services, code), filled)


@post(_ONE + "/retire", include_in_schema=False, status_code=200)
async def retire(request: AnyPage, services: Services, code: str) -> Response[Any]:
    """Retire a reason, or take it back."""
    scope, found = staff_of(request, NEEDS), await _found(services, code)
    filled = await read_form(request, RetireForm)
    retired = filled.value is not None and filled.value.retired
    wording = Wording(
        title=found.title,
        when_to_use=found.when_to_use,
        fits=found.fits,
        to_customer=found.to_customer,
        to_merchant=found.to_merchant,
        translations=found.translations,
        retired=retired,
    )
    async with transaction(services.pool) as connection:
        await put_reason(connection, scope, code, wording, now=services.clock.now())
    said = _("“%(title)s” is retired. Decisions that gave it keep it.", title=found.words)
    back = _("“%(title)s” can be chosen again.", title=found.words)
    return redirect(request, _PATH, message=said if retired else back)


async def _found(services: Services, code: str) -> ReasonCode:
    reason = await find_reason(services.pool, code)
    if reason is None:
        raise NotFound
    return reason


async def _put(
    request: AnyPage, services: Services, scope: PlatformScope, found: ReasonCode | None, filled: Filled[ReasonForm]
) -> Response[Any]:
    if filled.value is None:
        return _form(request, scope, found, filled)
    typed = filled.value
    wording = Wording(
        title=typed.title,
        when_to_use=typed.when_to_use,
        fits=typed.fits,
        to_customer=typed.to_customer,
        to_merchant=typed.to_merchant,
        translations=typed_translations(filled.typed),
        retired=found is not None and wording_of(found).retired,
    )
    code = typed.code if found is None else found.code
    try:
        async with transaction(services.pool) as connection:
            reason = await put_reason(
                connection, scope, code, wording,
                version=typed.version, must_be_new=found is None, now=services.clock.now(),
            )  # fmt: skip
    except (Conflict, Unprocessable) as refusal:
        again = refused(filled, reason_refusal(refusal))
        return _form(request, scope, found, again, status=refusal.status)
    return redirect(request, _PATH, message=_("“%(title)s” is saved.", title=reason.words))


def _form(
    request: AnyPage,
    scope: PlatformScope,
    reason: ReasonCode | None,
    filled: Filled[ReasonForm] | None = None,
    *,
    status: int = 422,
) -> Response[str]:
    code = None if reason is None else reason.code
    chosen: tuple[str, ...] = () if reason is None else tuple(way.value for way in reason.fits)
    if filled is not None:
        typed = filled.typed.get("fits", ())
        chosen = (typed,) if isinstance(typed, str) else tuple(typed)
    page = ReasonPage(
        reason=reason,
        can_manage=NEEDS in scope.permissions,
        filled=filled,
        chosen=chosen,
        ways=[(way, str(words)) for way, words in FITS.items()],
        placeholders=meanings_of(PLACEHOLDERS),
        languages=language_rows(reason, current_reader().now),
        list_url=_PATH,
        save_url=_PATH if code is None else urls.platform_url(SECTION, code),
        retire_url=None if code is None else urls.platform_url(SECTION, code, "retire"),
    )
    return render(request, page, section=SECTION, status=200 if filled is None else status)


routes: Final = [reasons_page, new_page, add, reason_page, change, retire]
