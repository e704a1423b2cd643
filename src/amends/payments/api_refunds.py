"""The JSON routes of refunds and merchant credits: what became of the money, and what a person does when it stays."""

from typing import Annotated, Any, Final, Literal

from litestar import get, post
from litestar.params import Parameter
from litestar.response import Response

from amends.access.audit import record
from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller, CustomerScope
from amends.db.pool import Pool
from amends.kit.clock import Clock
from amends.kit.errors import InvalidRequest, NotFound
from amends.kit.ids import Prefix
from amends.kit.money import InexactAmount, to_minor
from amends.kit.pages import Page
from amends.kit.signing import Signer
from amends.payments.commands_by_hand import resolve_by_hand, resolve_credit_by_hand, retry_failed, retry_failed_credit
from amends.payments.ports import CaseNotices
from amends.payments.queries import CREDITS, REFUNDS, get_row
from amends.payments.schemas import (
    Amount,
    MerchantCredit,
    Refund,
    ResolveByHand,
    ResolveCreditByHand,
    credit_shape,
    refund_shape,
)
from amends.payments.visible import Edges, Filters, page_of, platform_scope, visible_row, wanted_rows

REFUNDS_PATH: Final = "/api/v1/refunds"
CREDITS_PATH: Final = "/api/v1/merchant_credits"
_READS: Final[dict[str, Any]] = {"permission": Permission.PAYMENT_READ}
_WRITES: Final[dict[str, Any]] = {"permission": Permission.REFUND_WRITE}
State = Literal["pending", "on_hold", "failed", "succeeded", "canceled"]


@get(REFUNDS_PATH, opt=_READS, summary="List refunds", tags=["Refunds"])
async def list_refunds(
    caller: Caller,
    pool: Pool,
    signer: Signer,
    account_id: str | None = None,
    case_id: str | None = None,
    payment_id: str | None = None,
    in_state: Annotated[State | None, Parameter(query="state")] = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page[Refund]:
    """List refunds, newest first: of an account, a case or a payment, in one state or any."""
    filters = Filters(account_id=account_id, case_id=case_id, payment_id=payment_id, state=in_state)
    wanted = await wanted_rows(pool, caller, Permission.PAYMENT_READ, filters, for_customers=True)
    own = wanted is not None and wanted.user_id is not None
    edges = Edges(first, after, last, before)
    return await page_of(
        pool, signer, REFUNDS, wanted, "refunds", lambda row: refund_shape(row, for_customer=own), edges
    )


@get(REFUNDS_PATH + "/{refund_id:str}", opt=_READS, summary="Retrieve a refund", tags=["Refunds"])
async def retrieve_refund(refund_id: str, caller: Caller, pool: Pool) -> Refund:
    """Return one refund."""
    row, scope = await visible_row(pool, caller, Permission.PAYMENT_READ, REFUNDS, Prefix.REFUND, refund_id)
    return refund_shape(row, for_customer=isinstance(scope, CustomerScope))


@post(REFUNDS_PATH + "/{refund_id:str}/retry", opt=_WRITES, status_code=200, summary="Retry a refund", tags=["Refunds"])
async def retry_refund(
    refund_id: str, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock, case_notices: CaseNotices
) -> Response[Refund]:
    """Send a failed refund to the provider again, as a new attempt. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, REFUNDS, Prefix.REFUND, refund_id)
        platform = platform_scope(caller, scope, Permission.REFUND_WRITE)
        account_id, now = row["account_id"], clock.now()
        await retry_failed(tx.connection, case_notices, account_id=account_id, refund_id=row["id"], now=now)
        await record(
            tx.connection,
            principal=platform.principal,
            action="refund.retried",
            subject=refund_id,
            account_id=account_id,
            now=now,
        )
        return await tx.answer(
            200, refund_shape(_present(await get_row(tx.connection, REFUNDS, account_id, row["id"])))
        )


@post(
    REFUNDS_PATH + "/{refund_id:str}/resolve",
    opt=_WRITES,
    status_code=200,
    summary="Resolve a refund by hand",
    tags=["Refunds"],
)
async def resolve_refund(
    refund_id: str,
    data: ResolveByHand,
    caller: Caller,
    idem: Idempotency,
    pool: Pool,
    clock: Clock,
    case_notices: CaseNotices,
) -> Response[Refund]:
    """Record that a person has given the customer the money of a failed refund, or part of it. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, REFUNDS, Prefix.REFUND, refund_id)
        platform = platform_scope(caller, scope, Permission.REFUND_WRITE)
        account_id, now = row["account_id"], clock.now()
        await resolve_by_hand(
            tx.connection,
            case_notices,
            account_id=account_id,
            refund_id=row["id"],
            note=data.note.strip(),
            amount_minor=None if data.amount is None else minor_units(data.amount, row["currency"]),
            now=now,
        )
        await record(
            tx.connection,
            principal=platform.principal,
            action="refund.resolved_by_hand",
            subject=refund_id,
            account_id=account_id,
            now=now,
        )
        return await tx.answer(
            200, refund_shape(_present(await get_row(tx.connection, REFUNDS, account_id, row["id"])))
        )


@get(CREDITS_PATH, opt=_READS, summary="List merchant credits", tags=["Merchant credits"])
async def list_credits(
    caller: Caller,
    pool: Pool,
    signer: Signer,
    account_id: str | None = None,
    case_id: str | None = None,
    payment_id: str | None = None,
    in_state: Annotated[State | None, Parameter(query="state")] = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page[MerchantCredit]:
    """List what the platform owes or has given merchants, newest first."""
    filters = Filters(account_id=account_id, case_id=case_id, payment_id=payment_id, state=in_state)
    wanted = await wanted_rows(pool, caller, Permission.PAYMENT_READ, filters)
    edges = Edges(first, after, last, before)
    return await page_of(pool, signer, CREDITS, wanted, "merchant_credits", credit_shape, edges)


@get(CREDITS_PATH + "/{credit_id:str}", opt=_READS, summary="Retrieve a merchant credit", tags=["Merchant credits"])
async def retrieve_credit(credit_id: str, caller: Caller, pool: Pool) -> MerchantCredit:
    """Return one merchant credit."""
    row, scope = await visible_row(pool, caller, Permission.PAYMENT_READ, CREDITS, Prefix.MERCHANT_CREDIT, credit_id)
    if isinstance(scope, CustomerScope):
        raise NotFound
    return credit_shape(row)


@post(
    CREDITS_PATH + "/{credit_id:str}/retry",
    opt=_WRITES,
    status_code=200,
    summary="Retry a merchant credit",
    tags=["Merchant credits"],
)
async def retry_credit(
    credit_id: str, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock
) -> Response[MerchantCredit]:
    """Send a failed merchant credit to the provider again, as a new attempt. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, CREDITS, Prefix.MERCHANT_CREDIT, credit_id)
        platform = platform_scope(caller, scope, Permission.REFUND_WRITE)
        account_id, now = row["account_id"], clock.now()
        await retry_failed_credit(tx.connection, account_id=account_id, credit_id=row["id"], now=now)
        await record(
            tx.connection,
            principal=platform.principal,
            action="merchant_credit.retried",
            subject=credit_id,
            account_id=account_id,
            now=now,
        )
        return await tx.answer(
            200, credit_shape(_present(await get_row(tx.connection, CREDITS, account_id, row["id"])))
        )


@post(
    CREDITS_PATH + "/{credit_id:str}/resolve",
    opt=_WRITES,
    status_code=200,
    summary="Resolve a merchant credit by hand",
    tags=["Merchant credits"],
)
async def resolve_credit(
    credit_id: str, data: ResolveCreditByHand, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock
) -> Response[MerchantCredit]:
    """Record that a person has given the merchant the money of a failed credit. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, CREDITS, Prefix.MERCHANT_CREDIT, credit_id)
        platform = platform_scope(caller, scope, Permission.REFUND_WRITE)
        account_id, now = row["account_id"], clock.now()
        await resolve_credit_by_hand(
            tx.connection, account_id=account_id, credit_id=row["id"], note=data.note.strip(), now=now
        )
        await record(
            tx.connection,
            principal=platform.principal,
            action="merchant_credit.resolved_by_hand",
            subject=credit_id,
            account_id=account_id,
            now=now,
        )
        return await tx.answer(
            200, credit_shape(_present(await get_row(tx.connection, CREDITS, account_id, row["id"])))
        )


def minor_units(amount: Amount, currency: str) -> int:
    """Read an amount of a request in whole units.

    Raises:
        InvalidRequest: `invalid_amount`.
    """
    try:
        return to_minor(amount, currency)
    except InexactAmount as error:
        raise InvalidRequest("invalid_amount", str(error), param="amount") from error


def _present(row: Any) -> Any:
    if row is None:
        raise NotFound
    return row


routes: Final = [
    list_refunds,
    retrieve_refund,
    retry_refund,
    resolve_refund,
    list_credits,
    retrieve_credit,
    retry_credit,
    resolve_credit,
]
