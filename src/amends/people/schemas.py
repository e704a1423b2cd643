"""The public shapes of people and what they bought. Ids are public ones; `external_id` is the integrator's own."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from amends.kit.clock import iso
from amends.kit.ids import Prefix, public_id
from amends.kit.money import Money, money
from amends.people.rows import AccountRow, ActivityRow, MemberRow, PlanRow, ProductRow, UserRow

Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601 in UTC with milliseconds."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant. `support_limits`: by currency, what role support may refund on one case, in whole units."""

    id: str
    external_id: str
    title: str
    currency: str
    time_zone: str
    support_limits: dict[str, str]
    created_at: Time
    updated_at: Time


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person on the platform. `email` is null without the permission `member:email:read`."""

    id: str
    external_id: str
    name: str | None
    username: str | None
    email: str | None
    time_zone: str
    locale: str
    created_at: Time
    updated_at: Time


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What an account sells. `withdrawal_right`: customers may withdraw from the contract within 14 days."""

    id: str
    external_id: str
    account_id: str
    title: str
    withdrawal_right: bool
    created_at: Time
    updated_at: Time


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a product is sold."""

    id: str
    external_id: str
    account_id: str
    product_id: str | None
    title: str | None
    billing_period_days: int | None
    cancel_before_hours: int | None
    created_at: Time
    updated_at: Time


class MemberUser(msgspec.Struct, frozen=True, kw_only=True):
    """What an account sees of a user. `email` is null without the permission `member:email:read`."""

    id: str
    name: str | None
    username: str | None
    email: str | None
    time_zone: str | None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user at an account."""

    id: str
    external_id: str
    account_id: str
    user: MemberUser
    joined_at: Time
    ended_at: Time | None
    created_at: Time
    updated_at: Time


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on a receipt."""

    id: str
    label: str
    plan_id: str | None
    product_id: str | None
    quantity: int
    sku: str | None
    subtotal: Money


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer paid, and what became of the money.

    `possible_double_of` is another payment of the same member for the same product and amount within 24 hours;
    `withdrawn_at` is when the customer withdrew from the contract.
    """

    id: str
    external_id: str
    account_id: str
    member_id: str
    user_id: str
    product_id: str | None
    plan_id: str | None
    status: str
    currency: str
    amount: Money
    refunded: Money
    reserved: Money
    disputed: Money
    refundable: Money
    paid_at: Time | None
    payment_method_type: str | None
    card_brand: str | None
    card_last4: str | None
    is_renewal: bool
    period_start: Time | None
    period_end: Time | None
    line_items: list[LineItem]
    provider: str
    provider_ref: str | None
    case_id: str | None
    possible_double_of: str | None
    withdrawn_at: Time | None
    created_at: Time
    updated_at: Time


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a member did."""

    id: str
    external_id: str | None
    account_id: str
    member_id: str
    kind: str
    occurred_at: Time
    product_id: str | None
    payment_id: str | None
    details: dict[str, Any]
    created_at: Time


def iso_or_none(moment: datetime | None) -> str | None:
    """Write a time as the API does; None as it is."""
    return None if moment is None else iso(moment)


def account_shape(row: AccountRow) -> Account:
    """Return an account as the API shows it."""
    return Account(
        id=row.pid,
        external_id=row.external_id,
        title=row.title,
        currency=row.currency,
        time_zone=row.time_zone,
        support_limits={code: money(amount, code).amount for code, amount in row.support_limits.items()},
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def user_shape(row: UserRow, *, with_email: bool) -> User:
    """Return a user as the API shows it."""
    return User(
        id=row.pid,
        external_id=row.external_id,
        name=row.name,
        username=row.username,
        email=row.email if with_email else None,
        time_zone=row.time_zone,
        locale=row.locale,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def product_shape(row: ProductRow, account_pid: str) -> Product:
    """Return a product as the API shows it."""
    return Product(
        id=row.pid,
        external_id=row.external_id,
        account_id=account_pid,
        title=row.title,
        withdrawal_right=row.withdrawal_right,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def plan_shape(row: PlanRow, account_pid: str, account_id: int) -> Plan:
    """Return a plan as the API shows it."""
    return Plan(
        id=row.pid,
        external_id=row.external_id,
        account_id=account_pid,
        product_id=row.product_id and public_id(Prefix.PRODUCT, row.product_id, account_id),
        title=row.title,
        billing_period_days=row.billing_period_days,
        cancel_before_hours=row.cancel_before_hours,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def member_shape(row: MemberRow, account_pid: str, *, with_email: bool) -> Member:
    """Return a member as the API shows it."""
    return Member(
        id=row.pid,
        external_id=row.external_id,
        account_id=account_pid,
        user=MemberUser(
            id=row.user_pid,
            name=row.name,
            username=row.username,
            email=row.email if with_email else None,
            time_zone=row.time_zone,
        ),
        joined_at=iso(row.joined_at),
        ended_at=iso_or_none(row.ended_at),
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )


def line_item_shape(item: dict[str, Any], currency: str, places: int) -> LineItem:
    """Return a line of a receipt as the API shows it."""
    fields = {name: value for name, value in item.items() if name != "subtotal_minor"}
    return LineItem(**fields, subtotal=money(item["subtotal_minor"], currency, places))


def activity_shape(row: ActivityRow, account_pid: str, account_id: int) -> Activity:
    """Return a log record as the API shows it."""
    return Activity(
        id=row.pid,
        external_id=row.external_id,
        account_id=account_pid,
        member_id=public_id(Prefix.MEMBER, row.member_id, account_id),
        kind=row.kind,
        occurred_at=iso(row.occurred_at),
        product_id=row.product_id and public_id(Prefix.PRODUCT, row.product_id, account_id),
        payment_id=row.payment_id and public_id(Prefix.PAYMENT, row.payment_id, account_id),
        details=row.details,
        created_at=iso(row.created_at),
    )
