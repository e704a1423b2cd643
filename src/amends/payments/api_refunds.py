"""The JSON routes of refunds and merchant credits: what became of the money, and what a person does when it stays."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from asyncpg import Record
from litestar import get, post
from litestar.params import Parameter
from litestar.response import Response

from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller, CustomerScope
from amends.db.pool import Pool
from amends.kit.clock import Clock
from amends.kit.errors import NotFound
from amends.kit.ids import Prefix
from amends.kit.pages import Page
from amends.kit.signing import Signer
from amends.payments.by_hand import (
    ByHand,
    carry_out_by_hand,
    closing_of_refund,
    resolution_of_credit,
    resolution_of_refund,
    retry_of_credit,
    retry_of_refund,
)
from amends.payments.ports import CaseNotices
from amends.payments.queries import CREDITS, REFUNDS
from amends.payments.schemas import (
    CloseByHand,
    MerchantCredit,
    Refund,
    ResolveByHand,
    ResolveCreditByHand,
    credit_shape,
    refund_shape,
)
from amends.payments.visible import Edges, Filters, page_of, visible_row, wanted_rows

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
    return await _by_hand(retry_of_refund(case_notices), refund_id, refund_shape, caller, idem, pool, clock)


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
    act = resolution_of_refund(case_notices, data.note, data.amount)
    return await _by_hand(act, refund_id, refund_shape, caller, idem, pool, clock)


@post(
    REFUNDS_PATH + "/{refund_id:str}/close",
    opt=_WRITES,
    status_code=200,
    summary="Close a refund by hand",
    tags=["Refunds"],
)
async def close_refund(
    refund_id: str,
    data: CloseByHand,
    caller: Caller,
    idem: Idempotency,
    pool: Pool,
    clock: Clock,
    case_notices: CaseNotices,
) -> Response[Refund]:
    """Cancel a failed refund whose money the customer has got in another way. For the platform.

    Nothing is counted as refunded by it: what went back counts where it went back.
    """
    act = closing_of_refund(case_notices, data.note)
    return await _by_hand(act, refund_id, refund_shape, caller, idem, pool, clock)


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
    return await _by_hand(retry_of_credit(), credit_id, credit_shape, caller, idem, pool, clock)


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
    return await _by_hand(resolution_of_credit(data.note), credit_id, credit_shape, caller, idem, pool, clock)


async def _by_hand(
    act: ByHand,
    pid: str,
    shape: Callable[[Record], Any],
    caller: Caller,
    idem: Idempotency,
    pool: Pool,
    clock: Clock,
) -> Response[Any]:
    """Do it in one transaction, once for each idempotency key; answer with the row."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        after = await carry_out_by_hand(tx.connection, caller, act, pid, clock.now())
        return await tx.answer(200, shape(after))


routes: Final = [
    list_refunds,
    retrieve_refund,
    retry_refund,
    resolve_refund,
    close_refund,
    list_credits,
    retrieve_credit,
    retry_credit,
    resolve_credit,
]
