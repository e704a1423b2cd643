"""The forms of a review on a case's page: decide, ask a side; and a reason's texts, filled in for the case.

How a form is read, run once and sent back is `case_desk`'s. Only the platform's staff comes this far, and not for a
purchase of their own or an account whose team they are on.
"""

from typing import Any, Final, NamedTuple

import msgspec
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.resolve import refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, MerchantScope, missing_permission
from amends.cases.api_reading import ref_of, scope_of
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
from amends.cases.case_forms import CaseForm, Form
from amends.cases.case_page import load_case_page
from amends.cases.commands_apply import Applied
from amends.cases.reason_texts import ReasonTexts, fill_reason, put_texts
from amends.cases.review_panels import decided_words
from amends.cases.review_words import review_refusal_words
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled
from amends.web.pages import redirect, render
from amends.web.places import Place, place_of
from amends.web.text import _
from amends.web.typed_words import SHOWS_AGAIN

AnyRequest = Request[Any, Caller, Any]

PATH: Final = "/accounts/{biz_pid:str}/cases/{case_pid:str}"
FORMS: Final = (Form.DECIDE, Form.ASK)
_ROUTE: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_DECIDE, SHOWS_AGAIN: True},
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": FORM_MAX_BYTES,
}


class Bench(NamedTuple):
    """A form of a review: the desk, and the page around it."""

    desk: Desk
    place: Place
    case_pid: str


@post([f"{PATH}/{form}" for form in FORMS], **_ROUTE)
async def review(request: AnyRequest, services: Services, biz_pid: str, case_pid: str) -> Response[Any]:
    """Decide a case or ask a side; the last word of the address says what."""
    form = Form(request.scope["path"].rpartition("/")[2])
    at = await _bench(request, services, biz_pid, case_pid, form)
    filled = await read_case_form(at.desk)
    if filled.typed.get("use_template"):
        return await _with_texts(at, filled)
    words = await carry_out(at.desk, filled)
    if isinstance(words, Refused):
        return await _again(at, words)
    query = shown_of(request.query_params).query(kind="", log_from="", payments_from="")
    return redirect(request, urls.case_url(biz_pid, case_pid, query=query), message=words)


async def _bench(request: AnyRequest, services: Services, biz_pid: str, case_pid: str, form: Form) -> Bench:
    place = await place_of(request, biz_pid, Permission.CASE_DECIDE)
    ref = ref_of(Prefix.CASE, case_pid)
    if ref.account_id != place.account_id:
        raise NotFound
    scope = await scope_of(services.pool, request.auth, ref)
    if isinstance(scope, CustomerScope):
        refuse_own_payment()
    if isinstance(scope, MerchantScope):
        raise missing_permission(Permission.CASE_DECIDE)
    home = place.account.currency

    def done(form: Form, applied: Applied) -> str:
        before = applied.before
        if form is Form.ASK:
            return _("Sent. The case comes back here with the answer.")
        return decided_words(applied.decided, currency=before.currency, places=before.currency_exponent, home=home)

    return Bench(Desk(request, services, scope, ref, form, Words(review_refusal_words, done)), place, case_pid)


async def _with_texts(at: Bench, filled: Filled[CaseForm]) -> Response[Any]:
    """Show the form again with the texts of the chosen reason; nothing is decided."""
    typed, remark = dict(filled.typed), _("Choose a reason first: it brings its texts.")
    code = str(typed.get("reason_code", ""))
    if code:
        desk = at.desk
        case = await find_case_row(desk.services, desk.request.auth, at.place, at.case_pid)
        written = ReasonTexts(str(typed.get("to_customer", "")), str(typed.get("to_merchant", "")))
        texts = await put_texts(desk.services, at.place, case, code, written=written)
        typed |= texts._asdict()
        remark = "" if texts.to_customer else _("This reason has no texts of its own. Write them yourself.")
    again = msgspec.structs.replace(filled, value=None, errors={}, typed=typed)
    return await _again(at, Refused(await with_files(at.desk, again), 200), remark=remark)


@get(f"{PATH}/reasons/{{code:str}}", opt=_ROUTE["opt"], include_in_schema=False)
async def reason_texts(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, code: str
) -> dict[str, str]:
    """Fill a reason's texts in for a case."""
    place = await place_of(request, biz_pid, Permission.CASE_DECIDE)
    case = await find_case_row(services, request.auth, place, case_pid)
    return (await fill_reason(services, place, case, code))._asdict()


async def _again(at: Bench, refused: Refused, *, remark: str = "") -> Response[Any]:
    """Show the page once more, with everything that was typed and why it was not sent."""
    desk = at.desk
    sent = await sent_back(desk, refused, remark=remark)
    shown = shown_of(desk.request.query_params)
    page = await load_case_page(desk.services, desk.request.auth, at.place, at.case_pid, shown, sent=sent)
    return render(desk.request, page, account=at.place.account, section=page.section, status=refused.status)


routes: Final = [review, reason_texts]
