"""The forms of a review on a case's page: decide, ask a side; and a reason's texts, filled in for the case.

The desk and the page around it are `pages_desk`'s. Only the platform's staff comes this far, and not for a
purchase of their own or an account whose team they are on.
"""

from typing import Any, Final

import msgspec
from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import MerchantScope, missing_permission
from amends.cases.case_address import find_case_row
from amends.cases.case_desk import Refused, Words, carry_out, read_case_form, with_files
from amends.cases.case_forms import CaseForm, Form
from amends.cases.commands_apply import Applied
from amends.cases.pages_desk import PATH, AccountDesk, AnyRequest, desk_at, form_route, page_after, page_again
from amends.cases.reason_texts import ReasonTexts, fill_reason, put_texts
from amends.cases.review_panels import decided_words
from amends.cases.review_words import review_refusal_words
from amends.services import Services
from amends.web.forms import Filled
from amends.web.places import place_of
from amends.web.text import _

FORMS: Final = (Form.DECIDE, Form.ASK)
_ROUTE: Final = form_route(Permission.CASE_DECIDE)


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
        return await page_again(at, words)
    return page_after(at, words)


async def _bench(request: AnyRequest, services: Services, biz_pid: str, case_pid: str, form: Form) -> AccountDesk:
    at = await desk_at(
        request, biz_pid, case_pid, form, services=services, permission=Permission.CASE_DECIDE, words=_words
    )
    if isinstance(at.desk.scope, MerchantScope):
        raise missing_permission(Permission.CASE_DECIDE)
    return at


def _words(home: str) -> Words:
    def done(form: Form, applied: Applied) -> str:
        before = applied.before
        if form is Form.ASK:
            return _("Sent. The case comes back here with the answer.")
        return decided_words(applied.decided, currency=before.currency, places=before.currency_exponent, home=home)

    return Words(review_refusal_words, done)


async def _with_texts(at: AccountDesk, filled: Filled[CaseForm]) -> Response[Any]:
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
    return await page_again(at, Refused(await with_files(at.desk, again), 200), remark=remark)


@get(f"{PATH}/reasons/{{code:str}}", opt=_ROUTE["opt"], include_in_schema=False)
async def reason_texts(
    request: AnyRequest, services: Services, biz_pid: str, case_pid: str, code: str
) -> dict[str, str]:
    """Fill a reason's texts in for a case."""
    place = await place_of(request, biz_pid, Permission.CASE_DECIDE)
    case = await find_case_row(services, request.auth, place, case_pid)
    return (await fill_reason(services, place, case, code))._asdict()


routes: Final = [review, reason_texts]
