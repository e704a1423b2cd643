"""Reads what stands in our books and in the sandbox's, for tests to compare."""

from dataclasses import dataclass

from amends.db.pool import Pool
from tests.payments.seed import Paid


@dataclass(frozen=True)
class Books:
    """One payment: our row, our refunds as (state, amount), and what the sandbox has moved as (our id, amount)."""

    amount_minor: int
    refunded_minor: int
    reserved_minor: int
    disputed_minor: int
    refunds: list[tuple[str, int]]
    moved: list[int]


async def books(pool: Pool, paid: Paid) -> Books:
    """Read the books of one payment."""
    payment = await pool.fetchrow(
        """
        select amount_minor, refunded_minor, refund_reserved_minor, disputed_minor
        from payments
        where account_id = $1 and id = $2
        """,
        paid.account_id,
        paid.payment_id,
    )
    assert payment is not None
    refunds = await pool.fetch(
        "select state, amount_minor from refunds where account_id = $1 and payment_id = $2 order by id",
        paid.account_id,
        paid.payment_id,
    )
    moved = await pool.fetch(
        "select amount_minor from sandbox.refunds where payment_ref = $1 and state = 'succeeded' order by ref",
        paid.payment_pid,
    )
    return Books(
        amount_minor=payment["amount_minor"],
        refunded_minor=payment["refunded_minor"],
        reserved_minor=payment["refund_reserved_minor"],
        disputed_minor=payment["disputed_minor"],
        refunds=[(row["state"], row["amount_minor"]) for row in refunds],
        moved=[row["amount_minor"] for row in moved],
    )
