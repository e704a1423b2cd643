"""The page "Needs attention" and its forms: send money again, record it as paid, close it, see to dead jobs.

For platform admins. Of two people who press at once, the second is told that the first was quicker.
"""

from typing import Any, Final

from litestar import Response, get, post

from amends.access import audit
from amends.access.permissions import Permission
from amends.cases.case_sending import UnreadableAmount, amount_of
from amends.db.jobs import forget_one, run_again
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, Forbidden, NotFound, Unprocessable
from amends.payments.by_hand import (
    ByHand,
    carry_out_by_hand,
    closing_of_refund,
    resolution_of_refund,
    retry_of_refund,
)
from amends.platform.attention_page import CloseForm, Problem, ResolveForm, load_attention_page
from amends.platform.job_words import words_of_job
from amends.platform.money_words import refusal_words
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.pages import redirect, render
from amends.web.text import _, money

SECTION: Final = "attention"
_PATH: Final = urls.platform_url(SECTION)
_REFUND: Final = urls.platform_url(SECTION, "refunds", "{refund_pid:str}")
_JOB: Final = urls.platform_url(SECTION, "jobs", "{job_id:int}")
NEEDS: Final = Permission.POLICY_MANAGE


@get(_PATH, include_in_schema=False)
async def attention_page(request: AnyPage, services: Services) -> Response[str]:
    """Show what needs attention."""
    staff_of(request, NEEDS)
    return await _show(request, services)


@post(_REFUND + "/retry", include_in_schema=False, status_code=200)
async def retry(request: AnyPage, services: Services, refund_pid: str) -> Response[Any]:
    """Send a failed refund to its provider again."""
    staff_of(request, NEEDS)
    act = retry_of_refund(services.case_notices)
    done = await _try(request, services, act, refund_pid)
    if isinstance(done, Response):
        return done
    return _back(request, _("%(amount)s is on its way to the provider again.", amount=done))


@post(_REFUND + "/resolve", include_in_schema=False, status_code=200)
async def resolve(request: AnyPage, services: Services, refund_pid: str) -> Response[Any]:
    """Record that a person has given the customer the money of a failed refund, or part of it."""
    staff_of(request, NEEDS)
    filled = await read_form(request, ResolveForm)
    problem = None if filled.value is not None else Problem(about=refund_pid, text="", filled=filled)
    amount: str | None = None
    try:
        amount = str(amount_of(filled.value.amount)) if filled.value and filled.value.amount else None
    except UnreadableAmount:
        problem = problem_at(refund_pid, filled, "amount", _("Write an amount, such as 49.00."))
    if filled.value is None or problem is not None:
        return await _show(request, services, problem=problem, status=422)
    act = resolution_of_refund(services.case_notices, filled.value.note, amount)
    done = await _try(request, services, act, refund_pid, filled)
    if isinstance(done, Response):
        return done
    return _back(request, _("%(amount)s is recorded as paid by hand.", amount=done))


@post(_REFUND + "/close", include_in_schema=False, status_code=200)
async def close(request: AnyPage, services: Services, refund_pid: str) -> Response[Any]:
    """Close a failed refund whose money the customer has got in another way."""
    staff_of(request, NEEDS)
    filled = await read_form(request, CloseForm)
    if filled.value is None:
        problem = Problem(about=refund_pid, text="", filled=filled, closing=True)
        return await _show(request, services, problem=problem, status=422)
    act = closing_of_refund(services.case_notices, filled.value.note)
    done = await _try(request, services, act, refund_pid, filled)
    if isinstance(done, Response):
        return done
    return _back(request, _("The refund of %(amount)s is closed. Nothing was sent.", amount=done))


async def _try(
    request: AnyPage, services: Services, act: ByHand, pid: str, filled: Filled[Any] | None = None
) -> Response[str] | str:
    """Do it, and return the amount in words; the page where it was refused."""
    try:
        async with transaction(services.pool) as connection:
            row = await carry_out_by_hand(connection, request.auth, act, pid, services.clock.now())
    except Unprocessable as refusal:
        problem = problem_at(pid, filled, refusal.param or "", refusal_words(refusal))
        return await _show(request, services, problem=problem, status=422)
    except (Conflict, Forbidden) as refusal:
        closing = filled is not None and isinstance(filled.value, CloseForm)
        problem = Problem(about=pid, text=refusal_words(refusal), filled=filled, closing=closing)
        return await _show(request, services, problem=problem, status=refusal.status)
    return money(row["amount_minor"], row["currency"], row["currency_exponent"])


def problem_at(about: str, filled: Filled[Any] | None, field: str, text: str) -> Problem:
    """Return what is wrong with one field of a form."""
    if filled is None:
        return Problem(about=about, text=text)
    wrong = Filled[Any](value=None, errors={field: text}, typed=filled.typed)
    return Problem(about=about, text="", filled=wrong)


@post(_JOB + "/run-again", include_in_schema=False, status_code=200)
async def run_job_again(request: AnyPage, services: Services, job_id: int) -> Response[Any]:
    """Put a dead job back into the queue."""
    return await _job(request, services, job_id, again=True)


@post(_JOB + "/forget", include_in_schema=False, status_code=200)
async def forget_job(request: AnyPage, services: Services, job_id: int) -> Response[Any]:
    """Delete a dead job."""
    return await _job(request, services, job_id, again=False)


async def _job(request: AnyPage, services: Services, job_id: int, *, again: bool) -> Response[Any]:
    scope = staff_of(request, NEEDS)
    if not 0 < job_id < 2**63:
        raise NotFound
    async with transaction(services.pool) as connection:
        name = await run_again(connection, job_id) if again else await forget_one(connection, job_id)
        if name is not None:
            await audit.record(
                connection,
                principal=scope.principal,
                action="job.run_again" if again else "job.forgotten",
                subject=None,
                account_id=None,
                now=services.clock.now(),
                details={"job": name, "number": job_id},
            )
    if name is None:
        problem = Problem(about="", text=_("Somebody was quicker: this job is seen to already. Nothing was changed."))
        return await _show(request, services, problem=problem, status=409)
    words = words_of_job(name, None).name
    if again:
        return _back(request, _("“%(job)s” runs again.", job=words))
    return _back(request, _("“%(job)s” is forgotten.", job=words))


async def _show(
    request: AnyPage, services: Services, *, problem: Problem | None = None, status: int = 200
) -> Response[str]:
    page = await load_attention_page(services, request.auth, problem=problem)
    return render(request, page, section=SECTION, status=status)


def _back(request: AnyPage, message: str) -> Response[Any]:
    return redirect(request, _PATH, message=message)


routes: Final = [attention_page, retry, resolve, close, run_job_again, forget_job]
