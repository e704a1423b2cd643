"""The page of merchant credits and its forms: send one again, record it as paid by hand.

Everybody on the platform's staff reads it; who may move refunds acts. A form that came from "Needs attention" leads
back there.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post

from amends.access.permissions import Permission
from amends.access.queries import find_account_named
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, Forbidden, NotFound
from amends.payments.by_hand import ByHand, carry_out_by_hand, resolution_of_credit, retry_of_credit
from amends.payments.states import RefundState
from amends.platform.attention_page import Problem, ResolveForm
from amends.platform.lists import read_here
from amends.platform.money_lines import MoneyLine, credit_line
from amends.platform.money_words import refusal_words
from amends.platform.queries_money import CREDITS_EVERYWHERE, CREDITS_OF_ACCOUNT
from amends.platform.standing import AnyPage, staff_of
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.pages import Page, redirect, render
from amends.web.text import _, lazy, money

SECTION: Final = "credits"
_PATH: Final = urls.platform_url(SECTION)
_CREDIT: Final = urls.platform_url(SECTION, "{credit_pid:str}")
_READS: Final = Permission.PAYMENT_READ
_WRITES: Final = Permission.REFUND_WRITE

STATES: Final = {
    "": lazy("All"),
    RefundState.FAILED: lazy("Failed"),
    RefundState.PENDING: lazy("On their way"),
    RefundState.SUCCEEDED: lazy("Arrived"),
    RefundState.CANCELED: lazy("Canceled"),
}


class CreditForm(ResolveForm, frozen=True):
    """What a person did instead of the provider, and where the form stood."""

    then: str | None = None


class ThenForm(msgspec.Struct, frozen=True):
    """Where the form stood: `attention`, or here."""

    then: str | None = None


class CreditsPage(Page, frozen=True, kw_only=True):
    """What the platform owes merchants, or has given them."""

    template: ClassVar[str] = "platform/credits.html"
    states: Sequence[tuple[Any, str, bool]]
    """Words, address, whether it is the one shown."""
    account: str | None
    """The account that the list is narrowed to."""
    all_url: str
    lines: Sequence[MoneyLine]
    can_act: bool
    is_narrowed: bool
    problem: Problem | None
    newer_url: str | None
    older_url: str | None

    @property
    def shown(self) -> frozenset[str]:
        """Return the public ids of what the page shows with forms, at which their refusal is said."""
        return frozenset(line.pid for line in self.lines if not line.not_yours)


@get(_PATH, include_in_schema=False)
async def show_credits(request: AnyPage, services: Services) -> Response[str]:
    """List merchant credits."""
    return await _show(request, services)


@post(_CREDIT + "/retry", include_in_schema=False, status_code=200)
async def retry(request: AnyPage, services: Services, credit_pid: str) -> Response[Any]:
    """Send a failed credit to its provider again."""
    staff_of(request, _WRITES)
    form = (await read_form(request, ThenForm)).value
    words = _("%(amount)s is on its way to the provider again.")
    return await _try(request, services, retry_of_credit(), credit_pid, words, form.then if form else None)


@post(_CREDIT + "/resolve", include_in_schema=False, status_code=200)
async def resolve(request: AnyPage, services: Services, credit_pid: str) -> Response[Any]:
    """Record that a person has given the merchant the money of a failed credit."""
    staff_of(request, _WRITES)
    filled = await read_form(request, CreditForm)
    if filled.value is None:
        return await _show(request, services, problem=Problem(about=credit_pid, text="", filled=filled), status=422)
    act, words = resolution_of_credit(filled.value.note), _("%(amount)s is recorded as paid by hand.")
    return await _try(request, services, act, credit_pid, words, filled.value.then, filled)


async def _try(
    request: AnyPage,
    services: Services,
    act: ByHand,
    pid: str,
    words: str,
    then: str | None,
    filled: Filled[CreditForm] | None = None,
) -> Response[Any]:
    try:
        async with transaction(services.pool) as connection:
            row = await carry_out_by_hand(connection, request.auth, act, pid, services.clock.now())
    except (Conflict, Forbidden) as refusal:
        problem = Problem(about=pid, text=refusal_words(refusal), filled=filled)
        return await _show(request, services, problem=problem, status=refusal.status)
    amount = money(row["amount_minor"], row["currency"], row["currency_exponent"])
    back = urls.platform_url("attention") if then == "attention" else _PATH
    return redirect(request, back, message=words % {"amount": amount})


async def _show(
    request: AnyPage, services: Services, *, problem: Problem | None = None, status: int = 200
) -> Response[str]:
    scope = staff_of(request, _READS)
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    pid = request.query_params.get("account", "")
    account = await find_account_named(services.pool, pid) if pid else None
    if pid and account is None:
        raise NotFound
    if account is None:
        rows, info = await read_here(request, services, CREDITS_EVERYWHERE, state or None)
    else:
        rows, info = await read_here(request, services, CREDITS_OF_ACCOUNT, state or None, account["id"])
    now = services.clock.now()
    page = CreditsPage(
        states=[(words, _url(one, pid), one == state) for one, words in STATES.items()],
        account=None if account is None else account["title"],
        all_url=_url(state, ""),
        lines=[credit_line(row, request.auth, now) for row in rows],
        can_act=_WRITES in scope.permissions,
        is_narrowed=bool(state or pid),
        problem=problem,
        newer_url=_url(state, pid, before=info.start_cursor or "") if info.has_previous_page else None,
        older_url=_url(state, pid, after=info.end_cursor or "") if info.has_next_page else None,
    )
    return render(request, page, section=SECTION, status=status)


def _url(state: str, account: str, **cursor: str) -> str:
    said = {"state": state, "account": account, **cursor}
    return urls.platform_url(SECTION, query=urlencode({name: value for name, value in said.items() if value}))


routes: Final = [show_credits, retry, resolve]
