"""The forms of a case's page: each is one command in one transaction, and the page again where it was refused.

A form carries a token: pressed twice, it acts once, and the second press shows what the first one did. What was typed
comes back with every refusal, with the reason in words and, where the case changed meanwhile, what is new.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, Scope
from amends.cases.acting import CaseChanged
from amends.cases.api_reading import ref_of, scope_of
from amends.cases.case_acting_view import Sent, kept_file
from amends.cases.case_forms import AcceptForm, AssignForm, CaseForm, Form, OfferForm
from amends.cases.case_page import find_case_row, load_case_page, shown_of
from amends.cases.case_refusals import field_of, file_words, refusal_words
from amends.cases.case_reply import FilledReply, fill_reply
from amends.cases.case_sending import (
    FORM_FILES_MAX,
    UnreadableAmount,
    amount_of,
    send_once,
    store_upload,
    waiting_files,
)
from amends.cases.rows import CaseRef
from amends.kit.errors import Conflict, Forbidden, NotFound, PayloadTooLarge, Unprocessable
from amends.kit.ids import Prefix
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.layout import session_of
from amends.web.pages import redirect, render
from amends.web.places import Place, place_of
from amends.web.text import _

AnyRequest = Request[Any, Caller, Any]

PATH: Final = "/accounts/{biz_pid:str}/cases/{case_pid:str}"
FORM_MAX_BYTES: Final = 320 * 1024 * 1024
"""Three videos of the policy's size, and what was typed; files go to disk as they come."""
_ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_WRITE},
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": FORM_MAX_BYTES,
}
_KINDS: Final[dict[Form, type[CaseForm]]] = {
    Form.ACCEPT: AcceptForm,
    Form.OFFER: OfferForm,
    Form.ASSIGN: AssignForm,
}
_OF_OFFERS: Final = {
    "accept": Form.ACCEPT_OFFER,
    "decline": Form.DECLINE_OFFER,
    "withdraw": Form.WITHDRAW_OFFER,
}


class Desk(NamedTuple):
    """A form on its way: who sent it, about which case, and what it is."""

    request: AnyRequest
    services: Services
    place: Place
    scope: Scope
    ref: CaseRef
    case_pid: str
    form: Form


@post([f"{PATH}/{form}" for form in Form if form not in _OF_OFFERS.values()], **_ROUTE)
async def act(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[Any]:
    """Do something to a case; the last word of the address says what."""
    form = Form(request.scope["path"].rpartition("/")[2])
    return await _answer(await _desk(request, services, biz_pid, case_pid, form))


@post([f"{PATH}/offers/{{offer_pid:str}}/{word}" for word in _OF_OFFERS], **_ROUTE)
async def answer_offer(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, offer_pid: str
) -> Response[Any]:
    """Accept or decline the customer's offer, or take one's own back."""
    form = _OF_OFFERS[request.scope["path"].rpartition("/")[2]]
    return await _answer(await _desk(request, services, biz_pid, case_pid, form), offer_pid)


async def _desk(request: AnyRequest, services: Services, biz_pid: str, case_pid: str, form: Form) -> Desk:
    place = await place_of(request, biz_pid, Permission.CASE_WRITE)
    ref = ref_of(Prefix.CASE, case_pid)
    if ref.account_id != place.account_id:
        raise NotFound
    scope = await scope_of(services.pool, request.auth, ref)
    if isinstance(scope, CustomerScope):
        refuse_own_payment()
    return Desk(request, services, place, scope, ref, case_pid, form)


async def _answer(desk: Desk, offer_pid: str | None = None) -> Response[Any]:
    filled = await read_form(desk.request, _KINDS.get(desk.form, CaseForm))
    if filled.typed.get("insert"):
        return await _inserted(desk, filled)
    filled = await _with_files(desk, _checked(filled))
    if filled.value is None:
        return await _again(desk, filled, 422)
    home = desk.place.account.currency
    try:
        words = await send_once(
            desk.services, desk.request.auth, desk.scope, desk.ref, desk.form, filled.value,
            offer_pid=offer_pid, typed=filled.typed, path=desk.request.scope["path"], home=home,
        )  # fmt: skip
    except CaseChanged as changed:
        return await _again(desk, _refused(filled, "", refusal_words(changed, home=home)), 409, news=_pids(changed))
    except Conflict as conflict:
        return await _again(desk, _refused(filled, "", refusal_words(conflict, home=home)), 409)
    except (Unprocessable, Forbidden) as problem:
        if isinstance(problem, Forbidden) and problem.code != "refund_limit_exceeded":
            raise
        field = "amount" if isinstance(problem, Forbidden) and desk.form is Form.OFFER else field_of(problem)
        return await _again(desk, _refused(filled, field, refusal_words(problem, home=home)), 422)
    query = shown_of(desk.request.query_params).query(kind="", log_from="", payments_from="")
    return redirect(desk.request, urls.case_url(desk.place.account.pid, desk.case_pid, query=query), message=words)


async def _inserted(desk: Desk, filled: Filled[CaseForm]) -> Response[Any]:
    """Show the form again with a saved reply below what was typed; nothing is sent."""
    chosen, remark, typed = str(filled.typed.get("reply", "")), "", str(filled.typed.get("message", ""))
    if chosen:
        reply = await _reply(desk.request, desk.services, desk.place, desk.case_pid, chosen)
        typed, remark = "\n\n".join(text for text in (typed.strip(), reply.text) if text), reply.remark
    again = msgspec.structs.replace(filled, value=None, errors={}, typed={**filled.typed, "message": typed})
    return await _again(desk, await _with_files(desk, again), 200, remark=remark)


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


def _checked(filled: Filled[CaseForm]) -> Filled[CaseForm]:
    if isinstance(filled.value, OfferForm):
        try:
            amount_of(filled.value.amount)
        except UnreadableAmount:
            return _refused(filled, "amount", _("Write an amount such as 20.00."))
    return filled


async def _with_files(desk: Desk, filled: Filled[CaseForm]) -> Filled[CaseForm]:
    """Keep the files that came with the form, and name them in it as those that were there before."""
    uploads = filled.files.get("files", ())
    if not uploads:
        return filled
    stored, problems = await _store(desk, uploads)
    named = _listed(filled.typed.get("attachment", []))
    typed = {**filled.typed, "attachment": [*named, *stored]}
    if problems or filled.value is None:
        errors = {**filled.errors, **({"files": " ".join(problems)} if problems else {})}
        return msgspec.structs.replace(filled, value=None, errors=errors, typed=typed)
    value = msgspec.structs.replace(filled.value, attachment=[*filled.value.attachment, *stored])
    # The typed fields make the form's key; files that come anew with each press are not among them.
    return msgspec.structs.replace(filled, value=value)


async def _store(desk: Desk, uploads: Sequence[UploadFile]) -> tuple[list[str], list[str]]:
    if len(uploads) > FORM_FILES_MAX:
        return [], [_("Too many files. Remove some.")]
    stored: list[str] = []
    problems: list[str] = []
    for upload in uploads:
        try:
            stored.append((await store_upload(desk.services, desk.request.auth, upload)).pid)
        except (Unprocessable, PayloadTooLarge) as problem:
            problems.append(file_words(upload.filename, problem, home=desk.place.account.currency))
    return stored, problems


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _refused(filled: Filled[CaseForm], field: str, words: str) -> Filled[CaseForm]:
    typed = filled.typed if filled.value is None else {**filled.typed, "attachment": filled.value.attachment}
    return msgspec.structs.replace(filled, value=None, errors={**filled.errors, field: words}, typed=typed)


def _pids(changed: CaseChanged) -> frozenset[str]:
    """Return the ids of what came since; the rows are JSON without its end."""
    return frozenset(str(msgspec.json.decode(f"{row['body']}}}")["id"]) for row in changed.news)


async def _again(
    desk: Desk, filled: Filled[CaseForm], status: int, *, news: frozenset[str] = frozenset(), remark: str = ""
) -> Response[Any]:
    """Show the page once more, with everything that was typed and why it was not sent."""
    files = await waiting_files(desk.services, desk.request.auth, _listed(filled.typed.get("attachment", [])))
    sent = Sent(
        form=desk.form,
        typed=filled.typed,
        errors=filled.errors,
        files=tuple(kept_file(row, desk.services) for row in files),
        news=news,
        remark=remark,
    )
    shown = shown_of(desk.request.query_params)
    page = await load_case_page(desk.services, desk.request.auth, desk.place, desk.case_pid, shown, sent=sent)
    return render(desk.request, page, account=desk.place.account, section="cases", status=status)


routes: Final = [act, answer_offer, reply_text]
