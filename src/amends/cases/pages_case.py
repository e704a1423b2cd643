"""The routes of a case's page: the whole page, and the log and the payments that a browser asks for by themselves."""

from typing import Any, ClassVar, Final

from litestar import Request, Response, get

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.case_page import load_case_page, load_log, load_payments, shown_of
from amends.cases.page_member import LogView, PaymentsView
from amends.services import Services
from amends.web.pages import Page, render
from amends.web.places import place_of

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
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
    return render(request, page, account=place.account, section="cases")


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


routes: Final = [case_page, case_log, case_payments]
