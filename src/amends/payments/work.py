"""The jobs of this domain: their names, what they carry, and the key under which each waits only once.

Each names a row that says everything else, so that a job lost or doubled changes nothing. What they do: `jobs.py`.
"""

from typing import Final
from uuid import UUID

import msgspec

from amends.db.jobs import Job

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


KeyedJob = tuple[Job, str]


def refund_job(account_id: int, refund_id: UUID) -> KeyedJob:
    """Return the job of a refund with its key."""
    return Job(REFUND, RefundWork(account_id=account_id, refund_id=refund_id)), f"{REFUND}:{refund_id}"


def credit_job(account_id: int, credit_id: UUID) -> KeyedJob:
    """Return the job of a merchant credit with its key."""
    job = Job(MERCHANT_CREDIT, MerchantCreditWork(account_id=account_id, credit_id=credit_id))
    return job, f"{MERCHANT_CREDIT}:{credit_id}"


def event_job(provider: str, event_id: str) -> KeyedJob:
    """Return the job of a stored event with its key."""
    job = Job(PROVIDER_EVENT, ProviderEventWork(provider=provider, event_id=event_id))
    return job, f"{PROVIDER_EVENT}:{provider}:{event_id}"


def sandbox_job() -> KeyedJob:
    """Return the job that delivers the sandbox's events, with its key."""
    return Job(SANDBOX_DELIVERY, SandboxDeliveryWork()), SANDBOX_DELIVERY
