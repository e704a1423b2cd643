"""What a refund and a merchant credit have in common as rows: where a movement of money stands, and what a step writes.

`attempts` says what follows; `commands_attempts` and `commands_credits` say for whom.
"""

from datetime import datetime
from typing import Any

from asyncpg import Record

from amends.payments.attempts import Standing, Step
from amends.payments.states import RefundState


def begin_try(table: str) -> str:
    """Return SQL that takes note that the provider ($1 account, $2 id) is about to be called at $3, leased until $4."""
    return f"""
    update {table}
    set attempt_started_at = coalesce(attempt_started_at, $3), tries = tries + 1, next_try_at = $4, updated_at = $3
    where account_id = $1 and id = $2
"""  # noqa: S608 (one of two tables)


def take_step(table: str, ref: str) -> str:
    """Return SQL that writes `step_values` from $3 on; `ref` is the column of what the provider calls the movement."""
    return f"""
    update {table}
    set state = $3,
        attempt = $4,
        tries = $5,
        attempt_started_at = $6,
        next_try_at = $7,
        {ref} = $8,
        failure_code = $9,
        failure_message = $10,
        succeeded_at = $11,
        updated_at = $12
    where account_id = $1 and id = $2
"""  # noqa: S608 (one of two tables)


def step_values(step: Step, now: datetime) -> tuple[Any, ...]:
    """Return the parameters that write a step."""
    return (
        step.state,
        step.attempt,
        step.tries,
        step.started_at,
        step.next_try_at,
        step.ref,
        step.code,
        step.message,
        now if step.state is RefundState.SUCCEEDED else None,
        now,
    )


def standing_of(row: Record) -> Standing:
    """Read where a movement stands."""
    return Standing(
        state=RefundState(row["state"]),
        attempt=row["attempt"],
        tries=row["tries"],
        started_at=row["started_at"],
        next_try_at=row["next_try_at"],
        ref=row["ref"],
    )
