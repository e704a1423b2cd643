"""The forms of a case's page as the merchant has it: each is one command, and the page again where it was refused.

How a form is read, run once and sent back is `case_desk`'s, for every side.
"""

from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope
from amends.cases.api_reading import ref_of, scope_of
from amends.cases.case_acting import done_words
from amends.cases.case_address import find_case_row, shown_of
from amends.cases.case_desk import (
    FORM_MAX_BYTES,
    Desk,
    Refused,
    Words,
    carry_out,
    read_case_form,
    sent_back,
    with_files,
)
from amends.cases.case_forms import OF_OFFERS, CaseForm, Form
from amends.cases.case_page import load_case_page
from amends.cases.case_refusals import refusal_words
from amends.cases.case_reply import FilledReply, fill_reply
from amends.cases.commands_apply import Applied
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled
from amends.web.layout import session_of
from amends.web.pages import redirect, render
from amends.web.places import Place, place_of
from amends.web.typed_words import SHOWS_AGAIN

AnyRequest = Request[Any, Caller, Any]

PATH: Final = "/accounts/{biz_pid:str}/cases/{case_pid:str}"
FORMS: Final = (
    Form.ACCEPT, Form.DENY, Form.REQUEST_INFO, Form.OFFER, Form.APPEAL, Form.REPLY, Form.COMMENT, Form.NOTE,
    Form.ASSIGN,
)  # fmt: skip
ANSWERS: Final = ("accept", "decline", "withdraw")
"""What a merchant does about one offer."""
_ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_WRITE, SHOWS_AGAIN: True},
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": FORM_MAX_BYTES,
}


class AtAccount(NamedTuple):
    """A form at an account: the desk, and the page around it."""

    desk: Desk
    place: Place
    case_pid: str


@post([f"{PATH}/{form}" for form in FORMS], **_ROUTE)
async def act(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[Any]:
    """Do something to a case; the last word of the address says what."""
    form = Form(request.scope["path"].rpartition("/")[2])
    return await _answer(await _at_account(request, services, biz_pid, case_pid, form))


@post([f"{PATH}/offers/{{offer_pid:str}}/{word}" for word in ANSWERS], **_ROUTE)
async def answer_offer(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, offer_pid: str
) -> Response[Any]:
    """Accept or decline the customer's offer, or take one's own back."""
    form = OF_OFFERS[request.scope["path"].rpartition("/")[2]]
    return await _answer(await _at_account(request, services, biz_pid, case_pid, form), offer_pid)


async def _at_account(request: AnyRequest, services: Services, biz_pid: str, case_pid: str, form: Form) -> AtAccount:
    place = await place_of(request, biz_pid, Permission.CASE_WRITE)
    ref = ref_of(Prefix.CASE, case_pid)
    if ref.account_id != place.account_id:
        raise NotFound
    scope = await scope_of(services.pool, request.auth, ref)
    if isinstance(scope, CustomerScope):
        refuse_own_payment()
    home = place.account.currency
    words = Words(refused=partial(refusal_words, home=home), done=partial(_done, home=home))
    return AtAccount(Desk(request, services, scope, ref, form, words), place, case_pid)


def _done(form: Form, applied: Applied, *, home: str) -> str:
    before = applied.before
    return done_words(form, applied.decided, currency=before.currency, places=before.currency_exponent, home=home)


async def _answer(at: AtAccount, offer_pid: str | None = None) -> Response[Any]:
    filled = await read_case_form(at.desk)
    if filled.typed.get("insert"):
        return await _inserted(at, filled)
    words = await carry_out(at.desk, filled, offer_pid=offer_pid)
    if isinstance(words, Refused):
        return await _again(at, words)
    query = shown_of(at.desk.request.query_params).query(kind="", log_from="", payments_from="")
    return redirect(at.desk.request, urls.case_url(at.place.account.pid, at.case_pid, query=query), message=words)


async def _inserted(at: AtAccount, filled: Filled[CaseForm]) -> Response[Any]:
    """Show the form again with a saved reply below what was typed; nothing is sent."""
    chosen, remark, typed = str(filled.typed.get("reply", "")), "", str(filled.typed.get("message", ""))
    if chosen:
        reply = await _reply(at.desk.request, at.desk.services, at.place, at.case_pid, chosen)
        typed, remark = "\n\n".join(text for text in (typed.strip(), reply.text) if text), reply.remark
    again = msgspec.structs.replace(filled, value=None, errors={}, typed={**filled.typed, "message": typed})
    return await _again(at, Refused(await with_files(at.desk, again), 200), remark=remark)


async def _reply(request: AnyRequest, services: Services, place: Place, case_pid: str, reply_pid: str) -> FilledReply:
    case = await find_case_row(services, request.auth, place, case_pid)
    session = session_of(request)
    return await fill_reply(services, place, case, reply_pid, agent_name=session.name if session else None)


@get(f"{PATH}/replies/{{reply_pid:str}}", opt=_ROUTE["opt"], include_in_schema=False)
async def reply_text(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, reply_pid: str
) -> dict[str, str]:
    """Fill a saved reply in for a case."""
    place = await place_of(request, biz_pid, Permission.CASE_WRITE)
    return (await _reply(request, services, place, case_pid, reply_pid))._asdict()


async def _again(at: AtAccount, refused: Refused, *, remark: str = "") -> Response[Any]:
    """Show the page once more, with everything that was typed and why it was not sent."""
    desk = at.desk
    sent = await sent_back(desk, refused, remark=remark)
    shown = shown_of(desk.request.query_params)
    page = await load_case_page(desk.services, desk.request.auth, at.place, at.case_pid, shown, sent=sent)
    return render(desk.request, page, account=at.place.account, section=page.section, status=refused.status)


routes: Final = [act, answer_offer, reply_text]
