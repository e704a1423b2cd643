"""The public shapes of refunds, merchant credits and disputes."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from asyncpg import Record

from amends.kit.clock import iso
from amends.kit.money import Money, money

Note = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"\S")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]
Amount = Annotated[str, msgspec.Meta(max_length=40)] | int | float


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money to the customer, who does not see the provider's reference, failures and notes: those are null then."""

    id: str
    account_id: str
    case_id: str | None
    payment_id: str
    amount: Money
    payer: str
    reason: str
    method: str
    state: str
    attempt: int
    provider: str
    provider_refund_ref: str | None
    failure_code: str | None
    failure_message: str | None
    resolution_note: str | None
    created_at: str
    updated_at: str
    succeeded_at: str | None


class MerchantCredit(msgspec.Struct, frozen=True, kw_only=True):
    """Money from the platform to the merchant."""

    id: str
    account_id: str
    case_id: str
    payment_id: str
    amount: Money
    state: str
    attempt: int
    provider: str
    provider_credit_ref: str | None
    failure_code: str | None
    failure_message: str | None
    resolution_note: str | None
    created_at: str
    updated_at: str
    succeeded_at: str | None


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A bank dispute. `counted` is the part of `amount` that stands against the payment beside its refunds."""

    id: str
    account_id: str
    case_id: str | None
    payment_id: str
    amount: Money
    counted: Money
    state: str
    reason: str | None
    provider: str
    provider_dispute_ref: str
    opened_at: str
    closed_at: str | None
    created_at: str
    updated_at: str


class ResolveByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did: `amount` in whole units, when it was less than the refund."""

    note: Note
    amount: Amount | None = None


class CloseByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the customer has got the money."""

    note: Note


class ResolveCreditByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did."""

    note: Note


class RecordDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bank dispute to record: `amount` in whole units of the payment's currency, default the whole payment."""

    payment_id: str
    amount: Amount | None = None
    reason: Words | None = None
    reference: Words | None = None
    opened_at: str | None = None


class CloseDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the bank decided."""

    won_by: Literal["merchant", "customer"]
    closed_at: str | None = None


def refund_shape(row: Record, *, for_customer: bool = False) -> Refund:
    """Return a refund as the viewer sees it."""
    inner = not for_customer
    return Refund(
        id=row["pid"],
        account_id=row["account_pid"],
        case_id=row["case_pid"],
        payment_id=row["payment_pid"],
        amount=_money(row, "amount_minor"),
        payer=row["payer"],
        reason=row["reason"],
        method=row["method"],
        state=row["state"],
        attempt=row["attempt"],
        provider=row["provider"],
        provider_refund_ref=row["provider_refund_ref"] if inner else None,
        failure_code=row["failure_code"] if inner else None,
        failure_message=row["failure_message"] if inner else None,
        resolution_note=row["resolution_note"] if inner else None,
        created_at=iso(row["created_at"]),
        updated_at=iso(row["updated_at"]),
        succeeded_at=_time(row["succeeded_at"]),
    )


def credit_shape(row: Record) -> MerchantCredit:
    """Return a merchant credit."""
    return MerchantCredit(
        id=row["pid"],
        account_id=row["account_pid"],
        case_id=row["case_pid"],
        payment_id=row["payment_pid"],
        amount=_money(row, "amount_minor"),
        state=row["state"],
        attempt=row["attempt"],
        provider=row["provider"],
        provider_credit_ref=row["provider_credit_ref"],
        failure_code=row["failure_code"],
        failure_message=row["failure_message"],
        resolution_note=row["resolution_note"],
        created_at=iso(row["created_at"]),
        updated_at=iso(row["updated_at"]),
        succeeded_at=_time(row["succeeded_at"]),
    )


def dispute_shape(row: Record) -> Dispute:
    """Return a dispute."""
    return Dispute(
        id=row["pid"],
        account_id=row["account_pid"],
        case_id=row["case_pid"],
        payment_id=row["payment_pid"],
        amount=_money(row, "amount_minor"),
        counted=_money(row, "counted_minor"),
        state=row["state"],
        reason=row["reason"],
        provider=row["provider"],
        provider_dispute_ref=row["provider_dispute_ref"],
        opened_at=iso(row["opened_at"]),
        closed_at=_time(row["closed_at"]),
        created_at=iso(row["created_at"]),
        updated_at=iso(row["updated_at"]),
    )


def _money(row: Record, column: str) -> Money:
    return money(row[column], row["currency"], row["currency_exponent"])


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
