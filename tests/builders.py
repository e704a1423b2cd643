"""Builders: make what a test needs, through the same commands as the API. Each returns the row that was stored.

`where` is a pool, or a connection inside a transaction of the test's own. What a test does not care about gets a
believable value; an account, member or user that is not given is made.
"""

import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from amends.db.pool import Connection, Pool
from amends.db.transactions import transaction
from amends.people import commands
from amends.people.records import (
    AccountRecord,
    ActivityRecord,
    MemberRecord,
    PaymentRecord,
    PlanRecord,
    ProductRecord,
    UserRecord,
)
from amends.people.rows import AccountRow, ActivityRow, MemberRow, PaymentRow, PlanRow, ProductRow, UserRow

Where = Pool | Connection

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Where the tests' clock starts."""

_numbers = itertools.count(1)


def new_id(word: str) -> str:
    """Return an integrator's id that nothing else in this run has."""
    return f"{word}-{next(_numbers)}"


@asynccontextmanager
async def _within(where: Where) -> AsyncGenerator[Connection]:
    if isinstance(where, asyncpg.Pool):
        async with transaction(where) as connection:
            yield connection
    else:
        yield where


async def make_account(
    where: Where, *, external_id: str | None = None, title: str = "Acme", currency: str = "usd", now: datetime = NOW
) -> AccountRow:
    """Make an account."""
    record = AccountRecord(title=title, currency=currency)
    async with _within(where) as connection:
        return await commands.upsert_account(connection, external_id or new_id("account"), record, now=now)


async def make_user(
    where: Where,
    *,
    external_id: str | None = None,
    name: str | None = "Ada Lovelace",
    username: str | None = "ada",
    email: str | None = "ada@example.com",
    now: datetime = NOW,
) -> UserRow:
    """Make a user."""
    record = UserRecord(name=name, username=username, email=email)
    async with _within(where) as connection:
        return await commands.upsert_user(connection, external_id or new_id("user"), record, now=now)


async def make_product(
    where: Where,
    account: AccountRow,
    *,
    external_id: str | None = None,
    title: str = "Trading course",
    withdrawal_right: bool = False,
    now: datetime = NOW,
) -> ProductRow:
    """Make a product of an account."""
    record = ProductRecord(title=title, withdrawal_right=withdrawal_right)
    async with _within(where) as connection:
        return await commands.upsert_product(connection, account.id, external_id or new_id("product"), record, now=now)


async def make_plan(
    where: Where,
    account: AccountRow,
    *,
    product: ProductRow | None = None,
    external_id: str | None = None,
    title: str | None = "Monthly",
    billing_period_days: int | None = 30,
    cancel_before_hours: int | None = None,
    now: datetime = NOW,
) -> PlanRow:
    """Make a plan of an account, and its product unless one is given."""
    async with _within(where) as connection:
        product = product or await make_product(connection, account, now=now)
        record = PlanRecord(
            product=product.external_id,
            title=title,
            billing_period_days=billing_period_days,
            cancel_before_hours=cancel_before_hours,
        )
        return await commands.upsert_plan(connection, account.id, external_id or new_id("plan"), record, now=now)


async def make_member(
    where: Where,
    account: AccountRow,
    *,
    user: UserRow | None = None,
    external_id: str | None = None,
    joined_at: datetime | None = None,
    now: datetime = NOW,
) -> MemberRow:
    """Make a member of an account, and its user unless one is given."""
    async with _within(where) as connection:
        user = user or await make_user(connection, now=now)
        record = MemberRecord(user=user.pid, joined_at=joined_at or now - timedelta(days=90))
        return await commands.upsert_member(connection, account.id, external_id or new_id("member"), record, now=now)


async def make_payment(
    where: Where,
    account: AccountRow,
    *,
    member: MemberRow | None = None,
    external_id: str | None = None,
    amount: str = "49.00",
    currency: str = "usd",
    paid_at: datetime | None = None,
    product: ProductRow | None = None,
    plan: PlanRow | None = None,
    now: datetime = NOW,
    **more: Any,
) -> PaymentRow:
    """Make a payment of yesterday by card, and its member unless one is given; `more` are fields of `PaymentRecord`."""
    fields: dict[str, Any] = {
        "amount": amount,
        "currency": currency,
        "paid_at": paid_at or now - timedelta(days=1),
        "product": product.external_id if product else None,
        "plan": plan.external_id if plan else None,
        "payment_method_type": "card",
        "card_brand": "visa",
        "card_last4": "4242",
        **more,
    }
    if fields.get("status", "paid") != "paid":
        fields["paid_at"] = None
    async with _within(where) as connection:
        member = member or await make_member(connection, account, now=now)
        record = msgspec.convert({"member": member.external_id, **fields}, PaymentRecord)
        return await commands.upsert_payment(connection, account.id, external_id or new_id("payment"), record, now=now)


async def make_activity(
    where: Where,
    account: AccountRow,
    *,
    member: MemberRow,
    kind: str = "app_opened",
    occurred_at: datetime | None = None,
    external_id: str | None = None,
    product: ProductRow | None = None,
    payment: PaymentRow | None = None,
    details: dict[str, Any] | None = None,
    now: datetime = NOW,
) -> ActivityRow:
    """Add to a member's log."""
    record = ActivityRecord(
        member=member.external_id,
        activity=kind,
        occurred_at=occurred_at or now,
        product=product.external_id if product else None,
        payment=payment.external_id if payment else None,
        details=details or {},
    )
    async with _within(where) as connection:
        return await commands.record_activity(
            connection, account.id, external_id or new_id("activity"), record, now=now
        )
