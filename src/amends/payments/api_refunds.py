"""The JSON routes of refunds and merchant credits: what became of the money, and what a person does when it stays."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from asyncpg import Record
from litestar import get, post
from litestar.params import Parameter
from litestar.response import Response

from amends.access.audit import record
from amends.access.idempotency import Idempotency
from amends.access.permissions import Permission
from amends.access.scopes import Caller, CustomerScope
from amends.db.pool import Connection, Pool
from amends.kit.clock import Clock
from amends.kit.errors import NotFound, Unprocessable
from amends.kit.ids import Prefix
from amends.kit.money import InexactAmount, to_minor
from amends.kit.pages import Page
from amends.kit.signing import Signer
from amends.payments.commands_by_hand import resolve_by_hand, resolve_credit_by_hand, retry_failed, retry_failed_credit
from amends.payments.ports import CaseNotices
from amends.payments.queries import CREDITS, REFUNDS, Listing, get_row
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

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await retry_failed(connection, case_notices, account_id=row["account_id"], refund_id=row["id"], now=now)

    act = ByHand(REFUNDS, Prefix.REFUND, "refund.retried", work, refund_shape)
    return await _by_hand(act, refund_id, caller, idem, pool, clock.now())


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

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await resolve_by_hand(
            connection,
            case_notices,
            account_id=row["account_id"],
            refund_id=row["id"],
            note=data.note.strip(),
            amount_minor=None if data.amount is None else minor_units(data.amount, row["currency"]),
            now=now,
        )

    act = ByHand(REFUNDS, Prefix.REFUND, "refund.resolved_by_hand", work, refund_shape)
    return await _by_hand(act, refund_id, caller, idem, pool, clock.now())


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

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await retry_failed_credit(connection, account_id=row["account_id"], credit_id=row["id"], now=now)

    act = ByHand(CREDITS, Prefix.MERCHANT_CREDIT, "merchant_credit.retried", work, credit_shape)
    return await _by_hand(act, credit_id, caller, idem, pool, clock.now())


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

    async def work(connection: Connection, row: Record, now: datetime) -> None:
        await resolve_credit_by_hand(
            connection, account_id=row["account_id"], credit_id=row["id"], note=data.note.strip(), now=now
        )

    act = ByHand(CREDITS, Prefix.MERCHANT_CREDIT, "merchant_credit.resolved_by_hand", work, credit_shape)
    return await _by_hand(act, credit_id, caller, idem, pool, clock.now())


class ByHand(NamedTuple):
    """Something that the platform does by hand to one row: what it is called in the audit log, and the command."""

    listing: Listing
    prefix: Prefix
    action: str
    work: Callable[[Connection, Record, datetime], Awaitable[None]]
    shape: Callable[[Record], Any]


async def _by_hand(
    act: ByHand, pid: str, caller: Caller, idem: Idempotency, pool: Pool, now: datetime
) -> Response[Any]:
    """Do it in one transaction with its line in the audit log, once for each idempotency key; answer with the row."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, act.listing, act.prefix, pid)
        principal = platform_scope(caller, scope, Permission.REFUND_WRITE).principal
        account_id: int = row["account_id"]
        await act.work(tx.connection, row, now)
        after = await get_row(tx.connection, act.listing, account_id, row["id"]) or row
        await record(
            tx.connection,
            principal=principal,
            action=act.action,
            subject=pid,
            account_id=account_id,
            now=now,
            details=_facts(after),
        )
        return await tx.answer(200, act.shape(after))


def _facts(row: Record) -> dict[str, Any]:
    """Return what the audit log keeps of such an act: the money, and of the note only that there is one."""
    return {
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "attempt": row["attempt"],
        "has_note": row["resolution_note"] is not None,
    }


def minor_units(amount: Amount, currency: str) -> int:
    """Read an amount of a request in whole units.

    Raises:
        Unprocessable: `inexact_amount`.
    """
    try:
        return to_minor(amount, currency)
    except InexactAmount as error:
        raise Unprocessable("inexact_amount", str(error), param="amount") from error


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
