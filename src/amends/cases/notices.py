"""Hears from payments what happened to money without a command on the case: the port `CaseNotices`."""

from datetime import datetime
from uuid import UUID

from amends.access.scopes import system_scope
from amends.cases import commands_system
from amends.cases.states import Settlement
from amends.db.pool import Connection
from amends.payments import states as payments


class CaseNoticesOfCases:
    """Puts every notice on the case's timeline, inside the transaction that changes the money."""

    async def dispute_opened(
        self, connection: Connection, *, account_id: int, payment_id: UUID, dispute_id: UUID, now: datetime
    ) -> None:
        """Row 23."""
        await commands_system.record_dispute_opened(
            connection, system_scope(), account_id=account_id, payment_id=payment_id, dispute_id=dispute_id, now=now
        )

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
        """Row 24."""
        await commands_system.record_dispute_closed(
            connection,
            system_scope(),
            account_id=account_id,
            payment_id=payment_id,
            dispute_id=dispute_id,
            customer_won=customer_won,
            now=now,
        )

    async def refunded_elsewhere(
        self,
        connection: Connection,
        *,
        account_id: int,
        payment_id: UUID,
        amount_minor: int,
        refundable_minor: int,  # noqa: ARG002 — read under the lock instead
        now: datetime,
    ) -> None:
        """Row 25."""
        await commands_system.record_refund_elsewhere(
            connection, system_scope(), account_id=account_id, payment_id=payment_id, amount_minor=amount_minor, now=now
        )

    async def settlement_changed(
        self, connection: Connection, *, account_id: int, case_id: UUID, settlement: payments.Settlement, now: datetime
    ) -> None:
        """Row 26."""
        await commands_system.record_settlement(
            connection,
            system_scope(),
            account_id=account_id,
            case_id=case_id,
            settlement=Settlement(settlement.value),
            now=now,
        )
