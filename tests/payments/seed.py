"""Rows for the tests of payments: an account, its customer, paid payments, each with a case that may be refunded."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.kit.ids import Prefix, public_id, uuid7
from amends.payments.commands import lock_payment, write_refund_intent
from amends.payments.states import Payer, Settlement

ACCOUNT = 1001


@dataclass(frozen=True)
class Paid:
    """A payment and its case."""

    account_id: int
    payment_id: UUID
    payment_pid: str
    case_id: UUID


class NoCases:
    """Hears everything and does nothing: payments without cases."""

    async def dispute_opened(
        self, connection: Connection, *, account_id: int, payment_id: UUID, dispute_id: UUID, now: datetime
    ) -> None:
        """Do nothing."""

    async def dispute_closed(
        self,
        connection: Connection,
        *,
        account_id: int,
        payment_id: UUID,
        dispute_id: UUID,
        customer_won: bool,
        now: datetime,
    ) -> None:
        """Do nothing."""

    async def refunded_elsewhere(
        self,
        connection: Connection,
        *,
        account_id: int,
        payment_id: UUID,
        amount_minor: int,
        refundable_minor: int,
        now: datetime,
    ) -> None:
        """Do nothing."""

    async def settlement_changed(
        self, connection: Connection, *, account_id: int, case_id: UUID, settlement: Settlement, now: datetime
    ) -> None:
        """Do nothing."""


@dataclass
class Heard(NoCases):
    """A case side that writes down what it hears."""

    settlements: list[Settlement] = field(default_factory=list[Settlement])
    facts: list[str] = field(default_factory=list[str])

    async def dispute_opened(
        self, connection: Connection, *, account_id: int, payment_id: UUID, dispute_id: UUID, now: datetime
    ) -> None:
        self.facts.append("opened")

    async def dispute_closed(
        self,
        connection: Connection,
        *,
        account_id: int,
        payment_id: UUID,
        dispute_id: UUID,
        customer_won: bool,
        now: datetime,
    ) -> None:
        self.facts.append(f"closed, {'customer' if customer_won else 'merchant'} won")

    async def refunded_elsewhere(
        self,
        connection: Connection,
        *,
        account_id: int,
        payment_id: UUID,
        amount_minor: int,
        refundable_minor: int,
        now: datetime,
    ) -> None:
        self.facts.append(f"elsewhere {amount_minor}, {refundable_minor} left")

    async def settlement_changed(
        self, connection: Connection, *, account_id: int, case_id: UUID, settlement: Settlement, now: datetime
    ) -> None:
        self.settlements.append(settlement)


async def make_account(pool: Pool, now: datetime) -> None:
    """Write the account, once."""
    uid = uuid7(now)
    await pool.execute(
        """
        insert into accounts (id, uid, pid, external_id, title, currency, created_at, updated_at)
        values ($1, $2, $3, 'shop', 'A shop', 'usd', $4, $4)
        on conflict (id) do nothing
        """,
        ACCOUNT,
        uid,
        public_id(Prefix.ACCOUNT, uid, ACCOUNT),
        now,
    )


async def make_paid(pool: Pool, now: datetime, *, amount_minor: int = 4900, currency: str = "usd") -> Paid:
    """Write a payment of `amount_minor` with a closed case on it that the customer won."""
    await make_account(pool, now)
    member_id, user_id, payment_id, case_id = (uuid7(now) for _ in range(4))
    async with transaction(pool) as connection:
        await connection.execute(
            """
            insert into members (
                account_id, id, pid, external_id, user_id, user_pid, joined_at, created_at, updated_at
            )
            values ($1, $2, $3, $3, $4, $5, $6, $6, $6)
            """,
            ACCOUNT,
            member_id,
            public_id(Prefix.MEMBER, member_id, ACCOUNT),
            user_id,
            public_id(Prefix.USER, user_id),
            now,
        )
        pid = public_id(Prefix.PAYMENT, payment_id, ACCOUNT)
        await connection.execute(
            """
            insert into payments (
                account_id, id, pid, external_id, member_id, user_id, status, currency, currency_exponent, amount_minor,
                paid_at, provider, created_at, updated_at
            )
            values ($1, $2, $3, $3, $4, $5, 'paid', $6, 2, $7, $8, 'sandbox', $8, $8)
            """,
            ACCOUNT,
            payment_id,
            pid,
            member_id,
            user_id,
            currency,
            amount_minor,
            now,
        )
        await connection.execute(
            """
            insert into cases (
                account_id, id, pid, payment_id, member_id, user_id, reason, amount_minor, currency, currency_exponent,
                policy_version, status, outcome, refund, head_hash, created_at, updated_at, last_activity_at, closed_at
            )
            values (
                $1, $2, $3, $4, $5, $6, 'not_as_described', $7, $8, 2, 1, 'closed', 'customer_won', 'merchant', '', $9,
                $9, $9, $9
            )
            """,
            ACCOUNT,
            case_id,
            public_id(Prefix.CASE, case_id, ACCOUNT),
            payment_id,
            member_id,
            user_id,
            amount_minor,
            currency,
            now,
        )
    return Paid(account_id=ACCOUNT, payment_id=payment_id, payment_pid=pid, case_id=case_id)


async def promise(pool: Pool, paid: Paid, now: datetime, amount_minor: int | None = None) -> UUID:
    """Write a refund intent as a case does when it is accepted: for all that is left, unless told otherwise."""
    async with transaction(pool) as connection:
        payment = await lock_payment(connection, paid.account_id, paid.payment_id)
        return await write_refund_intent(
            connection,
            payment=payment,
            case_id=paid.case_id,
            amount_minor=payment.refundable_minor if amount_minor is None else amount_minor,
            payer=Payer.MERCHANT,
            reason="accepted",
            now=now,
        )
