"""The parts of a case's page that are also loaded by themselves: the log and the payments of the case's member."""

from amends.access.scopes import Caller
from amends.cases.case_address import Shown, address_of, find_outline, row_of
from amends.cases.page_member import Address, LogView, PaymentsView, log_view, payments_view
from amends.cases.page_rows import CaseOutline
from amends.cases.queries_page_member import LogWanted, MemberRef, get_log, get_payments
from amends.kit.ids import Prefix
from amends.services import Services
from amends.web.places import Place


async def load_log(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[LogView, str]:
    """Return a part of the log of a case's member, and the path of the case's page.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case, address, path = await _around(services, caller, place, case_pid, shown)
    wanted = LogWanted(shown.kind or None, row_of(Prefix.ACTIVITY, shown.log_from, place))
    log = await get_log(services.pool, MemberRef(place.account_id, case.member_id), wanted)
    view = log_view(log, case, kind=wanted.kind, start=shown.log_from or None, sources=frozenset(), address=address)
    return view, path


async def load_payments(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[PaymentsView, str]:
    """Return a part of the payments of a case's member, and the path of the case's page.

    Raises:
        NotFound, Forbidden: as the page does.
    """
    case, address, path = await _around(services, caller, place, case_pid, shown)
    start = row_of(Prefix.PAYMENT, shown.payments_from, place)
    rows = await get_payments(services.pool, MemberRef(place.account_id, case.member_id), start)
    return payments_view(rows, case, (), start=shown.payments_from or None, address=address), path


async def _around(
    services: Services, caller: Caller, place: Place, case_pid: str, shown: Shown
) -> tuple[CaseOutline, Address, str]:
    case = await find_outline(services, caller, place, case_pid)
    path, address = address_of(place, case_pid, shown)
    return case, address, path
