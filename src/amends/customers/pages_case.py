"""A customer's own case: its page, and its forms. A case of somebody else is not there, whatever one may see elsewhere.

How a form is read, run once and sent back is `case_desk`'s, as on the merchant's page.
"""

from typing import Any, Final

from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.case_desk import FORM_MAX_BYTES, Desk, Refused, Words, carry_out, read_case_form, sent_back
from amends.cases.case_forms import OF_OFFERS, Form
from amends.customers.case_page import customer_of, load_my_case, own_ref, shown_of
from amends.customers.done import own_done_words
from amends.customers.queries_case import is_own_case
from amends.customers.refusals import customer_refusal
from amends.kit.errors import NotFound
from amends.services import Services
from amends.web import urls
from amends.web.pages import redirect, render
from amends.web.typed_words import SHOWS_AGAIN

AnyRequest = Request[Any, Caller, Any]

PATH: Final = f"{urls.MY_CASES}/{{case_pid:str}}"
SECTION: Final = "my_cases"
FORMS: Final = (Form.REPLY, Form.COMMENT, Form.ESCALATE, Form.APPEAL, Form.WITHDRAW)
WORDS: Final = Words(refused=customer_refusal, done=own_done_words)
_ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_WRITE, SHOWS_AGAIN: True},
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": FORM_MAX_BYTES,
}


@get(PATH, opt={"permission": Permission.CASE_READ}, include_in_schema=False)
async def my_case(request: AnyRequest, services: Services, case_pid: str) -> Response[str]:
    """Show a customer a case of theirs."""
    page = await load_my_case(services, request.auth, case_pid, shown_of(request.query_params))
    return render(request, page, section=SECTION)


@post([f"{PATH}/{form}" for form in FORMS], **_ROUTE)
async def act(request: AnyRequest, services: Services, case_pid: str) -> Response[Any]:
    """Do something on a case of one's own; the last word of the address says what."""
    form = Form(request.scope["path"].rpartition("/")[2])
    return await _answer(await _desk(request, services, case_pid, form), case_pid)


@post([f"{PATH}/offers/{{offer_pid:str}}/{word}" for word in OF_OFFERS], **_ROUTE)
async def answer_offer(request: AnyRequest, services: Services, case_pid: str, offer_pid: str) -> Response[Any]:
    """Accept or decline the merchant's offer, suggest something else, or take one's own suggestion back."""
    form = OF_OFFERS[request.scope["path"].rpartition("/")[2]]
    return await _answer(await _desk(request, services, case_pid, form), case_pid, offer_pid)


async def _desk(request: AnyRequest, services: Services, case_pid: str, form: Form) -> Desk:
    scope, ref = customer_of(request.auth), own_ref(case_pid)
    if not await is_own_case(services.pool, scope, ref):
        raise NotFound
    return Desk(request, services, scope, ref, form, WORDS)


async def _answer(desk: Desk, case_pid: str, offer_pid: str | None = None) -> Response[Any]:
    words = await carry_out(desk, await read_case_form(desk), offer_pid=offer_pid)
    if not isinstance(words, Refused):
        return redirect(desk.request, urls.my_case_url(case_pid), message=words)
    sent = await sent_back(desk, words)
    shown = shown_of(desk.request.query_params)
    page = await load_my_case(desk.services, desk.request.auth, case_pid, shown, sent=sent)
    return render(desk.request, page, section=SECTION, status=words.status)


routes: Final = [my_case, act, answer_offer]
