"""The two short transactions around a call that credits a merchant: as in `commands_attempts.py`, without a payment.

A credit is the platform's own debt: no bank dispute and no amount of a payment stands against it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from amends.db.pool import Connection
from amends.payments.attempts import LEASE, Asking, after, asking, is_due
from amends.payments.commands_movements import begin_try, standing_of, step_values, take_step
from amends.payments.providers.port import CreditCall, Purpose, Result
from amends.payments.states import RefundState

LOCK_CREDIT_SQL: Final = """
    select id, pid, amount_minor, currency, provider, state, attempt, tries,
        attempt_started_at as started_at, next_try_at, provider_credit_ref as ref
    from merchant_credits
    where account_id = $1 and id = $2
    for update
"""
BEGIN_CREDIT_TRY_SQL: Final = begin_try("merchant_credits")
TAKE_CREDIT_STEP_SQL: Final = take_step("merchant_credits", "provider_credit_ref")
ACCOUNT_PID_SQL: Final = """
    select pid
    from accounts
    where id = $1
"""


class CreditTry(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the job: what to do with the provider."""

    account_id: int
    credit_id: UUID
    provider: str
    asking: Asking
    call: CreditCall


async def begin_credit_try(connection: Connection, account_id: int, credit_id: UUID, now: datetime) -> CreditTry | None:
    """Say what to do with the provider for a credit, and take note that it is about to be done; None: nothing."""
    row = await connection.fetchrow(LOCK_CREDIT_SQL, account_id, credit_id)
    if row is None or not is_due(standing_of(row), now):
        return None
    account_ref: str = await connection.fetchval(ACCOUNT_PID_SQL, account_id)
    await connection.execute(BEGIN_CREDIT_TRY_SQL, account_id, credit_id, now, now + LEASE)
    return CreditTry(
        account_id=account_id,
        credit_id=credit_id,
        provider=row["provider"],
        asking=asking(standing_of(row), now, disputed=False),
        call=CreditCall(
            purpose=Purpose(our_id=row["pid"], attempt=row["attempt"]),
            account_ref=account_ref,
            amount_minor=row["amount_minor"],
            currency=row["currency"],
        ),
    )


async def record_credit_result(
    connection: Connection, account_id: int, credit_id: UUID, attempt: int, result: Result | None, now: datetime
) -> None:
    """Record what the provider said of an attempt of a credit; None: it did not answer."""
    row = await connection.fetchrow(LOCK_CREDIT_SQL, account_id, credit_id)
    if row is None:
        return
    step = after(standing_of(row), result, now, disputed=False)
    if step is None or (row["attempt"] != attempt and step.state is not RefundState.SUCCEEDED):
        return
    await connection.execute(
        TAKE_CREDIT_STEP_SQL,
        account_id,
        credit_id,
        *step_values(step, now),
    )
