"""The pages of a withdrawal: the statement, its confirmation, and what became of it.

Two steps, as Directive 2011/83/EU, Article 11a (2) and (3) wants them: who withdraws from what and where the
confirmation goes; then one button that says "Confirm withdrawal" and nothing else.
"""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post

from amends.access.permissions import Permission
from amends.access.scopes import Caller, CustomerScope
from amends.cases.words import payment_method
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id
from amends.payments.states import RefundState
from amends.services import Services
from amends.web import urls
from amends.web.forms import Filled, read_form
from amends.web.pages import Page, redirect, render
from amends.web.text import _
from amends.withdrawals.commands import withdraw
from amends.withdrawals.queries import Purchase, purchases_of, withdrawal_of
from amends.withdrawals.rules import REPAID_WITHIN, Refusal, Standing
from amends.withdrawals.statements import MAX_EMAIL, MAX_NAME, Statement, is_email
from amends.withdrawals.words import REASONS, REFUNDS, Reason

AnyPage = Request[Any, Caller, Any]
_ADDRESS: Final = urls.PURCHASES + "/{payment_pid:str}/withdrawal"
_READS: Final[dict[str, Any]] = {"opt": {"permission": Permission.CASE_READ}, "include_in_schema": False}
_WRITES: Final[dict[str, Any]] = {
    "opt": {"permission": Permission.CASE_WRITE}, "include_in_schema": False, "status_code": 200,
}  # fmt: skip


class StatementForm(msgspec.Struct, frozen=True):
    """What a customer fills in."""

    name: str
    email: str


class PurchaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """The contract as the pages of its withdrawal name it; `refund_minor` is what goes back."""

    pid: str
    product: str
    seller: str
    paid_at: datetime | None
    method: str
    amount_minor: int
    refund_minor: int
    currency: str
    places: int


class StatementPage(Page, frozen=True, kw_only=True):
    """The first step."""

    template: ClassVar[str] = "withdrawals/statement.html"
    purchase: PurchaseShown
    filled: Filled[StatementForm] | None
    name: str
    email: str
    last_at: datetime
    """The last minute of the period."""
    repaid_by: datetime


class ConfirmPage(Page, frozen=True, kw_only=True):
    """The second step."""

    template: ClassVar[str] = "withdrawals/confirm.html"
    purchase: PurchaseShown
    statement: Statement
    last_at: datetime
    repaid_by: datetime


class DonePage(Page, frozen=True, kw_only=True):
    """What came in, and where the money is."""

    template: ClassVar[str] = "withdrawals/done.html"
    purchase: PurchaseShown
    pid: str
    name: str
    email: str
    at: datetime
    state: str
    """Of the refund."""
    state_text: str
    repaid_by: datetime
    refunded_at: datetime | None


class RefusedPage(Page, frozen=True, kw_only=True):
    """Why it is not possible, and what is."""

    template: ClassVar[str] = "withdrawals/refused.html"
    purchase: PurchaseShown
    reason: Reason
    ended_at: datetime | None
    """The last minute of a period that is over."""
    case_pid: str | None


@get(_ADDRESS, **_READS)
async def withdrawal_page(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Show the first step, what came in, or why it is not possible."""
    _scope, purchase = await _purchase(request, services, payment_pid)
    done = await _done(services, purchase)
    if done is not None:
        return _render(request, done)
    stands = purchase.standing(services.clock.now())
    if stands.refusal is not None or stands.last_at is None:
        return _render(request, _refused(purchase, stands))
    return _render(request, _statement(services, purchase, stands.last_at, None))


@post(_ADDRESS, **_WRITES)
async def state_withdrawal(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Take the statement and ask to confirm it; nothing is written yet."""
    filled = await read_form(request, StatementForm)
    _scope, purchase = await _purchase(request, services, payment_pid)
    stands = purchase.standing(services.clock.now())
    if stands.refusal is not None or stands.last_at is None:
        return await _not_now(request, services, purchase, stands)
    wrong = _wrong(filled.value) if filled.value is not None else filled.errors
    if filled.value is None or wrong:
        again = msgspec.structs.replace(filled, value=None, errors=wrong)
        return _render(request, _statement(services, purchase, stands.last_at, again), status=422)
    stated = Statement(name=filled.value.name, email=filled.value.email)
    page = ConfirmPage(
        purchase=_shown(purchase),
        statement=stated,
        last_at=stands.last_at,
        repaid_by=services.clock.now() + REPAID_WITHIN,
    )
    return _render(request, page)


@post(_ADDRESS + "/confirm", **_WRITES)
async def confirm_withdrawal(request: AnyPage, services: Services, payment_pid: str) -> Response[Any]:
    """Withdraw, and show what came in; pressed twice, it is one withdrawal."""
    filled = await read_form(request, StatementForm)
    scope, purchase = await _purchase(request, services, payment_pid)
    if filled.value is None or _wrong(filled.value):
        return redirect(request, _address(purchase))
    stated = Statement(name=filled.value.name, email=filled.value.email)
    now = services.clock.now()
    try:
        async with transaction(services.pool) as connection:
            await withdraw(
                connection, scope, account_id=purchase.account_id, payment_id=purchase.id, statement=stated,
                base_url=services.settings.base_url, now=now,
            )  # fmt: skip
    except (Conflict, Unprocessable):
        _scope, purchase = await _purchase(request, services, payment_pid)
        return await _not_now(request, services, purchase, purchase.standing(now))
    return redirect(request, _address(purchase))


async def _purchase(request: AnyPage, services: Services, payment_pid: str) -> tuple[CustomerScope, Purchase]:
    """Return the customer and their purchase.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    scope, payment_id = request.auth.customer, _row_id(payment_pid)
    if scope is None:
        raise NotFound
    purchase = (await purchases_of(services.pool, scope, [payment_id])).get(payment_id)
    if purchase is None or purchase.pid != payment_pid:
        raise NotFound
    return scope, purchase


def _row_id(payment_pid: str) -> UUID:
    try:
        return parse_public_id(Prefix.PAYMENT, payment_pid).row_id
    except MalformedId as problem:
        raise NotFound from problem


async def _not_now(request: AnyPage, services: Services, purchase: Purchase, stands: Standing) -> Response[Any]:
    """Answer a form that came too late: with what came in before, or with why not."""
    done = await _done(services, purchase)
    if done is not None:
        return redirect(request, _address(purchase))
    return _render(request, _refused(purchase, stands), status=409)


async def _done(services: Services, purchase: Purchase) -> DonePage | None:
    row = await withdrawal_of(services.pool, purchase.account_id, purchase.id)
    if row is None:
        return None
    return DonePage(
        purchase=_shown(purchase, refund_minor=row["amount_minor"]),
        pid=row["pid"],
        name=row["customer_name"],
        email=row["email"],
        at=row["created_at"],
        state=row["refund_state"],
        state_text=str(REFUNDS[RefundState(row["refund_state"])]),
        repaid_by=row["created_at"] + REPAID_WITHIN,
        refunded_at=row["refunded_at"],
    )


def _refused(purchase: Purchase, stands: Standing) -> RefusedPage:
    refusal = stands.refusal or Refusal.NOTHING_LEFT
    return RefusedPage(
        purchase=_shown(purchase),
        reason=REASONS[refusal],
        ended_at=stands.last_at if refusal is Refusal.PERIOD_OVER else None,
        case_pid=purchase.case_pid,
    )


def _statement(
    services: Services, purchase: Purchase, last_at: datetime, filled: Filled[StatementForm] | None
) -> StatementPage:
    return StatementPage(
        purchase=_shown(purchase),
        filled=filled,
        name=purchase.customer_name or "",
        email=purchase.customer_email or "",
        last_at=last_at,
        repaid_by=services.clock.now() + REPAID_WITHIN,
    )


def _shown(purchase: Purchase, *, refund_minor: int | None = None) -> PurchaseShown:
    return PurchaseShown(
        pid=purchase.pid,
        product=purchase.product_title or _("No product"),
        seller=purchase.account_title,
        paid_at=purchase.paid_at,
        method=payment_method(purchase.payment_method_type, purchase.card_brand, purchase.card_last4),
        amount_minor=purchase.amount_minor,
        refund_minor=purchase.refundable_minor if refund_minor is None else refund_minor,
        currency=purchase.currency,
        places=purchase.currency_exponent,
    )


def _wrong(form: StatementForm) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if len(form.name) > MAX_NAME:
        wrong["name"] = _("This is too long.")
    if not is_email(form.email) or len(form.email) > MAX_EMAIL:
        wrong["email"] = _("That is not an e-mail address.")
    return wrong


def _address(purchase: Purchase) -> str:
    return urls.purchase_url(purchase.pid, "withdrawal")


def _render(request: AnyPage, page: Page, *, status: int = 200) -> Response[str]:
    return render(request, page, section="purchases", status=status)


routes: Final = [withdrawal_page, state_withdrawal, confirm_withdrawal]
