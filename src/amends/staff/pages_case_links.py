"""The page of a notice's link: whose case it opens, and a button. Looking changes nothing, for mail scanners look.

Whoever is signed in as that person already goes straight to the case and keeps the session. All others get one that
opens this case alone, and ends with the link.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from litestar import Response, get, post

from amends.access.commands import hash_token
from amends.access.commands_links import Link, Purpose, find_link, use_link
from amends.access.commands_sessions import SignedInBy
from amends.access.guesses import Limit, count_guess
from amends.access.sessions import Reach
from amends.db.transactions import transaction
from amends.kit.errors import RateLimited
from amends.services import Services
from amends.staff.arrival import arrive
from amends.staff.queries_case_links import sees_case
from amends.web import urls
from amends.web.layout import AnyRequest, session_of
from amends.web.pages import Page, redirect, render

USES: Final = Limit("case-link", 30, timedelta(hours=1))
"""How often one link may sign in: a person needs it a few times, a program that tries may not fill the database."""
SHORTEST: Final = timedelta(hours=2)
"""How long a session lasts that a link begins in its last moments."""
_OPT: Final[dict[str, Any]] = {"public": True, "case_link": True}
_PATH: Final = urls.case_link_url("{token:str}")


class CaseLinkPage(Page, frozen=True, kw_only=True):
    """A notice's link that waits for the button to be pressed."""

    template: ClassVar[str] = "staff/case_link.html"
    who: str
    email: str | None
    expires_at: datetime
    signed_in_as: str | None
    """Who would be signed out of this browser by it."""
    too_often: bool


class CaseLinkGonePage(Page, frozen=True, kw_only=True):
    """A notice's link that is over, was ended, or never was one."""

    template: ClassVar[str] = "staff/case_link_gone.html"


@get(_PATH, opt=_OPT, include_in_schema=False)
async def case_link_page(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Show whose case a link opens, and a button; nothing happens yet."""
    link = await _living(services, token)
    if link is None:
        return render(request, CaseLinkGonePage(), status=404)
    if _is_in(request, link):
        return redirect(request, link.path)
    return render(request, _page(request, link))


@post(_PATH, opt=_OPT, include_in_schema=False, status_code=200)
async def open_case(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Sign its person in for the case alone, or go on to it with the session that is there."""
    link, now = await _living(services, token), services.clock.now()
    if link is None:
        return render(request, CaseLinkGonePage(), status=404)
    if _is_in(request, link):
        return redirect(request, link.path)
    try:
        await count_guess(services.pool, USES, hash_token(token).hex(), now)
    except RateLimited as refusal:
        return render(request, _page(request, link, too_often=True), status=429, headers=dict(refusal.headers))
    async with transaction(services.pool) as connection:
        used = await use_link(connection, token, Purpose.NOTICE, now)
    if used is None:
        return render(request, CaseLinkGonePage(), status=404)
    reach = Reach(only_case=link.case_pid, until=max(link.expires_at, now + SHORTEST))
    return await arrive(request, services, link.person, by=SignedInBy.LINK, then=link.path, reach=reach)


async def _living(services: Services, token: str) -> Link | None:
    """Return a link whose person still sees the case."""
    link = await find_link(services.pool, token, Purpose.NOTICE, services.clock.now())
    if link is None or link.case_pid is None:
        return None
    return link if await sees_case(services.pool, link.person, link.case_pid) else None


def _is_in(request: AnyRequest, link: Link) -> bool:
    """Tell whether the browser's session is the person's and opens the case already."""
    session = session_of(request)
    return session is not None and session.user_id == link.person.id and session.only_case in (None, link.case_pid)


def _page(request: AnyRequest, link: Link, *, too_often: bool = False) -> CaseLinkPage:
    session = session_of(request)
    other = session is not None and session.user_id != link.person.id
    return CaseLinkPage(
        who=link.person.name or link.person.email or link.person.pid,
        email=link.person.email,
        expires_at=link.expires_at,
        signed_in_as=(session.name or session.email) if session is not None and other else None,
        too_often=too_often,
    )


routes: Final = [case_link_page, open_case]
