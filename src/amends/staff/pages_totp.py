"""The pages of two-step sign-in: set it up with a QR code, prove it, recovery codes shown once, turn it off.

What loosens the protection asks for the password again. Recovery codes are stored as hashes: the page that shows them
is the only one that can, so it offers to keep them as a file.
"""

import re
from typing import Any, ClassVar, Final

import msgspec
import segno
from litestar import Response, get, post
from markupsafe import Markup

from amends.access.codes import address_of
from amends.access.commands_sign_in import check_own_password
from amends.access.commands_totp import begin_totp, confirm_totp, end_totp, pending_secret, renew_recovery_codes
from amends.access.people import Person
from amends.access.queries_sign_in import read_password, recovery_codes_left
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, RateLimited, Unprocessable
from amends.services import Services
from amends.staff.pages_security import person_of
from amends.staff.words import in_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import AnyRequest, account_around
from amends.web.pages import Page, redirect, render
from amends.web.text import _

PATH: Final = urls.SECURITY + "/two-step"
_CODE: Final = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")


class CodeForm(msgspec.Struct, frozen=True):
    """The code that an app shows."""

    code: str


class ManageForm(msgspec.Struct, frozen=True):
    """The password, asked for again."""

    current_password: str | None = None


class CodesForm(msgspec.Struct, frozen=True):
    """Recovery codes on their way into a file."""

    codes: list[str]


class EnrolPage(Page, frozen=True, kw_only=True):
    """A secret to put into an app."""

    template: ClassVar[str] = "staff/two_step_enrol.html"
    filled: Filled[Any] | None
    picture: Markup
    """The QR code: an SVG."""
    secret: str
    """The same to type, in groups of four."""


class ManagePage(Page, frozen=True, kw_only=True):
    """Two-step sign-in that is on."""

    template: ClassVar[str] = "staff/two_step_manage.html"
    filled: Filled[Any] | None
    has_password: bool
    codes_left: int


class RecoveryCodesPage(Page, frozen=True, kw_only=True):
    """Recovery codes, this once."""

    template: ClassVar[str] = "staff/recovery_codes.html"
    codes: tuple[str, ...]
    is_first: bool
    """Whether two-step sign-in was turned on just now."""


@post(PATH, include_in_schema=False, status_code=200)
async def begin_two_step(request: AnyRequest, services: Services) -> Response[Any]:
    """Make a secret and show it."""
    try:
        async with transaction(services.pool) as connection:
            await begin_totp(connection, person_of(request), services.signer, now=services.clock.now())
    except Conflict:
        return redirect(request, PATH)
    return redirect(request, PATH)


@get(PATH, include_in_schema=False)
async def two_step_page(request: AnyRequest, services: Services) -> Response[Any]:
    """Show the secret that waits to be confirmed, or what can be done about one that is on."""
    return await _show(request, services, None)


@post(PATH + "/confirm", include_in_schema=False, status_code=200)
async def confirm_two_step(request: AnyRequest, services: Services) -> Response[Any]:
    """Turn it on with the first code, and show the recovery codes."""
    filled = await read_form(request, CodeForm)
    if filled.value is None:
        return await _show(request, services, filled, status=422)
    person, now = person_of(request), services.clock.now()
    try:
        async with transaction(services.pool) as connection:
            codes = await confirm_totp(connection, person, services.signer, filled.value.code, now=now)
    except Unprocessable as refusal:
        return await _show(request, services, refused(filled, in_words(refusal)), status=refusal.status)
    return render(request, RecoveryCodesPage(codes=tuple(codes), is_first=True), account=account_around(request))


@post(PATH + "/off", include_in_schema=False, status_code=200)
async def end_two_step(request: AnyRequest, services: Services) -> Response[Any]:
    """Turn it off."""
    person = person_of(request)
    problem = await _asked_again(request, services, person)
    if problem is not None:
        return problem
    async with transaction(services.pool) as connection:
        await end_totp(connection, person, now=services.clock.now())
    return redirect(request, urls.SECURITY, message=_("Two-step sign-in is off."))


@post(PATH + "/codes", include_in_schema=False, status_code=200)
async def renew_codes(request: AnyRequest, services: Services) -> Response[Any]:
    """Make new recovery codes."""
    person = person_of(request)
    problem = await _asked_again(request, services, person)
    if problem is not None:
        return problem
    try:
        async with transaction(services.pool) as connection:
            codes = await renew_recovery_codes(connection, person, now=services.clock.now())
    except Conflict:
        return redirect(request, urls.SECURITY)
    return render(request, RecoveryCodesPage(codes=tuple(codes), is_first=False), account=account_around(request))


@post(PATH + "/codes/file", include_in_schema=False, status_code=200)
async def codes_file(request: AnyRequest) -> Response[Any]:
    """Send the codes of the page back as a file; they are stored nowhere to be read."""
    filled = await read_form(request, CodesForm)
    codes = [code for code in (filled.value.codes if filled.value else []) if _CODE.fullmatch(code)]
    head = _("Recovery codes for Amends. Each works once, in place of the code of your app.")
    return Response(
        "\n".join([head, "", *codes, ""]).encode(),
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="amends-recovery-codes.txt"',
            "Cache-Control": "no-store",
        },
    )


async def _asked_again(request: AnyRequest, services: Services, person: Person) -> Response[Any] | None:
    """Ask for the password; returns what to answer where it was not given."""
    filled = await read_form(request, ManageForm)
    try:
        typed = str(filled.typed.get("current_password", ""))
        await check_own_password(services.pool, person, typed, now=services.clock.now())
    except (Unprocessable, RateLimited) as refusal:
        return await _show(request, services, refused(filled, in_words(refusal)), status=refusal.status)
    return None


async def _show(
    request: AnyRequest, services: Services, filled: Filled[Any] | None, *, status: int = 200
) -> Response[Any]:
    person = person_of(request)
    if request.scope["state"]["session"].totp_enabled:
        page = ManagePage(
            filled=filled,
            has_password=await read_password(services.pool, person.id) is not None,
            codes_left=await recovery_codes_left(services.pool, person.id),
        )
        return render(request, page, account=account_around(request), status=status)
    secret = await pending_secret(services.pool, person, services.signer)
    if secret is None:
        return redirect(request, urls.SECURITY)
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    picture = _picture(address_of(secret, person.email or person.name or person.pid))
    return render(
        request,
        EnrolPage(filled=filled, picture=picture, secret=groups),
        account=account_around(request),
        status=status,
    )


def _picture(address: str) -> Markup:
    """Draw a QR code: black, for apps want it on white in any theme."""
    drawn = segno.make(address, error="m").svg_inline(border=0, svgclass="size-44", lineclass=None, omitsize=True)
    return Markup(drawn)  # noqa: S704 (segno draws squares; nothing of the address is in it as text)


routes: Final = [begin_two_step, two_step_page, confirm_two_step, end_two_step, renew_codes, codes_file]
