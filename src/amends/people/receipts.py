"""What a payment bought: product and plan, and the lines of its receipt as they are stored."""

from typing import Any
from uuid import UUID

from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix, public_id
from amends.people.records import Kind, LineItemRecord, PaymentRecord
from amends.people.upserts import Group
from amends.people.values import minor

_NO_ITEMS: list[dict[str, Any]] = []
"""Shared by all payments without a receipt: a list of its own for each would be work for the garbage collector."""


def bought(group: Group, record: PaymentRecord | LineItemRecord) -> tuple[UUID | None, UUID | None]:
    """Return product and plan; a plan without a product brings its own."""
    plan = None if record.plan is None else group.find(Kind.PLAN, record.plan, "plan")
    product_id = None if record.product is None else group.find(Kind.PRODUCT, record.product, "product").id
    if plan is None:
        return product_id, None
    if product_id is not None and plan.product_id not in {None, product_id}:
        raise Unprocessable("plan_of_another_product", "The plan belongs to another product.", param="plan")
    return product_id or plan.product_id, plan.id


def line_items(group: Group, record: PaymentRecord, payment_id: UUID) -> list[dict[str, Any]]:
    """Return the lines of a receipt as they are stored."""
    if not record.line_items:
        return _NO_ITEMS
    return [
        _line_item(group, record, item, UUID(int=payment_id.int ^ n)) for n, item in enumerate(record.line_items, 1)
    ]


def _line_item(group: Group, record: PaymentRecord, item: LineItemRecord, item_id: UUID) -> dict[str, Any]:
    """Return a line as it is stored. Its id follows from the payment's, so that the same receipt has the same ids."""
    plan = None if item.plan is None else group.find(Kind.PLAN, item.plan, "line_items.plan").pid
    product = None if item.product is None else group.find(Kind.PRODUCT, item.product, "line_items.product").pid
    return {
        "id": public_id(Prefix.LINE_ITEM, item_id, group.account_id),
        "label": item.label,
        "plan_id": plan,
        "product_id": product,
        "quantity": item.quantity,
        "sku": item.sku,
        "subtotal_minor": minor(item.subtotal, record.currency, "line_items.subtotal"),
    }
