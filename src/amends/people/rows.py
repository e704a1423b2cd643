"""The rows of this domain as they are stored, without their account: columns in the order of the statements.

Times are aware UTC, amounts minor units. Rows sort by the integrator's id. Imports make many of them, so the garbage
collector leaves them alone: none can be part of a cycle. A row never carries what other domains write (refunded,
reserved, disputed).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class AccountRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """An account. `id` is its number, the `account_id` of everything that it owns."""

    external_id: str
    id: int
    uid: UUID
    pid: str
    title: str
    currency: str
    time_zone: str
    support_limits: dict[str, int]
    created_at: datetime
    updated_at: datetime


class UserRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """A person on the platform."""

    external_id: str
    id: UUID
    pid: str
    name: str | None
    username: str | None
    email: str | None
    time_zone: str
    locale: str
    created_at: datetime
    updated_at: datetime


class ProductRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """What an account sells."""

    external_id: str
    id: UUID
    pid: str
    title: str
    withdrawal_right: bool
    created_at: datetime
    updated_at: datetime


class PlanRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """How a product is sold."""

    external_id: str
    id: UUID
    pid: str
    product_id: UUID | None
    title: str | None
    billing_period_days: int | None
    cancel_before_hours: int | None
    created_at: datetime
    updated_at: datetime


class MemberRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """A user at an account, with the copy of the user that the account may see."""

    external_id: str
    id: UUID
    pid: str
    user_id: UUID
    user_pid: str
    name: str | None
    username: str | None
    email: str | None
    time_zone: str | None
    joined_at: datetime
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PaymentRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a customer paid."""

    external_id: str
    id: UUID
    pid: str
    member_id: UUID
    user_id: UUID
    product_id: UUID | None
    plan_id: UUID | None
    status: str
    currency: str
    currency_exponent: int
    amount_minor: int
    paid_at: datetime | None
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    is_renewal: bool
    period_start: datetime | None
    period_end: datetime | None
    line_items: list[dict[str, Any]]
    provider: str
    provider_ref: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def fixed(self) -> tuple[Any, ...]:
        """Return what never changes once money has been asked back: who paid how much, to whom, by what."""
        return (
            self.member_id,
            self.status,
            self.currency,
            self.amount_minor,
            self.provider,
            self.provider_ref,
        )


class ActivityRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a member did. Never changes."""

    external_id: str
    id: UUID
    pid: str
    member_id: UUID
    kind: str
    occurred_at: datetime
    product_id: UUID | None
    payment_id: UUID | None
    details: dict[str, Any]
    created_at: datetime


Row = AccountRow | UserRow | ProductRow | PlanRow | MemberRow | PaymentRow | ActivityRow
