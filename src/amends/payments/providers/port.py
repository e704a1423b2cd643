"""What a payment provider does for us: move money back, tell what it knows, and sign what it sends.

The difference that matters is typed. `Succeeded`, `Pending` and `Refused` are answers: they settle an attempt or say
that it is under way. `NoAnswer` is raised when nobody knows whether money moved; the same attempt is then made again.
No call is made inside a database transaction.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from amends.payments.states import Payer


class NoAnswer(Exception):
    """The provider timed out, broke off, or failed by its own account: the money may or may not have moved."""


class BadEventSignature(Exception):
    """A message that did not come from the provider, or too long ago."""


class Succeeded(msgspec.Struct, frozen=True, tag=True):
    """The money has moved."""

    ref: str


class Pending(msgspec.Struct, frozen=True, tag=True):
    """The provider has taken it on and will tell later."""

    ref: str


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The provider has said for certain that no money moves in this attempt."""

    code: str
    message: str
    ref: str | None = None


Result = Succeeded | Pending | Refused


class MoneyState(StrEnum):
    """How far a movement is, by the provider's word."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Purpose(msgspec.Struct, frozen=True):
    """What we write into the metadata of a call, and find a movement by: our row's public id and its attempt."""

    our_id: str
    attempt: int

    @property
    def key(self) -> str:
        """Return the idempotency key: the same for every try of an attempt, another for the next attempt."""
        return f"{self.our_id}:{self.attempt}"


class RefundCall(msgspec.Struct, frozen=True, kw_only=True):
    """What a refund asks for. `amount_minor` in minor units of `currency`, to the customer."""

    purpose: Purpose
    payment_ref: str
    amount_minor: int
    currency: str
    payer: Payer


class CreditCall(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant credit asks for. `amount_minor` in minor units of `currency`, out of the platform's balance."""

    purpose: Purpose
    account_ref: str
    amount_minor: int
    currency: str


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A refund or credit as the provider has it. `purpose` is None when we did not ask for it."""

    ref: str
    target_ref: str
    """The payment, or for a credit the account."""
    amount_minor: int
    currency: str
    state: MoneyState
    purpose: Purpose | None
    created_at: datetime
    failure_code: str | None = None


class BankDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A bank dispute as the provider has it; `won` is None while it is open, else whether the merchant won."""

    ref: str
    payment_ref: str
    amount_minor: int
    currency: str
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None = None
    won: bool | None = None


class RefundUpdated(msgspec.Struct, frozen=True, tag="refund.updated"):
    """A refund changed, whoever made it."""

    refund: Movement


class DisputeOpened(msgspec.Struct, frozen=True, tag="dispute.opened"):
    """The customer's bank claims money back."""

    dispute: BankDispute


class DisputeClosed(msgspec.Struct, frozen=True, tag="dispute.closed"):
    """The bank has decided."""

    dispute: BankDispute


class PaymentSucceeded(msgspec.Struct, frozen=True, tag="payment.succeeded"):
    """The customer has paid."""

    payment_ref: str
    paid_at: datetime


Happening = RefundUpdated | DisputeOpened | DisputeClosed | PaymentSucceeded


class ProviderEvent(msgspec.Struct, frozen=True):
    """A message of a provider in our words. `id` is the provider's own and the same in every copy."""

    id: str
    happening: Happening


class PaymentProvider(Protocol):
    """One provider. Every method but `read_event` leaves the process."""

    async def refund(self, call: RefundCall) -> Result:
        """Give money back to the customer; the same purpose never moves it twice.

        Raises:
            NoAnswer: see there.
        """
        ...

    async def credit(self, call: CreditCall) -> Result:
        """Give the platform's money to a merchant; the same purpose never moves it twice.

        Raises:
            NoAnswer: see there.
        """
        ...

    async def find_refunds(self, our_id: str) -> list[Movement]:
        """Return every refund whose metadata carries our row's public id, of whatever attempt.

        Raises:
            NoAnswer: see there.
        """
        ...

    async def find_credits(self, our_id: str) -> list[Movement]:
        """Return every credit whose metadata carries our row's public id, of whatever attempt.

        Raises:
            NoAnswer: see there.
        """
        ...

    def list_refunds(self, since: datetime) -> AsyncIterator[Movement]:
        """Return all refunds made since a time, ours and others', oldest first.

        Raises:
            NoAnswer: see there.
        """
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent | None:
        """Verify and read one message; header names in lower case. None: genuine, but nothing that concerns us.

        Raises:
            BadEventSignature: see there.
            ValueError: genuine, but not what the provider should send.
        """
        ...
