"""What payments tell the cases, without knowing them: the composition root wires an implementation.

Each notice comes inside the transaction that changes the money, with the payment's row locked already: whoever
implements it locks the case after that, never before, and commits nothing of its own.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from amends.db.pool import Connection
from amends.payments.states import Settlement


@runtime_checkable
class CaseNotices(Protocol):
    """Hears of money that moved without a command on the case. A payment without a case is no error."""

    async def dispute_opened(
        self, connection: Connection, *, account_id: int, payment_id: UUID, dispute_id: UUID, now: datetime
    ) -> None:
        """Row 23. Unsent refunds of the case are on hold already."""
        ...

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
        """Row 24. Refunds of the case are canceled already, or on their way again."""
        ...

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
        """Row 25: `amount_minor` went back without us, and `refundable_minor` can still be promised."""
        ...

    async def settlement_changed(
        self, connection: Connection, *, account_id: int, case_id: UUID, settlement: Settlement, now: datetime
    ) -> None:
        """Row 26. The case's refunds now stand at `settlement`, which may be what the case says already.

        `pending` and `on_hold` come too, when a person tries again or a bank's claim holds the next attempt: they
        change what the case shows and are no event of their own.
        """
        ...
