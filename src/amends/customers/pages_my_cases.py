"""The route of a customer's own cases."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.customers.case_page import customer_of
from amends.customers.my_cases import MyCasesPage, lines_of_cases
from amends.customers.queries_my_cases import MY_CASES, list_my_cases
from amends.kit.pages import Cursors
from amends.services import Services
from amends.web import urls
from amends.web.pages import render

SIZE: Final = 20

AnyRequest = Request[Any, Caller, Any]


@get(urls.MY_CASES, opt={"permission": Permission.CASE_READ}, include_in_schema=False)
async def my_cases(request: AnyRequest, services: Services) -> Response[str]:
    """List a customer's own cases, open ones first."""
    cursors = Cursors(services.signer, MY_CASES.name, MY_CASES.order.key_type)
    asked = cursors.asked(request.query_params, SIZE)
    rows, info = await list_my_cases(services.pool, customer_of(request.auth), asked, cursors)
    now = services.clock.now()
    page = MyCasesPage(
        open=lines_of_cases(rows, now, are_open=True),
        closed=lines_of_cases(rows, now, are_open=False),
        url=str(request.scope["path"]),
        is_first=not info.has_previous_page,
        newer_url=_page_url("before", info.start_cursor) if info.has_previous_page else None,
        older_url=_page_url("after", info.end_cursor) if info.has_next_page else None,
    )
    return render(request, page, section="my_cases")


def _page_url(way: str, cursor: str | None) -> str:
    return urls.with_query(urls.MY_CASES, urlencode({way: cursor or ""}))


routes: Final = [my_cases]
