"""Reporting a problem with a purchase, step by step: the pages and forms of it, and the page that says it has gone.

A step's form goes to its own address. Wrong answers show it again, right ones lead to the next. It works the same
without JavaScript. Where no case can be opened (any more), a page says why, in kind words.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.cases.case_acting_view import kept_file
from amends.cases.case_desk import FORM_MAX_BYTES
from amends.cases.states import Status
from amends.customers.commands_drafts import delete_draft
from amends.customers.places import customer_of, purchase_of
from amends.customers.purchase_words import Hindrance
from amends.customers.purchases import PurchaseLine, line_of
from amends.customers.queries_drafts import Draft
from amends.customers.queries_purchases import Purchase, current_policy
from amends.customers.queries_reported import confirmation_of
from amends.customers.refusals import customer_refusal
from amends.customers.report_desk import AT, REMOVE, AnyPage, Desk, StepForm, keep_step, open_desk, receive_files
from amends.customers.report_page import NoReportPage, ReportedPage, report_page, step_url, zoned
from amends.customers.report_sending import send_report
from amends.customers.report_steps import STEPS, Step, claim_of, first_open, is_open_to, mistakes
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.services import Services
from amends.web import urls
from amends.web.forms import read_form
from amends.web.pages import redirect, render
from amends.web.text import _
from amends.withdrawals.queries import withdrawable

_PURCHASE: Final = urls.purchase_url("{payment_pid:str}")
_REPORT: Final = f"{_PURCHASE}/report"
_OPT: Final[dict[str, Any]] = {"opt": {"permission": Permission.CASE_WRITE}, "include_in_schema": False}
_POST: Final[dict[str, Any]] = {**_OPT, "status_code": 200}


@get(_REPORT, **_OPT)
async def report(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Begin a report, or go on where it was left."""
    desk = await open_desk(request, services, payment_pid)
    if desk.hindrance is not None:
        return _not_possible(desk, desk.hindrance, 200)
    left = desk.report.get(AT, "")
    if left in STEPS and is_open_to(Step(left), desk.report, desk.terms):
        return _to(desk, Step(left))
    return _to(desk, first_open(desk.report, desk.terms))


@get(f"{_REPORT}/{{step:str}}", **_OPT)
async def show_step(request: AnyPage, services: Services, payment_pid: str, step: str) -> Response[Any]:
    """Show one step of the form."""
    at = _step(step)
    desk = await open_desk(request, services, payment_pid)
    if desk.hindrance is not None:
        return _not_possible(desk, desk.hindrance, 200)
    if not is_open_to(at, desk.report, desk.terms):
        return _to(desk, first_open(desk.report, desk.terms), then=desk.then)
    return await _show(desk, at)


@post(f"{_REPORT}/{{step:str}}", **_POST, request_max_body_size=FORM_MAX_BYTES)
async def take_step(request: AnyPage, services: Services, payment_pid: str, step: str) -> Response[Any]:
    """Keep what a step's form brought, and go on."""
    at = _step(step)
    desk = await open_desk(request, services, payment_pid)
    filled = await read_form(request, StepForm)
    form = filled.value or StepForm()
    if at is Step.REVIEW and form.go == "on":
        return await _send(desk, form.revision)
    if desk.hindrance is not None:
        return _not_possible(desk, desk.hindrance, 409)
    received = await receive_files(desk, form, filled.files.get("files", ())) if at is Step.FILES else None
    kept = await keep_step(desk, at, filled.typed, form, received)
    if kept is None or form.go == "save":
        return _kept(kept)
    desk, errors = kept, {"files": received.problem} if received and received.problem else {}
    if form.go == "on":
        errors = {**mistakes(at, desk.report, desk.terms), **errors}
    if errors and form.go not in {"back", "later"}:
        return await _show(desk, at, errors=errors, status=422)
    return _onward(desk, at, form.go)


def _kept(desk: Desk | None) -> Response[Any]:
    """Tell a page that keeps by itself which draft it is at now; 409: another page has kept or ended it meanwhile."""
    if desk is None or desk.draft is None:
        return Response(None, status_code=409)
    return Response(None, status_code=204, headers={"Draft-Revision": str(desk.draft.revision)})


def _onward(desk: Desk, at: Step, go: str) -> Response[Any]:
    """Lead to where a button says."""
    if go == "later":
        message = _("Your report is kept. Go on with it whenever you like.")
        return redirect(desk.request, urls.PURCHASES, message=message)
    if go == "back":
        return _to(desk, STEPS[max(STEPS.index(at) - 1, 0)])
    if go == "upload" or go.startswith(REMOVE):
        return _to(desk, at, then=desk.then)
    if desk.then:
        reached = first_open(desk.report, desk.terms)
        return _to(desk, reached, then="" if reached is Step.REVIEW else desk.then)
    return _to(desk, STEPS[STEPS.index(at) + 1])


async def _send(desk: Desk, revision: int) -> Response[Any]:
    """Open the case; pressed again, it leads to where the first press did."""
    gone = urls.purchase_url(desk.purchase.pid, "reported")
    if desk.draft is None or desk.hindrance is not None:
        # Perhaps another press has sent it just now: purchase and draft are read one after the other.
        desk = await open_desk(desk.request, desk.services, desk.purchase.pid)
    draft = desk.draft
    if draft is None and desk.purchase.case is not None:
        return redirect(desk.request, gone)
    if desk.hindrance is not None:
        return _not_possible(desk, desk.hindrance, 409)
    if draft is None or first_open(desk.report, desk.terms) is not Step.REVIEW:
        return _to(desk, first_open(desk.report, desk.terms), then=Step.REVIEW)
    if revision != draft.revision:
        words = _("Your report was changed in another window. Read it once more before you send it.")
        return await _show(desk, Step.REVIEW, errors={"": words}, status=409)
    return await _open(desk, draft, gone)


async def _open(desk: Desk, draft: Draft, gone: str) -> Response[Any]:
    try:
        claim, files = claim_of(desk.report, desk.terms), await desk.files()
        await send_report(desk.services, desk.scope, desk.purchase, draft, claim, files)
    except (Conflict, Unprocessable) as refused:
        desk = await open_desk(desk.request, desk.services, desk.purchase.pid)
        if desk.hindrance is not None:
            return _not_possible(desk, desk.hindrance, 409)
        return await _show(desk, Step.REVIEW, errors={"": customer_refusal(refused)}, status=refused.status)
    return redirect(desk.request, gone)


@post(f"{_REPORT}/discard", **_POST)
async def discard(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Throw away what was written and not sent."""
    scope = customer_of(request)
    purchase = await purchase_of(services, scope, payment_pid)
    async with transaction(services.pool) as connection:
        await delete_draft(connection, scope, purchase.pid, now=services.clock.now())
    return redirect(request, urls.PURCHASES, message=_("What you had written is deleted. Nothing was sent."))


@get(f"{_PURCHASE}/reported", **_OPT)
async def reported(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Say that the report has gone, and what happens next; later on, show the case."""
    scope = customer_of(request)
    purchase = await purchase_of(services, scope, payment_pid)
    case = purchase.case
    if case is None:
        return redirect(request, urls.purchase_url(purchase.pid, "report"))
    if case.status is not Status.AWAITING_MERCHANT or case.response_due_at is None:
        return redirect(request, urls.my_case_url(case.pid))
    can_send = services.mailer is not None or services.settings.outbox
    async with services.pool.acquire() as connection:
        confirmation = await confirmation_of(connection, scope, case.pid, can_send=can_send)
        policy = await current_policy(connection)
    page = ReportedPage(
        purchase=_line(services, purchase, policy),
        case_pid=case.pid,
        case_url=urls.my_case_url(case.pid),
        due_at=case.response_due_at,
        due=zoned(case.response_due_at),
        confirmation=confirmation,
    )
    return render(request, page, section="purchases")


def _line(
    services: Services, purchase: Purchase, policy: Any, *, ends: Mapping[UUID, datetime] | None = None
) -> PurchaseLine:
    now = services.clock.now()
    return line_of(purchase, policy=policy, drafts=frozenset(), withdrawable=ends or {}, now=now)


def _step(text: str) -> Step:
    if text not in STEPS:
        raise NotFound
    return Step(text)


def _to(desk: Desk, step: Step, *, then: str = "") -> Response[Any]:
    return redirect(desk.request, step_url(desk.purchase.pid, step, then=then))


async def _show(desk: Desk, step: Step, *, errors: Mapping[str, str] | None = None, status: int = 200) -> Response[str]:
    """Show a step with everything that was typed into it; at the first one, that one may need no reason at all."""
    now, pool = desk.services.clock.now(), desk.services.pool
    ends = await withdrawable(pool, desk.scope, [desk.purchase.id], now=now) if step is Step.REASON else None
    page = report_page(
        _line(desk.services, desk.purchase, desk.policy, ends=ends),
        step,
        desk.report,
        terms=desk.terms,
        policy=desk.policy,
        files=[kept_file(row, desk.services) for row in await desk.files()],
        errors=errors or {},
        revision=desk.draft.revision if desk.draft else 0,
        then=desk.then,
        now=now,
    )
    return render(desk.request, page, section="purchases", status=status)


def _not_possible(desk: Desk, why: Hindrance, status: int) -> Response[str]:
    line = _line(desk.services, desk.purchase, desk.policy)
    page = NoReportPage(purchase=line, hindrance=why, has_draft=desk.draft is not None)
    return render(desk.request, page, section="purchases", status=status)


routes: Final = [report, show_step, take_step, discard, reported]
