"""The JSON routes of bank disputes, for a platform whose provider does not tell them by itself."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import get, post
from litestar.params import Parameter
from litestar.response import Response

from amends.access.audit import record
from amends.access.idempotency import Command, Idempotency
from amends.access.permissions import Permission
from amends.access.resolve import allow, case_scope, refuse_own_payment
from amends.access.scopes import Caller, CustomerScope, PlatformScope
from amends.db.pool import Pool
from amends.kit.clock import Clock, parse_time
from amends.kit.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unprocessable
from amends.kit.ids import MalformedId, Prefix, parse_public_id, public_id, uuid7
from amends.kit.pages import Page
from amends.kit.signing import Signer
from amends.payments.by_hand import minor_units
from amends.payments.commands import LockedPayment, lock_payment
from amends.payments.commands_facts import record_dispute_closed, record_dispute_opened
from amends.payments.ports import CaseNotices
from amends.payments.providers.port import BankDispute
from amends.payments.queries import DISPUTES, get_row
from amends.payments.schemas import CloseDispute, Dispute, RecordDispute, dispute_shape
from amends.payments.visible import Edges, Filters, page_of, platform_scope, visible_row, wanted_rows

PATH: Final = "/api/v1/disputes"
BY_API: Final = "api"
"""What stands for the provider in disputes recorded here."""
_READS: Final[dict[str, Any]] = {"permission": Permission.DISPUTE_READ}
_WRITES: Final[dict[str, Any]] = {"permission": Permission.DISPUTE_WRITE}
State = Literal["open", "won", "lost"]


@get(PATH, opt=_READS, summary="List disputes", tags=["Disputes"])
async def list_disputes(
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
) -> Page[Dispute]:
    """List bank disputes, newest first."""
    filters = Filters(account_id=account_id, case_id=case_id, payment_id=payment_id, state=in_state)
    wanted = await wanted_rows(pool, caller, Permission.DISPUTE_READ, filters)
    edges = Edges(first, after, last, before)
    return await page_of(pool, signer, DISPUTES, wanted, "disputes", dispute_shape, edges)


@get(PATH + "/{dispute_id:str}", opt=_READS, summary="Retrieve a dispute", tags=["Disputes"])
async def retrieve_dispute(dispute_id: str, caller: Caller, pool: Pool) -> Dispute:
    """Return one bank dispute."""
    row, scope = await visible_row(pool, caller, Permission.DISPUTE_READ, DISPUTES, Prefix.DISPUTE, dispute_id)
    if isinstance(scope, CustomerScope):
        raise NotFound
    return dispute_shape(row)


@post(PATH, opt=_WRITES, summary="Record a dispute", tags=["Disputes"])
async def create_dispute(
    data: RecordDispute, caller: Caller, idem: Idempotency, pool: Pool, clock: Clock, case_notices: CaseNotices
) -> Response[Dispute]:
    """Record that a customer's bank claims a payment back. Pauses the payment's case. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        payment, platform = await _payment(tx, caller, data.payment_id)
        now = clock.now()
        own_id = public_id(Prefix.DISPUTE, uuid7(now), payment.account_id)
        dispute = BankDispute(
            ref=data.reference.strip() if data.reference else own_id,
            payment_ref=payment.ref,
            amount_minor=_amount(data, payment),
            currency=payment.currency,
            reason=data.reason.strip() if data.reason else None,
            opened_at=_time(data.opened_at, "opened_at", now),
        )
        row_id = await record_dispute_opened(
            tx.connection, case_notices, payment=payment, dispute=dispute, provider=BY_API, now=now
        )
        if row_id is None:
            raise Conflict("dispute_exists", "A dispute with this reference is recorded already.")
        row = await get_row(tx.connection, DISPUTES, payment.account_id, row_id)
        if row is None:
            raise NotFound
        await _audit(tx, platform, "dispute.recorded", row["pid"], payment.account_id, now)
        return await tx.answer(201, dispute_shape(row))


@post(PATH + "/{dispute_id:str}/close", opt=_WRITES, status_code=200, summary="Close a dispute", tags=["Disputes"])
async def close_dispute(
    dispute_id: str,
    data: CloseDispute,
    caller: Caller,
    idem: Idempotency,
    pool: Pool,
    clock: Clock,
    case_notices: CaseNotices,
) -> Response[Dispute]:
    """Record how the bank decided. The payment's case goes on, or ends. For the platform."""
    async with idem.guard(pool) as tx:
        if tx.replay is not None:
            return tx.replay
        row, scope = await visible_row(tx.connection, caller, None, DISPUTES, Prefix.DISPUTE, dispute_id)
        platform = platform_scope(caller, scope, Permission.DISPUTE_WRITE)
        now = clock.now()
        payment = await lock_payment(tx.connection, row["account_id"], row["payment_id"])
        dispute = BankDispute(
            ref=row["provider_dispute_ref"],
            payment_ref=payment.ref,
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            reason=row["reason"],
            opened_at=row["opened_at"],
            closed_at=_time(data.closed_at, "closed_at", now),
            won=data.won_by == "merchant",
        )
        if not await record_dispute_closed(
            tx.connection, case_notices, payment=payment, dispute=dispute, provider=row["provider"], now=now
        ):
            raise Conflict("dispute_closed", "The dispute is closed already.")
        await _audit(tx, platform, "dispute.closed", dispute_id, payment.account_id, now)
        after = await get_row(tx.connection, DISPUTES, payment.account_id, row["id"])
        return await tx.answer(200, dispute_shape(row if after is None else after))


async def _payment(tx: Command, caller: Caller, payment_id: str) -> tuple[LockedPayment, PlatformScope]:
    """Lock the payment that a dispute is to be recorded on, for those who may."""
    try:
        parsed = parse_public_id(Prefix.PAYMENT, payment_id)
        payment = await lock_payment(tx.connection, parsed.account, parsed.row_id)
    except (MalformedId, LookupError) as error:
        raise NotFound from error
    scope = case_scope(caller, payment.account_id, payment.user_id)
    if scope is None:
        raise NotFound
    if isinstance(scope, CustomerScope) and caller.platform is not None:
        refuse_own_payment()
    if caller.platform is None:
        raise Forbidden("platform_only", "Only the platform's staff and keys may do this.")
    allow(caller.platform, Permission.DISPUTE_WRITE)
    return payment, caller.platform


def _amount(data: RecordDispute, payment: LockedPayment) -> int:
    if data.amount is None:
        return payment.amount_minor
    amount_minor = minor_units(data.amount, payment.currency)
    if not 0 < amount_minor <= payment.amount_minor:
        raise Unprocessable("amount_out_of_range", "`amount` is above 0 and at most what was paid.", param="amount")
    return amount_minor


def _time(text: str | None, param: str, default: datetime) -> datetime:
    if text is None:
        return default
    try:
        return parse_time(text)
    except ValueError as error:
        raise InvalidRequest("invalid_parameter", f"`{param}` is an ISO 8601 time.", param=param) from error


async def _audit(tx: Command, scope: PlatformScope, action: str, subject: str, account_id: int, now: datetime) -> None:
    await record(
        tx.connection, principal=scope.principal, action=action, subject=subject, account_id=account_id, now=now
    )


routes: Final = [list_disputes, retrieve_dispute, create_dispute, close_dispute]
