"""The routes of a case's page: the whole page, and the log and the payments that a browser asks for by themselves."""

from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from litestar import Request, Response, get

from amends.access.permissions import Permission
from amends.access.queries import find_account_named
from amends.access.scopes import Caller, PlatformScope
from amends.cases.case_address import Shown, find_outline, shown_of
from amends.cases.case_neighbours import neighbour_of
from amends.cases.case_page import load_case_page
from amends.cases.case_parts import load_log, load_payments
from amends.cases.page_member import LogView, PaymentsView
from amends.cases.page_rows import CaseOutline
from amends.cases.queries_queue import Reader
from amends.cases.queue import parse_queue_query
from amends.cases.queue_neighbours import next_in_queue
from amends.cases.states import Status
from amends.cases.table_address import parse_query
from amends.cases.table_values import TablePlace
from amends.services import Services
from amends.web import urls
from amends.web.pages import Page, redirect, render
from amends.web.places import Place, place_of
from amends.web.readers import current_reader
from amends.web.text import _

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_ELSEWHERE: Final[dict[str, Any]] = {**_READ, "case_link": False}
"""Leads to another case."""
_PATH: Final = "/accounts/{biz_pid:str}/cases/{case_pid:str}"

AnyRequest = Request[Any, Caller, Any]


class LogPart(Page, frozen=True, kw_only=True):
    """The log, of one kind or all."""

    template: ClassVar[str] = "cases/_log.html"

    log: LogView
    path: str
    """The page's address without parameters."""


class MoreLogPart(LogPart, frozen=True, kw_only=True):
    """More of the log, to be put below what is there."""

    template: ClassVar[str] = "cases/_log_lines.html"


class MorePaymentsPart(Page, frozen=True, kw_only=True):
    """More of the payments, to be put below what is there."""

    template: ClassVar[str] = "cases/_payments_lines.html"

    payments: PaymentsView
    path: str
    account_pid: str


@get(_PATH, opt=_READ, include_in_schema=False)
async def case_page(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[str]:
    """Show a case."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    page = await load_case_page(services, request.auth, place, case_pid, shown_of(request.query_params))
    return render(request, page, account=place.account, section=page.section)


@get(f"{_PATH}/log", opt=_READ, include_in_schema=False)
async def case_log(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[str]:
    """Show the log of a case's member: another kind, or further back."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    shown = shown_of(request.query_params)
    log, path = await load_log(services, request.auth, place, case_pid, shown)
    part = MoreLogPart if shown.log_from else LogPart
    return render(request, part(log=log, path=path), account=place.account)


@get(f"{_PATH}/payments", opt=_READ, include_in_schema=False)
async def case_payments(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[str]:
    """Show more of the payments of a case's member."""
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    payments, path = await load_payments(services, request.auth, place, case_pid, shown_of(request.query_params))
    part = MorePaymentsPart(payments=payments, path=path, account_pid=place.account.pid)
    return render(request, part, account=place.account)


@get(f"{_PATH}/next", opt=_ELSEWHERE, include_in_schema=False)
async def next_case(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[Any]:
    """Go to the case that comes next in the table that one comes from."""
    return await _step(request, services, biz_pid, case_pid, forwards=True)


@get(f"{_PATH}/previous", opt=_ELSEWHERE, include_in_schema=False)
async def previous_case(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[Any]:
    """Go to the case that comes before in the table that one comes from."""
    return await _step(request, services, biz_pid, case_pid, forwards=False)


async def _step(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, *, forwards: bool
) -> Response[Any]:
    place = await place_of(request, biz_pid, Permission.CASE_READ)
    case = await find_outline(services, request.auth, place, case_pid)
    shown = shown_of(request.query_params)
    if isinstance(place.scope, PlatformScope) and not shown.table:
        return await _step_in_queue(request, services, place, case, shown, forwards=forwards)
    pid = await neighbour_of(
        services.pool,
        services.clock,
        TablePlace(place.scope, place.account_id),
        case,
        parse_query(parse_qsl(shown.table)),
        zone=current_reader().time_zone,
        forwards=forwards,
    )
    if pid is None:
        message = _("That was the last case of this list.") if forwards else _("That was the first case of this list.")
        return redirect(request, urls.table_url(biz_pid, shown.table), message=message)
    return redirect(request, urls.case_url(biz_pid, pid, query=shown.query(kind="", log_from="", payments_from="")))


async def _step_in_queue(
    request: AnyRequest, services: Services, place: Place, case: CaseOutline, shown: Shown, *, forwards: bool
) -> Response[Any]:
    """Go on in the review queue, maybe to a case of another account."""
    query = parse_queue_query(shown.queue)
    narrowed = None if query.account is None else await find_account_named(services.pool, query.account)
    found = await next_in_queue(
        services.pool,
        Reader(place.scope.principal.id, services.clock.now()),
        query,
        at=(place.account_id, case.id),
        is_waiting=case.status == Status.UNDER_REVIEW,
        account_id=None if narrowed is None else narrowed["id"],
        forwards=forwards,
    )
    if found is None:
        message = _("That was the last case of the queue.") if forwards else _("That was the first case of the queue.")
        return redirect(request, urls.platform_url("queue", query=shown.queue), message=message)
    query_string = shown.query(kind="", log_from="", payments_from="")
    return redirect(request, urls.case_url(*found, query=query_string))


routes: Final = [case_page, case_log, case_payments, next_case, previous_case]
