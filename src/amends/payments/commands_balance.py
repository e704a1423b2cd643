"""Keeps a payment's row equal to what its refunds and disputes say.

`rebalance` is called with the payment's row locked, after every change that is not a plain new promise; the arithmetic
is in `ledger.py`. A promise whose money is gone is not left pending: with everything back at the customer it is
canceled, else it fails and a person decides.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection
from amends.payments.ledger import Claim, Intent, Ledger, balance
from amends.payments.ports import CaseNotices
from amends.payments.states import NOTHING_LEFT, DisputeState, RefundState, Settlement, settlement_of

NOT_ENOUGH_LEFT: Final = "not_enough_left"

LOCKED_AMOUNTS_SQL: Final = """
    select amount_minor, refunded_minor
    from payments
    where account_id = $1 and id = $2
    for update
"""
UNSETTLED_REFUNDS_SQL: Final = """
    select id, amount_minor, state, attempt_started_at is not null as sent
    from refunds
    where account_id = $1 and payment_id = $2 and state in ('pending', 'on_hold', 'failed')
    order by id
"""
CLAIMS_SQL: Final = """
    select id, amount_minor, state, counted_minor
    from disputes
    where account_id = $1 and payment_id = $2
    order by opened_at, id
"""
WRITE_BALANCE_SQL: Final = """
    update payments
    set refunded_minor = $3,
        refund_reserved_minor = $4,
        disputed_minor = $5,
        open_disputes = $6,
        lost_disputes = $7,
        updated_at = $8
    where account_id = $1 and id = $2
"""
COUNT_CLAIM_SQL: Final = """
    update disputes
    set counted_minor = $3, updated_at = $4
    where account_id = $1 and id = $2
"""
STRAND_REFUND_SQL: Final = """
    update refunds
    set state = $3, failure_code = $4, failure_message = $5, next_try_at = null, updated_at = $6
    where account_id = $1 and id = $2
"""
CASE_OF_PAYMENT_REFUNDS_SQL: Final = """
    select case_id, state, failure_code
    from refunds
    where account_id = $1 and payment_id = $2 and case_id is not null
"""


class Balance(msgspec.Struct, frozen=True):
    """A payment's money after a change."""

    amount_minor: int
    refunded_minor: int
    reserved_minor: int
    disputed_minor: int

    @property
    def refundable_minor(self) -> int:
        """Return what can still be promised to the customer."""
        return self.amount_minor - self.refunded_minor - self.reserved_minor - self.disputed_minor


async def rebalance(
    connection: Connection, account_id: int, payment_id: UUID, now: datetime, *, refunded_by_minor: int = 0
) -> Balance:
    """Write the payment's columns anew; `refunded_by_minor` is what has just been found to have gone back."""
    amount = await connection.fetchrow(LOCKED_AMOUNTS_SQL, account_id, payment_id)
    if amount is None:
        raise LookupError(f"payment {payment_id} of account {account_id}")
    amount_minor: int = amount["amount_minor"]
    refunded_minor: int = min(amount["refunded_minor"] + refunded_by_minor, amount_minor)
    claims = await _claims(connection, account_id, payment_id)
    intents = await _intents(connection, account_id, payment_id)
    if refunded_minor == amount_minor:
        intents = await _cancel_all(connection, account_id, intents, now)
    ledger = balance(amount_minor, refunded_minor, intents, claims)
    await _fail_stranded(connection, account_id, intents, ledger, now)
    await _write(connection, account_id, payment_id, ledger, claims, now)
    return Balance(amount_minor, ledger.refunded_minor, ledger.reserved_minor, ledger.disputed_minor)


async def _cancel_all(connection: Connection, account_id: int, intents: list[Intent], now: datetime) -> list[Intent]:
    """Cancel promises of money that the customer has got in another way; return those that may be moving."""
    for intent in intents:
        if not intent.under_way:
            await _strand(connection, account_id, intent.id, RefundState.CANCELED, NOTHING_LEFT, now)
    return [intent for intent in intents if intent.under_way]


async def _fail_stranded(
    connection: Connection, account_id: int, intents: list[Intent], ledger: Ledger, now: datetime
) -> None:
    for intent in intents:
        if intent.id in ledger.stranded and intent.state is RefundState.PENDING:
            await _strand(connection, account_id, intent.id, RefundState.FAILED, NOT_ENOUGH_LEFT, now)


async def _intents(connection: Connection, account_id: int, payment_id: UUID) -> list[Intent]:
    rows = await connection.fetch(UNSETTLED_REFUNDS_SQL, account_id, payment_id)
    return [
        Intent(id=row["id"], amount_minor=row["amount_minor"], state=RefundState(row["state"]), sent=row["sent"])
        for row in rows
    ]


async def _claims(connection: Connection, account_id: int, payment_id: UUID) -> list[Claim]:
    rows = await connection.fetch(CLAIMS_SQL, account_id, payment_id)
    return [
        Claim(
            id=row["id"],
            amount_minor=row["amount_minor"],
            state=DisputeState(row["state"]),
            counted_minor=row["counted_minor"],
        )
        for row in rows
    ]


_WHY: Final = {
    NOTHING_LEFT: "The customer has got everything back in another way.",
    NOT_ENOUGH_LEFT: "Less is left of the payment than this refund promised. Resolve it by hand.",
}


async def _strand(
    connection: Connection, account_id: int, refund_id: UUID, state: RefundState, code: str, now: datetime
) -> None:
    await connection.execute(STRAND_REFUND_SQL, account_id, refund_id, state, code, _WHY[code], now)


async def _write(
    connection: Connection, account_id: int, payment_id: UUID, ledger: Ledger, claims: list[Claim], now: datetime
) -> None:
    await connection.execute(
        WRITE_BALANCE_SQL,
        account_id,
        payment_id,
        ledger.refunded_minor,
        ledger.reserved_minor,
        ledger.disputed_minor,
        ledger.open_disputes,
        ledger.lost_disputes,
        now,
    )
    for claim in claims:
        if claim.counted_minor != ledger.counted[claim.id]:
            await connection.execute(COUNT_CLAIM_SQL, account_id, claim.id, ledger.counted[claim.id], now)


async def case_settlements(connection: Connection, account_id: int, payment_id: UUID) -> dict[UUID, Settlement]:
    """Return the settlement of the cases that have refunds on a payment (at most one has)."""
    refunds: dict[UUID, list[tuple[str, str | None]]] = {}
    for row in await connection.fetch(CASE_OF_PAYMENT_REFUNDS_SQL, account_id, payment_id):
        refunds.setdefault(row["case_id"], []).append((row["state"], row["failure_code"]))
    return {case_id: settlement_of(states) for case_id, states in refunds.items()}


async def tell_settlements(
    connection: Connection,
    notices: CaseNotices,
    account_id: int,
    payment_id: UUID,
    before: dict[UUID, Settlement],
    now: datetime,
) -> None:
    """Tell the cases whose settlement is no longer what it was before the change."""
    for case_id, settlement in (await case_settlements(connection, account_id, payment_id)).items():
        if before.get(case_id) is not settlement:
            await notices.settlement_changed(
                connection, account_id=account_id, case_id=case_id, settlement=settlement, now=now
            )
