"""The page of one's own security: password, and where one is signed in. Two-step sign-in is in `pages_totp`."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post

from amends.access.commands_sessions import revoke_other_sessions, revoke_session
from amends.access.commands_sign_in import check_own_password, replace_password
from amends.access.people import Person
from amends.access.queries_sessions import list_sessions
from amends.access.queries_sign_in import read_password, recovery_codes_left
from amends.access.sessions import IDLE, Session
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited, Unprocessable
from amends.services import Services
from amends.staff.commands_reset import tell_password_changed
from amends.staff.devices import device_words, is_handheld
from amends.staff.words import in_words
from amends.web import urls
from amends.web.forms import Filled, read_form, refused
from amends.web.layout import AnyRequest, account_around
from amends.web.pages import Page, redirect, render
from amends.web.text import _, ngettext


class PasswordForm(msgspec.Struct, frozen=True):
    """A change of password; the current one is asked for when there is one."""

    password: str
    current_password: str | None = None


class SessionForm(msgspec.Struct, frozen=True):
    """Which session is to end; None: all others."""

    session: UUID | None = None


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which the person is signed in."""

    id: UUID
    device: str
    is_handheld: bool
    ip: str | None
    created_at: datetime
    last_seen_at: datetime
    is_this: bool
    only_case: str | None
    """It opens this case alone."""
    embedded: bool
    """It is in a frame of the platform's site."""


class SecurityPage(Page, frozen=True, kw_only=True):
    """A person's password, second step and sessions."""

    template: ClassVar[str] = "staff/security.html"
    filled: Filled[Any] | None
    """Of the form for the password."""
    has_password: bool
    totp_enabled: bool
    codes_left: int
    sessions: tuple[SessionLine, ...]


def person_of(request: AnyRequest) -> Person:
    """Return who is signed in, as the commands of signing in want it."""
    session: Session = request.scope["state"]["session"]
    return Person(session.user_id, session.user_pid, session.name, session.email)


@get(urls.SECURITY, include_in_schema=False)
async def security_page(request: AnyRequest, services: Services) -> Response[Any]:
    """Show how one signs in, and where one is signed in."""
    return await _show(request, services, None)


@post(urls.SECURITY + "/password", include_in_schema=False, status_code=200)
async def change_password(request: AnyRequest, services: Services) -> Response[Any]:
    """Take a new password, and sign every other browser out."""
    filled = await read_form(request, PasswordForm)
    if filled.value is None:
        return await _show(request, services, filled, status=422)
    person, now = person_of(request), services.clock.now()
    keep: UUID = request.scope["state"]["session"].id
    try:
        typed = str(filled.typed.get("current_password", ""))
        await check_own_password(services.pool, person, typed, now=now)
        async with transaction(services.pool) as connection:
            await replace_password(connection, person, str(filled.typed["password"]), keep_session=keep, now=now)
            await tell_password_changed(connection, person, base_url=services.settings.base_url, now=now)
    except (Unprocessable, RateLimited) as refusal:
        return await _show(request, services, refused(filled, in_words(refusal)), status=refusal.status)
    done = _("Your password is changed. Every other browser is signed out.")
    return redirect(request, urls.SECURITY, message=done)


@post(urls.SECURITY + "/sessions", include_in_schema=False, status_code=200)
async def end_sessions(request: AnyRequest, services: Services) -> Response[Any]:
    """Sign one other browser out, or all of them."""
    filled = await read_form(request, SessionForm)
    person, this, now = person_of(request), request.scope["state"]["session"], services.clock.now()
    which = filled.value.session if filled.value is not None else None
    async with transaction(services.pool) as connection:
        if which is not None:
            ended = int(await revoke_session(connection, person, which, now=now))
        elif filled.value is not None:
            ended = await revoke_other_sessions(connection, person, this.id, now=now)
        else:
            ended = 0
    words = ngettext("%(n)s browser is signed out.", "%(n)s browsers are signed out.", ended)
    return redirect(request, urls.SECURITY, message=words if ended else _("It was signed out already."))


async def _show(
    request: AnyRequest, services: Services, filled: Filled[Any] | None, *, status: int = 200
) -> Response[Any]:
    session: Session = request.scope["state"]["session"]
    now = services.clock.now()
    rows = await list_sessions(services.pool, session.user_id, now=now, seen_after=now - IDLE)
    page = SecurityPage(
        filled=filled,
        has_password=await read_password(services.pool, session.user_id) is not None,
        totp_enabled=session.totp_enabled,
        codes_left=await recovery_codes_left(services.pool, session.user_id) if session.totp_enabled else 0,
        sessions=tuple(
            SessionLine(
                id=row["id"],
                device=device_words(row["user_agent"]),
                is_handheld=is_handheld(row["user_agent"]),
                ip=row["ip"],
                created_at=row["created_at"],
                last_seen_at=row["last_seen_at"],
                is_this=row["id"] == session.id,
                only_case=row["only_case"],
                embedded=row["embedded"],
            )
            for row in rows
        ),
    )
    return render(request, page, account=account_around(request), status=status)


routes: Final = [security_page, change_password, end_sessions]
