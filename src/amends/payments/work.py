"""The jobs of this domain: their names and what they carry. What they do is in `jobs.py`.

Each names a row that says everything else, so that a job lost or doubled changes nothing.
"""

from typing import Final
from uuid import UUID

import msgspec

REFUND: Final = "refund"
MERCHANT_CREDIT: Final = "merchant_credit"
PROVIDER_EVENT: Final = "provider_event"
SANDBOX_DELIVERY: Final = "sandbox_delivery"


class RefundWork(msgspec.Struct, frozen=True):
    """Send or look after one refund."""

    account_id: int
    refund_id: UUID


class MerchantCreditWork(msgspec.Struct, frozen=True):
    """Send or look after one merchant credit."""

    account_id: int
    credit_id: UUID


class ProviderEventWork(msgspec.Struct, frozen=True):
    """Apply one stored event."""

    provider: str
    event_id: str


class SandboxDeliveryWork(msgspec.Struct, frozen=True):
    """Deliver what the sandbox has to tell."""
