"""The first page in a frame of the platform's site: whom its link signs in, and a button, which a script presses.

Like every link it is looked at with GET and used with POST. The session that it begins is a customer's and counts in
frames alone; the second step is not asked for: the platform's own server has said who it is, on its own page.
"""

from typing import Any, ClassVar, Final

from litestar import Response, get, post

from amends.access.commands_links import Purpose, find_link, use_link
from amends.access.commands_sessions import SignedInBy
from amends.access.sessions import Reach
from amends.db.transactions import transaction
from amends.services import Services
from amends.staff.arrival import come_in
from amends.web import urls
from amends.web.layout import AnyRequest
from amends.web.pages import Page, render
from amends.web.session_cookie import EMBEDDED_LIFE

_OPT: Final[dict[str, Any]] = {"public": True, "frame": True}
_PATH: Final = urls.embed_url("{token:str}")


class EmbedPage(Page, frozen=True, kw_only=True):
    """A link for a frame that waits for its button to be pressed."""

    template: ClassVar[str] = "staff/embed.html"
    who: str


class EmbedGonePage(Page, frozen=True, kw_only=True):
    """A link for a frame that was used, is too old, or never was one."""

    template: ClassVar[str] = "staff/embed_gone.html"


@get(_PATH, opt=_OPT, include_in_schema=False)
async def embed_page(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Show whom the link signs in; nothing happens yet."""
    link = await find_link(services.pool, token, Purpose.EMBED, services.clock.now())
    if link is None:
        return render(request, EmbedGonePage(), status=404)
    return render(request, EmbedPage(who=link.person.name or link.person.email or link.person.pid))


@post(_PATH, opt=_OPT, include_in_schema=False, status_code=200)
async def begin(request: AnyRequest, services: Services, token: str) -> Response[Any]:
    """Take the link and let its person in, as a customer."""
    now = services.clock.now()
    async with transaction(services.pool) as connection:
        link = await use_link(connection, token, Purpose.EMBED, now)
    if link is None:
        return render(request, EmbedGonePage(), status=404)
    reach = Reach(only_case=link.case_pid, embedded=True, until=now + EMBEDDED_LIFE)
    return await come_in(request, services, link.person, by=SignedInBy.LINK, then=link.path, reach=reach)


routes: Final = [embed_page, begin]
