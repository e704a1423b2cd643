"""A case's form at an account: the desk it is sent to, with the page around it, for the merchant and the platform.

How a form is read, run once and sent back is `case_desk`'s. The customer's page has its own address and its own place.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from litestar import Request, Response

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope
from amends.cases.api_reading import ref_of, scope_of
from amends.cases.case_address import shown_of
from amends.cases.case_desk import FORM_MAX_BYTES, Desk, Refused, Words, sent_back
from amends.cases.case_forms import Form
from amends.cases.case_page import load_case_page
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix
from amends.services import Services
from amends.web import urls
from amends.web.pages import redirect, render
from amends.web.places import Place, place_of
from amends.web.typed_words import SHOWS_AGAIN

AnyRequest = Request[Any, Caller, Any]

PATH: Final = "/accounts/{biz_pid:str}/cases/{case_pid:str}"


def form_route(permission: Permission) -> dict[str, Any]:
    """Return the options of a route that takes a case's form, which may carry files."""
    return {
        "opt": {"permission": permission, SHOWS_AGAIN: True},
        "include_in_schema": False,
        "status_code": 200,
        "request_max_body_size": FORM_MAX_BYTES,
    }


class AccountDesk(NamedTuple):
    """A form at an account: the desk, and the page around it."""

    desk: Desk
    place: Place
    case_pid: str


async def desk_at(
    request: AnyRequest,
    biz_pid: str,
    case_pid: str,
    form: Form,
    *,
    services: Services,
    permission: Permission,
    words: Callable[[str], Words],
) -> AccountDesk:
    """Return the desk of a form; `words` makes what it says, for an account with this currency of its own.

    Raises:
        NotFound: no such case at this account. Forbidden: `own_payment`, or the role lacks the permission.
    """
    place = await place_of(request, biz_pid, permission)
    ref = ref_of(Prefix.CASE, case_pid)
    if ref.account_id != place.account_id:
        raise NotFound
    scope = await scope_of(services.pool, request.auth, ref)
    if isinstance(scope, CustomerScope):
        refuse_own_payment()
    return AccountDesk(Desk(request, services, scope, ref, form, words(place.account.currency)), place, case_pid)


def page_after(at: AccountDesk, said: str) -> Response[Any]:
    """Lead back to the case's page, which says what was done."""
    query = shown_of(at.desk.request.query_params).query(kind="", log_from="", payments_from="")
    return redirect(at.desk.request, urls.case_url(at.place.account.pid, at.case_pid, query=query), message=said)


async def page_again(at: AccountDesk, refused: Refused, *, remark: str = "") -> Response[Any]:
    """Show the page once more, with everything that was typed and why it was not sent."""
    desk = at.desk
    sent = await sent_back(desk, refused, remark=remark)
    shown = shown_of(desk.request.query_params)
    page = await load_case_page(desk.services, desk.request.auth, at.place, at.case_pid, shown, sent=sent)
    return render(desk.request, page, account=at.place.account, section=page.section, status=refused.status)
