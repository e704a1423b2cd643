"""The page of one's own profile: name, language, time zone, theme."""

from functools import cache
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

import msgspec
from litestar import Response, get, post

from amends.access.commands_preferences import set_preferences
from amends.access.permissions import StaffRole
from amends.access.sessions import Session, Theme
from amends.db.transactions import transaction
from amends.people.commands import upsert_user
from amends.people.commands_users import fetch_users
from amends.people.records import UserRecord
from amends.services import Services
from amends.staff.words import ROLES
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.layout import AnyRequest, account_around
from amends.web.pages import Page, redirect, render
from amends.web.readers import LANGUAGES
from amends.web.text import _, lazy

_LANGUAGE_NAMES: Final = {"en": "English", "es": "Español"}
_STAFF_ROLES: Final[dict[StaffRole, Any]] = {
    StaffRole.REVIEWER: lazy("Reviewer"),
    StaffRole.ADMIN: lazy("Platform admin"),
}
_THEME_COOKIE: Final = "amends_theme"
_YEAR_S: Final = 365 * 86_400
MAX_NAME: Final = 200


class ProfileForm(msgspec.Struct, frozen=True):
    """What a person says about themselves; None: as the browser says."""

    name: str
    locale: str | None = None
    time_zone: str | None = None
    theme: Theme | None = None


class ProfilePage(Page, frozen=True, kw_only=True):
    """A person's own profile."""

    template: ClassVar[str] = "staff/profile.html"
    filled: Filled[ProfileForm] | None
    name: str
    email: str | None
    locale: str
    time_zone: str
    theme: str
    languages: tuple[tuple[str, str], ...]
    time_zones: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]
    """Where the person works: what, as what, and its address."""


@get(urls.ME, include_in_schema=False)
async def profile_page(request: AnyRequest) -> Response[Any]:
    """Show the profile."""
    return render(request, _page(request, None), account=account_around(request))


@post(urls.ME, include_in_schema=False, status_code=200)
async def change_profile(request: AnyRequest, services: Services) -> Response[Any]:
    """Keep what was chosen."""
    filled = await read_form(request, ProfileForm)
    wrong = _wrong(filled.value) if filled.value is not None else filled.errors
    if filled.value is None or wrong:
        again = msgspec.structs.replace(filled, value=None, errors=wrong)
        return render(request, _page(request, again), account=account_around(request), status=422)
    await _keep(services, request.scope["state"]["session"], filled.value)
    response = redirect(request, urls.ME, message=_("Saved."))
    secure = services.settings.base_url.startswith("https:")
    response.set_cookie(
        _THEME_COOKIE, filled.value.theme or "system", path="/", max_age=_YEAR_S, samesite="lax", secure=secure
    )
    return response


def _wrong(form: ProfileForm) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if len(form.name) > MAX_NAME:
        wrong["name"] = _("This is too long.")
    if form.locale is not None and form.locale not in LANGUAGES:
        wrong["locale"] = _("Choose one of the values.")
    if form.time_zone is not None and form.time_zone not in _time_zones():
        wrong["time_zone"] = _("This time zone is not known. Choose one of the list, such as Europe/Paris.")
    return wrong


async def _keep(services: Services, session: Session, form: ProfileForm) -> None:
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        await set_preferences(
            connection, session.user_id, now=now, locale=form.locale, time_zone=form.time_zone, theme=form.theme
        )
        [user] = await fetch_users(connection, 0, [], [session.user_id])
        record = UserRecord(
            name=form.name, username=user.username, email=user.email, time_zone=user.time_zone, locale=user.locale
        )
        await upsert_user(connection, user.external_id, record, now=now)


def _page(request: AnyRequest, filled: Filled[ProfileForm] | None) -> ProfilePage:
    session: Session = request.scope["state"]["session"]
    chosen = session.preferences
    return ProfilePage(
        filled=filled,
        name=session.name or "",
        email=session.email,
        locale=chosen.locale or "",
        time_zone=chosen.time_zone or "",
        theme=chosen.theme or "",
        languages=tuple((tag, _LANGUAGE_NAMES[tag]) for tag in LANGUAGES),
        time_zones=_time_zones(),
        places=_places(session),
    )


def _places(session: Session) -> tuple[tuple[str, str, str], ...]:
    teams = tuple((team.title, str(ROLES[team.role]), urls.table_url(team.account_pid)) for team in session.teams)
    if session.staff_role is None:
        return teams
    return ((_("The platform"), str(_STAFF_ROLES[session.staff_role]), urls.ACCOUNTS), *teams)


@cache
def _time_zones() -> tuple[str, ...]:
    listed = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return (*listed, "UTC")


routes: Final = [profile_page, change_profile]
