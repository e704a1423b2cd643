"""The forms of a case's page as the merchant has it: each is one command, and the page again where it was refused.

The desk and the page around it are `pages_desk`'s.
"""

from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.cases.case_acting import done_words
from amends.cases.case_address import find_case_row
from amends.cases.case_desk import Refused, Words, carry_out, read_case_form, with_files
from amends.cases.case_forms import OF_OFFERS, CaseForm, Form
from amends.cases.case_refusals import refusal_words
from amends.cases.case_reply import FilledReply, fill_reply
from amends.cases.commands_apply import Applied
from amends.cases.pages_desk import PATH, AccountDesk, AnyRequest, desk_at, form_route, page_after, page_again
from amends.services import Services
from amends.web.forms import Filled
from amends.web.layout import session_of
from amends.web.places import Place, place_of

FORMS: Final = (
    Form.ACCEPT, Form.DENY, Form.REQUEST_INFO, Form.OFFER, Form.APPEAL, Form.REPLY, Form.COMMENT, Form.NOTE,
    Form.ASSIGN,
)  # fmt: skip
ANSWERS: Final = ("accept", "decline", "withdraw")
"""What a merchant does about one offer."""
_ROUTE: Final = form_route(Permission.CASE_WRITE)


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


async def _at_account(request: AnyRequest, services: Services, biz_pid: str, case_pid: str, form: Form) -> AccountDesk:
    return await desk_at(
        request, biz_pid, case_pid, form, services=services, permission=Permission.CASE_WRITE, words=_words
    )


def _words(home: str) -> Words:
    return Words(refused=partial(refusal_words, home=home), done=partial(_done, home=home))


def _done(form: Form, applied: Applied, *, home: str) -> str:
    before = applied.before
    return done_words(form, applied.decided, currency=before.currency, places=before.currency_exponent, home=home)


async def _answer(at: AccountDesk, offer_pid: str | None = None) -> Response[Any]:
    filled = await read_case_form(at.desk)
    if filled.typed.get("insert"):
        return await _inserted(at, filled)
    words = await carry_out(at.desk, filled, offer_pid=offer_pid)
    if isinstance(words, Refused):
        return await page_again(at, words)
    return page_after(at, words)


async def _inserted(at: AccountDesk, filled: Filled[CaseForm]) -> Response[Any]:
    """Show the form again with a saved reply below what was typed; nothing is sent."""
    chosen, remark, typed = str(filled.typed.get("reply", "")), "", str(filled.typed.get("message", ""))
    if chosen:
        reply = await _reply(at.desk.request, at.desk.services, at.place, at.case_pid, chosen)
        typed, remark = "\n\n".join(text for text in (typed.strip(), reply.text) if text), reply.remark
    again = msgspec.structs.replace(filled, value=None, errors={}, typed={**filled.typed, "message": typed})
    return await page_again(at, Refused(await with_files(at.desk, again), 200), remark=remark)


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


routes: Final = [act, answer_offer, reply_text]
