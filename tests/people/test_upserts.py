"""Upserts: what is created, changed, left alone and rejected."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.errors import Conflict, Unprocessable
from amends.people.commands import put, store
from amends.people.records import Kind, PaymentRecord
from amends.people.upserts import Result
from tests.builders import (
    NOW,
    make_account,
    make_activity,
    make_member,
    make_payment,
    make_plan,
    make_product,
    make_user,
)

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(hours=1)


async def test_smoke(pool: Pool) -> None:
    account = await make_account(pool)
    member = await make_member(pool, account)
    plan = await make_plan(pool, account)
    payment = await make_payment(pool, account, member=member, plan=plan)
    again = await make_payment(
        pool, account, member=member, plan=plan, external_id=payment.external_id, now=NOW, paid_at=payment.paid_at
    )
    assert again == payment
    assert payment.product_id == plan.product_id
    await make_activity(pool, account, member=member, payment=payment)
    third = await make_payment(
        pool,
        account,
        member=member,
        plan=plan,
        external_id=payment.external_id,
        amount="50",
        now=LATER,
        paid_at=payment.paid_at,
        line_items=[{"label": "x", "subtotal": "50.00"}],
    )
    assert third.amount_minor == 5000 and third.id == payment.id and third.updated_at == LATER
